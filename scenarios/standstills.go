package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/sim"
)

// sleepers is the plan in which, so many times, one of the first four clients after the other is paused, or cut off
// from all servers, for longer than its session lasts.
func sleepers(times int) nemesis.Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for i := range 4 * times {
			client := clients[i%4]
			begin := time.Duration(i)*episodeSlot + c.Span(key, calmMin, calmMax)
			var f nemesis.Fault = nemesis.Pause{Target: nemesis.Nodes(client)}
			if c.Chance(key, 25*sim.Percent) {
				f = nemesis.Split{Groups: [][]sim.NodeID{{client}, servers}}
			}
			s = append(s, nemesis.Entry{When: sim.Trigger{After: begin}, Do: f}, nemesis.Entry{
				When: sim.Trigger{After: begin + c.Span(key, episodeMin, episodeMax)}, Do: nemesis.Recover{}})
		}
		return s
	}
}

// standstills is the plan in which, so many times, the clocks of the leader stand still, and it is cut off from the
// other servers and from all clients but the last readers. The leader does not notice, and goes on serving those, while
// the others elect another one.
func standstills(times, readers int) nemesis.Plan {
	return func(c sim.Chooser, _, clients []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		writers := nemesis.Nodes(clients[:max(0, len(clients)-readers)]...)
		for i := range times {
			begin := time.Duration(i)*episodeSlot + c.Span(key, calmMin, calmMax)
			end := begin + c.Span(key, episodeMin, episodeMax)
			for _, f := range []nemesis.Fault{
				nemesis.Freeze{Target: nemesis.Leader},
				nemesis.Cut{From: writers, To: nemesis.Leader},
				nemesis.Cut{From: nemesis.Leader, To: writers},
				nemesis.IsolateLeader,
			} {
				s = append(s, nemesis.Entry{When: sim.Trigger{After: begin}, Do: f})
			}
			s = append(s, nemesis.Entry{When: sim.Trigger{After: end}, Do: nemesis.Recover{}})
		}
		return s
	}
}
