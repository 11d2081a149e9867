package kvserver_test

import (
	"strings"
	"testing"
	"time"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/recipe"
	"schism/sim/simtest"
)

// playing gives the clients of a world recipes; resource, if not 0, is the one to which the others write.
func playing(
	seed uint64, clients int, resource sim.NodeID, draw func(sim.Chooser, sim.NodeID) kvserver.Recipe,
) sim.Config {
	c := world(seed, make([][]kvserver.Operation, clients), nil)
	c.NewClient = func(id sim.NodeID) sim.Machine {
		if id == resource {
			return recipe.NewResource(true)
		}
		cc := kvserver.DefaultClientConfig(id, members(5), nil)
		cc.Recipe = draw(c.Chooser, id)
		return kvserver.NewClient(cc)
	}
	return c
}

// contest returns a run in which three clients take a lock in turn, and the fourth is the resource.
func contest(seed uint64) sim.Config {
	work := kvserver.LockWork{
		Rounds: 6, WritesMin: 1, WritesMax: 4, Resource: sim.Client(4),
		ThinkMin: 10 * time.Millisecond, ThinkMax: 100 * time.Millisecond,
	}
	return playing(seed, 4, work.Resource, work.Draw)
}

// campaigns returns a run in which two clients lead in turn, and the third looks who does, and deposes them.
func campaigns(seed uint64) sim.Config {
	think := kvserver.ElectionWork{ThinkMin: 10 * time.Millisecond, ThinkMax: 100 * time.Millisecond}
	candidates, observers := think, think
	candidates.Rounds, candidates.ProclaimsMin, candidates.ProclaimsMax = 5, 2, 5
	observers.Looks, observers.Deposes = 30, 5
	return playing(seed, 3, 0, func(c sim.Chooser, id sim.NodeID) kvserver.Recipe {
		if id == sim.Client(3) {
			return observers.Draw(c, id)
		}
		return candidates.Draw(c, id)
	})
}

func TestClientsTakeALockInTurn(t *testing.T) {
	r := sim.Run(contest(1))
	type place struct {
		holder sim.NodeID
		token  recipe.Token
	}
	places := map[uint64]place{}
	for i := range r.History {
		op := &r.History[i]
		w, ok := op.Input.(*recipe.Write)
		if !ok {
			continue
		}
		answer := op.Output.(*recipe.Wrote)
		if !answer.Accepted {
			t.Errorf("in fine weather %v is refused", w)
		}
		places[answer.Place] = place{op.Client, w.Token}
	}
	if len(places) < 3*6 {
		t.Errorf("%d writes, want at least one for each round of each client", len(places))
	}
	for i := uint64(2); i <= uint64(len(places)); i++ {
		before, after := places[i-1], places[i]
		if after.token < before.token || after.token == before.token && after.holder != before.holder {
			t.Errorf("place %d goes to %v, after %v", i, after, before)
		}
	}
	for i := range r.History {
		if op := &r.History[i]; op.Outcome != sim.OK {
			t.Errorf("in fine weather %v is %v", op.Input, op.Outcome)
		}
	}
}

// TestLeadersProclaimUntilTheyAreDeposed: what the leader proclaims is what others read, and of one that is deposed it
// has no effect.
func TestLeadersProclaimUntilTheyAreDeposed(t *testing.T) {
	r := run(t, 1, campaigns(1))
	seen, proclaimed, refused := map[string]bool{}, map[string]bool{}, 0
	for i := range r.History {
		op, out := r.History[i].Input.(*kvapi.Op), r.History[i].Output.(*kvapi.Output)
		switch {
		case op.Kind == kvapi.Range && r.History[i].Client == sim.Client(3):
			for _, kv := range out.KVs {
				seen[kv.Value] = true
			}
		case op.Kind == kvapi.Txn && op.Then[0].Kind == kvapi.Put && out.Succeeded:
			proclaimed[op.Then[0].Value] = true
		case op.Kind == kvapi.Txn && op.Then[0].Kind == kvapi.Put && op.Else == nil:
			refused++
		}
	}
	for value := range seen {
		if !proclaimed[value] {
			t.Errorf("%q was read, and not proclaimed", value)
		}
	}
	if len(seen) < 5 || refused == 0 {
		t.Errorf("%d values read, %d proclaims refused", len(seen), refused)
	}
}

// TestAClientThatWasCutOffTakesAnotherLease: what it had is over when it comes back.
func TestAClientThatWasCutOffTakesAnotherLease(t *testing.T) {
	c := contest(2)
	c.Faults = deaf(sim.Client(1), 1300*time.Millisecond, 6*time.Second)
	var grants []string
	r := sim.Run(c)
	for i := range r.History {
		op, ok := r.History[i].Input.(*kvapi.Op)
		if ok && op.Kind == kvapi.LeaseGrant && r.History[i].Client == sim.Client(1) {
			grants = append(grants, op.String())
		}
	}
	if len(grants) < 2 {
		t.Errorf("it has asked for %s only", strings.Join(grants, ", "))
	}
}

func TestEveryFieldOfARecipeReachesCloneAndHash(t *testing.T) {
	events := []uint64{400, 600, 700, 800, 1000, 1500, 2000, 2500, 3000}
	players := []sim.NodeID{sim.Client(1), sim.Client(2)}
	shared := []simtest.Excuse{
		simtest.Ignore("kvserver.ClientConfig", "never changes; clones share it"),
		simtest.Ignore("kvserver.Client.link", "recipes watch nothing"),
		simtest.Ignore("raft.Slab", "memory for messages that have not been made yet"),
		simtest.Shared("recipe.Player.move", "never changed: the next one is another"),
	}
	contender := append([]simtest.Excuse{
		simtest.Ignore("kvserver.contender.prefix", "never changes"),
		simtest.Ignore("kvserver.contender.client", "never changes"),
		simtest.Ignore("kvserver.contender.mutex", "never changes"),
	}, shared...)
	simtest.CheckCloner(t, simtest.Harvest(contest(1), players, events...), append([]simtest.Excuse{
		simtest.Ignore("kvserver.lock.work", "never changes; clones share it"),
		simtest.Ignore("kvserver.lock.rounds", "never changes; clones share it"),
	}, contender...)...)
	simtest.CheckCloner(t, simtest.Harvest(contest(1), []sim.NodeID{sim.Client(4)}, events...)) // the resource
	simtest.CheckCloner(t, simtest.Harvest(campaigns(1), players, events...), append([]simtest.Excuse{
		simtest.Ignore("kvserver.candidate.work", "never changes; clones share it"),
		simtest.Ignore("kvserver.candidate.rounds", "never changes; clones share it"),
	}, contender...)...)
	observers := []sim.NodeID{sim.Client(3)}
	simtest.CheckCloner(t, simtest.Harvest(campaigns(1), observers, events...), append([]simtest.Excuse{
		simtest.Ignore("kvserver.observer.deposes", "never changes"),
		simtest.Ignore("kvserver.observer.pauses", "never changes; clones share it"),
	}, shared...)...)
}
