package ztree

import (
	"fmt"
	"testing"

	"schism/zab/zkapi"
)

// large returns a tree of 10,000 nodes: 100 below the root, and 99 below each.
func large(b testing.TB) *store {
	s := newStore(b, nil)
	for i := range 100 {
		for j := range 100 {
			path := fmt.Sprintf("/parent-%02d", i)
			if j > 0 {
				path += fmt.Sprintf("/child-%02d", j)
			}
			s.zxid++
			create := zkapi.Delta{Kind: zkapi.CreateTxn, Path: path, Data: "0123456789"}
			s.tree.Apply(s.zxid, &zkapi.Txn{Delta: create}, nil)
		}
	}
	return s
}

// run applies txn over and over.
func run(b *testing.B, tree *Tree, txn *zkapi.Txn) {
	var changes []Change
	z := tree.LastProcessed()
	b.ReportAllocs()
	for b.Loop() {
		z++
		_, changes = tree.Apply(z, txn, changes[:0])
	}
}

func BenchmarkApplySetData(b *testing.B) {
	small := newStore(b, nil)
	small.want(zkapi.OK, "create /x 1", "create /y 1", "create /z 1")
	run(b, &small.tree, &zkapi.Txn{Delta: zkapi.Delta{Kind: zkapi.SetDataTxn, Path: "/y", Data: "17", Version: 1}})
}

func BenchmarkApplySetDataOfLargeTree(b *testing.B) {
	s := large(b)
	run(b, &s.tree, &zkapi.Txn{Delta: zkapi.Delta{
		Kind: zkapi.SetDataTxn, Path: "/parent-50/child-50", Data: "17", Version: 1}})
}

func BenchmarkApplyCreateAndDelete(b *testing.B) {
	s := large(b)
	run(b, &s.tree, &zkapi.Txn{Delta: zkapi.Delta{Kind: zkapi.MultiTxn, Subs: []zkapi.Delta{
		{Kind: zkapi.CreateTxn, Path: "/parent-50/new", ParentCversion: 200},
		{Kind: zkapi.DeleteTxn, Path: "/parent-50/new"},
	}}})
}

func BenchmarkCloneOfLargeTree(b *testing.B) {
	s := large(b)
	b.ReportAllocs()
	for b.Loop() {
		_ = s.tree.Clone()
	}
}

// BenchmarkForkOfLargeTree clones a tree and changes a node of the clone.
func BenchmarkForkOfLargeTree(b *testing.B) {
	s := large(b)
	txn := &zkapi.Txn{Delta: zkapi.Delta{
		Kind: zkapi.SetDataTxn, Path: "/parent-50/child-50", Data: "17", Version: 1}}
	var changes []Change
	b.ReportAllocs()
	for b.Loop() {
		c := s.tree.Clone()
		_, changes = c.Apply(s.zxid+1, txn, changes[:0])
	}
}

func BenchmarkEncodeAndDecodeLargeTree(b *testing.B) {
	s := large(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(s.tree.Encode(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSetDataFromRequestToWatch prepares, encodes, decodes and applies a SetData, and asks for its watches.
func BenchmarkSetDataFromRequestToWatch(b *testing.B) {
	s, w := newStore(b, nil), NewWatches(nil)
	s.want(zkapi.OK, "create /x 1", "create /y 1", "create /z 1")
	r := &Request{Session: 1, Op: &zkapi.Op{Kind: zkapi.SetData, Path: "/y", Data: "17", Version: zkapi.AnyVersion}}
	var changes []Change
	var data []byte
	b.ReportAllocs()
	for b.Loop() {
		s.zxid++
		txn := s.prep.Prepare(&s.tree, s.zxid, r)
		data = zkapi.AppendTxn(data[:0], &txn)
		decoded, err := zkapi.DecodeTxn(data)
		if err != nil {
			b.Fatal(err)
		}
		_, changes = s.tree.Apply(s.zxid, &decoded, changes[:0])
		s.prep.Applied(s.zxid)
		w.Trigger(s.zxid, changes, nil)
	}
}

func BenchmarkDigest(b *testing.B) {
	s := large(b)
	for b.Loop() {
		_ = s.tree.Digest()
	}
}
