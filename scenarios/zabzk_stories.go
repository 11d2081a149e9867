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

// zabZKStories are the scenarios of what only a service with sessions and local reads has to tell; Raft has no twins
// of them.
var zabZKStories = []*Scenario{
	{
		Name: "zab/zk/session-expiry", Servers: 5, Clients: 4,
		Doc:    "Clients are cut off for longer than their sessions last, and for less: nodes go with the sessions",
		Plan:   lonelyClients(3 * time.Second),
		Budget: partitions,
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"session-expired", "client-lost-session", "session-reopened"},
		system: newZabZK(sessionExpiry()),
	},
	{
		Name: "zab/zk/sync-read", Servers: 5, Clients: 6,
		Doc:    "Reads behind a sync that goes through the quorum, while a leader does not know that it is deposed",
		Plan:   standstills(4, syncReaders),
		Budget: frozenReaders,
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, MarkMajorityAcked, "quorum-lost"},
		system: newZabZK(syncRead(true)),
	},
	{
		Name: "zab/zk/pipe-sync", Servers: 5, Clients: 6,
		Doc:    "The same with a sync that only flushes the pipe: a deposed leader tells what was",
		Plan:   standstills(4, syncReaders),
		Budget: frozenReaders,
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkTwoLeaders}, Finds: []string{zkspec.StrictSync},
		system: newZabZK(syncRead(false)),
	},
	{
		Name: "zab/zk/lock", Servers: 5, Clients: 5,
		Doc:    "Four clients take a lock in turn, stop and wake up late; the resource wants the token of who holds it",
		Plan:   sleepers(2),
		Budget: pauses,
		HealAt: 8 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"session-expired", "client-lost-session", "write-fenced"},
		system: newZabZK(locking(true, nil)),
	},
	{
		Name: "zab/zk/unsafe-lock", Servers: 5, Clients: 5,
		Doc:    "The same with a resource that takes what comes: two clients hold the lock, and both write",
		Plan:   sleepers(2),
		Budget: pauses,
		HealAt: 8 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"session-expired", "write-late"}, Finds: []string{checker.Fencing, checker.BelievedExclusion},
		system: newZabZK(locking(false, nil)),
	},
	{
		Name: "zab/zk/observer-join", Servers: 6, Clients: 4,
		Doc:    "An observer and a follower go away and join again during writes, after little and after much",
		Plan:   comings(4),
		Budget: crashes,
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"observer-Snap", "observer-Diff", "sync-Snap", "sync-Diff", "snapshot-installed"},
		system: newZabZK(zabSetup{workload: znodes(65), snapshotEvery: 12,
			ensemble: zab.Ensemble{Voters: 0b011111, Observers: 0b100000}}),
	},
	{
		Name: "zab/zk/reconfig", Servers: 5, Clients: 4,
		Doc:    "One client changes the membership again and again, and each change meets a partition or a crash",
		Plan:   meeting(reconfigHeal, 6, meetAnything, "reconfig-proposed", "reconfig-activated"),
		Budget: partitionsAndCrashes,
		HealAt: reconfigHeal, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{MarkMajorityAcked, "reconfig-proposed", "reconfig-activated", "quorum-lost",
			"history-truncated", MarkChangeCut, MarkChangeCrash},
		system: newZabZK(reconfiguring()),
	},
	{
		Name: "zab/zk/sequential-queue", Servers: 5, Clients: 5,
		Doc:    "Two clients put items into a queue, three take them out, while whoever leads is cut off, three times",
		Plan:   episodes(nemesis.IsolateLeader, nemesis.IsolateLeader, nemesis.IsolateLeader),
		Budget: partitions,
		HealAt: 3 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkMajorityAcked, "quorum-lost", "history-truncated"},
		system: newZabZK(sequentialQueue(nil)),
	},
}

// sessionExpiry is the setup of zab/zk/session-expiry.
func sessionExpiry() zabSetup {
	return zabSetup{
		workload: zkserver.Workload{
			Ops: 65, Keys: 6,
			Mix: zkserver.Mix{Get: 3, Exists: 3, Children: 1, Set: 1, Create: 1, Ephemeral: 6, Sequential: 1,
				Delete: 3},
			ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond,
		},
		snapshotEvery: 50,
		checks:        []func([]sim.Op) checker.Report{zkspec.JudgeSessionEnd},
	}
}

// locking is the setup of zab/zk/lock, and of zab/zk/unsafe-lock, whose resource is not fenced. change, if not nil,
// brings a bug into what clients do.
func locking(fenced bool, change func(*zkserver.LockWork)) zabSetup {
	work := zkserver.LockWork{
		Rounds: 14, WritesMin: 2, WritesMax: 8, Resource: sim.Client(5),
		ThinkMin: 50 * time.Millisecond, ThinkMax: 400 * time.Millisecond,
	}
	if change != nil {
		change(&work)
	}
	lock := zkspec.Lock{Claims: writesToResource, Timeout: zabSession}
	checks := []histories{judgeFencing, exclusion(checker.MutualExclusion, lock.Held)}
	if !fenced {
		checks = append(checks, exclusion(checker.BelievedExclusion, lock.Believed))
	}
	return zabSetup{
		recipe:        work.Draw,
		resource:      work.Resource,
		fenced:        fenced,
		snapshotEvery: 50,
		checks:        checks,
	}
}

