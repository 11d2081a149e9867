package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/zab"
	"schism/zab/zkserver"
)

// znodes is the workload of most zab/zk scenarios: every kind of operation on three nodes.
func znodes(ops int) zkserver.Workload {
	return zkserver.Workload{
		Ops: ops, Keys: 3,
		Mix: zkserver.Mix{Get: 3, Children: 1, Sync: 1, Set: 3, CAS: 2, Create: 2, Ephemeral: 1, Sequential: 1,
			Delete: 1, Multi: 1},
		ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond,
	}
}

// usualZK is the setup of most zab/zk scenarios.
func usualZK(ops int) func(*Scenario) system {
	return newZabZK(zabSetup{workload: znodes(ops), snapshotEvery: 50})
}

// zabZKScenarios are the scenarios of a ZooKeeper-like tree over ZAB, the twins of those of Raft.
var zabZKScenarios = []*Scenario{
	{
		Name: "zab/zk/calm", Servers: 5, Clients: 4,
		Doc:    "Five servers and nothing that harms them",
		Plan:   nemesis.Script(nil),
		Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"leader-elected", "learner-serves", "sync-Diff"},
		system: usualZK(20),
	},
	{
		Name: "zab/zk/split-2-3", Servers: 5, Clients: 4,
		Doc:    "The leader and one other are cut off from the other three: the two freeze, the three go on",
		Plan:   episodes(nemesis.SplitLeader{With: 1}),
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "quorum-lost", "history-truncated"},
		system: usualZK(20),
	},
	{
		Name: "zab/zk/split-2-2-1", Servers: 5, Clients: 4,
		Doc:    "Three groups, none of which is a quorum: nobody goes on until the heal",
		Plan:   episodes(nemesis.Split{Groups: groups([]int{1, 2}, []int{3, 4}, []int{5})}),
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"quorum-lost"},
		system: usualZK(20),
	},
	{
		Name: "zab/zk/isolate-leader", Servers: 5, Clients: 4,
		Doc:    "Whoever leads is cut off from everybody, three times",
		Plan:   episodes(nemesis.IsolateLeader, nemesis.IsolateLeader, nemesis.IsolateLeader),
		HealAt: 3 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "quorum-lost", "history-truncated"},
		system: usualZK(40),
	},
	{
		Name: "zab/zk/one-way", Servers: 5, Clients: 4,
		Doc:    "The leader can send and not hear, then another can hear and not send",
		Plan:   episodes(nemesis.Deafen{Target: nemesis.Leader}, nemesis.Mute{Target: nemesis.Leader}),
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "quorum-lost"},
		system: usualZK(30),
	},
	{
		Name: "zab/zk/bridge", Servers: 5, Clients: 4,
		Doc:    "Two pairs that do not see each other, and one server that sees both",
		Plan:   episodes(nemesis.Bridge{Over: nemesis.All}, nemesis.Bridge{Over: servers(3, 1, 5, 2, 4)}),
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked},
		system: usualZK(30),
	},
	{
		Name: "zab/zk/ring", Servers: 5, Clients: 4,
		Doc:    "Everybody sees a majority, and no two see the same",
		Plan:   episodes(nemesis.Ring{Of: nemesis.All}, nemesis.Ring{Of: servers(3, 1, 5, 2, 4)}),
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked},
		system: usualZK(30),
	},
	{
		Name: "zab/zk/crash-storm", Servers: 5, Clients: 4,
		Doc:    "Servers crash and come back all the time, often by a loss of power, often several at once",
		Plan:   nemesis.CrashStorm(nemesis.CrashStormConfig{Start: time.Second, Until: 25 * time.Second}),
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"snapshot-installed", "sync-Diff", "sync-Snap"},
		system: newZabZK(zabSetup{workload: znodes(40), snapshotEvery: 6}),
	},
	{
		Name: "zab/zk/clock-skew", Servers: 5, Clients: 4,
		Doc: "Clocks run up to 10 % fast or slow, jump by minutes and stand still for seconds",
		Plan: nemesis.ClockSkew(nemesis.ClockSkewConfig{
			Start: time.Second, Until: 25 * time.Second, DriftPPM: 100_000,
			MaxJump: 5 * time.Minute, MaxFreeze: 3 * time.Second,
		}),
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"leader-elected", "quorum-lost"},
		system: usualZK(40),
	},
	{
		Name: "zab/zk/swarm", Servers: 5, Clients: 4,
		Doc: "Every kind of fault that a quorum survives, each run others, many at once",
		Plan: nemesis.Swarm(nemesis.SwarmConfig{
			Start: time.Second, Until: 30 * time.Second, DriftPPM: 50_000,
			MessageKinds: []string{"Notification", "FollowerInfo", "LeaderInfo", "AckEpoch", "NewLeader", "Ack",
				"Propose", "Commit", "UpToDate", "Ping"},
		}),
		HealAt: 30 * time.Second, Settle: 2 * time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMajorityAcked, "quorum-lost", "history-truncated",
			"snapshot-installed", "sync-Trunc"},
		system: newZabZK(zabSetup{workload: znodes(40), snapshotEvery: 20}),
	},
	{
		Name: "zab/zk/standard", Servers: 5, Clients: 5,
		Doc: "The workload by which speed is compared: a split, an isolated leader, crashes, in 60 s",
		Plan: script(`
			8s   split {n1 n2} | {n3 n4 n5}
			14s  heal
			20s  split leader | rest
			25s  heal
			28s  crash n2
			31s  restart n2
			33s  crash leader
			36s  restart all
			38s  crash n4 losing 50%
			41s  restart n4
			44s  recover`),
		HealAt: 44 * time.Second, Settle: 16 * time.Second, Whole: true, Network: standardLink, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "quorum-lost"},
		system: newZabZK(zabSetup{workload: zkserver.StandardWorkload(), snapshotEvery: 100}),
	},
	{
		Name: "zab/zk/canary", Servers: 5, Clients: 4,
		Doc:    "A mutant that must be found: two of five are a quorum",
		Plan:   episodes(nemesis.SplitLeader{With: 2}),
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Finds:  []string{zab.OneLeaderPerEpoch, zab.LeaderCompleteness, zab.CommitQuorum, zab.TotalOrder},
		system: newZabZK(zabSetup{workload: znodes(20), snapshotEvery: 50, rules: halfQuorum}),
	},
}

// halfQuorum is the bug that takes n/2 of n for a quorum.
func halfQuorum() *zab.Rules {
	enough := func(e *zab.Ensemble, have zab.Servers) bool {
		return 2*(have&e.Voters).Len() >= e.Voters.Len()-1
	}
	return &zab.Rules{Quorum: enough, MayLead: enough,
		EpochOpen: func(e *zab.Ensemble, connected zab.Servers, self zab.Slot) bool {
			return connected.Has(self) && enough(e, connected)
		},
	}
}
