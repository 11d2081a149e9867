package kvspec_test

import (
	"testing"

	"schism/raft/kvapi"
)

// stories returns what a single store says to one client.
func stories(t *testing.T) map[string][]step {
	const stale = kvapi.ErrCompacted
	deleted := func(n int64) result { return result{Deleted: n} }
	return map[string][]step{
		"versions": {
			{"get x", at(1, keys(t))}, {"put x 1", ok(2)}, {"put x 2 prev-kv", at(3, was(t, "x=1 c2 m2 v1"))},
			{"get x", at(3, keys(t, "x=2 c2 m3 v2"))}, {"delete x prev-kv", at(4, result{Deleted: 1,
				Prev: keys(t, "x=2 c2 m3 v2").KVs})}, {"delete x", at(4, deleted(0))}, {"put x 3 prev-kv", ok(5)},
			{"get x", at(5, keys(t, "x=3 c5 m5 v1"))}, {"get x rev 3", at(5, keys(t, "x=2 c2 m3 v2"))},
			{"get x rev 4", at(5, keys(t))}, {"get x rev 6", fails(5, kvapi.ErrFutureRev)},
		},
		"ranges": {
			{"put b 1", ok(2)}, {"put a 2", ok(3)}, {"put c 0", ok(4)}, {"put b 3", ok(5)},
			{"get a to c", at(5, keys(t, "a=2 c3 m3 v1", "b=3 c2 m5 v2"))},
			{"get b on", at(5, keys(t, "b=3 c2 m5 v2", "c=0 c4 m4 v1"))},
			{"get a on limit 1", at(5, result{KVs: keys(t, "a=2 c3 m3 v1").KVs, More: true, Count: 3})},
			{"get a on sort key descend limit 3", at(5, keys(t, "c=0 c4 m4 v1", "b=3 c2 m5 v2", "a=2 c3 m3 v1"))},
			{"get a on count-only", at(5, result{Count: 3})},
			{"get a to b keys-only", at(5, keys(t, "a c3 m3 v1"))},
			{"get a on sort mod ascend", at(5, keys(t, "a=2 c3 m3 v1", "c=0 c4 m4 v1", "b=3 c2 m5 v2"))},
			{"get a on sort create ascend", at(5, keys(t, "b=3 c2 m5 v2", "a=2 c3 m3 v1", "c=0 c4 m4 v1"))},
			{"get a on sort value ascend", at(5, keys(t, "c=0 c4 m4 v1", "a=2 c3 m3 v1", "b=3 c2 m5 v2"))},
			{"get a on min-mod 4 max-mod 4", at(5, result{KVs: keys(t, "c=0 c4 m4 v1").KVs, Count: 3})},
			{"get a on max-create 2", at(5, result{KVs: keys(t, "b=3 c2 m5 v2").KVs, Count: 3})},
			{"delete a to c prev-kv", at(6, result{Deleted: 2, Prev: keys(t, "a=2 c3 m3 v1", "b=3 c2 m5 v2").KVs})},
		},
		"transactions": {
			{"txn {} then {} else {}", at(1, then())},
			{"txn {version x = 0} then {put x 1; put y 2; get x} else {get x}",
				at(2, then(result{}, result{}, keys(t, "x=1 c2 m2 v1")))},
			{"txn {version x = 0} then {put x 2} else {get x to z}",
				at(2, result{Responses: []result{keys(t, "x=1 c2 m2 v1", "y=2 c2 m2 v1")}})},
			{"txn {mod x = 2; value y = 2} then {delete z; get x} else {}", at(2, then(deleted(0),
				keys(t, "x=1 c2 m2 v1")))},
			{"txn {mod x to z = 2} then {delete x; get x to z} else {}",
				at(3, then(deleted(1), keys(t, "y=2 c2 m2 v1")))},
			{"txn {value x != 1} then {put x 5} else {txn {create y < 3} then {put y 7 prev-kv} else {}}",
				at(4, result{Responses: []result{then(was(t, "y=2 c2 m2 v1"))}})},
			{"txn {} then {get y rev 3} else {}", at(4, then(keys(t, "y=2 c2 m2 v1")))},
			{"txn {} then {put y 8; get y rev 5} else {}", fails(4, kvapi.ErrFutureRev)},
		},
		"what is refused": {
			{`put "" 1`, fails(1, kvapi.ErrEmptyKey)}, {"put x 1 ignore-value", fails(1, kvapi.ErrValueProvided)},
			{"put x 1 lease 1 ignore-lease", fails(1, kvapi.ErrLeaseProvided)},
			{`put x "" ignore-value`, fails(1, kvapi.ErrKeyNotFound)},
			{"put x 1 lease 5", fails(1, kvapi.ErrLeaseNotFound)},
			{"txn {} then {put x 1; put x 2} else {}", fails(1, kvapi.ErrDuplicateKey)},
			{"txn {} then {get x} else {put x 1; delete a to z}", fails(1, kvapi.ErrDuplicateKey)},
			{"txn {} then {put x 1; txn {} then {} else {put x 2}} else {}", fails(1, kvapi.ErrDuplicateKey)},
			{"txn {} then {txn {} then {put x 1} else {put x 2}} else {put x 3}", at(2, then(then(result{})))},
			{"txn {} then {delete x; delete x} else {}", at(3, then(deleted(1), deleted(0)))},
		},
		"what is kept": {
			{"lease-grant lease 5 ttl 3", at(1, result{Lease: 5, TTL: 3})}, {"put x 1 lease 5", ok(2)},
			{`put x "" lease 5 ignore-value`, ok(3)}, {"get x", at(3, keys(t, "x=1 c2 m3 v2 l5"))},
			{"put x 2 ignore-lease", ok(4)}, {"get x", at(4, keys(t, "x=2 c2 m4 v3 l5"))},
			{`put x "" ignore-value`, ok(5)}, {"get x", at(5, keys(t, "x=2 c2 m5 v4"))},
		},
		"compaction": {
			{"put x 1", ok(2)}, {"put x 2", ok(3)}, {"put x 3", ok(4)},
			{"compact rev 5", fails(4, kvapi.ErrFutureRev)},
			{"compact rev 3", ok(4)}, {"get x rev 2", fails(4, stale)},
			{"get x rev 3", at(4, keys(t, "x=2 c2 m3 v2"))},
			{"compact rev 3", at(4, result{Code: stale, Compacted: 3})}, {"compact rev 2", fails(4, stale)},
			{"txn {} then {put x 4; get x rev 2} else {}", fails(4, stale)}, {"compact rev 4", ok(4)},
		},
		"leases": {
			{"lease-revoke lease 7", fails(1, kvapi.ErrLeaseNotFound)},
			{"lease-grant lease 7 ttl 5", at(1, result{Lease: 7, TTL: 5})},
			{"lease-grant lease 7 ttl 5", fails(1, kvapi.ErrLeaseExist)},
			{"lease-grant ttl 5", at(1, result{Lease: 9, TTL: 5})},
			{"put x 1 lease 7", ok(2)}, {"put y 1 lease 7", ok(3)}, {"put z 1 lease 9", ok(4)}, {"put y 2", ok(5)},
			{"txn {lease z = 9} then {get x} else {}", at(5, then(keys(t, "x=1 c2 m2 v1 l7")))},
			{"lease-revoke lease 7", ok(6)}, {"get a on", at(6, keys(t, "y=2 c3 m5 v2", "z=1 c4 m4 v1 l9"))},
			{"put x 2 lease 7", fails(6, kvapi.ErrLeaseNotFound)}, {"delete z", at(7, deleted(1))},
			{"lease-revoke lease 9", ok(7)},
		},
		"leases that end": {
			{"lease-grant lease 7 ttl 5", at(1, result{Lease: 7, TTL: 5})},
			{"lease-grant lease 8 ttl 5", at(1, result{Lease: 8, TTL: 5})}, {"put x 1 lease 7", ok(2)},
			{"put y 1 lease 7", ok(3)}, {"put z 1 lease 8", ok(4)},
			{"put a 1", ok(6)}, {"get z", at(6, keys(t, "z=1 c4 m4 v1 l8"))}, {"get x to z", at(6, keys(t))},
			{"put x 2 lease 7", fails(6, kvapi.ErrLeaseNotFound)}, {"delete z", at(7, deleted(1))},
			{"put z 2 lease 8", fails(7, kvapi.ErrLeaseNotFound)},
		},
		"lost replies": {
			{"put x 1", nil}, {"delete y", nil}, {"get x", at(2, keys(t, "x=1 c2 m2 v1"))}, {"compact rev 2", nil},
			{"txn {value x = 1} then {put x 2} else {}", nil}, {"lease-grant lease 4 ttl 5", nil},
			{"get x rev 1", fails(3, stale)}, {"put y 1 lease 4", ok(4)}, {"lease-revoke lease 4", nil},
			{"get x to z", at(5, keys(t, "x=2 c2 m3 v2"))},
		},
	}
}

// then returns the result of a Txn whose conditions held.
func then(rs ...result) result { return result{Succeeded: true, Responses: rs} }
