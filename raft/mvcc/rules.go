package mvcc

import (
	"schism/raft/kvapi"
	"schism/sim/rules"
)

// Rules are the decisions of this package, so that a known bug can be brought back by replacing one. A nil field is
// the right decision.
type Rules struct {
	// Revises reports whether a transaction that has made so many changes makes a revision.
	Revises func(changes int) bool
	// Succeeds returns the revision that created a key and the version that it has when revision r puts it. Before is
	// the key as it was last, zero if nothing is known of that; alive says that it was there until now.
	Succeeds func(before *kvapi.KeyValue, alive bool, r kvapi.Revision) (kvapi.Revision, int64)
	// Attached returns the lease of a key that is put with the lease given and had the lease old, or is to keep it.
	Attached func(old, given kvapi.LeaseID, keep bool) kvapi.LeaseID
	// Revoked returns which keys of a revoked lease are deleted, those of each element in one revision.
	Revoked func(keys []string) [][]string
	// Compacted reports whether what was at revision r can no longer be told.
	Compacted func(r, compacted kvapi.Revision) bool
	// Keeps reports whether the last change of a key until the compacted revision, which was made at mod, is kept.
	Keeps func(deleted bool, mod, compacted kvapi.Revision) bool
	// Disjoint reports whether a Txn may be done, given whether its parts change different keys.
	Disjoint func(different bool) bool
	// Checked returns the error with which a Txn ends, before it has done anything, if a part of it would end with c.
	Checked func(c kvapi.Code) kvapi.Code
	// Named returns the name of a lease that was asked for without one, or the next one to try if it is taken, from the
	// last such name and how many leases there are.
	Named func(last kvapi.LeaseID, leases int) kvapi.LeaseID
	// Restored returns the lease to which a key is attached once it was read from a snapshot.
	Restored func(lease kvapi.LeaseID) kvapi.LeaseID
	// Recalls reports whether a delete that is all that a snapshot has of its key is known once that was read (etcd
	// 19188).
	Recalls func() bool
}

// right are the right rules.
var right = Rules{
	Revises: func(changes int) bool { return changes > 0 },
	Succeeds: func(before *kvapi.KeyValue, alive bool, r kvapi.Revision) (kvapi.Revision, int64) {
		if !alive {
			return r, 1
		}
		return before.CreateRevision, before.Version + 1
	},
	Attached: func(old, given kvapi.LeaseID, keep bool) kvapi.LeaseID {
		if keep {
			return old
		}
		return given
	},
	Revoked:   func(keys []string) [][]string { return [][]string{keys} },
	Compacted: func(r, compacted kvapi.Revision) bool { return r < compacted },
	Keeps:     func(deleted bool, mod, compacted kvapi.Revision) bool { return !deleted || mod == compacted },
	Disjoint:  func(different bool) bool { return different },
	Checked:   func(c kvapi.Code) kvapi.Code { return c },
	Named:     func(last kvapi.LeaseID, _ int) kvapi.LeaseID { return last + 1 },
	Restored:  func(lease kvapi.LeaseID) kvapi.LeaseID { return lease },
	Recalls:   func() bool { return true },
}

// complete returns r with its nil fields filled in; r may be nil.
func (r *Rules) complete() *Rules {
	if r == nil {
		return &right
	}
	c := rules.Complete(r, right)
	return &c
}
