package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/raft"
	"schism/raft/kvserver"
	"schism/raft/quorum"
)

// revisions is the workload of most scenarios over Raft: every kind of operation on three keys.
func revisions(ops int) kvserver.Workload {
	return kvserver.Workload{
		Ops: ops, Keys: 3,
		Mix: kvserver.Mix{Get: 6, Range: 2, Local: 2, Put: 6, Delete: 2, Create: 2, CAS: 4, Move: 2, Grant: 2,
			Attach: 2, Keep: 2, Revoke: 2, Left: 1, Leases: 1, Compact: 2, Hash: 2},
		ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond,
	}
}

// usual is the setup of most scenarios over Raft.
func usual(ops int) func(*Scenario) system {
	return newRaftKV(raftSetup{workload: revisions(ops), snapshotEvery: 50, sessions: true})
}

// raftSwarm is the plan of the common kinds of fault that a quorum survives, raftCatalogue that of all of them.
var (
	raftSwarm     = raftFaults(nemesis.Common())
	raftCatalogue = raftFaults(nemesis.Survivable())
)

// raftFaults says what a swarm of the given kinds needs to know of Raft.
func raftFaults(kinds []nemesis.Kind) nemesis.SwarmConfig {
	return nemesis.SwarmConfig{
		Start: time.Second, Until: 30 * time.Second, DriftPPM: 50_000, Kinds: kinds, Lease: raftElectionMax,
		MessageKinds: []string{"AppendEntries", "AppendEntriesResponse", "RequestVote", "RequestVoteResponse",
			"PreVote", "PreVoteResponse", "InstallSnapshot", "InstallSnapshotResponse", "TimeoutNow"},
		Replication: []string{"AppendEntries", "InstallSnapshot"}, Provocations: []string{timeoutNow, takeSnapshot},
		States: namesOf(raftStates),
	}
}

// raftKVScenarios are the scenarios of the etcd-like store over Raft that have to do with Raft itself.
var raftKVScenarios = []*Scenario{
	calm.on("raft/kv", usual(20), "leader-elected"),
	splitTwoThree.on("raft/kv", usual(20), MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "log-truncated"),
	splitThreeWays.on("raft/kv", usual(20), MarkMinorityRefused, "check-quorum-failed"),
	isolateLeader.on("raft/kv", usual(40), MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked,
		"check-quorum-failed", "log-truncated"),
	oneWay.on("raft/kv", usual(30), MarkTwoLeaders, MarkMajorityAcked, "check-quorum-failed", "pre-vote-refused"),
	bridge.on("raft/kv", usual(30), MarkMajorityAcked, "pre-vote-refused"),
	ring.on("raft/kv", usual(30), MarkMajorityAcked, "pre-vote-refused"),
	crashStorm.on("raft/kv", newRaftKV(raftSetup{workload: revisions(40), snapshotEvery: 10,
		sessions: true}),
		"snapshot-installed", "lease-expired"),
	clockSkew.on("raft/kv", usual(40), MarkTwoLeaders, "leader-elected", "lease-expired"),
	{
		Name: "raft/kv/swarm", Servers: 5, Clients: 4,
		Doc:    "The common kinds of fault that a quorum survives, each run others, many at once",
		Plan:   nemesis.Swarm(raftSwarm),
		Swarm:  &raftSwarm,
		Budget: commonFaults,
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "check-quorum-failed",
			"log-truncated", "snapshot-installed", "pre-vote-refused", "leader-stepped-down", "lease-expired"},
		system: newRaftKV(raftSetup{workload: revisions(40), snapshotEvery: 20, sessions: true, drawLimits: true}),
	},
	{
		Name: "raft/kv/core", Servers: 5, Clients: 4,
		Doc:    "After the common kinds of fault only a core comes back: others fail for good, some of them halfway",
		Plan:   nemesis.EndInCore(nemesis.Swarm(raftSwarm)),
		Swarm:  &raftSwarm,
		Budget: commonFaults,
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "log-truncated", "snapshot-installed"},
		system: newRaftKV(raftSetup{workload: revisions(40), snapshotEvery: 20, sessions: true}),
	},
	{
		Name: "raft/kv/catalogue", Servers: 5, Clients: 4,
		Doc:    "Every kind of fault that a quorum survives, the rare ones too, each run others, many at once",
		Plan:   nemesis.Swarm(raftCatalogue),
		Swarm:  &raftCatalogue,
		Budget: survivableFaults,
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, MarkMajorityAcked, "log-truncated", "snapshot-installed", "transfer-campaign"},
		system: newRaftKV(raftSetup{workload: revisions(40), snapshotEvery: 20, sessions: true, drawLimits: true}),
	},
	standardWorkload.on("raft/kv", newRaftKV(raftSetup{workload: kvserver.StandardWorkload(),
		snapshotEvery: 100, sessions: true}), MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked),
	{
		Name: "raft/kv/canary", Servers: 5, Clients: 4,
		Doc:    "A mutant that must be found: two votes of five elect a leader",
		Plan:   episodes(nemesis.SplitLeader{With: 2}),
		Budget: partitions,
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Finds:  []string{raft.LeaderCompleteness, raft.ElectionSafety},
		system: newRaftKV(raftSetup{workload: revisions(20), snapshotEvery: 50, mutate: fewVotes}),
	},
}

// fewVotes is the bug that takes n/2 votes of n for a majority.
func fewVotes(c *kvserver.Config) {
	c.Raft.Rules = &raft.Rules{
		VoteResult: func(j quorum.Joint, yes, no quorum.Members) quorum.Result {
			if yes.Len() >= j.Members().Len()/2 {
				return quorum.Won
			}
			return j.VoteResult(yes, no)
		},
	}
}
