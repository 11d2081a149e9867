package zkspec_test

import (
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// spoiled returns a history of a few busy clients of which some replies are lost and some are not what the store said,
// as seed wants it.
func spoiled(t *testing.T, seed uint64) []sim.Op {
	w := everything()
	w.Ops, w.Keys, w.ThinkMin, w.ThinkMax = 5, 1, 0, 10*time.Millisecond
	w.Mix = zkserver.Mix{Get: 1, Set: 3, CAS: 2, Create: 3, Delete: 2, Multi: 1}
	history := slices.Clone(run(t, world(seed, w, nil)))
	draw := sim.NewSeeded(seed + 7)
	index := func(n int) int { return draw.Index(sim.Key{Decision: sim.DecidePlan}, n) }
	var updates []*sim.Op
	lost := map[sim.NodeID]int{} // whoever has lost a reply goes on as another process
	for i := range history {
		op := &history[i]
		op.Process += 1000 * lost[op.Client]
		in, ok := op.Input.(*zkapi.Op)
		switch {
		case !ok || op.Outcome != sim.OK || !in.Kind.Writes() || in.Kind == zkapi.CreateSession:
		case index(4) == 0:
			lost[op.Client]++
			op.Outcome, op.Output, op.Return, op.ReturnSeq = sim.Unknown, nil, sim.Never, sim.StillOpen
		default:
			updates = append(updates, op)
		}
	}
	if index(3) == 0 {
		return history
	}
	if index(2) == 0 { // of updates that have failed nothing but the zxid can be wrong
		updates = slices.DeleteFunc(updates, func(op *sim.Op) bool {
			return op.Output.(*zkapi.Output).Code == zkapi.OK
		})
	}
	if len(updates) < 2 {
		return history
	}
	a, b := updates[index(len(updates))], updates[index(len(updates))]
	x, y := *a.Output.(*zkapi.Output), *b.Output.(*zkapi.Output)
	switch index(3) {
	case 0:
		x.Stat.Version++
	case 1:
		x.Code, y.Code = y.Code, x.Code
	case 2:
		x.Zxid, y.Zxid = y.Zxid, x.Zxid
	}
	if a != b {
		b.Output = &y
	}
	a.Output = &x
	return history
}

func TestWitnessNeverProvesWhatSearchRefutes(t *testing.T) {
	proved, refuted := 0, 0
	for seed := range uint64(400) {
		history := spoiled(t, seed)
		r := checker.Judge(zkspec.New(), zkspec.Updates(history), checker.DefaultBudget)
		proves := zkspec.Proves(history)
		if r.Verdict == checker.Invalid {
			refuted++
		}
		if proves {
			proved++
		}
		if proves && r.Verdict == checker.Invalid {
			t.Errorf("seed %d: a witness proves what the search refutes: %v", seed, r)
		}
	}
	if proved < 100 || refuted < 50 {
		t.Errorf("one-sided histories: %d proved, %d refuted", proved, refuted)
	}
}

// The order of events is judged along each channel.
func TestEventsComeInOrder(t *testing.T) {
	told := func(z zkapi.Zxid) sim.Message { return &zkapi.WatchEvent{Type: zkapi.NodeCreated, Path: "/x", Zxid: z} }
	answer := func(z zkapi.Zxid) sim.Message { return &zkapi.Reply{Out: zkapi.Output{Zxid: z}} }
	for _, c := range []struct {
		name     string
		messages []sim.Message
		right    bool
	}{
		{"before the answer", []sim.Message{told(5), answer(5), told(6)}, true},
		{"two of one transaction", []sim.Message{told(5), told(5)}, true},
		{"what was missed", []sim.Message{answer(5), told(0)}, true},
		{"after the answer", []sim.Message{answer(5), told(5)}, false},
		{"after a ping that shows it", []sim.Message{&zkapi.PingReply{Zxid: 5}, told(4)}, false},
		{"an earlier one later", []sim.Message{told(6), told(5)}, false},
	} {
		e, right := zkspec.NewEvents(), true
		for _, m := range c.messages {
			step := &sim.StepInfo{Node: sim.Client(1), Event: &sim.Event{Kind: sim.Receive, Chan: 1, Msg: m}}
			right = right && e.Observe(sim.View{}, step) == nil
		}
		if right != c.right {
			t.Errorf("%s: right %v", c.name, right)
		}
	}
}
