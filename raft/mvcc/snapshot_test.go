package mvcc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"schism/raft/kvapi"
)

// populated returns a store with something of everything.
func populated(t testing.TB, rules *Rules) *Store {
	store := New(rules)
	for _, text := range []string{
		"lease-grant ttl 5", "lease-grant lease 4d2 ttl 7",
		"lease-grant lease fffffffffffffffb", "lease-checkpoint lease 4d2 ttl 3",
		"put a 1", "put b 2 lease 4d2", "put c 3 lease 1", "delete a", "put a 2", "compact rev 5",
		"txn {} then {put d 1; put e 2 lease 1; delete a; delete b} else {}", "put c 4 ignore-lease",
	} {
		say(t, &store, text)
	}
	return &store
}

// random returns a store after some random operations.
func random(s source, n int) Store {
	store := New(nil)
	for range n {
		op := anyOp(s, store.Revision())
		store.Apply(&op)
	}
	return store
}

// same compares everything that two stores tell now, and after the same further operations.
func same(a, b Store, s source) bool {
	for range 20 {
		op := anyOp(s, a.Revision())
		if a.Digest() != b.Digest() || !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
			return false
		}
		ra, rb := a.Apply(&op), b.Apply(&op)
		if show(&ra) != show(&rb) {
			return false
		}
		w := Window{From: a.Compacted(), To: a.Revision(), Span: kvapi.Prefix(""), Flags: kvapi.FlagPrevKV}
		ea, _ := a.Events(w, nil)
		eb, _ := b.Events(w, nil)
		if showEvents(ea) != showEvents(eb) {
			return false
		}
	}
	return true
}

func TestSnapshotsRoundTrip(t *testing.T) {
	for i := range 500 {
		g := generated(i)
		store := random(&g, 60)
		data := store.Encode()
		again, err := Decode(bytes.Clone(data), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Encode(), data) {
			t.Fatalf("list %d: encodes differently the second time", i)
		}
		if !same(store.Clone(), again, &g) {
			t.Fatalf("list %d: the store that was read goes on differently", i)
		}
	}
}

