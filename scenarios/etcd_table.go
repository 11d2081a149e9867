package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/raft/etcdserver"
)

// revisions is the workload of most etcd scenarios: every kind of operation on three keys.
func revisions(ops int) etcdserver.Workload {
	return etcdserver.Workload{
		Ops: ops, Keys: 3,
		Mix: etcdserver.Mix{Get: 3, Range: 1, Local: 1, Put: 3, Delete: 1, Create: 1, CAS: 2, Move: 1, Grant: 1,
			Attach: 1, Keep: 1, Revoke: 1, Compact: 1},
		ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond,
	}
}

// usualEtcd is the setup of most etcd scenarios.
func usualEtcd(ops int) func(*Scenario) system {
	return newEtcd(etcdSetup{workload: revisions(ops), snapshotEvery: 50})
}

// etcdScenarios are the scenarios of an etcd-like store over Raft.
var etcdScenarios = []*Scenario{
	calm.on("etcd", usualEtcd(20), "leader-elected"),
	splitTwoThree.on("etcd", usualEtcd(20), MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "log-truncated"),
	isolateLeader.on("etcd", usualEtcd(40), MarkTwoLeaders, MarkMajorityAcked, "check-quorum-failed", "log-truncated"),
	crashStorm.on("etcd", newEtcd(etcdSetup{workload: revisions(40), snapshotEvery: 10}),
		"snapshot-installed", "lease-expired"),
	clockSkew.on("etcd", usualEtcd(40), "leader-elected", "lease-expired"),
	{
		Name: "etcd/swarm", Servers: 5, Clients: 4,
		Doc: "Every kind of fault that a quorum survives, each run others, many at once",
		Plan: nemesis.Swarm(nemesis.SwarmConfig{
			Start: time.Second, Until: 30 * time.Second, DriftPPM: 50_000,
			MessageKinds: []string{"AppendEntries", "AppendEntriesResponse", "RequestVote", "RequestVoteResponse",
				"PreVote", "PreVoteResponse", "InstallSnapshot", "InstallSnapshotResponse", "TimeoutNow"},
		}),
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "check-quorum-failed",
			"log-truncated", "snapshot-installed", "pre-vote-refused", "leader-stepped-down", "lease-expired"},
		system: newEtcd(etcdSetup{workload: revisions(40), snapshotEvery: 20}),
	},
	standardWorkload.on("etcd", newEtcd(etcdSetup{workload: etcdserver.StandardWorkload(), snapshotEvery: 100}),
		MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked),
}
