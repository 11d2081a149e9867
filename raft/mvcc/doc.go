// Package mvcc is the replicated state of an etcd-like store, pure: keys with their history, transactions, leases as
// far as they are data, compaction, and the events that watches tell. It knows no time, no network and no log.
//
//	store := mvcc.New(nil)
//	op, err := kvapi.ParseOp("txn {mod x = 0} then {put x 17} else {get x}")
//	result := store.Apply(&op)           // every server, once committed
//	result = store.Read(&get)            // any server, when it may answer
//	events := store.Events(window, nil)  // any server, for its watches
//	data := store.Encode()               // a snapshot; Decode reads it
//
// When a lease ends is the business of the server, which then applies a LeaseRevoke. What each operation means is said
// by package kvapi.
package mvcc
