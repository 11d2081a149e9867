package kvserver

import (
	"schism/raft"
	"schism/raft/kvapi"
)

// Rules are the store's decisions, so that a known bug can be brought back by replacing one. A
// nil field is the right decision.
type Rules struct {
	// Repeated reports whether the request seq has been done in a session whose last done one is
	// last (thesis §6.3).
	Repeated func(last, seq kvapi.Seq) bool
	// Serves reports whether a server that has applied up to applied may answer a read confirmed at
	// index (thesis §6.4).
	Serves func(applied, index raft.Index) bool
	// Keeps reports whether a snapshot keeps a session (thesis §6.3).
	Keeps func(kvapi.Session) bool
}

// complete returns r with its nil fields filled in; r may be nil.
func (r *Rules) complete() Rules {
	var c Rules
	if r != nil {
		c = *r
	}
	if c.Repeated == nil {
		c.Repeated = func(last, seq kvapi.Seq) bool { return seq <= last }
	}
	if c.Serves == nil {
		c.Serves = func(applied, index raft.Index) bool { return applied >= index }
	}
	if c.Keeps == nil {
		c.Keeps = func(kvapi.Session) bool { return true }
	}
	return c
}
