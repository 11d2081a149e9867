package scenarios

import (
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/nemesis"
	"schism/sim"
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

// busy is w with hardly a pause between operations.
func busy(w zkserver.Workload) zkserver.Workload {
	w.ThinkMin, w.ThinkMax = 0, 50*time.Millisecond
	return w
}

// watching is the setup of zab/zk/watches: clients that leave a watch with whatever they read. The last two of them
// also leave watches that stay.
func watching() zabSetup {
	once := busy(zkserver.Workload{
		Ops: 260, Keys: 3, Watches: true,
		Mix: zkserver.Mix{Get: 3, Exists: 3, Children: 2, Sync: 1, Set: 2, CAS: 1, Create: 2, Ephemeral: 1,
			Sequential: 1, Delete: 3, Multi: 1},
	})
	stay := once
	stay.Mix.AddWatch = 1
	return zabSetup{workload: once, reads: stay, readers: 2, snapshotEvery: 50}
}

// usualZK is the setup of most zab/zk scenarios.
func usualZK(ops int) func(*Scenario) system {
	return newZabZK(zabSetup{workload: znodes(ops), snapshotEvery: 50})
}

// zabZKScenarios are the scenarios of a ZooKeeper-like tree over ZAB, the twins of those of Raft.
var zabZKScenarios = []*Scenario{
	calm.on("zab/zk", usualZK(20), "leader-elected", "learner-serves", "sync-Diff"),
	{
		Name: "zab/zk/busy", Servers: 5, Clients: 5,
		Doc:    "Clients that hardly rest, and nothing that harms anybody: a sync is as good as its word",
		Plan:   nemesis.Script(nil),
		Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"leader-elected", "learner-serves"},
		system: newZabZK(zabSetup{
			workload: busy(zkserver.Workload{Ops: 60, Keys: 3,
				Mix: zkserver.Mix{Get: 4, Children: 1, Sync: 3, Set: 3, Create: 1, Sequential: 1, Delete: 1,
					Multi: 1}}),
			snapshotEvery: 50, checks: []func([]sim.Op) checker.Report{zkspec.JudgeStrictSync},
		}),
	},
	splitTwoThree.on("zab/zk", usualZK(20), MarkMajorityAcked, "quorum-lost", "history-truncated"),
	splitThreeWays.on("zab/zk", usualZK(20), "quorum-lost"),
	isolateLeader.on("zab/zk", usualZK(40), MarkMajorityAcked, "quorum-lost", "history-truncated"),
	oneWay.on("zab/zk", usualZK(30), MarkMajorityAcked, "quorum-lost"),
	bridge.on("zab/zk", usualZK(30), MarkMajorityAcked),
	ring.on("zab/zk", usualZK(30), MarkMajorityAcked),
	crashStorm.on("zab/zk", newZabZK(zabSetup{workload: znodes(40), snapshotEvery: 6,
		tune: func(c *zkserver.Config) { c.SnapshotStep = 2 }}), // snapshots are fuzzy
		"snapshot-installed", "sync-Diff", "sync-Snap"),
	clockSkew.on("zab/zk", usualZK(40), "leader-elected", "quorum-lost"),
	{
		Name: "zab/zk/swarm", Servers: 5, Clients: 4,
		Doc:    "The common kinds of fault that a quorum survives, each run others, many at once",
		Plan:   nemesis.Swarm(zabSwarm),
		Swarm:  &zabSwarm,
		Budget: commonFaults,
		HealAt: 30 * time.Second, Settle: 2 * time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMajorityAcked, "quorum-lost", "history-truncated",
			"snapshot-installed", "sync-Trunc"},
		system: newZabZK(zabSetup{workload: znodes(40), snapshotEvery: 20}),
	},
	{
		Name: "zab/zk/core", Servers: 5, Clients: 4,
		Doc:    "After the common kinds of fault only a core comes back: others fail for good, some of them halfway",
		Plan:   nemesis.EndInCore(nemesis.Swarm(zabSwarm)),
		Swarm:  &zabSwarm,
		Budget: commonFaults,
		HealAt: 30 * time.Second, Settle: 2 * time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "quorum-lost", "history-truncated"},
		system: newZabZK(zabSetup{workload: znodes(40), snapshotEvery: 20}),
	},
	{
		Name: "zab/zk/catalogue", Servers: 5, Clients: 4,
		Doc:    "Every kind of fault that a quorum survives, the rare ones too, each run others, many at once",
		Plan:   nemesis.Swarm(zabCatalogue),
		Swarm:  &zabCatalogue,
		Budget: survivableFaults,
		HealAt: 30 * time.Second, Settle: 2 * time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "quorum-lost", "history-truncated", "snapshot-installed"},
		system: newZabZK(zabSetup{workload: znodes(40), snapshotEvery: 20}),
	},
	{
		Name: "zab/zk/watches", Servers: 5, Clients: 4,
		Doc: "Clients watch whatever they read, lose their connections and move from server to server",
		Plan: nemesis.Swarm(nemesis.SwarmConfig{
			Start: time.Second, Until: 20 * time.Second, MaxFor: 3 * time.Second,
			Kinds: []nemesis.Kind{nemesis.KindHalves, nemesis.KindClients, nemesis.KindCrash, nemesis.KindPause,
				nemesis.KindResetChannels, nemesis.KindSlowTasks},
		}),
		Budget: movingClients,
		HealAt: 20 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"quorum-lost", "client-ahead", "session-reopened", "client-lost-session"},
		system: newZabZK(watching()),
	},
	{
		Name: "zab/zk/dirty-snapshot", Servers: 3, Clients: 6,
		Doc: "A server that is elected with an uncommitted tail, leads nobody, and finds its tail gone (ZK-1549)",
		Plan: script(`
			2s     split leader | rest
			2.4s   crash all
			2.5s   heal
			2.5s   rule drop FollowerInfo from * to *
			2.6s   restart all
			5.6s   crash all
			5.7s   clear rules
			5.8s   restart {n1 n2}
			8s     restart n3
			8.5s   reset channels clients -> all
			10s    recover`),
		Budget: nemesis.Budget{Takes: nemesis.TakesDelivery | nemesis.TakesStreams | nemesis.TakesProcesses},
		HealAt: 10 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"sync-Trunc", "history-truncated"},
		system: newZabZK(zabSetup{snapshotEvery: 5,
			workload: zkserver.Workload{Ops: 150, Keys: 8, ThinkMax: 100 * time.Millisecond,
				Mix: zkserver.Mix{Get: 4, First: 4, Set: 2, Create: 2, Sequential: 2}},
			tune: func(c *zkserver.Config) { c.Zab.SnapshotTrailing = 1000 }}), // logs are cut, not replaced
	},
	standardWorkload.on("zab/zk", newZabZK(zabSetup{workload: zkserver.StandardWorkload(), snapshotEvery: 100,
		tick: 200 * time.Millisecond}), MarkMajorityAcked, "quorum-lost"), // a sign of life every 100 ms, as in Raft
	{
		Name: "zab/zk/canary", Servers: 5, Clients: 4,
		Doc:    "A mutant that must be found: two of five are a quorum",
		Plan:   episodes(nemesis.SplitLeader{With: 2}),
		Budget: partitions,
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Finds:  []string{zab.OneLeaderPerEpoch, zab.LeaderCompleteness, zab.CommitQuorum, zab.TotalOrder},
		system: newZabZK(zabSetup{workload: znodes(20), snapshotEvery: 50, mutate: halfQuorum}),
	},
}

