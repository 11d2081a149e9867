package kvserver_test

import (
	"testing"
	"time"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// everyChange is the work of an administrator who does everything to three voters of five servers.
func everyChange() kvserver.MemberWork {
	return kvserver.MemberWork{
		Ops: 40, Servers: members(5), Voters: 3, MinVoters: 2, ThinkMin: time.Millisecond, ThinkMax: time.Second,
		Mix: kvserver.MemberMix{List: 1, Local: 1, Add: 2, Learn: 2, Promote: 2, Demote: 1, Remove: 1, Replace: 1,
			Move: 1, Retire: 1, Relegate: 1},
	}
}

// TestAnAdministratorWhoIsObeyedIsNeverRefused: what is drawn fits together, has at least two voters, and is every kind
// of change.
func TestAnAdministratorWhoIsObeyedIsNeverRefused(t *testing.T) {
	kinds := map[kvapi.OpKind]int{}
	for seed := range uint64(50) {
		votes := map[sim.NodeID]bool{1: true, 2: true, 3: true} // by member
		for i, o := range everyChange().Draw(sim.NewSeeded(seed), sim.Client(1)) {
			kinds[o.In.Kind]++
			_, member := votes[o.In.Node]
			fits := member == (o.In.Kind != kvapi.MemberAdd)
			switch o.In.Kind {
			case kvapi.MemberList:
				continue
			case kvapi.MemberAdd:
				votes[o.In.Node] = o.In.Flags&kvapi.FlagLearner == 0
			case kvapi.MemberPromote:
				fits = fits && !votes[o.In.Node]
				votes[o.In.Node] = true
			case kvapi.MemberDemote:
				votes[o.In.Node] = false
			case kvapi.MoveLeader:
				fits = fits && votes[o.In.Node]
			case kvapi.MemberReplace:
				_, there := votes[o.In.Other]
				fits = fits && votes[o.In.Node] && !there
				votes[o.In.Other] = true
				delete(votes, o.In.Node)
			case kvapi.MemberRemove:
				delete(votes, o.In.Node)
			}
			count := 0
			for _, v := range votes {
				if v {
					count++
				}
			}
			if err := o.In.Check(); err != nil || !fits || count < 2 || o.Think < time.Millisecond {
				t.Fatalf("seed %d, operation %d: %v, then %d voters: %v", seed, i, o, count, err)
			}
		}
	}
	for _, k := range []kvapi.OpKind{kvapi.MemberList, kvapi.MemberAdd, kvapi.MemberPromote, kvapi.MemberDemote,
		kvapi.MemberReplace, kvapi.MemberRemove, kvapi.MoveLeader} {
		if kinds[k] == 0 {
			t.Errorf("%v was never drawn", k)
		}
	}
}
