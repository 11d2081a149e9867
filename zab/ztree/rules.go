package ztree

import (
	"schism/sim/rules"
	"schism/zab/zkapi"
)

// Rules are the decisions of this package, so that a known bug can be brought back by replacing one. A nil field is
// the right decision.
type Rules struct {
	// Processed reports whether a transaction counts as applied after the part part of parts, from 0 (ZK-3127).
	Processed func(part, parts int) bool
	// ClosedPaths returns what closing a session deletes: what was listed when the transaction was made, however the
	// tree is now (ZK-3145).
	ClosedPaths func(t *Tree, s zkapi.SessionID, listed []string) []string
	// Outstanding reports whether a request is validated against the changes of path that were proposed and are not
	// applied yet.
	Outstanding func(path string) bool
	// Rollback returns how many of the outstanding changes stay when a Multi fails, of before before it and after
	// after it (ZK-1624).
	Rollback func(before, after int) int
	// Expired reports whether a session may not write: it is not known, or it is being closed (ZK-1208).
	Expired func(known, closing bool) bool
	// OuterCheck returns what a Check outside a Multi is taken for; nil refuses it (ZK-2623).
	OuterCheck func(op *zkapi.Op) *zkapi.Op
	// Number returns the number in the name of a sequential node whose parent has ever had creates children and has
	// children now.
	Number func(creates, children zkapi.Version) zkapi.Version
	// Restored returns the access list that a node has after it was read from a snapshot (ZK-3306).
	Restored func(acl []zkapi.ACL) []zkapi.ACL
	// Once reports whether a one-shot watch is gone once it has fired.
	Once func() bool
	// Missed reports whether a watch of a client that last saw relative has missed what changed at zxid changed.
	Missed func(relative, changed zkapi.Zxid) bool
	// Rejoins reports whether a watch that a client brings along, and that has missed nothing, is left again.
	Rejoins func() bool
}

// right are the right rules.
var right = Rules{
	Processed:   func(part, parts int) bool { return part == parts-1 },
	ClosedPaths: func(_ *Tree, _ zkapi.SessionID, listed []string) []string { return listed },
	Outstanding: func(string) bool { return true },
	Rollback:    func(before, _ int) int { return before },
	Expired:     func(known, closing bool) bool { return !known || closing },
	OuterCheck:  func(*zkapi.Op) *zkapi.Op { return nil },
	Number:      func(creates, _ zkapi.Version) zkapi.Version { return creates },
	Restored:    func(acl []zkapi.ACL) []zkapi.ACL { return acl },
	Once:        func() bool { return true },
	Missed:      func(relative, changed zkapi.Zxid) bool { return changed > relative },
	Rejoins:     func() bool { return true },
}

// complete returns r with its nil fields filled in; r may be nil.
func (r *Rules) complete() *Rules {
	if r == nil {
		return &right
	}
	c := rules.Complete(r, right)
	return &c
}