// zabSwarm is the plan of the common kinds of fault that a quorum survives, zabCatalogue that of all of them.
var (
	zabSwarm     = zabFaults(nemesis.Common())
	zabCatalogue = zabFaults(nemesis.Survivable())
)

// zabFaults says what a swarm of the given kinds needs to know of ZAB.
func zabFaults(kinds []nemesis.Kind) nemesis.SwarmConfig {
	return nemesis.SwarmConfig{
		Start: time.Second, Until: 30 * time.Second, DriftPPM: 50_000, Kinds: kinds,
		MessageKinds: []string{"Notification", "FollowerInfo", "LeaderInfo", "AckEpoch", "NewLeader", "Ack",
			"Propose", "Commit", "UpToDate", "Ping"},
		Replication: []string{"Propose"}, Provocations: []string{takeSnapshot}, States: namesOf(zabStates),
	}
}

// halfQuorum is the bug that takes n/2 of n for a quorum.
func halfQuorum(c *zkserver.Config) {
	enough := func(e *zab.Ensemble, have zab.Servers) bool {
		return 2*(have&e.Voters).Len() >= e.Voters.Len()-1
	}
	c.Zab.Rules = &zab.Rules{Quorum: enough, MayLead: enough,
		EpochOpen: func(e *zab.Ensemble, connected zab.Servers, self zab.Slot) bool {
			return connected.Has(self) && enough(e, connected)
		},
	}
}
