package mvcc

import (
	"fmt"
	"testing"

	"schism/raft/kvapi"
)

func TestTxnConditions(t *testing.T) {
	store := talk(t, "lease-grant lease 7 -> r1 lease 7 ttl 1 of 0 []",
		"put a 1 -> r2 ok", "put b 2 lease 7 -> r3 ok", "put a 2 -> r4 ok")
	ask := func(want bool, texts ...string) {
		for _, text := range texts {
			op, err := kvapi.ParseOp("txn {" + text + "} then {} else {}")
			if err != nil {
				t.Fatal(err)
			}
			if got := store.Read(&op); got.Succeeded != want || got.Code != kvapi.OK {
				t.Errorf("{%s} is %v (%v), want %v", text, got.Succeeded, got.Code, want)
			}
		}
	}
	ask(true, "", "version a = 2; create a = 2; mod a = 4; value a = 2; lease a = 0", "version a > 1", "mod a < 5",
		"create a != 4", "lease b = 7", "value a > 1", "version x = 0", "mod x < 1")
	ask(false, "version a = 2; create a = 3", "version a > 2", "mod a < 4", "mod a != 4", "lease b > 7", "value a < 2",
		"lease x != 0", "create x > 0")
	// Of a key that is not there no condition on the value holds.
	ask(false, "value x = \"\"", "value x != 5", "value x < 5", "value c on != 1")
	// Of a span it must hold for all that are there, or for zeros.
	ask(true, "version a on > 0", "value a to c = 2", "create c on = 0")
	ask(false, "version a on > 1", "create c on > 0")
}

func TestTxnIsOneRevision(t *testing.T) {
	talk(t,
		"put a 0 -> r2 ok",
		"txn {} then {put b 1; get a on; put c 1 prev-kv; delete a prev-kv; get a on} else {}"+
			" -> r3 then (ok) (a=0(2 2 v1) b=1(3 3 v1)) (ok) (deleted 1 was a=0(2 2 v1)) (b=1(3 3 v1) c=1(3 3 v1))",
		"txn {mod b = 9} then {put b 2} else {get b} -> r3 else (b=1(3 3 v1))",
		"txn {mod b = 9} then {put b 2} else {} -> r3 ok",
		"txn {} then {delete x} else {} -> r3 then (ok)",
		"txn {} then {put b 2; get b on rev 3} else {} -> r4 then (ok) (b=1(3 3 v1) c=1(3 3 v1))",
	)
}

// A Txn asks all its conditions, and finds all its errors, before it does anything.
func TestTxnAsksAndChecksFirst(t *testing.T) {
	talk(t,
		"txn {} then {put a 1; txn {create a = 0} then {put b 1} else {put b 2}} else {}"+
			" -> r2 then (ok) (then (ok))",
		"get b -> r2 b=1(2 2 v1)",
		"txn {} then {put a 3; put b 3 lease 1} else {} -> r2 ErrLeaseNotFound",
		"txn {} then {put a 3; put x \"\" ignore-value} else {} -> r2 ErrKeyNotFound",
		"txn {} then {put x 1; txn {} then {put y \"\" lease 1 ignore-value} else {}} else {} -> r2 ErrKeyNotFound",
		"txn {} then {put a 3; get b rev 3} else {} -> r2 ErrFutureRev",
		"compact rev 2 -> r2 ok",
		"txn {} then {put a 3; get b rev 1} else {} -> r2 ErrCompacted",
		"txn {} then {} else {put a 3 lease 1} -> r2 then", // the other branch
		"get a -> r2 a=1(2 2 v1)",
	)
}

