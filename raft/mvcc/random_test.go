package mvcc

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/raft/kvapi"
)

// source is where random operations come from: rapid, which shrinks, or a generator, which is fast.
type source interface {
	// pick returns a number from 0 to n-1.
	pick(n int) int
}

type drawn struct{ *rapid.T }

func (d drawn) pick(n int) int { return rapid.IntRange(0, n-1).Draw(d.T, "pick") }

// generated is splitmix64.
type generated uint64

func (g *generated) pick(n int) int {
	*g += 0x9e3779b97f4a7c15
	z := uint64(*g)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

// allKeys are those of random operations, sorted.
var allKeys = []string{"a", "a\x00", "ab", "b", "c"}

// someSpans are those of random operations beside single keys.
var someSpans = []kvapi.Span{{Key: "a", End: "b"}, {Key: "a", End: "c"}, {Key: "ab", End: "\x00"},
	kvapi.Prefix(""), kvapi.Prefix("a"), {Key: "b", End: "a"}, {Key: "d"}, {}}

// rare returns what f returns once in n times, else zero.
func rare[T any](s source, n int, f func() T) T {
	var zero T
	if s.pick(n) != n-1 {
		return zero
	}
	return f()
}

func anyKey(s source) kvapi.Span { return kvapi.Span{Key: allKeys[s.pick(len(allKeys))]} }

func anySpan(s source) kvapi.Span {
	if s.pick(2) == 0 {
		return anyKey(s)
	}
	return someSpans[s.pick(len(someSpans))]
}

// anyRevision draws one near the last.
func anyRevision(s source, last kvapi.Revision) kvapi.Revision {
	return max(0, last+2-kvapi.Revision(s.pick(12)))
}

func anyLease(s source) kvapi.LeaseID { return kvapi.LeaseID(s.pick(4)) }

func anyFlags(s source, flags ...kvapi.Flags) (f kvapi.Flags) {
	for _, flag := range flags {
		f |= rare(s, 4, func() kvapi.Flags { return flag })
	}
	return f
}

// anyRange draws a Range.
func anyRange(s source, last kvapi.Revision) kvapi.Op {
	revision := func() kvapi.Revision { return anyRevision(s, last) }
	op := kvapi.Op{Kind: kvapi.Range, Span: anySpan(s), Flags: anyFlags(s, kvapi.FlagKeysOnly,
		kvapi.FlagCountOnly, kvapi.FlagSerializable), Revision: rare(s, 3, revision)}
	if s.pick(2) == 0 {
		return op
	}
	op.By, op.Order = kvapi.SortTarget(s.pick(5)), kvapi.SortOrder(s.pick(3))
	op.Limit = rare(s, 2, func() int64 { return int64(s.pick(4)) })
	op.Bounds = kvapi.Bounds{MinMod: rare(s, 4, revision), MaxMod: rare(s, 4, revision),
		MinCreate: rare(s, 4, revision), MaxCreate: rare(s, 4, revision)}
	return op
}

// anyPut draws a Put.
func anyPut(s source) kvapi.Op {
	op := kvapi.Op{Kind: kvapi.Put, Span: anyKey(s)}
	op.Lease = rare(s, 3, func() kvapi.LeaseID { return anyLease(s) })
	op.Value = []string{"1", "2", "", "12345678", "123456789"}[s.pick(5)]
	op.Flags = rare(s, 3, func() kvapi.Flags {
		return anyFlags(s, kvapi.FlagPrevKV, kvapi.FlagIgnoreValue, kvapi.FlagIgnoreLease)
	})
	if op.Flags&kvapi.FlagIgnoreValue != 0 && s.pick(4) > 0 {
		op.Value = ""
	}
	return op
}

// anyTxn draws a Txn with others at most depth deep in it.
func anyTxn(s source, last kvapi.Revision, depth int) kvapi.Op {
	op := kvapi.Op{Kind: kvapi.Txn}
	for range s.pick(3) {
		c := kvapi.Compare{Target: kvapi.CompareTarget(s.pick(5)), Result: kvapi.CompareResult(s.pick(4)),
			Span: anySpan(s)}
		switch c.Target {
		case kvapi.CompareValue:
			c.Value = []string{"1", "2", ""}[s.pick(3)]
		case kvapi.CompareVersion, kvapi.CompareLease:
			c.Number = int64(s.pick(3))
		default:
			c.Number = int64(anyRevision(s, last))
		}
		op.If = append(op.If, c)
	}
	for _, b := range [...]*[]kvapi.Op{&op.Then, &op.Else} {
		for range s.pick(4) {
			*b = append(*b, anyPart(s, last, depth))
		}
	}
	return op
}

// anyPart draws what can stand in a Txn.
func anyPart(s source, last kvapi.Revision, depth int) kvapi.Op {
	switch n := s.pick(8); {
	case n < 4:
		return anyPut(s)
	case n < 5:
		return kvapi.Op{Kind: kvapi.DeleteRange, Span: anySpan(s), Flags: anyFlags(s, kvapi.FlagPrevKV)}
	case n < 6 && depth > 0:
		return anyTxn(s, last, depth-1)
	}
	return anyRange(s, last)
}

// anyOp draws any operation of the store.
func anyOp(s source, last kvapi.Revision) kvapi.Op {
	switch n := s.pick(40); {
	case n < 24:
		return anyPart(s, last, 2)
	case n < 30:
		return anyTxn(s, last, 2)
	case n < 32:
		return kvapi.Op{Kind: kvapi.Compact, Revision: anyRevision(s, last)}
	case n < 35:
		ttl := []kvapi.Seconds{5, 0, kvapi.MaxTTL, kvapi.MaxTTL + 1}[s.pick(4)]
		return kvapi.Op{Kind: kvapi.LeaseGrant, Lease: anyLease(s), TTL: ttl}
	case n < 37:
		return kvapi.Op{Kind: kvapi.LeaseRevoke, Lease: anyLease(s)}
	case n < 38:
		return kvapi.Op{Kind: kvapi.LeaseCheckpoint, Lease: anyLease(s), TTL: kvapi.Seconds(s.pick(3))}
	case n < 39:
		return kvapi.Op{Kind: kvapi.LeaseTimeToLive, Lease: anyLease(s), Flags: anyFlags(s, kvapi.FlagKeys)}
	}
	return kvapi.Op{Kind: kvapi.Leases}
}

// history applies n random operations to a store with the rules and to the model, and returns what differs, if
// anything, with what was done.
func history(s source, rules *Rules, n int) error {
	store, m := New(rules), newModel()
	hashes := map[[2]kvapi.Revision]uint64{}
	var told []string
	for range n {
		op := anyOp(s, m.revision())
		got, want := store.Apply(&op), m.apply(&op)
		told = append(told, op.Explain(&kvapi.Output{Result: got}))
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("(-model +store)\n%s\nafter\n%s", cmp.Diff(want, got), strings.Join(told, "\n"))
		}
		err := compare(&store, m)
		if err == nil {
			err = rehash(&store, hashes)
		}
		if err != nil {
			return fmt.Errorf("%w\nafter\n%s", err, strings.Join(told, "\n"))
		}
	}
	for r := m.compacted; r <= m.revision(); r++ {
		if err := compareAt(&store, m, Window{From: r, To: r + kvapi.Revision(s.pick(5)), Span: anySpan(s),
			Flags: anyFlags(s, kvapi.FlagPrevKV, kvapi.FlagNoPut, kvapi.FlagNoDelete)}); err != nil {
			return fmt.Errorf("%w\nafter\n%s", err, strings.Join(told, "\n"))
		}
	}
	return nil
}

