package mvcc

import (
	"testing"

	"schism/raft/kvapi"
)

func TestPutMakesRevisionsAndVersions(t *testing.T) {
	talk(t,
		"get x -> r1 ok",
		"put x 1 -> r2 ok",
		"put y 1 -> r3 ok",
		"put x 1 -> r4 ok",
		"get x -> r4 x=1(2 4 v2)",
		"put x 2 prev-kv -> r5 was x=1(2 4 v2)",
		"put z 1 prev-kv -> r6 ok",
		"put x \"\" ignore-value -> r7 ok",
		"get x -> r7 x=2(2 7 v4)",
		"put nowhere \"\" ignore-value -> r7 ErrKeyNotFound",
		"put nowhere 1 ignore-lease -> r7 ErrKeyNotFound",
		"put x 1 ignore-value -> r7 ErrValueProvided",
		"put x 1 lease 1 ignore-lease -> r7 ErrLeaseProvided",
		"put x 1 lease 1 -> r7 ErrLeaseNotFound",
		"put nowhere \"\" lease 1 ignore-value -> r7 ErrLeaseNotFound",
		"put \"\" 1 -> r7 ErrEmptyKey",
	)
}

func TestDeleteBeginsKeysAnew(t *testing.T) {
	talk(t,
		"put a 1 -> r2 ok", "put b 2 -> r3 ok", "put c 3 -> r4 ok",
		"delete a to c prev-kv -> r5 deleted 2 was a=1(2 2 v1) was b=2(3 3 v1)",
		"delete a to c -> r5 ok",
		"delete b on -> r6 deleted 1",
		"get a on -> r6 ok",
		"put a 4 prev-kv -> r7 ok",
		"get a -> r7 a=4(7 7 v1)",
		"delete \"\" -> r7 ErrEmptyKey",
	)
}

func TestRangeSeesEveryRevisionThatIsNotCompacted(t *testing.T) {
	talk(t,
		"put x 1 -> r2 ok", "put x 2 -> r3 ok", "delete x -> r4 deleted 1", "put x 3 -> r5 ok", "put y 3 -> r6 ok",
		"get x on rev 1 -> r6 ok",
		"get x on rev 2 -> r6 x=1(2 2 v1)",
		"get x on rev 3 -> r6 x=2(2 3 v2)",
		"get x on rev 4 -> r6 ok",
		"get x on rev 5 -> r6 x=3(5 5 v1)",
		"get x on rev 6 -> r6 x=3(5 5 v1) y=3(6 6 v1)",
		"get x on rev 7 -> r6 ErrFutureRev",
		"compact rev 3 -> r6 ok",
		"get x rev 2 -> r6 ErrCompacted",
		"get x rev 3 -> r6 x=2(2 3 v2)",
		"compact rev 3 -> r6 ErrCompacted",
		"compact rev 2 -> r6 ErrCompacted",
		"compact -> r6 ErrCompacted",
		"compact rev 7 -> r6 ErrFutureRev",
		"compact rev 6 -> r6 ok",
		"get x on -> r6 x=3(5 5 v1) y=3(6 6 v1)",
	)
}

