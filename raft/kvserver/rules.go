package kvserver

import (
	"time"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim/rules"
)

// Rules are the server's decisions, so that a known bug can be brought back by replacing one. A nil field is the right
// decision. Those about the store are mvcc.Rules, those about the log raft.Rules.
type Rules struct {
	// Serves reports whether a server that has applied up to applied may answer a read confirmed at index (thesis
	// §6.4).
	Serves func(applied, index raft.Index) bool
	// Repeated reports whether the request seq has been done in a session whose last done one is last (thesis §6.3).
	Repeated func(last, seq kvapi.Seq) bool
	// Keeps reports whether a snapshot keeps a session (thesis §6.3).
	Keeps func(kvapi.Session) bool
	// Confirms reports whether the operation is answered only once Raft has confirmed that this server leads.
	Confirms func(op *kvapi.Op) bool
	// Begins returns the first revision that a watch is told, which was asked for from a revision on, or, if that is 0,
	// from the next one on.
	Begins func(asked, revision kvapi.Revision) kvapi.Revision
	// Continues returns the next revision that a watch is told after those up to to, when the store is at revision.
	Continues func(to, revision kvapi.Revision) kvapi.Revision
	// Progresses reports whether a watch of which next is still to be told may be said to have been told everything up
	// to revision (etcd 15220).
	Progresses func(next, revision kvapi.Revision) bool
	// AwaitsTerm reports whether a new leader keeps the time of leases only once it has applied the first entry of its
	// term, and with it what earlier leaders have done to them.
	AwaitsTerm func() bool
	// Promoted returns how long a lease of which left was left lives on at a new leader, which takes at worst grace to
	// be elected (lessor.Promote).
	Promoted func(left, grace time.Duration) time.Duration
	// Renews reports whether a lease is kept alive whose time has been over for late, if it is positive.
	Renews func(late time.Duration) bool
	// Clears reports whether a lease that is kept alive must have no checkpoint any more.
	Clears func() bool
	// AwaitsEnd reports whether a lease whose time is over is said to be gone only when its end is applied, which may
	// never happen (lessor.Renew).
	AwaitsEnd func() bool
	// Tells returns of which membership a server tells that has applied one, and has another one, maybe the same, in
	// force. What is in force need not be committed.
	Tells func(applied, inForce raft.Membership) raft.Membership
}

// right are the right rules.
var right = Rules{
	Serves:   func(applied, index raft.Index) bool { return applied >= index },
	Repeated: func(last, seq kvapi.Seq) bool { return seq <= last },
	Keeps:    func(kvapi.Session) bool { return true },
	Confirms: confirms,
	Begins: func(asked, revision kvapi.Revision) kvapi.Revision {
		if asked > 0 {
			return asked
		}
		return revision + 1
	},
	Continues:  func(to, _ kvapi.Revision) kvapi.Revision { return to + 1 },
	Progresses: func(next, revision kvapi.Revision) bool { return next > revision },
	AwaitsTerm: func() bool { return true },
	Promoted:   func(left, grace time.Duration) time.Duration { return left + grace },
	Renews:     func(late time.Duration) bool { return late < 0 },
	Clears:     func() bool { return true },
	AwaitsEnd:  func() bool { return true },
	Tells:      func(applied, _ raft.Membership) raft.Membership { return applied },
}

// confirms is the right Confirms: hashes are about one server, and serializable reads may be old.
func confirms(op *kvapi.Op) bool {
	return op.Kind != kvapi.HashKV && op.Flags&kvapi.FlagSerializable == 0
}

// complete returns r with its nil fields filled in; r may be nil.
func (r *Rules) complete() Rules { return rules.Complete(r, right) }
