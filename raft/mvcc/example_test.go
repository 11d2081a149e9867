package mvcc_test

import (
	"fmt"

	"schism/raft/kvapi"
	"schism/raft/mvcc"
)

// A key is put under a lease, guarded by a condition; the lease ends, and a watch is told.
func Example() {
	store := mvcc.New(nil)
	for _, text := range []string{
		"lease-grant lease 4d2 ttl 5",
		"txn {create lock = 0} then {put lock alice lease 4d2} else {get lock}",
		"txn {create lock = 0} then {put lock bob} else {get lock}",
		"lease-revoke lease 4d2",
		"get lock rev 2",
	} {
		op, err := kvapi.ParseOp(text)
		if err != nil {
			panic("example: " + err.Error())
		}
		result := store.Apply(&op)
		fmt.Printf("r%d %s\n", store.Revision(), result.String())
	}
	events, _ := store.Events(mvcc.Window{To: store.Revision(), Span: kvapi.Prefix("lock")}, nil)
	for i := range events {
		fmt.Println(events[i].String())
	}
	// Output:
	// r1 lease 4d2 ttl 5
	// r2 then {ok}
	// r2 else {[lock=alice]}
	// r3 ok
	// r3 [lock=alice]
	// PUT lock=alice r2
	// DELETE lock r3
}
