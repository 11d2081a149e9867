package kvserver_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// rough returns a run of five servers and three busy clients, with every kind of operation, snapshots every few
// entries, a leader that is cut off, and crashes.
func rough(seed uint64) sim.Config {
	w := everything()
	w.Mix.Watch, w.Mix.Unwatch, w.Mix.Progress = 2, 1, 1
	w.Ops, w.ThinkMin, w.ThinkMax = 40, 0, 100*time.Millisecond
	ops := drawn(seed, w, 3)
	for i := range ops {
		move := "500ms move-leader node n" + string(rune('1'+i))
		op, err := kvserver.ParseOperation(move)
		if err != nil {
			panic(err)
		}
		ops[i] = slices.Insert(ops[i], 10*(i+1), op)
	}
	c := world(seed, ops, func(c *kvserver.Config) {
		c.SnapshotEvery, c.ApplyBatch, c.WatchBatch, c.FragmentEvents = 10, 4, 2, 1
		c.Raft.SnapshotTrailing, c.Raft.SnapshotChunk = 4, 40
	})
	c.Limit, c.CheckMessages = sim.Time(5*time.Second), true
	c.TaskMin, c.TaskMax = 0, time.Millisecond
	isolate := func(f sim.Faults, change func(from, to sim.NodeID)) {
		simtest.Between(f.Servers()[:1], f.Servers()[1:], change)
	}
	c.Faults = []sim.Planned{
		simtest.At(1500*time.Millisecond, "isolate n1", func(f sim.Faults) { isolate(f, f.Cut) }),
		simtest.At(2500*time.Millisecond, "mend", func(f sim.Faults) { isolate(f, f.Mend) }),
		simtest.At(3*time.Second, "power off n2", func(f sim.Faults) {
			f.Crash(sim.Server(2), sim.PowerLoss{Drop: sim.Always})
		}),
		simtest.At(3100*time.Millisecond, "restart n2", func(f sim.Faults) { f.Restart(sim.Server(2)) }),
	}
	return c
}

func TestServerAndClientConform(t *testing.T) { simtest.CheckMachine(t, rough) }

// crop returns machines of the nodes as they are at all sorts of moments of a rough run.
func crop(nodes []sim.NodeID) []sim.Cloner {
	busy := simtest.Moments(rough(1), 10, func(s *sim.StepInfo) bool {
		return s.Event.Kind == sim.Receive && s.Node == sim.Server(5) && len(s.Effects) > 3
	})
	moves := simtest.Moments(rough(1), 4, func(s *sim.StepInfo) bool {
		_, ok := s.Event.Msg.(*raft.TimeoutNow)
		return ok
	})
	saves := simtest.Moments(rough(1), 4, func(s *sim.StepInfo) bool {
		return slices.ContainsFunc(s.Effects, func(f sim.Effect) bool { return f.Kind == sim.EffectReplace })
	})
	streams := simtest.Moments(rough(1), 5, func(s *sim.StepInfo) bool {
		_, ok := s.Event.Msg.(*kvapi.WatchResponse)
		return ok
	})
	events := append(slices.Concat(busy, moves, saves, streams), 1, 20, 200, 400, 600, 1000, 2000)
	slices.Sort(events)
	return simtest.Harvest(rough(1), nodes, slices.Compact(events)...)
}

func TestEveryFieldOfAServerReachesCloneAndHash(t *testing.T) {
	simtest.CheckCloner(t, crop(members(5)),
		simtest.Ignore("kvserver.policy", "the configuration, which never changes; clones share it"),
		simtest.Ignore("kvserver.Server.now", "set at the beginning of every step"),
		simtest.Ignore("kvserver.session.digest", "follows from the rest of the session"),
		simtest.Ignore("kvserver.sessions.sum", "follows from the sessions (property 2)"),
		simtest.Ignore("kvapi.Header.Server", "outputs are kept without a server"),
		simtest.Shared("kvserver.read.op", "part of a message, which is immutable"),
		simtest.Shared("kvserver.watch.op", "part of a message, which is immutable"),

		// What follows is about the store inside, whose own test has the rest.
		simtest.Ignore("mvcc.Rules", "never change; clones share them"),
		simtest.Ignore("mvcc.Store.keys", "follow from the log (Store, property 2)"),
		simtest.Ignore("mvcc.Store.attached", "follow from the log (Store, property 3)"),
		simtest.Ignore("mvcc.Store.logSum", "follows from the log (Store, property 4)"),
		simtest.Ignore("mvcc.Store.leaseSum", "follows from the leases (Store, property 4)"),
		simtest.Ignore("mvcc.Store.memory", "has what has not been made yet"),
		simtest.Ignore("kvserver.Server.memory", "has what has not been made yet, and what can be decoded again"),
		simtest.Ignore("mvcc.Store.log", "see the store's own test"),
		simtest.Ignore("mvcc.Store.leases", "see the store's own test"),

		// What follows is about the raft.Node inside.
		simtest.Ignore("raft.settings", "the configuration, which never changes; clones share it"),
		simtest.Ignore("raft.Node.now", "set at the beginning of every step"),
		simtest.Ignore("raft.Node.mail", "memory for messages that have not been made yet"),
		simtest.Ignore("raft.disk.scratch", "written before it is read"),
		simtest.Ignore("wal.scratch", "written before it is read"),
		simtest.Ignore("wal.Log.file", "follows from name and id"),
		simtest.FixedLength("raft.Node.match", "one for each server, as peers"),
		simtest.FixedLength("raft.Node.answered", "one for each server, as peers"),
		simtest.Shared("raft.Log.entries", "entries are immutable, and appending copies (Log, property 3)"),
		simtest.CopyOnWrite("raft.snapshots.saving", "a complete file, which is never appended to"),
		simtest.CopyOnWrite("raft.snapshots.last", "a complete file, which is never appended to"))
}

func TestEveryFieldOfAClientReachesCloneAndHash(t *testing.T) {
	simtest.CheckCloner(t, crop([]sim.NodeID{sim.Client(1), sim.Client(2)}),
		simtest.Ignore("recipe.Player.recipe", "none here; see TestEveryFieldOfARecipeReachesCloneAndHash"),
		simtest.Ignore("kvserver.ClientConfig", "never changes; clones share it"),
		simtest.Shared("kvserver.subscription.op", "part of the configuration"),
		simtest.Ignore("raft.Slab", "memory for messages that have not been made yet"))
}
