package mvcc

import (
	"fmt"
	"testing"

	"schism/raft/etcdapi"
)

// manyKeys is how many keys large has.
const manyKeys = 100_000

// large returns a store with many keys, and operations of the kind on each, in an order that has nothing to do with
// that of the keys.
func large(kind etcdapi.OpKind) (Store, []etcdapi.Op) {
	store := New(nil)
	puts, ops := make([]etcdapi.Op, manyKeys), make([]etcdapi.Op, manyKeys)
	for i := range manyKeys {
		key := fmt.Sprintf("key-%08d", i*7919%manyKeys)
		puts[i] = etcdapi.Op{Kind: etcdapi.Put, Span: etcdapi.Span{Key: key}, Value: "0123456789"}
		ops[i] = etcdapi.Op{Kind: kind, Span: etcdapi.Span{Key: key}}
		if kind == etcdapi.Put {
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
	store, ops := large(etcdapi.Put)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		if i++; i == manyKeys {
			i = 0
			store.Apply(&etcdapi.Op{Kind: etcdapi.Compact, Revision: store.Revision()})
		}
		store.Apply(&ops[i])
	}
}

// BenchmarkPutWithoutCompaction keeps every change.
func BenchmarkPutWithoutCompaction(b *testing.B) {
	store, ops := large(etcdapi.Put)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		store.Apply(&ops[i%manyKeys])
		i++
	}
}

func BenchmarkRangeOfOneKey(b *testing.B) {
	store, ops := large(etcdapi.Range)
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
	store, _ := large(etcdapi.Range)
	op := &etcdapi.Op{Kind: etcdapi.Range, Span: etcdapi.Prefix("key-000123")}
	b.ReportAllocs()
	for b.Loop() {
		if r := store.Read(op); r.Count != 100 {
			b.Fatal(r.Count)
		}
	}
}

func BenchmarkTxnOfCompareAndPut(b *testing.B) {
	store, puts := large(etcdapi.Put)
	ops := make([]etcdapi.Op, manyKeys)
	for i := range ops {
		ops[i] = etcdapi.Op{Kind: etcdapi.Txn, If: []etcdapi.Compare{{Target: etcdapi.CompareVersion,
			Result: etcdapi.Greater, Span: puts[i].Span}}, Then: puts[i : i+1]}
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		store.Apply(&ops[i%manyKeys])
		i++
	}
}

func BenchmarkClone(b *testing.B) {
	store, _ := large(etcdapi.Put)
	b.ReportAllocs()
	for b.Loop() {
		_ = store.Clone()
	}
}

// BenchmarkFork clones a store and changes a key of the clone.
func BenchmarkFork(b *testing.B) {
	store, ops := large(etcdapi.Put)
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
	store, _ := large(etcdapi.Put)
	w := Window{From: store.Revision() - 99, To: store.Revision(), Span: etcdapi.Prefix("")}
	var events []etcdapi.Event
	b.ReportAllocs()
	for b.Loop() {
		if events, _ = store.Events(w, events[:0]); len(events) != 100 {
			b.Fatal(len(events))
		}
	}
}

func BenchmarkHashKV(b *testing.B) {
	store, _ := large(etcdapi.Put)
	op := &etcdapi.Op{Kind: etcdapi.HashKV}
	for b.Loop() {
		store.Read(op)
	}
}

func BenchmarkEncode(b *testing.B) {
	store, _ := large(etcdapi.Put)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(store.Encode())))
	}
}

func BenchmarkDecode(b *testing.B) {
	store, _ := large(etcdapi.Put)
	data := store.Encode()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data, nil); err != nil {
			b.Fatal(err)
		}
	}
}
