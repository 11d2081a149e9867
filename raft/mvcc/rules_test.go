package mvcc

import (
	"testing"

	"schism/raft/kvapi"
)

// mutants are known and plausible bugs, by the rule that each replaces.
var mutants = map[string]Rules{
	"a transaction that changes nothing makes a revision": {
		Revises: func(int) bool { return true }},
	"a key that is put again after a delete goes on with its version": {
		Succeeds: func(before *kvapi.KeyValue, alive bool, r kvapi.Revision) (kvapi.Revision, int64) {
			create, _ := right.Succeeds(before, alive, r)
			return create, before.Version + 1
		}},
	"a key that is put again after a delete keeps the revision that created it": {
		Succeeds: func(before *kvapi.KeyValue, alive bool, r kvapi.Revision) (kvapi.Revision, int64) {
			_, version := right.Succeeds(before, alive, r)
			if before.CreateRevision != 0 {
				r = before.CreateRevision
			}
			return r, version
		}},
	"a put without a lease keeps the old one": {
		Attached: func(old, given kvapi.LeaseID, _ bool) kvapi.LeaseID {
			if given == 0 {
				return old
			}
			return given
		}},
	"a put that is to keep the lease takes it off": {
		Attached: func(_, given kvapi.LeaseID, _ bool) kvapi.LeaseID { return given }},
	"a revoke deletes each key in a revision of its own": {
		Revoked: func(keys []string) (each [][]string) {
			for _, key := range keys {
				each = append(each, []string{key})
			}
			return each
		}},
	"a revoke leaves the keys": {
		Revoked: func([]string) [][]string { return nil }},
	"the compacted revision itself cannot be read": {
		Compacted: func(r, compacted kvapi.Revision) bool { return r <= compacted }},
	"what is compacted can be read as far as it is there": {
		Compacted: func(kvapi.Revision, kvapi.Revision) bool { return false }},
	"compaction drops the last version of a key that is older": {
		Keeps: func(_ bool, mod, compacted kvapi.Revision) bool { return mod == compacted }},
	"compaction drops a delete at the compacted revision (etcd 18274)": {
		Keeps: func(deleted bool, _, _ kvapi.Revision) bool { return !deleted }},
	"a txn may change a key twice": {
		Disjoint: func(bool) bool { return true }},
	"a txn does a put whose lease is not there": {
		Checked: func(c kvapi.Code) kvapi.Code {
			if c == kvapi.ErrLeaseNotFound {
				return kvapi.OK
			}
			return c
		}},
	"a name of a lease comes again": {
		Named: func(last kvapi.LeaseID, leases int) kvapi.LeaseID {
			if last <= kvapi.LeaseID(leases) {
				return last + 1
			}
			return 1
		}},
}

func TestEveryBrokenRuleIsFound(t *testing.T) {
	for name, rules := range mutants {
		t.Run(name, func(t *testing.T) {
			for i := range 2000 {
				if g := generated(i); history(&g, &rules, 50) != nil {
					t.Logf("found by list %d", i)
					return
				}
			}
			t.Error("not found in 2000 lists")
		})
	}
}
