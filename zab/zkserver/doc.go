// Package zkserver is a ZooKeeper-like store, as machines for package sim: the server, which is a zab.Peer with a
// tree of znodes above it, and the client that plays a list of operations against such servers.
//
//	voters := []sim.NodeID{sim.Server(1), sim.Server(2), sim.Server(3)}
//	config := sim.Config{
//		NewServer: func(id sim.NodeID) sim.Machine {
//			return zkserver.NewServer(zkserver.DefaultConfig(id, voters))
//		},
//		NewClient: func(id sim.NodeID) sim.Machine {
//			ops := zkserver.StandardWorkload().Draw(chooser, id)
//			return zkserver.NewClient(zkserver.DefaultClientConfig(id, voters, ops))
//		},
//		…
//	}
//
// A client is connected to one server by a channel and asks it for everything. Reads are answered from that server's
// own tree, so they can be old. Writes go to the leader, which makes transactions of them; every server applies what
// is committed in a task of its own, so that a crash can fall between, and the one that the client is connected to
// answers. The requests of a session are answered in their order, and every answer carries a zxid that is not lower
// than the one before.
//
// Sessions are opened and closed by transactions. The leader closes the one of a client that nobody has heard from,
// and its ephemeral nodes go with it. A client that loses its server takes its session along to another one, which
// serves it only if it has applied everything that the client has seen.
//
// The membership is the data of zkapi.ConfigPath, and a Reconfig changes it, as a transaction that needs a quorum of
// what was in force and of what is to come.
//
// The package judges nothing. A client says what it knows: ZooKeeper does not recognise a write that is asked for
// twice, so a write whose answer is lost is Unknown, and Failed is only what was never sent.
package zkserver
