package zkserver

import (
	"schism/sim"
	"schism/sim/rules"
	"schism/zab/zkapi"
)

// Rules are the server's decisions, so that a known bug can be brought back by replacing one. A nil field is the
// right decision. Those about the tree are ztree.Rules.
type Rules struct {
	// AsksLeader reports whether a sync is put to the leader, rather than answered by the server that gets it.
	AsksLeader func() bool
	// EventsFirst reports whether the events of a transaction leave before any answer that shows it.
	EventsFirst func() bool
	// Tells returns what a client whose watch has fired is told, false for nothing.
	Tells func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool)
	// Owns reports whether the server from may ask for something in a session whose client is connected to the
	// server owner (QuorumTest.testSessionMoved).
	Owns func(owner, from sim.NodeID) bool
	// Serves reports whether a server that has applied up to applied may serve a client that has seen seen
	// (ZooKeeperServer.processConnectRequest).
	Serves func(seen, applied zkapi.Zxid) bool
	// Resumes reports whether a client that takes up a session with the password got may have it, if want is the
	// right one.
	Resumes func(got, want zkapi.Password) bool
	// Refreshes reports whether a new leader gives every session a whole timeout before it expires.
	Refreshes func() bool
}

// right are the right rules.
var right = Rules{
	AsksLeader:  func() bool { return true },
	EventsFirst: func() bool { return true },
	Tells:       func(e zkapi.WatchEvent) (zkapi.WatchEvent, bool) { return e, true },
	Owns:        func(owner, from sim.NodeID) bool { return owner == from },
	Serves:      func(seen, applied zkapi.Zxid) bool { return seen <= applied },
	Resumes:     func(got, want zkapi.Password) bool { return got == want },
	Refreshes:   func() bool { return true },
}

// complete returns r with its nil fields filled in; r may be nil.
func (r *Rules) complete() Rules { return rules.Complete(r, right) }
