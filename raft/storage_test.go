package raft

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
)

func TestRecordsAreDecodedAsTheyWereEncoded(t *testing.T) {
	entry := Entry{Term: 1<<40 + 2, Index: 1<<50 + 3, Type: EntryConfig, Data: []byte("data")}
	empty := Entry{Term: 2, Index: 3, Type: EntryNoop, Data: []byte{}}
	base := Position{Term: 1<<40 + 5, Index: 1<<50 + 7}
	for _, test := range []struct {
		bytes []byte
		want  record
	}{
		{appendState(nil, 1<<40+1, sim.Server(3)), record{kind: recordState, term: 1<<40 + 1, vote: sim.Server(3)}},
		{appendState(nil, 0, 0), record{kind: recordState}},
		{appendEntry(nil, &entry), record{kind: recordEntry, term: entry.Term, entry: entry}},
		{appendEntry(nil, &empty), record{kind: recordEntry, term: 2, entry: empty}},
		{appendBase(nil, base), record{kind: recordBase, term: base.Term, base: base}},
	} {
		got, ok := decodeRecord(test.bytes)
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(record{})); !ok || diff != "" {
			t.Errorf("%x (-want +got):\n%s", test.bytes, diff)
		}
		for n := range test.bytes {
			r, ok := decodeRecord(test.bytes[:n])
			if shorter := test.want.kind == recordEntry && n >= 18; ok != shorter {
				t.Errorf("the first %d bytes of %x are decoded as %+v, %v", n, test.bytes, r, ok)
			}
		}
		if test.want.kind != recordEntry {
			if _, ok := decodeRecord(append(test.bytes, 0)); ok {
				t.Errorf("%x and a zero is taken for a record", test.bytes)
			}
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 11), make([]byte, 17), make([]byte, 30), {4, 29: 0}, {255, 29: 0}} {
		if r, ok := decodeRecord(b); ok {
			t.Errorf("%x is decoded as %+v", b, r)
		}
	}
}

// encode encodes a decoded record again.
func encode(r *record) []byte {
	switch r.kind {
	case recordState:
		return appendState(nil, r.term, r.vote)
	case recordBase:
		return appendBase(nil, r.base)
	}
	return appendEntry(nil, &r.entry)
}

// FuzzDecodeRecord wants every record that makes sense to be one that is written, and a node to replay any.
func FuzzDecodeRecord(f *testing.F) {
	e := Entry{Term: 2, Index: 1, Data: []byte("data")}
	f.Add(appendState(nil, 7, sim.Server(2)), appendEntry(nil, &e))
	f.Add(appendEntry(nil, &e), appendBase(nil, Position{2, 1}))
	f.Add(appendBase(nil, Position{1, 5}), appendEntry(nil, &e))
	f.Add([]byte{}, []byte{3, 30: 0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if r, ok := decodeRecord(a); ok {
			if again := encode(&r); !bytes.Equal(again, a) {
				t.Errorf("%x is decoded as %+v, which is encoded as %x", a, r, again)
			}
		}
		n := New(DefaultConfig(1, []sim.NodeID{1, 2, 3}))
		for _, rec := range [][]byte{a, b} {
			if n.replay(rec) != nil {
				return
			}
		}
		if last := n.log.LastIndex(); last < n.log.base.Index {
			t.Errorf("the log ends at %d, before its beginning %v", last, n.log.base)
		}
	})
}

func TestImagesAreOpenedAsTheyWereMade(t *testing.T) {
	if _, ok := openImage(make([]byte, 4)); ok { // the checksum of nothing
		t.Error("four zeros are taken for a snapshot")
	}
	for _, state := range []string{"", "a state"} {
		m := newImage(Position{Term: 3, Index: 17}, config{9, majority(0b111)}, []byte(state))
		got, ok := openImage(m.file)
		if !ok || got.last != m.last || got.config != m.config || string(got.state()) != state {
			t.Errorf("opened %+v, %v", got, ok)
		}
		for at := range m.file {
			m.file[at] ^= 16
			if _, ok := openImage(m.file); ok {
				t.Errorf("a snapshot with a bit flipped at %d is taken for good", at)
			}
			if _, ok := openImage(m.file[:at]); ok {
				t.Errorf("the first %d bytes of a snapshot are taken for one", at)
			}
			m.file[at] ^= 16
		}
		if _, ok := openImage(append(m.file, 0)); ok {
			t.Error("a snapshot and a zero is taken for a snapshot")
		}
	}
}

// FuzzOpenImage wants every file that is taken for a snapshot to be one that is written.
func FuzzOpenImage(f *testing.F) {
	f.Add(newImage(Position{3, 17}, config{9, majority(0b111)}, []byte("state")).file)
	f.Add(newImage(Position{}, config{Membership: majority(0b111)}, nil).file)
	f.Add([]byte("too short"))
	f.Fuzz(func(t *testing.T, file []byte) {
		m, ok := openImage(file)
		if !ok {
			return
		}
		if again := newImage(m.last, m.config, m.state()); !bytes.Equal(again.file, file) {
			t.Errorf("%x is opened as %v, which is %x", file, m.last, again.file)
		}
	})
}

// A disk that makes no sense ends the node before it says anything.
func TestNodeDoesNotStartOnADamagedDisk(t *testing.T) {
	entry := Entry{Term: 1, Index: 5}
	good := newImage(Position{Term: 1, Index: 8}, config{Membership: majority(0b111)}, nil)
	bad := append([]byte(nil), good.file...)
	bad[len(bad)-1]++
	for name, damage := range map[string]func(n *Node, out *sim.Effects){
		"the snapshot is damaged": func(_ *Node, out *sim.Effects) { out.Replace(SnapshotFile, bad) },
		"the log begins after 9, the snapshot ends at 8": func(n *Node, out *sim.Effects) {
			out.Replace(SnapshotFile, good.file)
			n.disk.write(appendBase(nil, Position{Term: 1, Index: 9}), out)
		},
		"entry 5 follows entry 0": func(n *Node, out *sim.Effects) { n.disk.write(appendEntry(nil, &entry), out) },
		"entry 1^1 follows entry 0^2": func(n *Node, out *sim.Effects) {
			out.Replace(SnapshotFile, newImage(Position{Term: 2}, config{Membership: majority(0b111)}, nil).file)
			n.disk.write(appendBase(nil, Position{Term: 2}), out)
			n.disk.write(appendEntry(nil, &Entry{Term: 1, Index: 1}), out)
		},
		"a record of 3 bytes makes no sense": func(n *Node, out *sim.Effects) {
			n.disk.write([]byte("abc"), out)
		},
	} {
		d := &sim.Disk{}
		var out sim.Effects
		n := New(DefaultConfig(1, []sim.NodeID{1, 2, 3}))
		n.Step(0, sim.Event{Kind: sim.Start, Disk: d}, &out)
		damage(n, &out)
		sim.Carry(d, &out)
		n = New(DefaultConfig(1, []sim.NodeID{1, 2, 3}))
		n.Step(0, sim.Event{Kind: sim.Start, Disk: d}, &out)
		reason := ""
		for _, e := range out.List() {
			if e.Kind == sim.EffectExit {
				reason = e.Name
			}
		}
		if want := "start: " + name; reason != want {
			t.Errorf("the node exits: %q, want %q", reason, want)
		}
	}
}
