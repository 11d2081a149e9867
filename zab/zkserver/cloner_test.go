package zkserver_test

import (
	"slices"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// rough returns a run of three servers and three busy clients, with every kind of operation, watches, snapshots
// every few transactions, few of which may be outstanding, a leader that is cut off, and crashes.
func rough(seed uint64) sim.Config {
	chooser, servers := sim.NewSeeded(seed), voters(3)
	w := everything()
	w.Ops, w.Watches = 40, true
	w.ThinkMin, w.ThinkMax = 0, 100*time.Millisecond
	var ops [4][]zkserver.Operation
	for i := 1; i <= 3; i++ {
		auth := zkapi.Op{Kind: zkapi.AddAuth, Data: "alice:secret"}
		watch := zkapi.Op{Kind: zkapi.AddWatch, Path: "/", WatchMode: zkapi.PersistentRecursiveWatch}
		once := zkapi.Op{Kind: zkapi.AddWatch, Path: "/x", WatchMode: zkapi.PersistentWatch}
		ops[i] = append([]zkserver.Operation{{In: auth}, {In: watch}, {In: once}}, w.Draw(chooser, sim.Client(i))...)
	}
	n1, n2 := sim.Server(1), sim.Server(2)
	return sim.Config{
		Servers: 3, Clients: 3, Chooser: chooser, Limit: sim.Time(5 * time.Second),
		Observers: []sim.Observer{zab.NewGhost()}, CheckMessages: true,
		Peers:   sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent},
		Disk:    sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		TaskMin: 0, TaskMax: time.Millisecond,
		NewServer: func(id sim.NodeID) sim.Machine {
			c := zkserver.DefaultConfig(id, servers)
			c.SnapshotEvery, c.Zab.SnapshotTrailing, c.ApplyBatch, c.Zab.MaxOutstanding = 10, 4, 4, 1
			c.SnapshotStep = 2
			return zkserver.NewServer(c)
		},
		NewClient: func(id sim.NodeID) sim.Machine {
			return zkserver.NewClient(zkserver.DefaultClientConfig(id, servers, ops[id.Number()]))
		},
		Faults: []sim.Planned{
			simtest.At(1500*time.Millisecond, "isolate n3", func(f sim.Faults) { cutOff(f, sim.Server(3), f.Cut) }),
			simtest.At(2500*time.Millisecond, "mend", func(f sim.Faults) { cutOff(f, sim.Server(3), f.Mend) }),
			simtest.At(3*time.Second, "power off n2", func(f sim.Faults) {
				f.Crash(n2, sim.PowerLoss{Drop: sim.Always})
			}),
			simtest.At(3100*time.Millisecond, "restart n2", func(f sim.Faults) { f.Restart(n2) }),
			simtest.At(3500*time.Millisecond, "crash n1", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{}) }),
			simtest.At(3600*time.Millisecond, "restart n1", func(f sim.Faults) { f.Restart(n1) }),
		},
	}
}

func TestServerAndClientConform(t *testing.T) { simtest.CheckMachine(t, rough) }

// crop returns machines of the nodes as they are at all sorts of moments of a rough run.
func crop(t *testing.T, nodes []sim.NodeID) []sim.Cloner {
	t.Helper()
	moments := func(n int, match func(*sim.StepInfo) bool) []uint64 {
		found := simtest.Moments(rough(1), n, match)
		if len(found) == 0 {
			t.Fatal("the run is not rough enough")
		}
		return found
	}
	events := []uint64{1, 20, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000}
	events = append(events, moments(2, func(s *sim.StepInfo) bool {
		return slices.ContainsFunc(s.Effects, func(f sim.Effect) bool { return f.Kind == sim.EffectReplace })
	})...)
	events = append(events, moments(6, func(s *sim.StepInfo) bool {
		return s.Event.Kind == sim.TaskRun && s.Event.Task == zab.MaxTimer+3 // a snapshot is being written
	})...)
	events = append(events, moments(4, func(s *sim.StepInfo) bool {
		m, ok := s.Event.Msg.(*zab.Forward)
		if !ok {
			return false
		}
		_, ok = m.Body.(*zkserver.LearnerSync)
		return ok
	})...)
	events = append(events, moments(12, func(s *sim.StepInfo) bool {
		m, ok := s.Event.Msg.(*zab.Forward)
		if !ok {
			return false
		}
		_, ok = m.Body.(*zkserver.LearnerRequest)
		return ok
	})...)
	slices.Sort(events)
	return simtest.Harvest(rough(1), nodes, slices.Compact(events)...)
}

