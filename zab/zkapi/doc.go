// Package zkapi is what clients and servers of the replicated tree of znodes say to each other: operations and
// their results, the messages that carry them, and the transactions that servers broadcast, with their text and
// binary forms. It is data only: no tree, no server, no client.
//
//	op, err := zkapi.ParseOp("set /a 18 version 3")
//	out := &zkapi.Output{Zxid: zkapi.NewZxid(1, 9), Server: sim.Server(2)}
//	out.Code = zkapi.BadVersion
//	fmt.Println(op.Explain(out)) // set /a 18 version 3 -> BadVersion (1:9 n2)
//
// [Op] and [Output] are also what a history records, so what each operation means is said here, once, for the tree
// that does it and for the specification that judges it; the two share nothing else. Names, numbers and errors are
// ZooKeeper's. Left out are the quota and configuration nodes below /zookeeper: a new tree is empty.
package zkapi
