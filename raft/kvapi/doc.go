// Package kvapi is what clients and servers of the etcd-like store say to each other: operations and their results,
// the messages that carry them, and the binary form in which an operation lies in a Raft log. It is data only: no
// store, no server, no client.
//
//	op, err := kvapi.ParseOp("txn {mod x = 3} then {put x 17} else {get x}")
//	data := kvapi.AppendOp(nil, &op)
//
// [Op] and [Output] are also what a history records, so what each operation means is said here, once, for the store
// that does it and for the sequential specification that judges it; the two share nothing else. The words are those of
// etcd's API, version 3 (etcdserverpb and mvccpb), and so are the errors.
package kvapi
