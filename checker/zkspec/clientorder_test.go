package zkspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// TestJudgeClientOrder tells histories of a client whose first update has lost its answer. Each operation is called
// after the one before had returned.
func TestJudgeClientOrder(t *testing.T) {
	const c1, c2 = 1, 2
	type step struct {
		client int
		op     string
		out    *zkapi.Output // nil: the answer is lost
	}
	saw := func(z, mzxid zkapi.Zxid, data string) *zkapi.Output {
		return with(shows(z, zkapi.Stat{Mzxid: mzxid}), data)
	}
	lost, later := step{c1, "set /x a", nil}, step{c1, "set /x b", shows(5, zkapi.Stat{Mzxid: 5})}
	for _, c := range []struct {
		name  string
		valid bool
		steps []step
	}{
		{"nobody sees it", true, []step{lost, later, {c2, "get /x", saw(5, 5, "b")}}},
		{"done before", true, []step{lost, {c2, "get /x", saw(4, 4, "a")}, later}},
		{"done after", false, []step{lost, later, {c2, "get /x", saw(6, 6, "a")}}},
		{"done after that of another client", true, []step{
			lost, {c2, "set /x b", shows(5, zkapi.Stat{Mzxid: 5})}, {c2, "get /x", saw(6, 6, "a")}}},
		{"done after a read", true, []step{
			lost, {c1, "get /y", saw(5, 1, "c")}, {c2, "get /x", saw(6, 6, "a")}}},
		{"called after", true, []step{later, lost, {c2, "get /x", saw(6, 6, "a")}}},
		{"in a multi", false, []step{
			{c1, "multi {check /y version 1; set /x a}", nil}, later, {c2, "get /x", saw(6, 6, "a")}}},
	} {
		var history []sim.Op
		for i, s := range c.steps {
			op := sim.Op{Client: sim.Client(s.client), Process: i, Input: parse(t, s.op), Outcome: sim.Unknown,
				CallSeq: uint64(2*i + 1), ReturnSeq: sim.StillOpen}
			if s.out != nil {
				op.Output, op.Outcome, op.ReturnSeq = s.out, sim.OK, uint64(2*i+2)
			}
			history = append(history, op)
		}
		if r := zkspec.JudgeClientOrder(history); c.valid != (r.Verdict == checker.Valid) {
			t.Errorf("%s: %v", c.name, r)
		}
	}
	if r := zkspec.JudgeClientOrder([]sim.Op{{Input: 1}}); r.Verdict != checker.Unknown {
		t.Errorf("of a malformed history: %v", r)
	}
}