// compare compares what can be compared at little cost.
func compare(store *Store, m *model) error {
	if store.Revision() != m.revision() || store.Compacted() != m.compacted {
		return fmt.Errorf("store at revision %d compacted at %d, model at %d and %d", store.Revision(),
			store.Compacted(), m.revision(), m.compacted)
	}
	return nil
}

// compareAt compares everything that can be read at the first revision of the window, and the events of the window.
func compareAt(store *Store, m *model, w Window) error {
	all := &kvapi.Op{Kind: kvapi.Range, Span: kvapi.Prefix(""), Revision: w.From}
	if got, want := store.Read(all), m.apply(all); !reflect.DeepEqual(got, want) {
		return fmt.Errorf("revision %d (-model +store)\n%s", w.From, cmp.Diff(want, got))
	}
	for _, w := range [...]Window{w, {From: w.From, To: w.To, Span: kvapi.Prefix(""), Flags: kvapi.FlagPrevKV}} {
		got, seen := store.Events(w, nil)
		want, ok := m.events(w)
		slices.SortStableFunc(got, func(a, b kvapi.Event) int {
			if a.KV.ModRevision != b.KV.ModRevision {
				return int(a.KV.ModRevision - b.KV.ModRevision)
			}
			return strings.Compare(a.KV.Key, b.KV.Key)
		})
		if seen != ok || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("events of %+v: %v, want %v (-model +store)\n%s", w, seen, ok, cmp.Diff(want, got))
		}
	}
	return nil
}

// rehash compares the hash of some revisions with what it was when they were the last, if nothing was compacted since.
func rehash(store *Store, hashes map[[2]kvapi.Revision]uint64) error {
	for r := max(store.Compacted(), store.Revision()-5, 1); r <= store.Revision(); r++ {
		got := store.Read(&kvapi.Op{Kind: kvapi.HashKV, Revision: r})
		at := [2]kvapi.Revision{store.Compacted(), r}
		want, known := hashes[at]
		if got.Code != kvapi.OK || known && got.Hash != want {
			return fmt.Errorf("hash of revision %d compacted at %d is %v, was %016x", r, at[0], got.String(), want)
		}
		hashes[at] = got.Hash
	}
	return nil
}

// TestStoreAgreesWithTheModel does 10,000 lists of 50 operations.
func TestStoreAgreesWithTheModel(t *testing.T) {
	lists := 10_000
	if testing.Short() {
		lists = 500
	}
	for i := range lists {
		g := generated(i)
		if err := history(&g, nil, 50); err != nil {
			t.Fatalf("list %d: %v", i, err)
		}
	}
}

// TestStoreAgreesWithTheModelOnShrunkenLists is the same with lists that shrink when they fail.
func TestStoreAgreesWithTheModelOnShrunkenLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := history(drawn{t}, nil, 1+drawn{t}.pick(50)); err != nil {
			t.Fatal(err)
		}
	})
}
