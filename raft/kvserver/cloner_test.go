package kvserver_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// rough returns a run of three servers and three busy clients, with every kind of operation, snapshots every few
// entries, sessions that expire, a leader that is cut off, and crashes.
func rough(seed uint64) sim.Config {
	chooser, servers := sim.NewSeeded(seed), voters(3)
	w := kvserver.Workload{
		Ops: 40, Keys: 3, Mix: kvserver.Mix{Get: 4, Put: 2, Append: 2, CAS: 1, Delete: 1},
		ThinkMin: 0, ThinkMax: 100 * time.Millisecond,
	}
	var ops [4][]kvserver.Operation
	for i := 1; i <= 3; i++ {
		ops[i] = w.Draw(chooser, sim.Client(i))
	}
	n1, n2 := sim.Server(1), sim.Server(2)
	return sim.Config{
		Servers: 3, Clients: 3, Chooser: chooser, Limit: sim.Time(5 * time.Second),
		Observers: []sim.Observer{raft.NewGhost()}, CheckMessages: true,
		Peers:   sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent},
		Disk:    sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		TaskMin: 0, TaskMax: time.Millisecond,
		NewServer: func(id sim.NodeID) sim.Machine {
			c := kvserver.DefaultConfig(id, servers)
			c.SnapshotEvery, c.MaxSessions, c.ApplyBatch = 10, 3, 4
			c.Raft.SnapshotTrailing, c.Raft.SnapshotChunk = 4, 40
			return kvserver.NewServer(c)
		},
		NewClient: func(id sim.NodeID) sim.Machine {
			return kvserver.NewClient(kvserver.DefaultClientConfig(id, servers, ops[id.Number()]))
		},
		Faults: []sim.Planned{
			simtest.At(1500*time.Millisecond, "isolate n1", func(f sim.Faults) {
				simtest.Between(f.Servers()[:1], f.Servers()[1:], f.Cut)
			}),
			simtest.At(2500*time.Millisecond, "mend", func(f sim.Faults) {
				simtest.Between(f.Servers()[:1], f.Servers()[1:], f.Mend)
			}),
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
	saves := simtest.Moments(rough(1), 3, func(s *sim.StepInfo) bool {
		return slices.ContainsFunc(s.Effects, func(f sim.Effect) bool { return f.Kind == sim.EffectReplace })
	})
	chunks := simtest.Moments(rough(1), 4, func(s *sim.StepInfo) bool {
		_, ok := s.Event.Msg.(*raft.InstallSnapshot)
		return ok
	})
	if len(saves) == 0 || len(chunks) == 0 {
		t.Fatalf("the run is not rough enough: snapshots are saved at %v and sent at %v", saves, chunks)
	}
	machines := simtest.Harvest(rough(1), nodes, 1, 20, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000)
	machines = append(machines, simtest.Harvest(rough(1), nodes, saves...)...)
	return append(machines, simtest.Harvest(rough(1), nodes, chunks...)...)
}

func TestEveryFieldOfAServerReachesCloneAndHash(t *testing.T) {
	simtest.CheckCloner(t, crop(t, voters(3)),
		simtest.Ignore("kvserver.policy", "the configuration, which never changes; clones share it"),
		simtest.Ignore("raft.Node.now", "set at the beginning of every step"),
		simtest.Ignore("raft.Slab", "memory for messages that have not been made yet"),
		simtest.Ignore("kvserver.bytes", "memory for commands that have not been made yet"),
		simtest.Ignore("kvserver.texts", "memory for texts that have not been made yet"),
		simtest.Ignore("kvserver.item.hash", "follows from the item (store, property 3)"),
		simtest.Ignore("kvserver.session.hash", "follows from the session (store, property 3)"),
		simtest.Ignore("kvserver.store.sum", "follows from items and sessions (store, property 3)"),
		simtest.Ignore("kvserver.store.shared", "says who owns the memory, which no step can tell"),
		simtest.Ignore("kvapi.Output.Server", "a session remembers results without the server: always 0"),
		simtest.CopyOnWrite("kvserver.store.items", "copied before it is changed (store, property 4)"),
		simtest.CopyOnWrite("kvserver.store.sessions", "copied before it is changed (store, property 4)"),

		// What follows is about the raft.Node inside.
		simtest.Ignore("raft.settings", "the configuration, which never changes; clones share it"),
		simtest.Ignore("raft.Node.mail", "memory for messages that have not been made yet"),
		simtest.Ignore("raft.disk.scratch", "written before it is read"),
		simtest.Ignore("wal.scratch", "written before it is read"),
		simtest.Ignore("wal.Log.file", "follows from name and id"),
		simtest.FixedLength("raft.Node.match", "one for each voter, as peers"),
		simtest.FixedLength("raft.Node.answered", "one for each voter, as peers"),
		simtest.Shared("raft.Log.entries", "entries are immutable, and appending copies (Log, property 3)"),
		simtest.Shared("raft.snapshots.incoming", "grows at its end only, and the clone has no room there"),
		simtest.Shared("raft.peer.sending", "the file of a snapshot is immutable"),
		simtest.CopyOnWrite("raft.snapshots.saving", "a complete file, which is never appended to"),
		simtest.CopyOnWrite("raft.snapshots.last", "a complete file, which is never appended to"))
}

func TestEveryFieldOfAClientReachesCloneAndHash(t *testing.T) {
	simtest.CheckCloner(t, crop(t, []sim.NodeID{sim.Client(1), sim.Client(2)}),
		simtest.Ignore("kvserver.ClientConfig", "never changes; clones share it"),
		simtest.Ignore("raft.Slab", "memory for messages that have not been made yet"))
}
