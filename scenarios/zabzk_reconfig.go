package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/sim"
	"schism/zab"
	"schism/zab/zkserver"
)

// reconfigHeal is when the faults of zab/zk/reconfig are over at the latest, reconfigMeetings for how many passings of
// each mark they wait, and reconfigSoon how soon after it they come.
const (
	reconfigHeal     = 30 * time.Second
	reconfigMeetings = 6
	reconfigSoon     = 30 * time.Millisecond
)

// reconfiguring is the setup of zab/zk/reconfig: three of five servers vote at first, and the last client changes
// that.
func reconfiguring() zabSetup {
	work := zkserver.MemberWork{
		Rounds: 14, Servers: []sim.NodeID{1, 2, 3, 4, 5}, MinVoters: 3,
		ThinkMin: 200 * time.Millisecond, ThinkMax: 2 * time.Second,
	}
	plays := znodes(40)
	plays.Watches = true
	return zabSetup{
		workload:      plays,
		recipe:        work.Draw,
		players:       1,
		ensemble:      zab.Ensemble{Voters: 0b00111},
		snapshotEvery: 20,
	}
}

// meeting is the plan in which, upon the first passings of each mark, the servers are split, the leader is isolated or
// loses power, or another server does, until some time later all recover.
func meeting(marks ...string) nemesis.Plan {
	return func(c sim.Chooser, servers, _ []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for nth := 1; nth <= reconfigMeetings; nth++ {
			for _, mark := range marks {
				soon := c.Span(key, 0, reconfigSoon)
				over := soon + c.Span(key, episodeMin/2, episodeMax/2)
				fault := meet(c, key, servers)
				if c.Chance(key, 50*sim.Percent) {
					continue // nothing happens
				}
				s = append(s, nemesis.Entry{When: sim.Trigger{Mark: mark, Nth: nth, After: soon}, Do: fault},
					nemesis.Entry{When: sim.Trigger{Mark: mark, Nth: nth, After: over}, Do: nemesis.Recover{}})
			}
		}
		return append(s, nemesis.Entry{When: sim.Trigger{After: reconfigHeal}, Do: nemesis.Recover{}})
	}
}

// meet draws a fault.
func meet(c sim.Chooser, key sim.Key, servers []sim.NodeID) nemesis.Fault {
	loss := sim.PowerLoss{Drop: 50 * sim.Percent}
	other := servers[c.Index(key, len(servers))]
	switch c.Index(key, 4) {
	case 0:
		return nemesis.IsolateLeader
	case 1:
		return nemesis.Crash{Target: nemesis.Leader, Loss: loss}
	case 2:
		return nemesis.Crash{Target: nemesis.Nodes(other), Loss: loss}
	}
	sides := [2][]sim.NodeID{{other}}
	for _, n := range servers {
		if n == other {
			continue
		}
		i := c.Index(key, 2)
		sides[i] = append(sides[i], n)
	}
	if len(sides[1]) == 0 {
		return nemesis.IsolateLeader
	}
	return nemesis.Split{Groups: sides[:]}
}
