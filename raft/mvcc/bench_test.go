package mvcc

import (
	"fmt"
	"testing"

	"schism/raft/kvapi"
)

// manyKeys is how many keys large has.
const manyKeys = 100_000

// large returns a store with many keys, and operations of the kind on each, in an order that has nothing to do with
// that of the keys.
func large(kind kvapi.OpKind) (Store, []kvapi.Op) {
	store := New(nil)
	puts, ops := make([]kvapi.Op, manyKeys), make([]kvapi.Op, manyKeys)
	for i := range manyKeys {
		key := fmt.Sprintf("key-%08d", i*7919%manyKeys)
		puts[i] = kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: key}, Value: "0123456789"}
		ops[i] = kvapi.Op{Kind: kind, Span: kvapi.Span{Key: key}}
		if kind == kvapi.Put {
			ops[i].Value = "9876543210"
		}
	}
	for i := range puts {
		store.Apply(&puts[i])
	}
	return store, ops
}

// BenchmarkPut replaces keys of a large store, which keeps all but the last 100,000 changes compacted.
func BenchmarkPut(b *testing.B) {
	store, ops := large(kvapi.Put)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if i++; i == manyKeys {
			i = 0
			store.Apply(&kvapi.Op{Kind: kvapi.Compact, Revision: store.Revision()})
		}
		store.Apply(&ops[i])
	}
}

// BenchmarkPutIntoSmallStore has three keys, as most simulated stores have.
func BenchmarkPutIntoSmallStore(b *testing.B) {
	store := New(nil)
	ops := make([]kvapi.Op, 3)
	for i := range ops {
		ops[i] = kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: string(rune('x' + i))}, Value: "17"}
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if i++; i%1000 == 0 {
			store.Apply(&kvapi.Op{Kind: kvapi.Compact, Revision: store.Revision()})
		}
		store.Apply(&ops[i%3])
	}
}

// BenchmarkPutWithoutCompaction keeps every change.
func BenchmarkPutWithoutCompaction(b *testing.B) {
	store, ops := large(kvapi.Put)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		store.Apply(&ops[i%manyKeys])
		i++
	}
}

func BenchmarkRangeOfOneKey(b *testing.B) {
	store, ops := large(kvapi.Range)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if r := store.Read(&ops[i%manyKeys]); r.Count != 1 {
			b.Fatal(r)
		}
		i++
	}
}

func BenchmarkRangeOf100Keys(b *testing.B) {
	store, _ := large(kvapi.Range)
	op := &kvapi.Op{Kind: kvapi.Range, Span: kvapi.Prefix("key-000123")}
	b.ReportAllocs()
	for b.Loop() {
		if r := store.Read(op); r.Count != 100 {
			b.Fatal(r.Count)
		}
	}
}

func BenchmarkTxnOfCompareAndPut(b *testing.B) {
	store, puts := large(kvapi.Put)
	ops := make([]kvapi.Op, manyKeys)
	for i := range ops {
		ops[i] = kvapi.Op{Kind: kvapi.Txn, If: []kvapi.Compare{{Target: kvapi.CompareVersion,
			Result: kvapi.Greater, Span: puts[i].Span}}, Then: puts[i : i+1]}
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		store.Apply(&ops[i%manyKeys])
		i++
	}
}

func BenchmarkClone(b *testing.B) {
	store, _ := large(kvapi.Put)
	b.ReportAllocs()
	for b.Loop() {
		_ = store.Clone()
	}
}

// BenchmarkFork clones a store and changes a key of the clone.
func BenchmarkFork(b *testing.B) {
	store, ops := large(kvapi.Put)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		c := store.Clone()
		c.Apply(&ops[i%manyKeys])
		i++
	}
}

// BenchmarkEvents asks for the last 100 changes.
func BenchmarkEvents(b *testing.B) {
	store, _ := large(kvapi.Put)
	w := Window{From: store.Revision() - 99, To: store.Revision(), Span: kvapi.Prefix("")}
	var events []kvapi.Event
	b.ReportAllocs()
	for b.Loop() {
		if events, _ = store.Events(w, events[:0]); len(events) != 100 {
			b.Fatal(len(events))
		}
	}
}

func BenchmarkHashKV(b *testing.B) {
	store, _ := large(kvapi.Put)
	op := &kvapi.Op{Kind: kvapi.HashKV}
	for b.Loop() {
		store.Read(op)
	}
}

func BenchmarkEncode(b *testing.B) {
	store, _ := large(kvapi.Put)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(store.Encode())))
	}
}

func BenchmarkDecode(b *testing.B) {
	store, _ := large(kvapi.Put)
	data := store.Encode()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data, nil); err != nil {
			b.Fatal(err)
		}
	}
}
