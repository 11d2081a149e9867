package scenarios

import (
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/nemesis"
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// etcdStories are the scenarios of what the etcd-like store promises beyond a log: transactions, reads that may be old
// or may not, leases; and of servers that come back late, or with a disk that is full.
var etcdStories = []*Scenario{
	{
		Name: "etcd/bank", Servers: 5, Clients: 5,
		Doc:    "Coins go from account to account in transactions: every read of the whole bank sees each of them once",
		Plan:   robberies(6),
		Budget: partitionsAndCrashes,
		HealAt: 6 * shortSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMajorityAcked, MarkMinorityRefused, "log-truncated"},
		system: newRaftKV(raftSetup{draw: bankWork.Draw, snapshotEvery: 20,
			checks: []func([]sim.Op) checker.Report{judgeBank}}),
	},
	{
		Name: "etcd/linearizable-reads", Servers: 5, Clients: 6,
		Doc:    "Half of the clients only read, and reach the leader that does not know that it is deposed",
		Plan:   standstills(4, readers),
		Budget: frozenReaders,
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, MarkMajorityAcked},
		system: newRaftKV(raftSetup{draw: writersAndReaders(0), snapshotEvery: 50}),
	},
	{
		Name: "etcd/serializable-reads", Servers: 5, Clients: 6,
		Doc:    "The same with reads that any server answers, judged as if they had asked for more: they tell what was",
		Plan:   standstills(4, readers),
		Budget: frozenReaders,
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Finds: []string{kvspec.FreshReads},
		system: newRaftKV(raftSetup{draw: writersAndReaders(kvapi.FlagSerializable), snapshotEvery: 50,
			strictReads: true}),
	},
	{
		Name: "etcd/lease-reads", Servers: 5, Clients: 6,
		Doc:    "Leaders answer reads by a lease, clocks run 10 % fast or slow, and leaders are cut off all the time",
		Plan:   deposals(10, drifting(leaseDriftPPM)),
		Budget: lateReads,
		HealAt: 10 * shortSlot, Settle: time.Minute, Network: quick, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMajorityAcked, "read-by-lease", "check-quorum-failed"},
		system: newRaftKV(raftSetup{draw: leaseReaders, moves: leaseMoves, snapshotEvery: 50,
			tune: leaseReads(leaseDriftPPM)}),
	},
	{
		Name: "etcd/lease-reads-drift", Servers: 5, Clients: 6,
		Doc:    "The same with a leader that takes all clocks for right: it reads by a lease that is over elsewhere",
		Plan:   deposals(10, drifting(leaseDriftPPM)),
		Budget: lateReads,
		HealAt: 10 * shortSlot, Settle: time.Minute, Network: quick, Disk: ssd,
		Want:   []string{"read-by-lease"},
		Finds:  []string{raft.LeaseExclusive, raft.ReadFresh, kvspec.FreshReads},
		system: newRaftKV(raftSetup{draw: leaseReaders, moves: leaseMoves, snapshotEvery: 50, tune: leaseReads(0)}),
	},
	{
		Name: "etcd/lease-reads-wild", Servers: 5, Clients: 6,
		Doc:    "The same with clocks that run up to 50 % wrong: leaders allow for 10 %, and the leases do not hold",
		Plan:   deposals(10, drifting(wildDriftPPM)),
		Budget: nemesis.Budget{Takes: lateReads.Takes, DriftPPM: wildDriftPPM},
		HealAt: 10 * shortSlot, Settle: time.Minute, Network: quick, Disk: ssd,
		Want:  []string{"read-by-lease"},
		Finds: []string{raft.LeaseExclusive, raft.ReadFresh, kvspec.FreshReads},
		system: newRaftKV(raftSetup{draw: leaseReaders, moves: leaseMoves, snapshotEvery: 50,
			tune: leaseReads(leaseDriftPPM)}),
	},
	{
		Name: "etcd/lease-reads-wall", Servers: 5, Clients: 6,
		Doc:    "The same, with leases that hold, while wall clocks jump, go in steps or are slewed: no matter",
		Plan:   deposals(10, wallsWrong),
		Budget: nemesis.Budget{Takes: lateReads.Takes&^nemesis.TakesRate | nemesis.TakesWall},
		HealAt: 10 * shortSlot, Settle: time.Minute, Network: quick, Disk: ssd,
		Want: []string{MarkTwoLeaders, MarkMajorityAcked, "read-by-lease", "check-quorum-failed"},
		system: newRaftKV(raftSetup{draw: leaseReaders, moves: leaseMoves, snapshotEvery: 50,
			tune: leaseReads(leaseDriftPPM)}),
	},
	{
		Name: "etcd/lease-under-pause", Servers: 5, Clients: 4,
		Doc: "Clients keep leases alive, revoke them or let them end, while the leader stops, or its clock does",
		Plan: episodes(nemesis.Pause{Target: nemesis.Leader}, nemesis.Freeze{Target: nemesis.Leader},
			nemesis.Pause{Target: nemesis.Leader}, nemesis.Freeze{Target: nemesis.Leader}),
		Budget: nemesis.Budget{Takes: nemesis.TakesSpeed | nemesis.TakesRunning},
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, "lease-expired", "leader-stepped-down"},
		system: newRaftKV(raftSetup{draw: leaseWork.Draw, snapshotEvery: 50, journal: true}),
	},
	{
		Name: "etcd/far-behind", Servers: 5, Clients: 5,
		Doc:    "A server is so late that it needs a snapshot, of which pieces get lost, and the leader changes",
		Plan:   latecomers(4),
		Budget: nemesis.Budget{Takes: network.Takes | crashes.Takes | nemesis.TakesSpeed},
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "snapshot-installed", "snapshot-resumed"},
		system: newRaftKV(raftSetup{workload: hurried(revisions(185)), snapshotEvery: 10, tune: smallChunks}),
	},
	{
		Name: "etcd/disk-full", Servers: 5, Clients: 4,
		Doc:    "Disks have no room left, so that servers stop, even if they are started again, until there is some",
		Plan:   crowdings(4),
		Budget: nemesis.Budget{Takes: nemesis.TakesDiskSuccess},
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"disk-failed", "leader-elected"},
		system: newRaftKV(raftSetup{workload: hurried(revisions(155)), snapshotEvery: 20}),
	},
	{
		Name: "etcd/rolling-crash", Servers: 5, Clients: 4,
		Doc:    "The power of one server after the other fails, twice round, as if all got new machines",
		Plan:   rounds(2),
		Budget: slowDisks,
		HealAt: 2 * 5 * roundSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"leader-elected", "snapshot-installed"},
		system: newRaftKV(raftSetup{workload: hurried(revisions(100)), snapshotEvery: 10, tune: smallChunks}),
	},
}

