package ztree

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/zab/zkapi"
)

// alice and bob are who the sessions speak for whose number is 1 and 2 modulo 3.
var (
	alice = zkapi.Identity{Scheme: "digest", ID: "alice:x="}
	bob   = zkapi.Identity{Scheme: "digest", ID: "bob:y="}
)

// Texts of which random requests are made.
var (
	somePaths = []string{"/a", "/b", "/a/x", "/a/y", "/a/x/z", "/a-", "/", "/a/", "/a//x", "a", "", "/a/./x",
		"/zookeeper", "/zookeeper/config"}
	someACLs = [][]zkapi.ACL{
		nil, {{Identity: alice, Perms: zkapi.PermAll}, {Identity: zkapi.Anyone, Perms: zkapi.PermRead}},
		{{Identity: bob, Perms: zkapi.PermAll &^ zkapi.PermRead}, {Identity: alice, Perms: zkapi.PermAdmin}},
	}
	writeKinds = []zkapi.OpKind{zkapi.Create, zkapi.Create, zkapi.Create, zkapi.Delete, zkapi.SetData, zkapi.SetACL,
		zkapi.DeleteContainer, zkapi.Check, zkapi.Multi, zkapi.CreateSession, zkapi.CloseSession, zkapi.Reconfig}
	subKinds = []zkapi.OpKind{zkapi.Create, zkapi.Create, zkapi.Delete, zkapi.SetData, zkapi.Check}
)

// anyWrite draws an operation of one of the kinds.
func anyWrite(t *rapid.T, kinds []zkapi.OpKind) zkapi.Op {
	op := zkapi.Op{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	path := func() { op.Path = rapid.SampledFrom(somePaths).Draw(t, "path") }
	version := func() { op.Version = zkapi.Version(rapid.IntRange(-1, 2).Draw(t, "version")) }
	switch op.Kind {
	case zkapi.Create:
		path()
		op.Mode = zkapi.CreateMode(rapid.IntRange(0, 6).Draw(t, "mode"))
		if op.Mode.IsTTL() {
			op.TTL = zkapi.Millis(rapid.IntRange(0, 3).Draw(t, "ttl"))
		}
		op.Data = rapid.SampledFrom([]string{"", "1", "12345678", "123456789"}).Draw(t, "data")
		if rapid.IntRange(0, 4).Draw(t, "guarded") == 0 {
			op.ACL = rapid.SampledFrom(someACLs).Draw(t, "acl")
		}
	case zkapi.Delete, zkapi.Check:
		path()
		version()
	case zkapi.SetData:
		path()
		version()
		op.Data = rapid.SampledFrom([]string{"", "2", "3"}).Draw(t, "data")
	case zkapi.SetACL:
		path()
		version()
		op.ACL = rapid.SampledFrom(someACLs).Draw(t, "acl")
	case zkapi.DeleteContainer:
		path()
	case zkapi.CreateSession:
		op.Timeout = 4000
	case zkapi.Multi:
		for range rapid.IntRange(0, 4).Draw(t, "ops") {
			op.Ops = append(op.Ops, anyWrite(t, subKinds))
		}
	}
	return op
}

// anyRequest draws a request of one of the sessions 1 to 6.
func anyRequest(t *rapid.T, z zkapi.Zxid) *Request {
	op := anyWrite(t, writeKinds)
	session := zkapi.SessionID(rapid.IntRange(1, 6).Draw(t, "session"))
	r := &Request{Session: session, Time: zkapi.Millis(10 * z), Op: &op}
	if op.Kind == zkapi.Reconfig {
		r.Config = fmt.Sprintf("n1 version %v", z)
	}
	r.Identities = [][]zkapi.Identity{nil, {alice}, {bob}}[r.Session%3]
	if op.Kind == zkapi.CreateSession {
		r.Session = zkapi.SessionID(100 + z) // nobody opens a session twice
	}
	return r
}

// proposed is a transaction on its way, and what the model says comes of it.
type proposed struct {
	zxid zkapi.Zxid
	txn  zkapi.Txn
	want zkapi.Result
}

// TestTreeAgreesWithTheModel: whatever is outstanding when a request is prepared, what comes of it is what would have
// come of it had all before been applied.
func TestTreeAgreesWithTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree, prep, m := New(nil, ""), NewPrep(nil), newModel()
		var queue []proposed
		var z zkapi.Zxid
		propose := func(r *Request) {
			z++
			txn := prep.Prepare(&tree, z, r)
			decoded, err := zkapi.DecodeTxn(zkapi.AppendTxn(nil, &txn))
			if err != nil {
				t.Fatal(err)
			}
			queue = append(queue, proposed{z, decoded, m.do(z, r)})
		}
		apply := func() {
			p := queue[0]
			queue = queue[1:]
			got, _ := tree.Apply(p.zxid, &p.txn, nil)
			prep.Applied(p.zxid)
			if d := cmp.Diff(p.want, got); d != "" {
				t.Fatalf("%v %v (-model +tree):\n%s", p.zxid, p.txn.String(), d)
			}
		}
		for s := range 5 {
			propose(&Request{Session: zkapi.SessionID(s + 1), Op: &zkapi.Op{Kind: zkapi.CreateSession, Timeout: 1}})
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if len(queue) > 0 && rapid.Bool().Draw(t, "apply") {
				apply()
			} else {
				propose(anyRequest(t, z+1))
			}
		}
		for len(queue) > 0 {
			apply()
		}
		if prep.Outstanding() != 0 || len(prep.sessions) != 0 {
			t.Fatalf("everything is applied, and %d changes are outstanding", prep.Outstanding())
		}
		compare(t, &tree, m)
	})
}

