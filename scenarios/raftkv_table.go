package scenarios

import (
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/raft"
	"schism/raft/kvserver"
	"schism/raft/quorum"
	"schism/sim"
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
	{
		Name: "raft/kv/calm", Servers: 5, Clients: 4,
		Doc:    "Five servers and nothing that harms them",
		Plan:   nemesis.Script(nil),
		Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"leader-elected"},
		system: usual(20),
	},
	{
		Name: "raft/kv/split-2-3", Servers: 5, Clients: 4,
		Doc:    "The leader and one other are cut off from the other three: the two freeze, the three go on",
		Plan:   episodes(nemesis.SplitLeader{With: 1}),
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "log-truncated"},
		system: usual(20),
	},
	{
		Name: "raft/kv/split-2-2-1", Servers: 5, Clients: 4,
		Doc:    "Three groups, none of which is a quorum: nobody goes on until the heal",
		Plan:   episodes(nemesis.Split{Groups: groups([]int{1, 2}, []int{3, 4}, []int{5})}),
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMinorityRefused, "check-quorum-failed"},
		system: usual(20),
	},
	{
		Name: "raft/kv/isolate-leader", Servers: 5, Clients: 4,
		Doc:    "Whoever leads is cut off from everybody, three times",
		Plan:   episodes(nemesis.IsolateLeader, nemesis.IsolateLeader, nemesis.IsolateLeader),
		HealAt: 3 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "check-quorum-failed",
			"log-truncated"},
		system: usual(40),
	},
	{
		Name: "raft/kv/one-way", Servers: 5, Clients: 4,
		Doc:    "The leader can send and not hear, then another can hear and not send",
		Plan:   episodes(nemesis.Deafen{Target: nemesis.Leader}, nemesis.Mute{Target: nemesis.Leader}),
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, MarkMajorityAcked, "check-quorum-failed", "pre-vote-refused"},
		system: usual(30),
	},
	{
		Name: "raft/kv/bridge", Servers: 5, Clients: 4,
		Doc:    "Two pairs that do not see each other, and one server that sees both",
		Plan:   episodes(nemesis.Bridge{Over: nemesis.All}, nemesis.Bridge{Over: servers(3, 1, 5, 2, 4)}),
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "pre-vote-refused"},
		system: usual(30),
	},
	{
		Name: "raft/kv/ring", Servers: 5, Clients: 4,
		Doc:    "Everybody sees a majority, and no two see the same",
		Plan:   episodes(nemesis.Ring{Of: nemesis.All}, nemesis.Ring{Of: servers(3, 1, 5, 2, 4)}),
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "pre-vote-refused"},
		system: usual(30),
	},
	{
		Name: "raft/kv/crash-storm", Servers: 5, Clients: 4,
		Doc:    "Servers crash and come back all the time, often by a loss of power, often several at once",
		Plan:   nemesis.CrashStorm(nemesis.CrashStormConfig{Start: time.Second, Until: 25 * time.Second}),
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"log-truncated", "snapshot-installed"},
		system: newRaftKV(raftSetup{workload: mixed(40), snapshotEvery: 10}),
	},
	{
		Name: "raft/kv/clock-skew", Servers: 5, Clients: 4,
		Doc: "Clocks run up to 10 % fast or slow, jump by minutes and stand still for seconds",
		Plan: nemesis.ClockSkew(nemesis.ClockSkewConfig{
			Start: time.Second, Until: 25 * time.Second, DriftPPM: 100_000,
			MaxJump: 5 * time.Minute, MaxFreeze: 3 * time.Second,
		}),
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, "leader-elected"},
		system: usual(40),
	},
	{
		Name: "raft/kv/swarm", Servers: 5, Clients: 4,
		Doc: "Every kind of fault that a quorum survives, each run others, many at once",
		Plan: nemesis.Swarm(nemesis.SwarmConfig{
			Start: time.Second, Until: 30 * time.Second, DriftPPM: 50_000,
			MessageKinds: []string{"AppendEntries", "AppendEntriesResponse", "RequestVote", "RequestVoteResponse",
				"PreVote", "PreVoteResponse", "InstallSnapshot", "InstallSnapshotResponse"},
		}),
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked, "check-quorum-failed",
			"log-truncated", "snapshot-installed", "pre-vote-refused", "leader-stepped-down"},
		system: newRaftKV(raftSetup{workload: mixed(40), snapshotEvery: 20, drawLimits: true}),
	},
	{
		Name: "raft/kv/standard", Servers: 5, Clients: 5,
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
		Want:   []string{MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked},
		system: newRaftKV(raftSetup{workload: kvserver.StandardWorkload(), snapshotEvery: 100}),
	},
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

// standardLink is the network of the standard workload.
var standardLink = sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent}

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

// servers is the target of the servers with those numbers, in that order.
func servers(numbers ...int) nemesis.Target { return nemesis.Nodes(groups(numbers)[0]...) }

// groups returns groups of servers.
func groups(numbers ...[]int) [][]sim.NodeID {
	all := make([][]sim.NodeID, len(numbers))
	for i, g := range numbers {
		for _, n := range g {
			all[i] = append(all[i], sim.Server(n))
		}
	}
	return all
}
