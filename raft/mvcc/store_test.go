package mvcc

import (
	"testing"

	"schism/raft/etcdapi"
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

func TestTxnConditions(t *testing.T) {
	store := talk(t, "lease-grant lease 7 -> r1 lease 7 ttl 1 of 0 []",
		"put a 1 -> r2 ok", "put b 2 lease 7 -> r3 ok", "put a 2 -> r4 ok")
	ask := func(want bool, texts ...string) {
		for _, text := range texts {
			op, err := etcdapi.ParseOp("txn {" + text + "} then {} else {}")
			if err != nil {
				t.Fatal(err)
			}
			if got := store.Read(&op); got.Succeeded != want || got.Code != etcdapi.OK {
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
			op, err := etcdapi.ParseOp(txn)
			if err != nil {
				t.Fatal(err)
			}
			want := map[bool]etcdapi.Code{true: etcdapi.OK, false: etcdapi.ErrDuplicateKey}[ok]
			if got := store.Apply(&op).Code; got != want {
				t.Errorf("%s: %v, want %v", txn, got, want)
			}
		}
	}
}

func TestTxnBounds(t *testing.T) {
	list := func(n int, op etcdapi.Op) []etcdapi.Op {
		ops := make([]etcdapi.Op, n)
		for i := range ops {
			ops[i] = op
		}
		return ops
	}
	get := etcdapi.Op{Kind: etcdapi.Range, Span: etcdapi.Span{Key: "a"}}
	nested := func(n int) etcdapi.Op { return etcdapi.Op{Kind: etcdapi.Txn, Else: list(n, get)} }
	for _, c := range []struct {
		op   etcdapi.Op
		want etcdapi.Code
	}{
		{etcdapi.Op{Kind: etcdapi.Txn, Then: list(128, get)}, etcdapi.OK},
		{etcdapi.Op{Kind: etcdapi.Txn, Then: list(129, get)}, etcdapi.ErrTooManyOps},
		{etcdapi.Op{Kind: etcdapi.Txn, Else: list(129, get)}, etcdapi.ErrTooManyOps},
		{etcdapi.Op{Kind: etcdapi.Txn, If: make([]etcdapi.Compare, 129)}, etcdapi.ErrTooManyOps},
		{etcdapi.Op{Kind: etcdapi.Txn, If: make([]etcdapi.Compare, 1)}, etcdapi.ErrEmptyKey},
		// What is nested has the room that is left (checkTxnRequest).
		{etcdapi.Op{Kind: etcdapi.Txn, Then: list(28, nested(100))}, etcdapi.OK},
		{etcdapi.Op{Kind: etcdapi.Txn, Then: list(28, nested(101))}, etcdapi.ErrTooManyOps},
		{etcdapi.Op{Kind: etcdapi.Txn, Then: list(1, etcdapi.Op{Kind: etcdapi.Put})}, etcdapi.ErrEmptyKey},
	} {
		store := New(nil)
		if got := store.Apply(&c.op).Code; got != c.want {
			t.Errorf("lists of %d, %d, %d: %v, want %v", len(c.op.If), len(c.op.Then), len(c.op.Else), got, c.want)
		}
	}
}

func TestEventsTellEveryChangeInOrder(t *testing.T) {
	store := talk(t,
		"put a 1 -> r2 ok", "put b 1 -> r3 ok",
		"txn {} then {put c 1; put a 2; delete b} else {} -> r4 then (ok) (ok) (deleted 1)",
		"put b 2 -> r5 ok", "put c 2 -> r6 ok", "compact rev 3 -> r6 ok")
	all := etcdapi.Prefix("")
	for _, c := range []struct {
		w    Window
		want string
	}{
		{Window{From: 4, To: 5, Span: all}, "c=1(4 4 v1); a=2(2 4 v2); b deleted(4); b=2(5 5 v1)"},
		{Window{From: 4, To: 5, Span: etcdapi.Span{Key: "a", End: "c"}}, "a=2(2 4 v2); b deleted(4); b=2(5 5 v1)"},
		{Window{From: 3, To: 4, Span: etcdapi.Span{Key: "b"}, Flags: etcdapi.FlagPrevKV},
			"b=1(3 3 v1); b deleted(4) was b=1(3 3 v1)"},
		{Window{From: 5, To: 9, Span: all, Flags: etcdapi.FlagPrevKV}, "b=2(5 5 v1); c=2(4 6 v2) was c=1(4 4 v1)"},
		{Window{From: 4, To: 9, Span: all, Flags: etcdapi.FlagNoPut}, "b deleted(4)"},
		{Window{From: 4, To: 4, Span: all, Flags: etcdapi.FlagNoDelete}, "c=1(4 4 v1); a=2(2 4 v2)"},
		{Window{From: 7, To: 9, Span: all}, ""},
		{Window{From: 5, To: 4, Span: all}, ""},
	} {
		events, seen := store.Events(c.w, nil)
		if got := showEvents(events); got != c.want || !seen {
			t.Errorf("%+v: %s, want %s", c.w, got, c.want)
		}
	}
	if events, seen := store.Events(Window{From: 2, To: 9, Span: all}, nil); seen || events != nil {
		t.Errorf("events from a compacted revision: %v", events)
	}
}

// A watch that begins at the compacted revision is told of the deletes there; not of what was before (etcd 18274).
func TestCompactionKeepsDeletesAtItsRevision(t *testing.T) {
	store := talk(t, "put a 1 -> r2 ok", "put b 1 -> r3 ok", "delete a -> r4 deleted 1", "delete b -> r5 deleted 1",
		"put c 1 -> r6 ok", "compact rev 5 -> r6 ok")
	w := Window{From: 5, To: 9, Span: etcdapi.Prefix(""), Flags: etcdapi.FlagPrevKV}
	events, _ := store.Events(w, nil)
	if got, want := showEvents(events), "b deleted(5); c=1(6 6 v1)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if store.log.Len() != 2 || store.keys.Len() != 2 {
		t.Errorf("%d changes of %d keys are left, want 2 of 2", store.log.Len(), store.keys.Len())
	}
	say(t, store, "compact rev 6")
	if store.log.Len() != 1 || store.keys.Len() != 1 {
		t.Errorf("%d changes of %d keys are left, want 1 of 1", store.log.Len(), store.keys.Len())
	}
}

func TestHashDependsOnRevisionAndCompactionAlone(t *testing.T) {
	lines := []string{"put a 1 -> r2 ok", "put b 1 -> r3 ok", "delete a -> r4 deleted 1", "put b 2 -> r5 ok"}
	once := talk(t, append(lines, "compact rev 4 -> r5 ok", "put c 1 -> r6 ok", "put b 1 -> r7 ok")...)
	often := talk(t, append(lines, "compact rev 2 -> r5 ok", "compact rev 3 -> r5 ok", "compact rev 4 -> r5 ok")...)
	hash := func(s *Store, r etcdapi.Revision) etcdapi.Result {
		return s.Read(&etcdapi.Op{Kind: etcdapi.HashKV, Revision: r})
	}
	for _, c := range []struct{ a, b etcdapi.Result }{
		{hash(once, 5), hash(often, 5)}, {hash(once, 4), hash(often, 4)}, {hash(once, 5), hash(often, 0)},
	} {
		if c.a.Code != etcdapi.OK || c.a.Hash != c.b.Hash || c.a.Compacted != 4 {
			t.Errorf("%+v and %+v", c.a, c.b)
		}
	}
	if hash(once, 7).Hash == hash(once, 6).Hash {
		t.Error("two revisions have one hash")
	}
	if got := hash(once, 3).Code; got != etcdapi.ErrCompacted {
		t.Errorf("hash of a compacted revision: %v", got)
	}
	if got := hash(once, 8).Code; got != etcdapi.ErrFutureRev {
		t.Errorf("hash of a revision to come: %v", got)
	}
}

func TestReadPanicsAtWhatWrites(t *testing.T) {
	for _, text := range []string{"put a 1", "txn {} then {put a 1} else {}", "member-list"} {
		op, err := etcdapi.ParseOp(text)
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
