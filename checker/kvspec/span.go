package kvspec

import (
	"strings"

	"schism/raft/kvapi"
)

// What the store and its judge both have to know of operations is written here a second time, from the documentation
// of etcd: a mistake that they shared would be none.

// everything is all keys.
var everything = kvapi.Span{Key: "\x00", End: "\x00"}

// below returns the keys that begin with a prefix which is not empty (clientv3.GetPrefixRangeEnd): they are before the
// prefix with its last byte raised, where bytes that cannot be raised are left away.
func below(prefix string) kvapi.Span {
	p := prefix
	for strings.HasSuffix(p, "\xff") {
		p = p[:len(p)-1]
	}
	if p == "" {
		return kvapi.Span{Key: prefix, End: "\x00"}
	}
	last := len(p) - 1
	return kvapi.Span{Key: prefix, End: p[:last] + string([]byte{p[last] + 1})}
}

// single reports whether a span is one key.
func single(s kvapi.Span) bool { return s.End == "" }

// covers reports whether a span has a key (etcdserverpb.RangeRequest.range_end).
func covers(s kvapi.Span, key string) bool {
	if single(s) {
		return key == s.Key
	}
	return s.Key <= key && (s.End == "\x00" || key < s.End)
}

// writes reports whether an operation goes through the log: all do that do not only read, or are about watches, the
// time of leases, or who leads.
func writes(op *kvapi.Op) bool {
	switch op.Kind {
	case kvapi.Range, kvapi.HashKV, kvapi.LeaseKeepAlive, kvapi.LeaseTimeToLive, kvapi.Leases, kvapi.Watch,
		kvapi.CancelWatch, kvapi.ProgressRequest, kvapi.MemberList, kvapi.MoveLeader:
		return false
	case kvapi.Txn:
		for _, branch := range [...][]kvapi.Op{op.Then, op.Else} {
			for i := range branch {
				if writes(&branch[i]) {
					return true
				}
			}
		}
		return false
	}
	return true
}

// met reports whether a comparison that gave c, of what is there with what is expected, meets a condition.
func met(r kvapi.CompareResult, c int) bool {
	return c == 0 && r == kvapi.Equal || c != 0 && r == kvapi.NotEqual ||
		c > 0 && r == kvapi.Greater || c < 0 && r == kvapi.Less
}