// compare compares everything that can be read.
func compare(t *rapid.T, tree *Tree, m *model) {
	paths := append([]string{"/nowhere"}, somePaths...)
	for path := range m.nodes {
		paths = append(paths, path)
	}
	for _, kind := range []zkapi.OpKind{zkapi.Exists, zkapi.GetData, zkapi.GetACL, zkapi.GetChildren} {
		for _, path := range paths {
			for _, ids := range [][]zkapi.Identity{nil, {alice}, {bob}} {
				op := &zkapi.Op{Kind: kind, Path: path}
				if d := cmp.Diff(m.read(op, &Request{Identities: ids}), tree.Read(op, ids)); d != "" {
					t.Fatalf("%v by %v (-model +tree):\n%s", op.String(), ids, d)
				}
			}
		}
	}
	if tree.Len() != len(m.nodes) || tree.Sessions() != len(m.sessions) {
		t.Fatalf("%d nodes and %d sessions, want %d and %d", tree.Len(), tree.Sessions(), len(m.nodes), len(m.sessions))
	}
	checkCounts(t, tree)
}

// checkCounts checks property 2 of a tree.
func checkCounts(t interface{ Fatalf(string, ...any) }, tree *Tree) {
	var sum Digest
	nodes, owned := 0, 0
	tree.walk(func(_ []byte, n *node) {
		sum += n.digest()
		nodes++
		if n.stat.EphemeralOwner != 0 {
			owned++
		}
	})
	for _, s := range tree.sessions {
		sum += s.digest()
	}
	if sum != tree.sum || nodes != tree.nodes || owned != tree.owned {
		t.Fatalf("sum %v, nodes %d, owned %d; counted %v, %d, %d", tree.sum, tree.nodes, tree.owned, sum, nodes, owned)
	}
}

// history draws a list of transactions, with what the tree is after each: trees[i] has applied the first i.
func history(t *rapid.T, n int) (txns []zkapi.Txn, trees []Tree) {
	tree, prep := New(nil, ""), NewPrep(nil)
	trees = append(trees, tree.Clone())
	for i := range n {
		z := zkapi.Zxid(i + 1)
		r := &Request{Session: zkapi.SessionID(i + 1), Op: &zkapi.Op{Kind: zkapi.CreateSession, Timeout: 1}}
		if i > 4 {
			r = anyRequest(t, z)
		}
		txn := prep.Prepare(&tree, z, r)
		tree.Apply(z, &txn, nil)
		prep.Applied(z)
		txns = append(txns, txn)
		trees = append(trees, tree.Clone())
	}
	return txns, trees
}

// TestApplyingAgainDoesNoHarm: over any later state, the transactions since an earlier one give the last one.
func TestApplyingAgainDoesNoHarm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		txns, trees := history(t, 40)
		from := rapid.IntRange(0, len(txns)).Draw(t, "from")
		over := rapid.IntRange(from, len(txns)).Draw(t, "over")
		tree := trees[over].Clone()
		for i, txn := range txns[from:] {
			tree.Apply(zkapi.Zxid(from+i+1), &txn, nil)
		}
		same(t, &trees[len(txns)], &tree)
	})
}

// TestFuzzySnapshotsComeOutRight: a snapshot is written down a node at a time while transactions are applied.
func TestFuzzySnapshotsComeOutRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		txns, trees := history(t, 50)
		from := rapid.IntRange(0, len(txns)).Draw(t, "from")
		s, at := trees[from].Begin(), from
		for !s.Write(&trees[at], 1) {
			at = min(at+rapid.IntRange(0, 6).Draw(t, "meanwhile"), len(txns))
		}
		tree, err := Decode(s.Bytes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if tree.LastProcessed() != trees[from].LastProcessed() {
			t.Fatalf("the snapshot begins at %v, want %v", tree.LastProcessed(), trees[from].LastProcessed())
		}
		for i, txn := range txns[from:] {
			tree.Apply(zkapi.Zxid(from+i+1), &txn, nil)
		}
		same(t, &trees[len(txns)], &tree)
		checkCounts(t, &tree)
	})
}

// same compares whole trees.
func same(t interface{ Fatalf(string, ...any) }, want, got *Tree) {
	if want.Digest() != got.Digest() || string(want.AppendState(nil)) != string(got.AppendState(nil)) {
		t.Fatalf("(-want +got):\n%s", cmp.Diff(describe(want), describe(got)))
	}
}

// describe returns a line for each node and session.
func describe(tree *Tree) map[string]string {
	lines := map[string]string{"last": tree.last.String()}
	tree.walk(func(path []byte, n *node) {
		lines[string(path)] = n.status().String() + " " + n.data
	})
	for _, s := range tree.sessions {
		lines[s.id.String()] = s.timeout.String()
	}
	return lines
}

// TestClonesAreIndependent: trees that were cloned on the way stay what they were.
func TestClonesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		txns, trees := history(t, 30)
		var digests []Digest
		var states []string
		for i := range trees {
			digests = append(digests, trees[i].Digest())
			states = append(states, string(trees[i].AppendState(nil)))
		}
		for range 10 {
			i := rapid.IntRange(0, len(txns)-1).Draw(t, "tree")
			clone := trees[i].Clone()
			for j := i; j < min(i+3, len(txns)); j++ {
				clone.Apply(zkapi.Zxid(j+1), &txns[j], nil)
				same(t, &trees[j+1], &clone)
			}
		}
		for i := range trees {
			checkCounts(t, &trees[i])
			if trees[i].Digest() != digests[i] || string(trees[i].AppendState(nil)) != states[i] {
				t.Fatalf("tree %d has changed", i)
			}
		}
	})
}