func TestTxnChangesAKeyOnce(t *testing.T) {
	for text, ok := range map[string]bool{
		"put a 1; put b 1": true, "put a 1; put a 1": false, "put a 1; delete a": false, "delete a; put a 1": false,
		"put c 1; delete a to c": true, "put b 1; delete a to c": false, "delete a on; put x 1": false,
		"delete a; delete a to c": true, "put a 1; get a": true,
		"txn {} then {put a 1} else {put a 2}":                                       true,
		"txn {} then {put a 1} else {delete a}":                                      true,
		"txn {} then {put a 1; put a 2} else {}":                                     false,
		"txn {} then {} else {put a 1; delete a}":                                    false,
		"txn {} then {put a 1} else {}; put a 2":                                     false,
		"put a 2; txn {} then {} else {put a 1}":                                     false,
		"delete a; txn {} then {} else {put a 1}":                                    false,
		"txn {} then {} else {delete a}; put a 1":                                    false,
		"txn {} then {put a 1} else {}; txn {} then {} else {put a 1}":               false,
		"txn {} then {delete a} else {}; txn {} then {put a 1} else {}":              false,
		"txn {} then {put a 1} else {}; txn {} then {delete a} else {}":              false,
		"txn {} then {put a 1} else {put b 1}; txn {} then {put c 1} else {put d 1}": true,
	} {
		for _, txn := range []string{"txn {} then {" + text + "} else {}", "txn {} then {} else {" + text + "}"} {
			store := New(nil)
			op, err := kvapi.ParseOp(txn)
			if err != nil {
				t.Fatal(err)
			}
			want := map[bool]kvapi.Code{true: kvapi.OK, false: kvapi.ErrDuplicateKey}[ok]
			if got := store.Apply(&op).Code; got != want {
				t.Errorf("%s: %v, want %v", txn, got, want)
			}
		}
	}
}

func TestTxnBounds(t *testing.T) {
	list := func(n int, op kvapi.Op) []kvapi.Op {
		ops := make([]kvapi.Op, n)
		for i := range ops {
			ops[i] = op
		}
		return ops
	}
	get := kvapi.Op{Kind: kvapi.Range, Span: kvapi.Span{Key: "a"}}
	nested := func(n int) kvapi.Op { return kvapi.Op{Kind: kvapi.Txn, Else: list(n, get)} }
	for _, c := range []struct {
		op   kvapi.Op
		want kvapi.Code
	}{
		{kvapi.Op{Kind: kvapi.Txn, Then: list(128, get)}, kvapi.OK},
		{kvapi.Op{Kind: kvapi.Txn, Then: list(129, get)}, kvapi.ErrTooManyOps},
		{kvapi.Op{Kind: kvapi.Txn, Else: list(129, get)}, kvapi.ErrTooManyOps},
		{kvapi.Op{Kind: kvapi.Txn, If: make([]kvapi.Compare, 129)}, kvapi.ErrTooManyOps},
		{kvapi.Op{Kind: kvapi.Txn, If: make([]kvapi.Compare, 1)}, kvapi.ErrEmptyKey},
		// What is nested has the room that is left (checkTxnRequest).
		{kvapi.Op{Kind: kvapi.Txn, Then: list(28, nested(100))}, kvapi.OK},
		{kvapi.Op{Kind: kvapi.Txn, Then: list(28, nested(101))}, kvapi.ErrTooManyOps},
		{kvapi.Op{Kind: kvapi.Txn, Then: list(1, kvapi.Op{Kind: kvapi.Put})}, kvapi.ErrEmptyKey},
	} {
		store := New(nil)
		if got := store.Apply(&c.op).Code; got != c.want {
			t.Errorf("lists of %d, %d, %d: %v, want %v", len(c.op.If), len(c.op.Then), len(c.op.Else), got, c.want)
		}
	}
}

// tower returns a Txn with wide Txns in it, and so on for depth levels, and at the bottom puts of the keys from first
// on.
func tower(wide, depth int, first *int) kvapi.Op {
	op := kvapi.Op{Kind: kvapi.Txn}
	for range wide {
		part := kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: fmt.Sprintf("k%06d", *first)}}
		if depth > 1 {
			part = tower(wide, depth-1, first)
		} else {
			*first++
		}
		op.Then = append(op.Then, part)
	}
	return op
}

// 65,536 puts in one Txn are compared with each other in no time; the last one may be one too many.
func TestTxnOfManyPuts(t *testing.T) {
	first := 0
	op := tower(16, 4, &first)
	store := New(nil)
	if r := store.Apply(&op); r.Code != kvapi.OK || store.keys.len() != first {
		t.Errorf("%v, %d keys", r.Code, store.keys.len())
	}
	op.Then[15].Then[15].Then[15].Then[15].Span.Key = "k000000"
	if r := store.Apply(&op); r.Code != kvapi.ErrDuplicateKey {
		t.Errorf("the first key twice: %v", r.Code)
	}
	op.Then[15].Then[15].Then[15].Then[15] = kvapi.Op{Kind: kvapi.DeleteRange, Span: kvapi.Prefix("k0000")}
	if r := store.Apply(&op); r.Code != kvapi.ErrDuplicateKey {
		t.Errorf("a delete of what is put: %v", r.Code)
	}
}
