package ztree

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"schism/zab/zkapi"
)

func TestSnapshotsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, trees := history(t, 30)
		want := &trees[len(trees)-1]
		data := want.Encode()
		tree, err := Decode(bytes.Clone(data), nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, want, &tree)
		checkCounts(t, &tree)
		if again := tree.Encode(); !bytes.Equal(again, data) {
			t.Fatalf("encodes differently the second time:\n% x\n% x", data, again)
		}
	})
}

func TestDecodeSharesNoMemory(t *testing.T) {
	s := populated(t)
	data := s.tree.Encode()
	tree, err := Decode(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	same(tester{t}, &s.tree, &tree)
}

// populated returns a store with something of everything.
func populated(t testing.TB) *store {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /a 1", "create /a/b 2 ephemeral", "create /a/c- 3 persistent-sequential", "set / root",
		"create /d 4 container acl digest:alice:x=:cdrwa world:anyone:r", "create /e 5 persistent-ttl ttl 5ms",
		"delete /e",
		"set /a 6", "set-acl /a acl world:anyone:rc")
	return s
}

func TestDecodeRefusesEveryPrefixAndDamage(t *testing.T) {
	data := populated(t).tree.Encode()
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

// forge returns a snapshot with the nodes at the given depths, whose digest is right if it can be read.
func forge(depths []int, names []string, sessions ...session) []byte {
	tree := Tree{sessions: sessions}
	b := tree.appendHead([]byte{snapshotVersion})
	var above []*node
	for i, depth := range depths {
		n := &node{name: names[i], place: rootPlace}
		if depth > 0 && depth <= len(above) {
			n.place = placeBelow(above[depth-1].place, n.name)
		}
		above = append(above[:min(depth, len(above))], n)
		n.hash = n.digest()
		tree.count(n, 1)
		b = n.append(b, depth)
	}
	for _, s := range sessions {
		tree.sum += s.digest()
	}
	w := tally{tree.sum, tree.nodes, len(sessions), 0}
	return binary.LittleEndian.AppendUint64(append(b, 0), uint64(w.check()))
}

func TestDecodeRefusesWhatNoTreeIs(t *testing.T) {
	good := forge([]int{0, 1, 2, 1}, []string{"", "a", "b", "c"}, session{1, 1}, session{2, 1})
	if _, err := Decode(good, nil); err != nil {
		t.Fatal(err)
	}
	deep := []int{0}
	for len(deep) <= maxDepth {
		deep = append(deep, len(deep))
	}
	names := append([]string{""}, slices.Repeat([]string{"a"}, maxDepth)...)
	if _, err := Decode(forge(deep[:maxDepth], names), nil); err != nil {
		t.Error(err)
	}
	// The digest is right for what is before the end.
	far := forge([]int{0}, []string{""})
	far = slices.Replace(far, len(far)-9, len(far)-8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)
	for name, data := range map[string][]byte{
		"a depth of 2^64":     far,
		"a chain too deep":    forge(deep, names),
		"no root":             forge(nil, nil),
		"a root with a name":  forge([]int{0}, []string{"a"}),
		"two roots":           forge([]int{0, 0}, []string{"", ""}),
		"an orphan":           forge([]int{0, 2}, []string{"", "a"}),
		"no name":             forge([]int{0, 1}, []string{"", ""}),
		"a slash in a name":   forge([]int{0, 1}, []string{"", "a/b"}),
		"a name twice":        forge([]int{0, 1, 1}, []string{"", "a", "a"}),
		"names out of order":  forge([]int{0, 1, 1}, []string{"", "b", "a"}),
		"a session twice":     forge([]int{0}, []string{""}, session{1, 1}, session{1, 1}),
		"sessions in a mess":  forge([]int{0}, []string{""}, session{2, 1}, session{1, 1}),
		"a negative timeout":  forge([]int{0}, []string{""}, session{2, -1}),
		"of another version":  {2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"hardly anything":     {1},
		"a count of too much": append([]byte{snapshotVersion, 0, 0xff, 0xff, 0x7f}, make([]byte, 20)...),
	} {
		if _, err := Decode(data, nil); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%s decodes, error %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(populated(f).tree.Encode())
	tree := New(nil, "")
	f.Add(tree.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := Decode(data, nil)
		if err != nil {
			return
		}
		checkCounts(tester{t}, &tree)
		if again := tree.Encode(); !bytes.Equal(again, data) {
			t.Fatalf("% x encodes as % x", data, again)
		}
	})
}

// FuzzDecodeForged puts the right digest behind whatever the fuzzer makes, so that it gets past it.
func FuzzDecodeForged(f *testing.F) {
	data := populated(f).tree.Encode()
	f.Add(data[1 : len(data)-8])
	f.Fuzz(func(t *testing.T, body []byte) {
		r := reader{Decoder: zkapi.NewDecoder(body)}
		r.tree.rules, r.tree.mark = &right, &owner{}
		r.head()
		for r.node() {
		}
		data := append([]byte{snapshotVersion}, body...)
		data = binary.LittleEndian.AppendUint64(data, uint64(r.written.check()))
		tree, err := Decode(data, nil)
		if err != nil {
			return
		}
		checkCounts(tester{t}, &tree)
		if again := tree.Encode(); !bytes.Equal(again, data) {
			t.Fatalf("% x encodes as % x", data, again)
		}
	})
}

// ZK-3306
func TestASnapshotKeepsAccessLists(t *testing.T) {
	data := populated(t).tree.Encode()
	bug := &Rules{Restored: func([]zkapi.ACL) []zkapi.ACL { return nil }}
	for _, c := range []struct {
		rules *Rules
		want  zkapi.Code
	}{{nil, zkapi.NoAuth}, {bug, zkapi.OK}} {
		tree, err := Decode(data, c.rules)
		if err != nil {
			t.Fatal(err)
		}
		checkCounts(tester{t}, &tree)
		prep := NewPrep(nil)
		op := &zkapi.Op{Kind: zkapi.SetData, Path: "/d", Version: zkapi.AnyVersion}
		txn := prep.Prepare(&tree, 99, &Request{Session: 2, Op: op})
		if txn.Code != c.want {
			t.Errorf("somebody else sets /d: %v, want %v", txn.Code, c.want)
		}
	}
}

// ZK-3127: the snapshot begins between the parts of a multi.
func TestASnapshotNeverHasHalfAMulti(t *testing.T) {
	scene := func(rules *Rules) (zkapi.Zxid, zkapi.Code) {
		s := newStore(t, rules)
		txn := s.propose(1, "multi {create /a 1; create /b 1}")
		s.tree.ApplyPart(s.zxid, &txn, 0, nil)
		snapshot := s.tree.Begin()
		snapshot.Write(&s.tree, math.MaxInt)
		s.tree.ApplyPart(s.zxid, &txn, 1, nil)
		tree, err := Decode(snapshot.Bytes(), rules)
		if err != nil {
			t.Fatal(err)
		}
		at := tree.LastProcessed()
		if at < s.zxid {
			tree.Apply(s.zxid, &txn, nil)
		}
		return at, tree.Read(&zkapi.Op{Kind: zkapi.Exists, Path: "/b"}, nil).Code
	}
	if at, c := scene(nil); at != 2 || c != zkapi.OK {
		t.Errorf("after %v /b: %v", at, c)
	}
	if at, c := scene(&Rules{Processed: func(part, _ int) bool { return part == 0 }}); at != 3 || c != zkapi.NoNode {
		t.Errorf("the bug does not show: after %v /b: %v", at, c)
	}
}

// ZK-3145: the snapshot has seen that a node went with its session, but not that its parent knows.
func TestClosingASessionAgainTellsTheParent(t *testing.T) {
	scene := func(rules *Rules) zkapi.Zxid {
		s := newStore(t, rules)
		s.want(zkapi.OK, "create /p 1", "create /p/e 1 ephemeral")
		snapshot := s.tree.Begin()
		snapshot.Write(&s.tree, 2) // the root and /p
		txn := s.propose(1, "close-session")
		s.apply()
		snapshot.Write(&s.tree, math.MaxInt)
		tree, err := Decode(snapshot.Bytes(), rules)
		if err != nil {
			t.Fatal(err)
		}
		tree.Apply(s.zxid, &txn, nil)
		return tree.Read(&zkapi.Op{Kind: zkapi.Exists, Path: "/p"}, nil).Stat.Pzxid
	}
	if z := scene(nil); z != 5 {
		t.Errorf("pzxid %v, want 0:5", z)
	}
	owned := func(t *Tree, s zkapi.SessionID, _ []string) []string { return t.Ephemerals(s) }
	if z := scene(&Rules{ClosedPaths: owned}); z != 4 {
		t.Errorf("the bug does not show: pzxid %v", z)
	}
}

func TestSnapshotsCanBeClonedHalfway(t *testing.T) {
	s := populated(t)
	want := s.tree.Encode()
	a := s.tree.Begin()
	a.Write(&s.tree, 2)
	b := a.Clone()
	for !b.Write(&s.tree, 1) {
		if bytes.Equal(a.AppendState(nil), b.AppendState(nil)) {
			t.Error("the state does not tell how far it is")
		}
	}
	if !a.Write(&s.tree, math.MaxInt) || !bytes.Equal(a.Bytes(), want) || !bytes.Equal(b.Bytes(), want) {
		t.Error("the clones come out differently")
	}
	if !bytes.Equal(a.AppendState(nil), b.AppendState(nil)) || !a.Write(&s.tree, 1) {
		t.Error("the clones are different")
	}
}