// zabSession is how long sessions last: clients ask for more, and get as many ticks as there are at most.
const zabSession = 20 * zabTick

// sequentialQueue is the setup of zab/zk/sequential-queue. change, if not nil, brings a bug into what clients do.
func sequentialQueue(change func(*zkserver.QueueWork)) zabSetup {
	pauses := zkserver.QueueWork{ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond}
	if change != nil {
		change(&pauses)
	}
	puts, takes := pauses, pauses
	puts.Items, takes.Looks = 50, 60
	return zabSetup{
		recipe: func(c sim.Chooser, id sim.NodeID) zkserver.Recipe {
			if id.Number() <= 2 {
				return puts.Draw(c, id)
			}
			return takes.Draw(c, id)
		},
		snapshotEvery: 50,
		checks: []func([]sim.Op) checker.Report{func(history []sim.Op) checker.Report {
			return zkspec.JudgeQueue(history, zkserver.QueuePath)
		}},
	}
}

// comings is the plan in which, so many times, the last server, which is an observer, and one of the others go down
// and start again. In turn they have missed little and much.
func comings(times int) nemesis.Plan {
	return func(c sim.Chooser, servers, _ []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		observer := nemesis.Nodes(servers[len(servers)-1])
		for i := range times {
			other := nemesis.Nodes(servers[c.Index(key, len(servers)-1)])
			begin := time.Duration(i)*episodeSlot + c.Span(key, calmMin, calmMax)
			at := func(d time.Duration, f nemesis.Fault) {
				s = append(s, nemesis.Entry{When: sim.Trigger{After: begin + d}, Do: f})
			}
			at(0, nemesis.Crash{Target: observer})
			at(0, nemesis.Crash{Target: other, Loss: sim.PowerLoss{Drop: 50 * sim.Percent}})
			lo, hi := episodeMin, episodeMax
			if i%2 == 0 {
				lo, hi = episodeMin/10, episodeMin/3
			}
			at(c.Span(key, lo, hi), nemesis.Restart{Target: observer})
			at(c.Span(key, lo, hi), nemesis.Restart{Target: other})
		}
		return s
	}
}

// joins is an observer that marks how servers without a vote are brought in line: "observer-Snap", "observer-Diff",
// "observer-Trunc".
type joins struct {
	observers zab.Servers
	tale      *chronicle
}

// Observe implements [sim.Observer].
func (j *joins) Observe(_ sim.View, s *sim.StepInfo) error {
	if s.Node.IsClient() || s.Node.Number() < 1 || !j.observers.Has(zab.Slot(s.Node.Number()-1)) {
		return nil
	}
	if m, ok := s.Event.Msg.(*zab.Sync); ok && s.Event.Kind == sim.Receive {
		j.tale.mark(s, "observer-"+m.Kind())
	}
	return nil
}

// lonelyClients is the plan in which one client after the other is cut off from all servers, every second one for
// least at least and the others for a fraction of it.
func lonelyClients(least time.Duration) nemesis.Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for i, client := range clients {
			begin := time.Duration(i)*episodeSlot + c.Span(key, calmMin, calmMax)
			lo, hi := least, episodeMax
			if i%2 == 1 {
				lo, hi = least/3, 2*least/3
			}
			s = append(s,
				nemesis.Entry{When: sim.Trigger{After: begin},
					Do: nemesis.Split{Groups: [][]sim.NodeID{{client}, servers}}},
				nemesis.Entry{When: sim.Trigger{After: begin + c.Span(key, lo, hi)}, Do: nemesis.Recover{}})
		}
		return s
	}
}

// syncReaders is how many clients of zab/zk/sync-read only read.
const syncReaders = 3

// syncRead is the setup of zab/zk/sync-read, and of zab/zk/pipe-sync, in which syncs do not go through the quorum. Half
// of the clients only read: behind a write that waits for its quorum a leader answers no sync.
func syncRead(quorum bool) zabSetup {
	return zabSetup{
		workload: zkserver.Workload{
			Ops: 60, Keys: 2, Mix: zkserver.Mix{Get: 1, Set: 3, Create: 1}, SyncedGets: true,
			ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond,
		},
		reads: zkserver.Workload{
			Ops: 180, Keys: 2, Mix: zkserver.Mix{Get: 1}, SyncedGets: true,
			ThinkMin: 100 * time.Millisecond, ThinkMax: 600 * time.Millisecond,
		},
		readers:       syncReaders,
		snapshotEvery: 50,
		tune:          func(c *zkserver.Config) { c.QuorumSync = quorum },
		checks:        []func([]sim.Op) checker.Report{zkspec.JudgeStrictSync},
	}
}
