package kvserver_test

import (
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// ofThree makes the first three of five servers vote.
func ofThree(c *kvserver.Config) { c.Raft.Servers, c.Raft.Voters = members(5), members(3) }

// wantMembers requires that what was told of the membership is what the changes have made of it.
func wantMembers(t *testing.T, seed uint64, history []sim.Op) {
	t.Helper()
	r := kvspec.JudgeMembers(history, kvspec.FirstMembers(members(3)...), checker.DefaultBudget)
	if r.Verdict == checker.Invalid {
		t.Errorf("seed %d: %s: %v", seed, r.Reason, r.Core)
	}
}

// copied makes every request arrive a second time, late.
func copied(from, late time.Duration) sim.Planned {
	return simtest.At(from, "copy requests", func(f sim.Faults) {
		f.AddRule(sim.Rule{MessageKind: "Request", Action: sim.RuleDuplicate, Share: sim.Always, Delay: late})
	})
}

// TestACopyOfAChangeThatWasDoneIsNotAnswered: the client does not hear that n4 has joined. When it hears again a copy
// of its request arrives, which could not be done any more.
func TestACopyOfAChangeThatWasDoneIsNotAnswered(t *testing.T) {
	for seed := range uint64(10) {
		ops := [][]kvserver.Operation{script(t, "1s put x 1\n500ms member-add node n4\n0s member-list")}
		c := world(seed, ops, ofThree)
		c.Faults = append(deaf(sim.Client(1), 1400*time.Millisecond, 1800*time.Millisecond),
			copied(1400*time.Millisecond, 500*time.Millisecond))
		r := run(t, seed, c)
		wantMembers(t, seed, r.History)
		if o := &r.History[1]; o.Outcome != sim.Unknown {
			t.Errorf("seed %d: %v is %v, with %v", seed, o.Input, o.Outcome, o.Output)
		}
	}
}

// TestACopyOfAChangeThatWasRefusedIsNotDone: n1 or n2 leads, n3 is not to be removed while the other is down, and not
// when it is back either.
func TestACopyOfAChangeThatWasRefusedIsNotDone(t *testing.T) {
	refused := 0
	for seed := range uint64(20) {
		ops := [][]kvserver.Operation{script(t, "1s put x 1\n2s member-remove node n3\n3s member-list")}
		c := world(seed, ops, ofThree)
		var down sim.NodeID
		c.Faults = []sim.Planned{
			simtest.At(1200*time.Millisecond, "crash", func(f sim.Faults) {
				leader, _ := f.Leader()
				down = sim.Server(1)
				if leader == down {
					down = sim.Server(2)
				}
				f.Crash(down, sim.PowerLoss{})
			}),
			copied(1200*time.Millisecond, 1500*time.Millisecond),
			simtest.At(3500*time.Millisecond, "restart", func(f sim.Faults) { f.Restart(down) }),
		}
		r := run(t, seed, c)
		wantMembers(t, seed, r.History)
		out, _ := r.History[1].Output.(*kvapi.Output)
		if list, _ := r.History[2].Output.(*kvapi.Output); out != nil && out.Code == kvapi.ErrUnhealthy && list != nil {
			refused++
		}
	}
	if refused < 5 {
		t.Errorf("the change was refused in only %d runs", refused)
	}
}

// TestMembersAreRightWhereRequestsAreCopied: half of what is sent between clients and servers arrives twice, some of it
// seconds later, at servers that lead by then.
func TestMembersAreRightWhereRequestsAreCopied(t *testing.T) {
	ended := map[sim.Outcome]int{}
	for seed := range uint64(60) {
		w := everyChange()
		w.Ops = 20
		c := stormy(world(seed, [][]kvserver.Operation{w.Draw(sim.NewSeeded(seed), sim.Client(1))}, ofThree))
		c.ClientLinks = sim.Link{Loss: 5 * sim.Percent, Duplicate: 50 * sim.Percent, DuplicateMax: 3 * time.Second}
		r := run(t, seed, c)
		wantMembers(t, seed, r.History)
		for i := range r.History {
			ended[r.History[i].Outcome]++
		}
	}
	if ended[sim.OK] < 600 {
		t.Errorf("the operations ended %v", ended)
	}
}
