package scenarios

import (
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/raft"
	"schism/raft/kvserver"
	"schism/raft/quorum"
)

// mixed is the workload of most raft/kv scenarios: every kind of operation on three keys.
func mixed(ops int) kvserver.Workload {
	return kvserver.Workload{
		Ops: ops, Keys: 3, Mix: kvserver.Mix{Get: 3, Put: 2, Append: 2, CAS: 2, Delete: 1},
		ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond,
	}
}

// localGets is mixed with gets that leaders answer by themselves.
func localGets(ops int) kvserver.Workload {
	w := mixed(ops)
	w.LocalGets = true
	return w
}

// usual is the setup of most raft/kv scenarios.
func usual(ops int) func(*Scenario) system {
	return newRaftKV(raftSetup{workload: mixed(ops), snapshotEvery: 50})
}

// raftKVScenarios are the scenarios of a key-value store over Raft.
var raftKVScenarios = []*Scenario{
	calm.on("raft/kv", usual(20), "leader-elected"),
	splitTwoThree.on("raft/kv", usual(20), MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "log-truncated"),
	splitThreeWays.on("raft/kv", usual(20), MarkMinorityRefused, "check-quorum-failed"),
	isolateLeader.on("raft/kv", usual(40), MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked,
		"check-quorum-failed", "log-truncated"),
	oneWay.on("raft/kv", usual(30), MarkTwoLeaders, MarkMajorityAcked, "check-quorum-failed", "pre-vote-refused"),
	bridge.on("raft/kv", usual(30), MarkMajorityAcked, "pre-vote-refused"),
	ring.on("raft/kv", usual(30), MarkMajorityAcked, "pre-vote-refused"),
	crashStorm.on("raft/kv", newRaftKV(raftSetup{workload: mixed(40), snapshotEvery: 10}),
		"log-truncated", "snapshot-installed"),
	clockSkew.on("raft/kv", usual(40), MarkTwoLeaders, "leader-elected"),
	{
		Name: "raft/kv/swarm", Servers: 5, Clients: 4,
		Doc: "Every kind of fault that a quorum survives, each run others, many at once",
		Plan: nemesis.Swarm(nemesis.SwarmConfig{
			Start: time.Second, Until: 30 * time.Second, DriftPPM: 50_000,
			MessageKinds: []string{"AppendEntries", "AppendEntriesResponse", "RequestVote", "RequestVoteResponse",
				"PreVote", "PreVoteResponse", "InstallSnapshot", "InstallSnapshotResponse", "TimeoutNow"},
		}),
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "check-quorum-failed",
			"log-truncated", "snapshot-installed", "pre-vote-refused", "leader-stepped-down"},
		system: newRaftKV(raftSetup{workload: mixed(40), snapshotEvery: 20, drawLimits: true}),
	},
	standardWorkload.on("raft/kv", newRaftKV(raftSetup{workload: kvserver.StandardWorkload(),
		snapshotEvery: 100}), MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked),
	{
		Name: "raft/kv/local-reads", Servers: 5, Clients: 4,
		Doc:    "Leaders answer gets without asking anybody: one that is cut off tells what was",
		Plan:   episodes(nemesis.IsolateLeader, nemesis.IsolateLeader, nemesis.IsolateLeader),
		HealAt: 3 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders}, Finds: []string{checker.Linearizability},
		system: newRaftKV(raftSetup{workload: localGets(40), snapshotEvery: 50, localReads: true}),
	},
	{
		Name: "raft/kv/canary", Servers: 5, Clients: 4,
		Doc:    "A mutant that must be found: two votes of five elect a leader",
		Plan:   episodes(nemesis.SplitLeader{With: 2}),
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Finds:  []string{raft.LeaderCompleteness, raft.ElectionSafety},
		system: newRaftKV(raftSetup{workload: mixed(20), snapshotEvery: 50, rules: fewVotes}),
	},
}

// fewVotes is the bug that takes n/2 votes of n for a majority.
func fewVotes() *raft.Rules {
	return &raft.Rules{
		VoteResult: func(j quorum.Joint, yes, no quorum.Members) quorum.Result {
			if yes.Len() >= j.Members().Len()/2 {
				return quorum.Won
			}
			return j.VoteResult(yes, no)
		},
	}
}
