package scenarios

import "time"

// etcdScenarios are the scenarios of what only the etcd-like store has to tell.
var etcdScenarios = []*Scenario{
	{
		Name: "etcd/swarm", Servers: 5, Clients: 4,
		Doc:    "Every kind of fault that a quorum survives, each run others, many at once",
		Plan:   raftSwarm,
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "check-quorum-failed",
			"log-truncated", "snapshot-installed", "pre-vote-refused", "leader-stepped-down", "lease-expired"},
		system: newRaftKV(raftSetup{workload: revisions(40), snapshotEvery: 20}),
	},
}