func TestEveryFieldOfAServerReachesCloneAndHash(t *testing.T) {
	simtest.CheckCloner(t, crop(t, voters(3)),
		simtest.Ignore("zkserver.policy", "the configuration, which never changes; clones share it"),
		simtest.Ignore("zkserver.Server.now", "set at the beginning of every step"),
		simtest.Ignore("zkserver.Server.wall", "set at the beginning of every step"),
		simtest.Ignore("zkserver.Server.txn", "written before it is read"),
		simtest.Ignore("zkserver.Server.result", "written before it is read"),
		simtest.Ignore("zkserver.Server.changes", "written before it is read"),
		simtest.Ignore("zkserver.Server.events", "written before it is read"),
		simtest.Ignore("sim.Slab", "memory for messages that have not been made yet"),
		simtest.Ignore("zkserver.Server.report", "a message, which is as good as another that says the same"),
		simtest.Shared("zkserver.pending.op", "part of a message, which is immutable"),
		simtest.CopyOnWrite("ztree.Request.Identities", "never changed: a connection gets a new list"),
		simtest.CopyOnWrite("zkserver.connection.identities", "never changed: appending copies"),

		// What follows is about the tree inside.
		simtest.Ignore("ztree.Rules", "never change; clones share them"),
		simtest.Ignore("ztree.Tree.mark", "says who owns the memory, which no step can tell"),
		simtest.Ignore("ztree.node.owner", "says who owns the memory, which no step can tell"),
		simtest.Ignore("ztree.node.hash", "follows from the node (node, property 2)"),
		simtest.Ignore("ztree.node.place", "follows from the names (node, property 2)"),
		simtest.Ignore("zkapi.Stat.Cversion", "follows from the rest"),
		simtest.Ignore("zkapi.Stat.DataLength", "follows from the rest"),
		simtest.Ignore("zkapi.Stat.NumChildren", "follows from the rest"),
		simtest.Ignore("ztree.Tree.sum", "follows from nodes and sessions (Tree, property 2)"),
		simtest.Ignore("ztree.Tree.nodes", "follows from the nodes (Tree, property 2)"),
		simtest.Ignore("ztree.Tree.owned", "follows from the nodes (Tree, property 2)"),
		simtest.Ignore("ztree.change.key", "follows from the path"),
		simtest.Ignore("ztree.Watches.shared", "says who owns the memory, which no step can tell"),
		simtest.Shared("ztree.Snapshot.data", "grows at its end only, and the clone has no room there"),
		simtest.CopyOnWrite("ztree.Tree.root", "copied before it is changed (Tree, property 4)"),
		simtest.CopyOnWrite("ztree.Tree.sessions", "a change makes a new slice (Tree, property 3)"),
		simtest.CopyOnWrite("ztree.Watches.list", "copied before it is changed (Watches, property 2)"),

		// What follows is about the zab.Peer inside.
		simtest.Ignore("zab.settings", "the configuration, which never changes; clones share it"),
		simtest.Ignore("zab.Peer.carried", "nil between steps"),
		simtest.Ignore("zab.disk.scratch", "written before it is read"),
		simtest.Ignore("wal.scratch", "written before it is read"),
		simtest.Ignore("wal.Log.file", "follows from name and id"),
		simtest.FixedLength("zab.leading.acked", "one for each server"),
		simtest.Shared("zab.Peer.ensemble", "a configuration is immutable"),
		simtest.Shared("zab.learning.ensemble", "a configuration is immutable"),
		simtest.Shared("zab.link.queued", "a message, which is immutable"),
		simtest.Shared("zab.link.last", "a message, which is immutable"),
		simtest.Shared("zab.Forwarded.Body", "a message, which is immutable"),
		simtest.Shared("zab.History.txns", "transactions are immutable, and appending copies (History, property 2)"),
		simtest.CopyOnWrite("zab.image.file", "a complete file, which is never appended to"))
}

func TestEveryFieldOfAClientReachesCloneAndHash(t *testing.T) {
	simtest.CheckCloner(t, crop(t, []sim.NodeID{sim.Client(1), sim.Client(2)}),
		simtest.Ignore("recipe.Player.recipe", "none here; see TestEveryFieldOfALockReachesCloneAndHash"),
		simtest.Ignore("zkapi.WatchList.Relative", "set in what is sent only"),
		simtest.Ignore("zkserver.ClientConfig", "never changes; clones share it"),
		simtest.Ignore("sim.Slab", "memory for messages that have not been made yet"))
}
