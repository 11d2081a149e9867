// Package kvserver is a key-value store replicated by Raft, as machines for package sim: the
// server, which is a raft.Node with a store above it, and the client that plays a list of
// operations against such servers.
//
//	voters := []sim.NodeID{sim.Server(1), sim.Server(2), sim.Server(3)}
//	config := sim.Config{
//		NewServer: func(id sim.NodeID) sim.Machine {
//			return kvserver.NewServer(kvserver.DefaultConfig(id, voters))
//		},
//		NewClient: func(id sim.NodeID) sim.Machine {
//			ops := kvserver.StandardWorkload().Draw(chooser, id)
//			return kvserver.NewClient(kvserver.DefaultClientConfig(id, voters, ops))
//		},
//		…
//	}
//
// A write is proposed to Raft, and done when its entry is applied, which is a task of its own, so
// that a crash can fall between. Writes belong to a session, which the store remembers: a write
// that is asked for again has no effect again and gets the same answer (Raft §8, thesis §6.3).
// Sessions are part of the store, so they are in its snapshots, and they expire in log order, so
// at every server alike. A get asks Raft for a ReadIndex and waits until that much is applied
// (thesis §6.4).
//
// The package judges nothing. A client says what it knows: an operation that may have happened is
// Unknown, and Failed is only what surely never will.
package kvserver
