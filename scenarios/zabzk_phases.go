package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/sim"
)

// zabZKPhases are the scenarios that break into the phases in which a leader is established.
var zabZKPhases = []*Scenario{
	{
		Name: "zab/zk/interrupted", Servers: 5, Clients: 4,
		Doc:    "Leaders go one after the other, each while the messages that establish the next one get lost",
		Plan:   interrupted(10),
		HealAt: 10 * interruptedSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"follower-ahead", "history-truncated"},
		system: newZabZK(zabSetup{workload: busy(znodes(200)), snapshotEvery: 20}),
	},
}

// interruptedSlot is the time for one interruption.
const interruptedSlot = 3 * time.Second

// interrupted is the plan in which, so many times, the leader stops or is cut off, and messages of one kind by which
// leaders are established get lost, to some servers or to all.
func interrupted(times int) nemesis.Plan {
	kinds := []string{"LeaderInfo", "AckEpoch", "NewLeader", "Ack", "UpToDate"}
	return func(c sim.Chooser, servers, _ []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for i := range times {
			begin := time.Duration(i)*interruptedSlot + c.Span(key, interruptedSlot/6, interruptedSlot/3)
			add := func(d time.Duration, f nemesis.Fault) {
				s = append(s, nemesis.Entry{When: sim.Trigger{After: begin + d}, Do: f})
			}
			add(0, nemesis.AddRule{
				Action: sim.RuleDrop, MessageKind: kinds[c.Index(key, len(kinds))], Share: 50 * sim.Percent,
				From: nemesis.Everyone, To: nemesis.Nodes(servers[c.Index(key, len(servers)):]...),
			})
			var f nemesis.Fault = nemesis.IsolateLeader
			switch c.Index(key, 3) {
			case 1:
				f = nemesis.Crash{Target: nemesis.Leader, Loss: sim.PowerLoss{Drop: 50 * sim.Percent}}
			case 2:
				f = nemesis.SplitLeader{With: 1}
			}
			add(time.Millisecond, f)
			add(c.Span(key, interruptedSlot/3, interruptedSlot*2/3), nemesis.Recover{})
		}
		return s
	}
}
