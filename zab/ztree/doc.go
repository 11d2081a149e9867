// Package ztree is the replicated state of a ZooKeeper-like store, pure: the tree of znodes and its sessions, how a
// request becomes a transaction, what a transaction does, and which watches it fires. It knows no time, no network
// and no log.
//
//	tree, prep := ztree.New(nil, ""), ztree.NewPrep(nil)
//	txn := prep.Prepare(&tree, zxid, &ztree.Request{Session: session, Op: &op}) // the leader, before it proposes
//	result, changes := tree.Apply(zxid, &txn, nil)                              // every server, once committed
//	prep.Applied(zxid)                                                          // the leader, after that
//	events := watches.Trigger(zxid, changes, nil)                               // every server, for its clients
//
// [Prep] is PrepRequestProcessor, [Tree] is DataTree, [Watches] is WatchManager. What can be asked and answered is
// said by package zkapi.
package ztree
