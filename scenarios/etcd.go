package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/raft/kvserver"
)

// etcdScenarios are the scenarios of what only the etcd-like store has to tell.
var etcdScenarios = []*Scenario{
	{
		Name: "etcd/swarm", Servers: 5, Clients: 4,
		Doc:    "The common kinds of fault that a quorum survives, each run others, many at once",
		Plan:   nemesis.Swarm(raftSwarm),
		Swarm:  &raftSwarm,
		Budget: commonFaults,
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "check-quorum-failed",
			"log-truncated", "snapshot-installed", "pre-vote-refused", "leader-stepped-down", "lease-expired"},
		system: newRaftKV(raftSetup{workload: revisions(40), snapshotEvery: 20, journal: true}),
	},
	{
		Name: "etcd/watch", Servers: 5, Clients: 4,
		Doc: "Clients watch through partitions, crashes and compactions, and are told everything once and in order",
		Plan: nemesis.Swarm(nemesis.SwarmConfig{
			Start: time.Second, Until: 20 * time.Second, MaxFor: 3 * time.Second,
			Kinds: []nemesis.Kind{nemesis.KindHalves, nemesis.KindClients, nemesis.KindCrash, nemesis.KindPause,
				nemesis.KindResetChannels, nemesis.KindSlowTasks},
		}),
		Budget: movingClients,
		HealAt: 20 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkMajorityAcked, "watch-lost", "watch-behind", "watch-compacted", "snapshot-installed",
			"lease-expired"},
		system: newRaftKV(watchingRevisions()),
	},
	{
		Name: "etcd/lease-checkpoint", Servers: 5, Clients: 4,
		Doc:    "Leases are kept alive, and what they have left is kept for the next leader, while leaders are cut off",
		Plan:   episodes(nemesis.IsolateLeader, nemesis.IsolateLeader, nemesis.IsolateLeader),
		Budget: partitions,
		HealAt: 3 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, MarkMajorityAcked, "lease-checkpoint", "lease-expired"},
		system: newRaftKV(checkpointing()),
	},
}

// watchingRevisions is the setup of etcd/watch: hardly any pauses, and servers that soon forget what was, and tell
// little at once.
func watchingRevisions() raftSetup {
	w := revisions(80)
	w.Mix.Watch, w.Mix.Unwatch, w.Mix.Progress, w.Mix.Compact = 4, 2, 2, 4
	w.ThinkMin, w.ThinkMax = 0, 400*time.Millisecond
	return raftSetup{workload: w, snapshotEvery: 15, tune: func(c *kvserver.Config) {
		c.WatchBatch, c.FragmentEvents = 3, 1
	}}
}

// checkpointing is the setup of etcd/lease-checkpoint.
func checkpointing() raftSetup {
	w := revisions(60)
	w.Mix = kvserver.Mix{Get: 1, Put: 1, Grant: 2, Attach: 2, Keep: 4}
	w.TTL, w.ThinkMax = 5, 800*time.Millisecond
	return raftSetup{workload: w, snapshotEvery: 50, journal: true, tune: func(c *kvserver.Config) {
		c.CheckpointEvery = 500 * time.Millisecond
	}}
}
