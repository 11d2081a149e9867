package scenarios

import (
	"time"

	"schism/checker"
	"schism/checker/zkspec"
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
	{
		Name: "zab/zk/moving-clients", Servers: 3, Clients: 4,
		Doc:    "Clients lose their connections and go to other servers while what they have asked for is on its way",
		Plan:   movings(20 * time.Second),
		HealAt: 20 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"session-moved", "session-reopened"},
		system: newZabZK(zabSetup{workload: busy(znodes(150)), snapshotEvery: 50,
			checks: []func([]sim.Op) checker.Report{zkspec.JudgeClientOrder}}),
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

// movings is the plan in which requests take long from their server to the leader, now and then, while clients lose
// their connections and go from server to server.
func movings(until time.Duration) nemesis.Plan {
	return func(c sim.Chooser, _, clients []sim.NodeID) nemesis.Schedule {
		key := sim.Key{Decision: sim.DecidePlan}
		s := nemesis.Schedule{{When: sim.Trigger{After: time.Second}, Do: nemesis.AddRule{
			Action: sim.RuleDelay, MessageKind: "LearnerRequest", From: nemesis.Everyone, To: nemesis.Everyone,
			Share: 20 * sim.Percent, Delay: 300 * time.Millisecond}}}
		for at := time.Second; at < until; at += c.Span(key, 50*time.Millisecond, 500*time.Millisecond) {
			s = append(s, nemesis.Entry{When: sim.Trigger{After: at}, Do: nemesis.ResetChannels{
				A: nemesis.Nodes(clients[c.Index(key, len(clients))]), B: nemesis.All}})
		}
		return append(s, nemesis.Entry{When: sim.Trigger{After: until}, Do: nemesis.Recover{}})
	}
}
