package zkspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// TestJudgeQueue tells histories of two items, each operation called after the one before had returned.
func TestJudgeQueue(t *testing.T) {
	const put, a, b = "create /q/i- 1 persistent-sequential", "i-0000000000", "i-0000000001"
	type step struct {
		op  string
		out *zkapi.Output // nil: the answer is lost
	}
	both := []step{{put, made(1, "/q/"+a, 1, 0)}, {put, made(2, "/q/"+b, 1, 0)}}
	for _, c := range []struct {
		name, check string
		steps       []step
	}{
		{"in order", zkspec.Queue, []step{
			{"delete /q/" + a, says(3, zkapi.OK)}, {"delete /q/" + b, says(4, zkapi.OK)}}},
		{"old list", zkspec.Queue, []step{
			{"delete /q/" + a, says(3, zkapi.OK)}, {"children /q", with(says(2, zkapi.OK), "", a, b)}}},
		{"lost answer", zkspec.Queue, []step{{"delete /q/" + a, nil}, {"children /q", with(says(4, zkapi.OK), "", b)}}},
		{"taken twice", zkspec.QueueTwice, []step{
			{"delete /q/" + a, says(3, zkapi.OK)}, {"delete /q/" + a, says(4, zkapi.OK)}}},
		{"shown again", zkspec.QueueTwice, []step{
			{"delete /q/" + a, says(3, zkapi.OK)}, {"children /q", with(says(3, zkapi.OK), "", a, b)}}},
		{"gone", zkspec.QueueLost, []step{{"children /q", with(says(2, zkapi.OK), "", b)}}},
		{"passed over", zkspec.QueueOrder, []step{{"delete /q/" + b, says(3, zkapi.OK)}}},
		{"lower number", zkspec.QueueOrder, []step{{put, made(3, "/q/"+a, 1, 0)}}},
	} {
		var history []sim.Op
		for i, s := range append(both[:2:2], c.steps...) {
			op := sim.Op{Client: sim.Client(1), Process: i, Input: parse(t, s.op), Outcome: sim.Unknown,
				CallSeq: uint64(2*i + 1), ReturnSeq: sim.StillOpen}
			if s.out != nil {
				op.Output, op.Outcome, op.ReturnSeq = s.out, sim.OK, uint64(2*i+2)
			}
			history = append(history, op)
		}
		r := zkspec.JudgeQueue(history, "/q")
		if valid := c.check == zkspec.Queue; r.Check != c.check || valid != (r.Verdict == checker.Valid) {
			t.Errorf("%s: want %s, got %v", c.name, c.check, r)
		}
	}
}
