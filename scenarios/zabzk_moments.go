package scenarios

import (
	"slices"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/nemesis"
	"schism/sim"
	"schism/zab/zkserver"
)

// zabZKMoments are the scenarios whose faults hit a moment: while a leader is established, while what a client has
// asked for is on its way, while a snapshot is written down.
var zabZKMoments = []*Scenario{
	{
		Name: "zab/zk/interrupted", Servers: 5, Clients: 4,
		Doc:  "Leaders go one after the other, each while the messages that establish the next one get lost",
		Plan: interrupted(10),
		Budget: nemesis.Budget{Takes: nemesis.TakesDelivery | nemesis.TakesStreams |
			nemesis.TakesProcesses | nemesis.TakesUnsynced},
		HealAt: 10 * interruptedSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"follower-ahead", "history-truncated"},
		system: newZabZK(zabSetup{workload: busy(znodes(280)), snapshotEvery: 20}),
	},
	{
		Name: "zab/zk/moving-clients", Servers: 3, Clients: 4,
		Doc:    "Clients lose their connections and go to other servers while what they have asked for is on its way",
		Plan:   movings(20 * time.Second),
		Budget: nemesis.Budget{Takes: nemesis.TakesLatency | nemesis.TakesOrder | nemesis.TakesStreams},
		HealAt: 20 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"session-moved", "session-reopened"},
		system: newZabZK(zabSetup{workload: busy(znodes(240)), snapshotEvery: 50,
			checks: []func([]sim.Op) checker.Report{zkspec.JudgeClientOrder}}),
	},
	{
		Name: "zab/zk/fuzzy-snapshots", Servers: 5, Clients: 5,
		Doc:    "Much is done while a snapshot is written down, sessions end, and servers crash and read the snapshot",
		Plan:   fuzzy(20 * time.Second),
		Budget: nemesis.Budget{Takes: nemesis.TakesDelivery | nemesis.TakesProcesses | nemesis.TakesSpeed},
		HealAt: 20 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"session-expired"},
		system: newZabZK(zabSetup{
			workload: busy(zkserver.Workload{Ops: 115, Keys: 12,
				Mix: zkserver.Mix{Get: 1, Set: 2, Create: 3, Sequential: 6, Delete: 1, Pair: 4, Guard: 1,
					Check: 1}}),
			snapshotEvery: 8, tune: func(c *zkserver.Config) { c.SnapshotStep = 2 },
		}),
	},
	{
		Name: "zab/zk/blackouts", Servers: 3, Clients: 5,
		Doc:    "The power of all servers fails, again and again, while their disks are at work; one comes back late",
		Plan:   blackouts(25 * time.Second),
		Budget: slowDisks,
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"sync-Diff", "sync-Trunc", "history-truncated"},
		system: newZabZK(zabSetup{workload: busy(znodes(100)), snapshotEvery: 50}),
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

// fuzzy is the plan in which everything inside servers is slow, so that much is applied while a snapshot is written
// down, clients are cut off for longer than their sessions last, and servers crash, also right after a session is over.
func fuzzy(until time.Duration) nemesis.Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) nemesis.Schedule {
		key := sim.Key{Decision: sim.DecidePlan}
		last := until - 3*time.Second
		var s nemesis.Schedule
		add := func(mark string, nth int, after time.Duration, f nemesis.Fault) {
			s = append(s, nemesis.Entry{When: sim.Trigger{Mark: mark, Nth: nth, After: after}, Do: f})
		}
		slow := nemesis.Slow{Target: nemesis.All, Min: time.Millisecond, Max: 20 * time.Millisecond}
		add("", 0, time.Millisecond, slow)
		for at := time.Second; at < last; at += c.Span(key, 500*time.Millisecond, time.Second) {
			client := clients[c.Index(key, len(clients))]
			add("", 0, at, nemesis.Cut{From: nemesis.Nodes(client), To: nemesis.All})
			add("", 0, at+c.Span(key, 2*time.Second, 3*time.Second),
				nemesis.Mend{From: nemesis.Nodes(client), To: nemesis.All})
			server := nemesis.Nodes(servers[c.Index(key, len(servers))])
			add("", 0, at, nemesis.Crash{Target: server})
			add("", 0, at+300*time.Millisecond, nemesis.Restart{Target: server})
		}
		for nth := 1; nth <= 20; nth++ {
			server := nemesis.Nodes(servers[c.Index(key, len(servers))])
			after := c.Span(key, 100*time.Millisecond, 2*time.Second)
			add("session-expired", nth, after, nemesis.Before{At: last, Do: nemesis.Crash{Target: server}})
			add("session-expired", nth, after+300*time.Millisecond, nemesis.Restart{Target: server})
		}
		add("", 0, until, nemesis.Recover{})
		return s
	}
}

// blackouts is the plan in which disks are slow, and the power of all servers fails after each election: while those
// who follow write down what they get, or when some work is done. One of them, another each time, comes back late.
func blackouts(until time.Duration) nemesis.Plan {
	return func(c sim.Chooser, servers, _ []sim.NodeID) nemesis.Schedule {
		key := sim.Key{Decision: sim.DecidePlan}
		last := until - 5*time.Second
		s := nemesis.Schedule{
			{When: sim.Trigger{After: time.Millisecond}, Do: nemesis.SetDisk{Target: nemesis.All,
				Disk: sim.DiskProfile{SyncMin: 10 * time.Millisecond, SyncMax: 50 * time.Millisecond}}},
			{When: sim.Trigger{After: until}, Do: nemesis.Recover{}},
		}
		for nth := 1; nth <= 20; nth++ {
			after := c.Span(key, 0, 100*time.Millisecond)
			if c.Index(key, 2) == 1 {
				after = c.Span(key, 100*time.Millisecond, 2*time.Second)
			}
			add := func(d time.Duration, f nemesis.Fault) {
				when := sim.Trigger{Mark: "leader-elected", Nth: nth, After: after + d}
				s = append(s, nemesis.Entry{When: when, Do: f})
			}
			late := c.Index(key, len(servers))
			early := slices.Delete(slices.Clone(servers), late, late+1)
			crash := nemesis.Crash{Target: nemesis.All, Loss: sim.PowerLoss{Drop: sim.Always}}
			add(0, nemesis.Before{At: last, Do: crash})
			add(100*time.Millisecond, nemesis.Restart{Target: nemesis.Nodes(early...)})
			add(c.Span(key, time.Second, 4*time.Second), nemesis.Restart{Target: nemesis.All})
		}
		return s
	}
}
