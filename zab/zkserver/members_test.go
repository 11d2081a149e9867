package zkserver_test

import (
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// changing returns a run in which one client changes the membership, and another one plays along.
func changing(seed uint64) sim.Config {
	work := zkserver.MemberWork{
		Rounds: 30, Servers: voters(5), MinVoters: 2, ThinkMin: time.Second, ThinkMax: 2 * time.Second,
	}
	var c sim.Config
	c = world(seed, everything(), 2, tuning{client: func(cc *zkserver.ClientConfig) {
		if cc.ID == sim.Client(1) {
			cc.Recipe = work.Draw(c.Chooser, cc.ID)
		}
	}})
	return c
}

// TestAClientChangesTheMembershipInManyWays sees every kind of change done, and never too few voters.
func TestAClientChangesTheMembershipInManyWays(t *testing.T) {
	done := map[string]int{}
	for seed := range uint64(10) {
		for _, op := range run(t, seed, changing(seed)).History {
			in, out := op.Input.(*zkapi.Op), (*zkapi.Output)(nil)
			if op.Outcome == sim.OK {
				_, out = output(&op)
			}
			if in.Kind != zkapi.Reconfig || out == nil {
				continue
			}
			if out.Code != zkapi.OK {
				done[out.Code.String()]++
				continue
			}
			m, err := zkapi.ParseMembership(out.Data)
			if err != nil {
				t.Fatal(err)
			}
			count := 0
			for _, x := range m.Members {
				if !x.Observer {
					count++
				}
			}
			if count < 2 {
				t.Errorf("seed %d: %s leaves %d voters", seed, in.Explain(out), count)
			}
			c := in.Change
			switch {
			case c.Members != nil:
				done["all"]++
			case c.Leaving != nil:
				done["leave"]++
			case c.Joining[0].Observer:
				done["demote"]++
			default:
				done["join"]++
			}
			if c.From == zkapi.AnyMembership {
				done["blind"]++
			}
		}
	}
	for _, what := range []string{"all", "leave", "demote", "join", "blind"} {
		if done[what] == 0 {
			t.Errorf("nothing was done of the kind %s: %v", what, done)
		}
	}
	t.Log(done)
}

func TestEveryFieldOfMembersReachesCloneAndHash(t *testing.T) {
	simtest.CheckCloner(t, simtest.Harvest(changing(1), []sim.NodeID{sim.Client(1)}, 400, 600, 800, 1200, 2000),
		simtest.Ignore("zkapi.WatchList.Relative", "set in what is sent only"),
		simtest.Ignore("zkserver.ClientConfig", "never changes; clones share it"),
		simtest.Ignore("sim.Slab", "memory for messages that have not been made yet"),
		simtest.Ignore("zkserver.members.work", "never changes; clones share it"),
		simtest.Ignore("zkserver.members.rounds", "never changes; clones share it"),
		simtest.Shared("recipe.Player.move", "never changed: the next one is another"))
}
