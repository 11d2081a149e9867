// Package kvserver is an etcd-like store, as machines for package sim: the server, which is a raft.Node with a
// revisioned store above it, and the client that plays a list of operations against such servers.
//
//	members := []sim.NodeID{sim.Server(1), sim.Server(2), sim.Server(3)}
//	config := sim.Config{
//		NewServer: func(id sim.NodeID) sim.Machine {
//			return kvserver.NewServer(kvserver.DefaultConfig(id, members))
//		},
//		NewClient: func(id sim.NodeID) sim.Machine {
//			ops := kvserver.StandardWorkload().Draw(chooser, id)
//			return kvserver.NewClient(kvserver.DefaultClientConfig(id, members, ops))
//		},
//		…
//	}
//
// What changes the store, the leases or the membership goes through the log; linearizable reads are answered by the
// leader once Raft has confirmed that it still leads, serializable ones by any voter from what it has, and those of
// keys by learners, too. The leader keeps the time of leases: when it begins to lead it gives each its whole time and
// some more, or what it had left at its last checkpoint, and asks for its end by the log. Watches go over channels,
// to any voter that knows a leader.
//
// The package judges nothing. A client says what it knows: without a session nothing recognises a write that is asked
// for twice, so a write whose answer is lost is Unknown, and is asked for again only where a server has said that it
// did nothing. Within a session the store remembers what it did, and gives the same answer again (Raft §8, thesis
// §6.3).
//
// A client may play a recipe instead of a list: LockWork and ElectionWork make locks and elections of leases, as
// etcd's package concurrency does. They wait by looking again and again.
package kvserver