func TestRestoredKeysHaveTheirLeases(t *testing.T) {
	forgetful := &Rules{Restored: func(kvapi.LeaseID) kvapi.LeaseID { return 0 }}
	for _, c := range []struct {
		rules *Rules
		want  string
	}{
		{nil, "r8 lease 1 ttl 5 of 5 [c e]"}, {forgetful, "r8 lease 1 ttl 5 of 5 []"},
	} {
		store, err := Decode(populated(t, nil).Encode(), c.rules)
		if err != nil {
			t.Fatal(err)
		}
		if got := say(t, &store, "lease-ttl lease 1 keys"); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestRestoredStoresTellOfDeletesAtTheCompactedRevision(t *testing.T) {
	store := New(nil)
	for _, text := range []string{"put a 1", "put b 1", "delete a", "compact rev 4", "delete b"} {
		say(t, &store, text)
	}
	for _, c := range []struct {
		rules *Rules
		want  string
	}{
		{nil, "a deleted(4); b deleted(5)"}, {&Rules{Recalls: func() bool { return false }}, "b deleted(5)"},
	} {
		again, err := Decode(store.Encode(), c.rules)
		if err != nil {
			t.Fatal(err)
		}
		events, _ := again.Events(Window{From: 4, To: 5, Span: kvapi.Prefix("")}, nil)
		if got := showEvents(events); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestDecodeSharesNoMemory(t *testing.T) {
	data := populated(t, nil).Encode()
	store, err := Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	g := generated(1)
	if !same(*populated(t, nil), store, &g) {
		t.Error("the store changes with the data")
	}
}

func TestDecodeRefusesEveryPrefixAndDamage(t *testing.T) {
	data := populated(t, nil).Encode()
	for n := range data {
		if _, err := Decode(data[:n], nil); !errors.Is(err, ErrSnapshot) {
			t.Errorf("the first %d bytes decode, error %v", n, err)
		}
		for bit := range 8 {
			damaged := bytes.Clone(data)
			damaged[n] ^= 1 << bit
			if _, err := Decode(damaged, nil); !errors.Is(err, ErrSnapshot) {
				t.Errorf("byte %d bit %d damaged decodes, error %v", n, bit, err)
			}
		}
	}
	if _, err := Decode(append(bytes.Clone(data), 0), nil); !errors.Is(err, ErrSnapshot) {
		t.Errorf("one byte more decodes, error %v", err)
	}
}

// forge returns the snapshot of what no operations make, with the right digest.
func forge(revision, compacted kvapi.Revision, leases []kvapi.LeaseID, changes ...change) []byte {
	s := Store{rules: &right, revision: revision, compacted: compacted}
	head := Store{rules: &right, revision: revision, compacted: compacted}
	b := head.AppendState([]byte{snapshotVersion})
	b = append(b[:len(b)-2], byte(len(leases)))
	for _, id := range leases {
		b = append(binary.AppendVarint(b, int64(id)), 2, 0)
		s.leaseSum += lease{id: id, granted: 1}.digest()
	}
	b = append(b, byte(len(changes)))
	for i := range changes {
		b = changes[i].append(b)
		s.logSum += changes[i].digest()
	}
	return binary.LittleEndian.AppendUint64(b, uint64(s.Digest()))
}

func TestDecodeRefusesWhatNoStoreIs(t *testing.T) {
	key := func(k string, r kvapi.Revision, number uint32) change {
		return change{kv: kvapi.KeyValue{Key: k, ModRevision: r}, number: number}
	}
	good := forge(5, 2, []kvapi.LeaseID{-1, 1}, key("a", 2, 0), key("b", 2, 1), key("a", 5, 0))
	gone := key("a", 2, 0)
	gone.deleted, gone.kv.Version = true, 1
	long := string(make([]byte, kvapi.MaxKey+1))
	if _, err := Decode(good, nil); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"no revision":                  forge(0, 0, nil),
		"too large a revision":         forge(maxRevision, 0, nil),
		"a negative revision":          forge(-1, 0, nil),
		"compaction to come":           forge(5, 6, nil),
		"a negative compaction":        forge(5, -1, nil),
		"a lease without a name":       forge(5, 0, []kvapi.LeaseID{0}),
		"a lease twice":                forge(5, 0, []kvapi.LeaseID{1, 1}),
		"leases out of order":          forge(5, 0, []kvapi.LeaseID{2, 1}),
		"a change to come":             forge(5, 0, nil, key("a", 6, 0)),
		"a change at no revision":      forge(5, 0, nil, key("a", 0, 0)),
		"changes at one place":         forge(5, 0, nil, key("a", 2, 0), key("b", 2, 0)),
		"changes out of order":         forge(5, 0, nil, key("a", 3, 0), key("b", 2, 0)),
		"a change without a key":       forge(5, 0, nil, key("", 2, 0)),
		"a change of too long a key":   forge(5, 0, nil, key(long, 2, 0)),
		"too high a number":            forge(5, 0, nil, key("a", 2, 1<<subBits)),
		"a deleted key with a version": forge(5, 0, nil, gone),
		"changes without their bytes":  {snapshotVersion, 5, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		if _, err := Decode(data, nil); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%s decodes, error %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(populated(f, nil).Encode())
	empty := New(nil)
	f.Add(empty.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		// Nobody guesses a digest: put the right one in its place.
		for range 2 {
			store, err := Decode(data, nil)
			if err == nil {
				if !bytes.Equal(store.Encode(), data) {
					t.Fatal("encodes differently")
				}
				checkSums(t, &store)
				return
			}
			if !mend(data) {
				return
			}
		}
	})
}

// mend puts the right digest at the end of a snapshot, if it is right apart from that.
func mend(data []byte) bool {
	if len(data) < 9 || data[0] != snapshotVersion {
		return false
	}
	store, ok := decodeBody(data[1:len(data)-8], nil)
	binary.LittleEndian.PutUint64(data[len(data)-8:], uint64(store.Digest()))
	return ok
}

func FuzzOperations(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		if err := history(drawn{t}, nil, 1+drawn{t}.pick(50)); err != nil {
			t.Fatal(err)
		}
	}))
}
