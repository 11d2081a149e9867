package kvserver

import (
	"reflect"
	"time"

	"schism/raft"
	"schism/raft/kvapi"
)

// Rules are the server's decisions, so that a known bug can be brought back by replacing one. A nil field is the right
// decision. Those about the store are mvcc.Rules, those about the log raft.Rules.
type Rules struct {
	// Serves reports whether a server that has applied up to applied may answer a read confirmed at index (thesis
	// §6.4).
	Serves func(applied, index raft.Index) bool
	// Confirms reports whether the operation is answered only once Raft has confirmed that this server leads.
	Confirms func(op *kvapi.Op) bool
	// Promoted returns how long a lease of which left was left lives on at a new leader, which takes at worst grace to
	// be elected (lessor.Promote).
	Promoted func(left, grace time.Duration) time.Duration
	// Renews reports whether a lease is kept alive whose time has been over for late, if it is positive.
	Renews func(late time.Duration) bool
	// AwaitsEnd reports whether a lease whose time is over is said to be gone only when its end is applied, which may
	// never happen (lessor.Renew).
	AwaitsEnd func() bool
	// Tells returns of which membership a server tells that has applied one, and has another one, maybe the same, in
	// force. What is in force need not be committed.
	Tells func(applied, inForce raft.Membership) raft.Membership
}

// right are the right rules.
var right = Rules{
	Serves:    func(applied, index raft.Index) bool { return applied >= index },
	Confirms:  confirms,
	Promoted:  func(left, grace time.Duration) time.Duration { return left + grace },
	Renews:    func(late time.Duration) bool { return late < 0 },
	AwaitsEnd: func() bool { return true },
	Tells:     func(applied, _ raft.Membership) raft.Membership { return applied },
}

// confirms is the right Confirms: hashes are about one server, and serializable reads may be old.
func confirms(op *kvapi.Op) bool {
	return op.Kind != kvapi.HashKV && op.Flags&kvapi.FlagSerializable == 0
}

// complete returns r with its nil fields filled in; r may be nil.
func (r *Rules) complete() Rules {
	c := right
	if r == nil {
		return c
	}
	given, into := reflect.ValueOf(r).Elem(), reflect.ValueOf(&c).Elem()
	for i := range into.NumField() {
		if f := given.Field(i); !f.IsNil() {
			into.Field(i).Set(f)
		}
	}
	return c
}
