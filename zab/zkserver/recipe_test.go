package zkserver_test

import (
	"testing"
	"time"

	"schism/sim"
	"schism/sim/recipe"
	"schism/sim/simtest"
	"schism/zab/zkserver"
)

// contest returns a run in which three clients take a lock in turn, and the fourth is the resource.
func contest(seed uint64) sim.Config {
	work := zkserver.LockWork{
		Rounds: 6, WritesMin: 1, WritesMax: 4, Resource: sim.Client(4),
		ThinkMin: 10 * time.Millisecond, ThinkMax: 100 * time.Millisecond,
	}
	var c sim.Config
	c = world(seed, everything(), 4, tuning{client: func(cc *zkserver.ClientConfig) {
		cc.Recipe = work.Draw(c.Chooser, cc.ID)
	}})
	play := c.NewClient
	c.NewClient = func(id sim.NodeID) sim.Machine {
		if id == work.Resource {
			return recipe.NewResource(true)
		}
		return play(id)
	}
	return c
}

func TestClientsTakeALockInTurn(t *testing.T) {
	c := contest(1)
	r := sim.Run(c)
	holder, token, writes := map[uint64]sim.NodeID{}, map[uint64]uint64{}, uint64(0)
	for i := range r.History {
		w, ok := r.History[i].Input.(*recipe.Write)
		if !ok {
			continue
		}
		answer := r.History[i].Output.(*recipe.Wrote)
		if !answer.Accepted {
			t.Errorf("in fine weather %v is refused", w)
		}
		writes++
		holder[answer.Place], token[answer.Place] = r.History[i].Client, uint64(w.Token)
	}
	if writes < 3*6 {
		t.Errorf("%d writes, want at least one for each round of each client", writes)
	}
	for place := uint64(2); place <= writes; place++ {
		before, after := token[place-1], token[place]
		if after < before || after == before && holder[place] != holder[place-1] {
			t.Errorf("place %d goes to %v with token %d, after %v with %d", place, holder[place], after,
				holder[place-1], before)
		}
	}
}

func TestEveryFieldOfALockReachesCloneAndHash(t *testing.T) {
	clients := []sim.NodeID{sim.Client(1), sim.Client(2)}
	events := []uint64{400, 600, 700, 800, 1000, 1500, 2000, 2500}
	simtest.CheckCloner(t, simtest.Harvest(contest(1), clients, events...),
		simtest.Ignore("zkapi.WatchList.Relative", "set in what is sent only"),
		simtest.Ignore("zkserver.ClientConfig", "never changes; clones share it"),
		simtest.Ignore("sim.Slab", "memory for messages that have not been made yet"),
		simtest.Ignore("zkserver.lock.client", "never changes"),
		simtest.Ignore("zkserver.lock.resource", "never changes"),
		simtest.Ignore("zkserver.lock.owns", "never changes"),
		simtest.Ignore("zkserver.lock.rounds", "never changes; clones share it"),
		simtest.Shared("recipe.Player.move", "never changed: the next one is another"))
	simtest.CheckCloner(t, simtest.Harvest(contest(1), []sim.NodeID{sim.Client(4)}, events...)) // the resource
}

func TestEveryFieldOfAQueueReachesCloneAndHash(t *testing.T) {
	work := zkserver.QueueWork{Items: 20, Looks: 20, ThinkMax: 100 * time.Millisecond}
	var c sim.Config
	c = world(1, everything(), 3, tuning{client: func(cc *zkserver.ClientConfig) {
		cc.Recipe = work.Draw(c.Chooser, cc.ID)
	}})
	clients := []sim.NodeID{sim.Client(1), sim.Client(2)}
	simtest.CheckCloner(t, simtest.Harvest(c, clients, 400, 600, 800, 1000, 1500, 2000),
		simtest.Ignore("zkapi.WatchList.Relative", "set in what is sent only"),
		simtest.Ignore("zkserver.ClientConfig", "never changes; clones share it"),
		simtest.Ignore("sim.Slab", "memory for messages that have not been made yet"),
		simtest.Ignore("zkserver.queue.work", "never changes; clones share it"),
		simtest.Ignore("zkserver.queue.client", "never changes"),
		simtest.Ignore("zkserver.queue.pauses", "never changes; clones share it"),
		simtest.Shared("recipe.Player.move", "never changed: the next one is another"))
}
