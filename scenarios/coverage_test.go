package scenarios

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultKind(t *testing.T) {
	for text, want := range map[string]string{
		"heal":                             "heal",
		"crash leader":                     "crash",
		"crash n3 losing 50% tearing 10%":  "crash losing",
		"crash n3 midway losing 50%":       "crash midway",
		"links n1 -> all spacing 20ms":     "links spacing",
		"split leader+1 | rest":            "split leader",
		"split {n1 n2} | {n3}":             "split",
		"links * loss 20% latency 1ms..2s": "links loss",
		"links n1 -> all queue 16":         "links queue",
		"reset links all":                  "reset links",
		"reset channels n1 -> n2":          "reset channels",
		"rule drop * from * to n1 count 3": "rule drop",
		"disk leader sync-error 5%":        "disk sync-error",
		"disk all lying":                   "disk lying",
		"blackhole n1 -> n2":               "blackhole",
		"blackhole n1 -> n2 off":           "blackhole off",
		"clear rules":                      "clear rules",
	} {
		if got := faultKind(text); got != want {
			t.Errorf("%q is a fault of kind %q, want %q", text, got, want)
		}
	}
}

func TestCoverageDoesNotChangeTheRun(t *testing.T) {
	for _, name := range []string{"raft/kv/swarm", "zab/zk/swarm"} {
		plain := Must(name).Run(3, Options{})
		watched := Must(name).Run(3, Options{Coverage: true})
		if plain.Digest != watched.Digest || plain.Events != watched.Events {
			t.Errorf("%s: digest %s and %d events, and %s and %d if its faults are watched", name, plain.Digest,
				plain.Events, watched.Digest, watched.Events)
		}
		if len(plain.Hits) > 0 || len(watched.Hits) == 0 {
			t.Errorf("%s: %d hits, and %d if its faults are watched", name, len(plain.Hits), len(watched.Hits))
		}
		if applied := len(watched.Applied); len(watched.Hits) > applied {
			t.Errorf("%s: %d hits of %d faults", name, len(watched.Hits), applied)
		}
	}
}

func TestCoverageDoesNotDependOnTheWorkers(t *testing.T) {
	all := []*Scenario{Must("raft/kv/swarm"), Must("raft/kv/canary"), Must("zab/zk/isolate-leader")}
	var first *Coverage
	for _, workers := range []int{1, 2, 5} {
		o := HuntOptions{Seeds: Seeds{First: 1, Last: 4}, Workers: workers, ExpectMutants: true, Coverage: true}
		r := HuntAll(t.Context(), all, o)
		if first == nil {
			first = r.Coverage
		}
		if diff := cmp.Diff(first, r.Coverage); diff != "" || len(first.Rows) == 0 {
			t.Errorf("%d workers (-one +several):\n%s", workers, diff)
		}
	}
}

// TestEveryStateIsMet: each state is met in a scenario that is about it, by both protocols if both have it. A fault is
// looked at before it takes effect: whoever isolates the leader meets one.
func TestEveryStateIsMet(t *testing.T) {
	seen := make(map[string]*Coverage)
	for _, test := range []struct{ scenario, fault, state string }{
		{"raft/kv/split-2-3", "split leader", "one leader"},
		{"raft/kv/split-2-2-1", "recover", "no leader"},
		{"raft/kv/swarm", "crash", "two leaders"},
		{"raft/kv/swarm", "crash", "election"},
		{"raft/kv/swarm", "crash", "uncommitted"},
		{"raft/kv/swarm", "crash", "operation"},
		{"raft/kv/swarm", "crash", "write"},
		{"raft/kv/swarm", "crash", "snapshot"},
		{"etcd/joint-change", "split", "membership"},
		{"zab/zk/split-2-3", "split leader", "one leader"},
		{"zab/zk/swarm", "crash", "no leader"},
		{"zab/zk/swarm", "crash", "two leaders"},
		{"zab/zk/swarm", "crash", "election"},
		{"zab/zk/swarm", "crash", "uncommitted"},
		{"zab/zk/fuzzy-snapshots", "crash", "snapshot"},
		{"zab/zk/swarm", "crash", "write"},
		{"zab/zk/reconfig", "split", "membership"},
	} {
		c := seen[test.scenario]
		if c == nil {
			o := HuntOptions{Seeds: Seeds{First: 1, Last: 10}, Coverage: true}
			c = HuntAll(t.Context(), []*Scenario{Must(test.scenario)}, o).Coverage
			seen[test.scenario] = c
		}
		row := slices.IndexFunc(c.Rows, func(r CoverageRow) bool { return r.Fault == test.fault })
		if row < 0 || c.Rows[row].In[slices.Index(c.States, test.state)] == 0 {
			t.Errorf("%s: no %q met the state %q", test.scenario, test.fault, test.state)
		}
	}
	r := Must("raft/kv/split-2-3").Run(1, Options{Coverage: true})
	if hit := r.Hits[0]; hit.Fault != "split leader" || hit.in&stateLeader == 0 || hit.in&stateNoLeader != 0 {
		t.Errorf("the first fault is a %q in the states %b", hit.Fault, hit.in)
	}
}
