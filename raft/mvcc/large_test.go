package mvcc

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/raft/kvapi"
)

// anyWide draws an operation on hundreds of keys.
func anyWide(s source, last kvapi.Revision) kvapi.Op {
	key := func() string { return fmt.Sprintf("k%03d", s.pick(400)) }
	switch n := s.pick(100); {
	case n < 70:
		return kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: key()}, Value: key(),
			Lease: rare(s, 3, func() kvapi.LeaseID { return 1 })}
	case n < 85:
		return kvapi.Op{Kind: kvapi.DeleteRange, Span: kvapi.Span{Key: key()}, Flags: kvapi.FlagPrevKV}
	case n < 86:
		return kvapi.Op{Kind: kvapi.DeleteRange, Span: kvapi.Span{Key: key(), End: key()}}
	case n < 87:
		return kvapi.Op{Kind: kvapi.LeaseGrant, Lease: 1}
	case n < 88:
		return rare(s, 2, func() kvapi.Op { return kvapi.Op{Kind: kvapi.LeaseRevoke, Lease: 1} })
	case n < 90:
		return kvapi.Op{Kind: kvapi.Compact, Revision: last - kvapi.Revision(s.pick(200))}
	}
	return kvapi.Op{Kind: kvapi.Range, Span: kvapi.Span{Key: key(), End: key()},
		Revision: max(0, last-kvapi.Revision(s.pick(300)))}
}

// Stores whose trees have nodes below nodes agree with the model too, and clones that were left behind stay as they
// were.
func TestLargeStoresAgreeWithTheModel(t *testing.T) {
	for i := range 10 {
		g := generated(i)
		store, m := New(nil), newModel()
		var left []Store
		var was [][]byte
		for n := range 1500 {
			op := anyWide(&g, m.revision())
			if op.Kind == 0 {
				continue
			}
			if n%100 == 0 {
				left = append(left, store.Clone())
				was = append(was, store.Encode())
			}
			if got, want := store.Apply(&op), m.apply(&op); !reflect.DeepEqual(got, want) {
				t.Fatalf("list %d, operation %d, %s (-model +store)\n%s", i, n, op.String(), cmp.Diff(want, got))
			}
		}
		checkSums(t, &store)
		for r := max(m.compacted, m.revision()-20); r <= m.revision(); r++ {
			all := &kvapi.Op{Kind: kvapi.Range, Span: kvapi.Prefix(""), Revision: r}
			if got, want := store.Read(all), m.apply(all); !reflect.DeepEqual(got, want) {
				t.Fatalf("list %d, revision %d (-model +store)\n%s", i, r, cmp.Diff(want, got))
			}
		}
		again, err := Decode(store.Encode(), nil)
		if err != nil || !bytes.Equal(again.Encode(), store.Encode()) {
			t.Fatalf("list %d: does not come back from its snapshot: %v", i, err)
		}
		for j := range left {
			if !bytes.Equal(left[j].Encode(), was[j]) {
				t.Fatalf("list %d: clone %d has changed", i, j)
			}
			checkSums(t, &left[j])
		}
	}
}

// Of many keys that are equal in what a Range sorts by the order is that of the keys.
func TestRangeSortsStably(t *testing.T) {
	store := New(nil)
	for i := range 50 {
		say(t, &store, fmt.Sprintf("put k%02d %d", i*7%50, i%2))
	}
	for order, first := range map[kvapi.SortOrder]string{kvapi.Ascend: "0", kvapi.Descend: "1"} {
		r := store.Read(&kvapi.Op{Kind: kvapi.Range, Span: kvapi.Prefix(""), By: kvapi.ByValue, Order: order})
		for i := range r.KVs {
			kv := &r.KVs[i]
			if (kv.Value == first) != (i < 25) {
				t.Fatalf("%v: %s=%s is number %d", order, kv.Key, kv.Value, i)
			}
			if i%25 > 0 && strings.Compare(r.KVs[i-1].Key, kv.Key) > 0 {
				t.Fatalf("%v: %s comes before %s", order, r.KVs[i-1].Key, kv.Key)
			}
		}
	}
}
