package zkspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/zab/zkapi"
)

func TestRepliesWithOneZxidShowOneTree(t *testing.T) {
	stat := func(version zkapi.Version) zkapi.Stat {
		return zkapi.Stat{Czxid: 1, Mzxid: 2, Pzxid: 1, Version: version, DataLength: 1}
	}
	get := func(client int, z zkapi.Zxid, version zkapi.Version, data string) act {
		at := uint64(10 * client)
		return act{client, at, at + 1, "get /x", with(shows(z, stat(version)), data)}
	}
	list := func(client int, names ...string) act {
		at := uint64(10 * client)
		return act{client, at, at + 1, "children /x", with(shows(3, stat(1)), "", names...)}
	}
	gone, refused := says(3, zkapi.NoNode), says(3, zkapi.NoAuth)
	for _, c := range []struct {
		name  string
		acts  []act
		right bool
	}{
		{"twice the same", []act{get(1, 3, 1, "a"), get(2, 3, 1, "a")}, true},
		{"another zxid", []act{get(1, 3, 1, "a"), get(2, 4, 2, "b")}, true},
		{"another version", []act{get(1, 3, 1, "a"), get(2, 3, 2, "a")}, false},
		{"other data", []act{get(1, 3, 1, "a"), get(2, 3, 1, "b")}, false},
		{"no node", []act{get(1, 3, 1, "a"), {2, 20, 21, "get /x", gone}}, false},
		{"no node at another path", []act{get(1, 3, 1, "a"), {2, 20, 21, "get /y", gone}}, true},
		{"who may not look", []act{get(1, 3, 1, "a"), {2, 20, 21, "get /x", refused}}, true},
		{"two ways to look", []act{get(1, 3, 1, "a"), {2, 20, 21, "exists /x", shows(3, stat(1))}}, true},
		{"two ways that differ", []act{get(1, 3, 1, "a"), {2, 20, 21, "exists /x", shows(3, stat(2))}}, false},
		{"other children", []act{list(1, "a", "b"), list(2, "a", "c")}, false},
		{"an update", []act{{1, 1, 2, "set /x a", shows(3, stat(1))}, get(2, 3, 1, "a")}, true},
		{"an update that nobody sees", []act{{1, 1, 2, "set /x a", shows(3, stat(2))}, get(2, 3, 1, "a")}, false},
		{"a node with a number", []act{{1, 1, 2, "create /s 1 persistent-sequential", made(3, "/s0000000000", 1, 0)},
			{2, 20, 21, "get /s0000000000", gone}}, false},
	} {
		r := zkspec.JudgeSameTree(historyOf(t, c.acts))
		if r.Check != zkspec.SameTree || (r.Verdict == checker.Valid) != c.right || r.Verdict == checker.Unknown {
			t.Errorf("%s: %v", c.name, r)
		}
	}
}

// TestOneZxidIsOneTreeThoughUpdatesAreLost: what Judge explains by an update without an answer.
func TestOneZxidIsOneTreeThoughUpdatesAreLost(t *testing.T) {
	history := historyOf(t, []act{{1, 1, 0, "create /x 1", nil},
		{2, 3, 4, "get /x", with(shows(1, zkapi.Stat{Czxid: 1, Mzxid: 1, Pzxid: 1, DataLength: 1}), "1")},
		{3, 5, 6, "get /x", says(1, zkapi.NoNode)}})
	if v := verdictOf(zkspec.Judge(history, checker.DefaultBudget)); v != checker.Valid {
		t.Errorf("without the zxid: %v", v)
	}
	if r := zkspec.JudgeSameTree(history); r.Verdict != checker.Invalid {
		t.Error(r)
	}
}