// readers is how many clients only read where the others only write.
const readers = 3

// quick is a network in which an election does not take long.
var quick = sim.Link{Min: 500 * time.Microsecond, Max: 2 * time.Millisecond, Loss: sim.Percent}

// leaseDriftPPM is how wrong clocks are in the scenarios of reads by lease, and what leaders allow for; wildDriftPPM is
// how wrong they are where that is not enough.
const (
	leaseDriftPPM = 100_000
	wildDriftPPM  = 500_000
)

// leaseReads lets leaders answer reads by their leases, which are as long as they may be. Rounds are frequent and
// elections quick, so that one that is a little too long is noticed.
func leaseReads(maxDriftPPM int32) func(*kvserver.Config) {
	return func(c *kvserver.Config) {
		c.LeaseReads = true
		c.Raft.Lease, c.Raft.MaxDriftPPM = c.Raft.ElectionMin, maxDriftPPM
		c.Raft.Heartbeat, c.Raft.ElectionMax = 20*time.Millisecond, c.Raft.ElectionMin+20*time.Millisecond
	}
}

// bankWork is what the clients of etcd/bank do, judgeBank what must hold of it.
var bankWork = kvserver.BankWork{
	Ops: 100, Accounts: 3, Coins: 4, ThinkMin: 20 * time.Millisecond, ThinkMax: 300 * time.Millisecond,
}

func judgeBank(history []sim.Op) checker.Report {
	return kvspec.JudgeBank(history, kvserver.Bank, bankWork.Coins)
}

// leaseWork is what the clients of etcd/lease-under-pause do.
var leaseWork = kvserver.LeaseWork{
	Leases: 8, KeepsMax: 6, TTL: 2, ThinkMin: 50 * time.Millisecond, ThinkMax: 1500 * time.Millisecond,
}

// writersAndReaders draws writes for some clients and, for the last readers of them, hardly a pause between reads,
// which have the flags.
func writersAndReaders(flags kvapi.Flags) func(sim.Chooser, sim.NodeID) []kvserver.Operation {
	writes := kvserver.Workload{Ops: 30, Keys: 2, Mix: kvserver.Mix{Get: 1, Put: 3, Create: 1},
		ThinkMin: 200 * time.Millisecond, ThinkMax: 1800 * time.Millisecond}
	reads := kvserver.Workload{Ops: 300, Keys: 2, Mix: kvserver.Mix{Get: 1}, ThinkMax: 200 * time.Millisecond}
	return func(c sim.Chooser, id sim.NodeID) []kvserver.Operation {
		if id.Number() <= readers {
			return writes.Draw(c, id)
		}
		ops := reads.Draw(c, id)
		for i := range ops {
			ops[i].In.Flags |= flags
		}
		return ops
	}
}

// leaseMoves is how often the first client of etcd/lease-reads moves the leader.
const leaseMoves = 10

// leaseReaders draws the same, but that the first client moves the leader, too.
func leaseReaders(c sim.Chooser, id sim.NodeID) []kvserver.Operation {
	ops := writersAndReaders(0)(c, id)
	if id.Number() == 1 {
		for i := range leaseMoves {
			ops[3*i].In = drawMove(c, id)
		}
	}
	return ops
}

// drawMove draws a server of five that is to lead.
func drawMove(c sim.Chooser, id sim.NodeID) kvapi.Op {
	k := sim.Key{Decision: sim.DecideWorkload, From: id}
	return kvapi.Op{Kind: kvapi.MoveLeader, Node: sim.Server(c.Index(k, 5) + 1)}
}

// hurried is w with short pauses between operations, without operations on leases.
func hurried(w kvserver.Workload) kvserver.Workload {
	w.Mix.Grant, w.Mix.Attach, w.Mix.Keep, w.Mix.Revoke = 0, 0, 0, 0
	w.ThinkMin, w.ThinkMax = 20*time.Millisecond, 300*time.Millisecond
	return w
}

// smallChunks cuts snapshots into many pieces, and logs right behind them.
func smallChunks(c *kvserver.Config) { c.Raft.SnapshotChunk, c.Raft.SnapshotTrailing = 24, 0 }