func TestRangeOptions(t *testing.T) {
	talk(t,
		"put a 3 -> r2 ok", "put b 1 -> r3 ok", "put c 2 -> r4 ok", "put a 3 -> r5 ok", "put ab 1 -> r6 ok",
		"get a to c limit 2 -> r6 a=3(2 5 v2) ab=1(6 6 v1) of 3 more",
		"get a to c limit 3 -> r6 a=3(2 5 v2) ab=1(6 6 v1) b=1(3 3 v1)",
		"get a on count-only -> r6 of 4",
		"get a on limit 1 count-only -> r6 of 4",
		"get a to b keys-only -> r6 a=(2 5 v2) ab=(6 6 v1)",
		"get a on sort key descend limit 2 -> r6 c=2(4 4 v1) b=1(3 3 v1) of 4 more",
		"get a on sort mod ascend limit 2 -> r6 b=1(3 3 v1) c=2(4 4 v1) of 4 more",
		"get a on sort create descend limit 1 -> r6 ab=1(6 6 v1) of 4 more",
		"get a on sort version descend limit 1 -> r6 a=3(2 5 v2) of 4 more",
		"get a on sort value ascend limit 3 -> r6 ab=1(6 6 v1) b=1(3 3 v1) c=2(4 4 v1) of 4 more",
		"get a on sort value descend limit 2 -> r6 a=3(2 5 v2) c=2(4 4 v1) of 4 more",
		"get a on sort version unsorted limit 3 -> r6 ab=1(6 6 v1) b=1(3 3 v1) c=2(4 4 v1) of 4 more",
		"get a on min-mod 4 max-mod 5 -> r6 a=3(2 5 v2) c=2(4 4 v1) of 4",
		"get a on limit 1 min-create 3 max-create 4 -> r6 b=1(3 3 v1) of 4 more",
		"get a on limit 2 min-create 3 max-create 4 -> r6 b=1(3 3 v1) c=2(4 4 v1) of 4",
		"get b to a -> r6 ok",
		"get \"\" -> r6 ErrEmptyKey",
	)
}

func TestLeases(t *testing.T) {
	talk(t,
		"lease-grant lease 1 ttl 5 -> r1 lease 1 ttl 5 of 0 []",
		"lease-grant lease 1 ttl 5 -> r1 ErrLeaseExist",
		"lease-grant ttl 9000000001 -> r1 ErrLeaseTTLTooLarge",
		"lease-grant -> r1 lease 2 ttl 1 of 0 []",
		"leases -> r1 [1 2]",
		"put a 1 lease 1 -> r2 ok", "put b 1 lease 1 -> r3 ok", "put c 1 lease 1 -> r4 ok", "put d 1 lease 1 -> r5 ok",
		// One is detached, one moved, one kept.
		"put a 2 -> r6 ok", "put b 2 lease 2 -> r7 ok", "put c 2 ignore-lease -> r8 ok",
		"lease-ttl lease 1 keys -> r8 lease 1 ttl 5 of 5 [c d]",
		"lease-ttl lease 2 keys -> r8 lease 2 ttl 1 of 1 [b]",
		"lease-ttl lease 3 keys -> r8 lease 3 ttl -1 of 0 []",
		"lease-checkpoint lease 1 ttl 3 -> r8 ok",
		"lease-checkpoint lease 3 ttl 3 -> r8 ok",
		"lease-ttl lease 1 -> r8 lease 1 ttl 3 of 5 []",
		"lease-checkpoint lease 1 -> r8 ok",
		"lease-ttl lease 1 -> r8 lease 1 ttl 5 of 5 []",
		"lease-revoke lease 1 -> r9 ok", // two keys, one revision
		"lease-revoke lease 1 -> r9 ErrLeaseNotFound",
		"get a on -> r9 a=2(2 6 v2) b=2(3 7 v2)@2",
		"delete b -> r10 deleted 1",
		"lease-revoke lease 2 -> r10 ok", // without keys, no revision
		"leases -> r10 ok",
		"lease-grant -> r10 lease 3 ttl 1 of 0 []", // a name does not come again
	)
}

func TestLeaseGrantPassesNamesThatAreTaken(t *testing.T) {
	talk(t,
		"lease-grant lease 1 -> r1 lease 1 ttl 1 of 0 []",
		"lease-grant lease 2 -> r1 lease 2 ttl 1 of 0 []",
		"lease-grant -> r1 lease 3 ttl 1 of 0 []",
	)
}

func TestReadPanicsAtWhatWrites(t *testing.T) {
	for _, text := range []string{"put a 1", "txn {} then {put a 1} else {}", "member-list"} {
		op, err := kvapi.ParseOp(text)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is read", text)
				}
			}()
			store := New(nil)
			store.Read(&op)
		}()
	}
}
