package mvcc

import (
	"fmt"
	"testing"

	"schism/raft/kvapi"
)

func TestEventsTellEveryChangeInOrder(t *testing.T) {
	store := talk(t,
		"put a 1 -> r2 ok", "put b 1 -> r3 ok",
		"txn {} then {put c 1; put a 2; delete b} else {} -> r4 then (ok) (ok) (deleted 1)",
		"put b 2 -> r5 ok", "put c 2 -> r6 ok", "compact rev 3 -> r6 ok")
	all := kvapi.Prefix("")
	for _, c := range []struct {
		w    Window
		want string
	}{
		{Window{From: 4, To: 5, Span: all}, "c=1(4 4 v1); a=2(2 4 v2); b deleted(4); b=2(5 5 v1)"},
		{Window{From: 4, To: 5, Span: kvapi.Span{Key: "a", End: "c"}}, "a=2(2 4 v2); b deleted(4); b=2(5 5 v1)"},
		{Window{From: 3, To: 4, Span: kvapi.Span{Key: "b"}, Flags: kvapi.FlagPrevKV},
			"b=1(3 3 v1); b deleted(4) was b=1(3 3 v1)"},
		{Window{From: 5, To: 9, Span: all, Flags: kvapi.FlagPrevKV}, "b=2(5 5 v1); c=2(4 6 v2) was c=1(4 4 v1)"},
		{Window{From: 4, To: 9, Span: all, Flags: kvapi.FlagNoPut}, "b deleted(4)"},
		{Window{From: 4, To: 4, Span: all, Flags: kvapi.FlagNoDelete}, "c=1(4 4 v1); a=2(2 4 v2)"},
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
	w := Window{From: 5, To: 9, Span: kvapi.Prefix(""), Flags: kvapi.FlagPrevKV}
	events, _ := store.Events(w, nil)
	if got, want := showEvents(events), "b deleted(5); c=1(6 6 v1)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if store.log.Len() != 2 || store.keys.len() != 2 {
		t.Errorf("%d changes of %d keys are left, want 2 of 2", store.log.Len(), store.keys.len())
	}
	say(t, store, "compact rev 6")
	if store.log.Len() != 1 || store.keys.len() != 1 {
		t.Errorf("%d changes of %d keys are left, want 1 of 1", store.log.Len(), store.keys.len())
	}
}

func TestHashDependsOnRevisionAndCompactionAlone(t *testing.T) {
	lines := []string{"put a 1 -> r2 ok", "put b 1 -> r3 ok", "delete a -> r4 deleted 1", "put b 2 -> r5 ok"}
	once := talk(t, append(lines, "compact rev 4 -> r5 ok", "put c 1 -> r6 ok", "put b 1 -> r7 ok")...)
	often := talk(t, append(lines, "compact rev 2 -> r5 ok", "compact rev 3 -> r5 ok", "compact rev 4 -> r5 ok")...)
	hash := func(s *Store, r kvapi.Revision) kvapi.Result {
		return s.Read(&kvapi.Op{Kind: kvapi.HashKV, Revision: r})
	}
	for _, c := range []struct{ a, b kvapi.Result }{
		{hash(once, 5), hash(often, 5)}, {hash(once, 4), hash(often, 4)}, {hash(once, 5), hash(often, 0)},
	} {
		if c.a.Code != kvapi.OK || c.a.Hash != c.b.Hash || c.a.Compacted != 4 {
			t.Errorf("%+v and %+v", c.a, c.b)
		}
	}
	if hash(once, 7).Hash == hash(once, 6).Hash {
		t.Error("two revisions have one hash")
	}
	if got := hash(once, 3).Code; got != kvapi.ErrCompacted {
		t.Errorf("hash of a compacted revision: %v", got)
	}
	if got := hash(once, 8).Code; got != kvapi.ErrFutureRev {
		t.Errorf("hash of a revision to come: %v", got)
	}
}

func TestDigestAndHashDependOnEverything(t *testing.T) {
	lines := []string{"lease-grant ttl 5", "put a 1", "put a 1 lease 1", "put b 1", "delete b"}
	hashed, digests := map[uint64]string{}, map[Digest]string{}
	for _, more := range [][]string{
		nil, {"put c 1"}, {"put c 2"}, {"put d 1"}, {"put c 1 lease 1"}, {"put a 1"}, {"put b 1"}, {"delete a"},
		{"put b 1", "delete b"}, {"compact rev 4"}, {"compact rev 5"},
	} {
		store := New(nil)
		for _, text := range append(lines, more...) {
			say(t, &store, text)
		}
		hash := store.Read(&kvapi.Op{Kind: kvapi.HashKV}).Hash
		if hashed[hash] != "" || digests[store.Digest()] != "" {
			t.Errorf("%q has the hash or the digest of %q%q", more, hashed[hash], digests[store.Digest()])
		}
		hashed[hash], digests[store.Digest()] = fmt.Sprint(more), fmt.Sprint(more)
	}
	for _, more := range []string{"lease-grant ttl 5", "lease-grant lease 2 ttl 5", "lease-grant lease 2 ttl 6",
		"lease-revoke lease 1", "lease-checkpoint lease 1 ttl 3", "lease-checkpoint lease 1 ttl 4"} {
		store := New(nil)
		say(t, &store, lines[0])
		say(t, &store, more)
		if digests[store.Digest()] != "" {
			t.Errorf("%s has the digest of %s", more, digests[store.Digest()])
		}
		digests[store.Digest()] = more
	}
	store := New(nil)
	say(t, &store, lines[0])
	before := store.Digest()
	for _, same := range []string{"lease-checkpoint lease 1", "lease-checkpoint lease 1 ttl -3", "delete x",
		"lease-ttl lease 1"} {
		if say(t, &store, same); store.Digest() != before {
			t.Errorf("%s changes the digest", same)
		}
	}
}
