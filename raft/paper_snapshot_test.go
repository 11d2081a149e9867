package raft_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/raft"
	"schism/sim"
)

// apply applies everything that is committed and returns the indexes.
func (s *solo) apply() (applied []raft.Index) {
	for _, e := range s.NextCommitted(1000) {
		applied = append(applied, e.Index)
		s.Applied(e.Index)
	}
	return applied
}

func (s *solo) snapshot(i raft.Index, state string) {
	var out sim.Effects
	s.Snapshot(i, []byte(state), &out)
	s.carry(&out)
}

func (s *solo) wantRestore(index raft.Index, term raft.Term, state string) {
	s.t.Helper()
	got, ok := s.TakeRestore()
	want := raft.Snapshot{Index: index, Term: term, State: []byte(state)}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		s.t.Errorf("the state to load (-want +got):\n%s", diff)
	}
	if s.AppliedIndex() != index {
		s.t.Errorf("applied is %d after the state of %d was loaded", s.AppliedIndex(), index)
	}
}

// compacted returns a leader of term 1 with entries up to 10, applied by all, and a snapshot of the first 8 in chunks
// of 20 bytes, of which 2 stay in the log. The state is as long as a chunk and a half.
func compacted(t *testing.T) *solo {
	t.Helper()
	s := leading(t, func(c *raft.Config) { c.SnapshotChunk, c.SnapshotTrailing = 20, 2 })
	for range 9 {
		s.propose("x")
	}
	s.sync()
	s.ack(10, 2, 3)
	s.apply()
	s.snapshot(8, stateAt(8))
	s.snapshot(9, "ignored while the other is being saved")
	s.sync()
	s.take()
	return s
}

// reelect lets a leader of term 1 step down and be elected again, in term 3.
func (s *solo) reelect() {
	s.t.Helper()
	s.receive(3, &raft.AppendEntriesResponse{Term: 2})
	s.elect()
}

func stateAt(i raft.Index) string { return fmt.Sprintf("%023d", i) }

// idOf8 is the ID of the snapshot that compacted makes.
func idOf8() raft.SnapshotID { return raft.IDOf(raft.ImageOf(entryAt(8, 1), []byte(stateAt(8)))) }

// chunks returns the InstallSnapshot messages that make up the snapshot that s has of entry 8.
func chunks(t *testing.T, s *solo) (all []*raft.InstallSnapshot) {
	t.Helper()
	s.reelect()
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: s.Term(), Prev: 10})
	for {
		letters := s.take()
		if len(letters) == 0 {
			break
		}
		m := letters[0].msg.(*raft.InstallSnapshot)
		all = append(all, m)
		s.receive(2, &raft.InstallSnapshotResponse{Term: m.Term, ID: m.ID, Offset: m.Offset + len(m.Data)})
	}
	if len(all) != 3 {
		t.Fatalf("the snapshot comes in %d chunks: %v", len(all), all)
	}
	return all
}

// Raft §7: "Each server takes snapshots independently, covering just the committed entries in its log."
func TestSnapshotCompactsTheLogWhenItIsDurable(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.SnapshotTrailing = 2 })
	for range 9 {
		s.propose("x")
	}
	s.sync()
	s.ack(10, 2)
	s.apply()
	s.snapshot(8, "state")
	if base := s.Log().Base(); base.Index != 0 {
		t.Errorf("the log is compacted up to %v before the snapshot is durable", base)
	}
	s.powerCut()
	if _, ok := s.TakeRestore(); ok || s.LastIndex() != 10 {
		t.Errorf("after a loss of power the log ends at %d, and there is a snapshot: %v", s.LastIndex(), ok)
	}
	s = compacted(t)
	if base := s.Log().Base(); base != (raft.Position{Term: 1, Index: 6}) || s.LastIndex() != 10 {
		t.Errorf("the log is compacted up to %v and ends at %d", base, s.LastIndex())
	}
	s.snapshot(8, "ignored because there is one")
	s.snapshot(7, "ignored because there is a later one")
	if s.dirty {
		t.Error("a snapshot that is not beyond the last one is saved")
	}
	s.powerCut()
	s.wantRestore(8, 1, stateAt(8))
	if again := s.apply(); len(again) > 0 {
		t.Errorf("after the state of 8 was loaded, entries %v are handed out", again)
	}
	s.wantCommit(8)
	s.wantTerms(1, 1, 1, 1)
	s.want(raft.Follower, 1, 1)
}

// Raft §7: "the leader must occasionally send snapshots to followers that lag behind. This happens when the leader has
// already discarded the next log entry that it needs to send to a follower."
func TestSnapshotIsSentWhenTheNextEntryIsCompacted(t *testing.T) {
	s := compacted(t)
	s.reelect()
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: 3, Prev: 10, Hint: raft.Position{Term: 1, Index: 6}})
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 6 {
		t.Errorf("to a follower that needs entry 7, the first in the log, leave %v", got)
	}
	s.receive(3, &raft.AppendEntriesResponse{Term: 3, Prev: 10, Hint: raft.Position{Term: 1, Index: 5}})
	s.wantSent("n3 InstallSnapshot t3 up to 8^1 bytes 0-20 of 50")
	s.propose("y")
	s.wantSent() // entries wait
	s.beat()     // and the follower must know that the leader lives
	s.wantSent("n2 AppendEntries t3 prev 6^1 commit 10 +7^1..12^3", "n3 AppendEntries t3 prev 0^0 commit 10",
		"n3 InstallSnapshot t3 up to 8^1 bytes 0-20 of 50")
}

// Raft figure 13: the snapshot goes "in chunks" with their offsets, one after the other.
func TestSnapshotIsSentInChunks(t *testing.T) {
	s := compacted(t)
	var file []byte
	for i, m := range chunks(t, s) {
		if m.Offset != len(file) || m.ID.Size != 50 || len(m.Data) != []int{20, 20, 10}[i] {
			t.Errorf("chunk %d is %v", i, m)
		}
		file = append(file, m.Data...)
	}
	if !bytes.HasSuffix(file, []byte(stateAt(8))) {
		t.Errorf("the file is %q", file)
	}
	s.ack(8, 2) // installed
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 8 || len(got[0].Entries) != 3 {
		t.Errorf("after the snapshot is installed leave %v", got)
	}
}

// Raft figure 13: chunks are lost and sent again.
func TestLostChunkIsSentAgainAfterAHeartbeat(t *testing.T) {
	s := compacted(t)
	s.reelect()
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: 3, Prev: 10})
	s.wantSent("n2 InstallSnapshot t3 up to 8^1 bytes 0-20 of 50")
	answer := func(offset int) { s.receive(2, &raft.InstallSnapshotResponse{Term: 3, ID: idOf8(), Offset: offset}) }
	s.beat()
	s.wantSent("n2 AppendEntries t3 prev 0^0 commit 10", "n2 InstallSnapshot t3 up to 8^1 bytes 0-20 of 50",
		"n3 AppendEntries t3 prev 10^1 commit 10 +11^3")
	answer(20)
	s.wantSent("n2 InstallSnapshot t3 up to 8^1 bytes 20-40 of 50")
	answer(20) // a second answer to one chunk
	s.wantSent()
	s.beat() // something has arrived since the last one
	s.wantSent("n2 AppendEntries t3 prev 0^0 commit 10", "n3 AppendEntries t3 prev 10^1 commit 10 +11^3")
	s.beat()
	s.wantSent("n2 AppendEntries t3 prev 0^0 commit 10", "n2 InstallSnapshot t3 up to 8^1 bytes 20-40 of 50",
		"n3 AppendEntries t3 prev 10^1 commit 10 +11^3")
	answer(0) // the follower has restarted and lost what it had
	s.wantSent("n2 InstallSnapshot t3 up to 8^1 bytes 0-20 of 50")
	other := raft.SnapshotID{Last: entryAt(5, 1)}
	s.receive(2, &raft.InstallSnapshotResponse{Term: 3, ID: other, Offset: 40},
		&raft.InstallSnapshotResponse{Term: 3, ID: idOf8(), Offset: 60}) // and more than there is
	s.wantSent()
	s.beat()
	s.take()
	s.beat()
	if got := s.take(); got[1].String() != "n2 InstallSnapshot t3 up to 8^1 bytes 0-20 of 50" {
		t.Errorf("again leaves %v", got)
	}
}

// A leader that takes a newer snapshot while it sends one sends that one to its end: where snapshots are taken faster
// than they are sent, a follower would never get a whole one else. If the log has moved on beyond it, the newer one
// follows.
func TestSnapshotThatWasBegunIsSentToItsEnd(t *testing.T) {
	s := compacted(t)
	s.reelect()
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: 3, Prev: 10})
	s.receive(2, &raft.InstallSnapshotResponse{Term: 3, ID: idOf8(), Offset: 20})
	s.ack(11, 3)
	s.sync()
	s.apply()
	s.snapshot(11, stateAt(11))
	s.sync()
	s.take()
	s.receive(2, &raft.InstallSnapshotResponse{Term: 3, ID: idOf8(), Offset: 40})
	s.wantSent("n2 InstallSnapshot t3 up to 8^1 bytes 40-50 of 50")
	s.beat()
	s.wantSent("n2 AppendEntries t3 prev 0^0 commit 11", "n3 AppendEntries t3 prev 11^3 commit 11")
	s.ack(8, 2) // it has installed the older one, which does not reach the log any more
	if s.NextIndex(2) != 9 {
		t.Errorf("next is %d", s.NextIndex(2))
	}
	s.wantSent()
	s.beat()
	s.wantSent("n2 AppendEntries t3 prev 0^0 commit 11", "n2 InstallSnapshot t3 up to 11^3 bytes 0-20 of 50",
		"n3 AppendEntries t3 prev 11^3 commit 11")
	s.ack(11, 2)
	s.propose("y")
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 11 {
		t.Errorf("after the snapshot is installed leave %v", got)
	}
}

// Raft §7: the log keeps what followers that lag a little may need, and its size is bounded by that.
func TestOldSegmentsOfTheLogAreRemoved(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.SnapshotTrailing = 3 })
	for i := raft.Index(2); i <= 60; i++ {
		s.propose("x")
		s.sync()
		s.ack(i, 2, 3)
		s.apply()
		s.snapshot(i-1, stateAt(i-1))
		s.sync()
		if base, want := s.Log().Base().Index, max(i, 4)-4; base != want {
			t.Fatalf("with a snapshot of %d the log begins after %d, want %d", i-1, base, want)
		}
	}
	if n := len(s.disk.Files()); n > 6 {
		t.Errorf("%d files are left: %v", n, s.disk.Files())
	}
	s.powerCut()
	s.wantRestore(59, 1, stateAt(59))
	s.wantTerms(1, 1, 1, 1)
}

// A node whose disk has failed does not know what it has promised, and ends.
func TestNodeExitsWhenItsDiskFails(t *testing.T) {
	for _, kind := range []sim.EventKind{sim.SyncFailed, sim.WriteFailed} {
		s := leading(t, nil)
		s.propose("x")
		s.step(sim.Event{Kind: kind, Token: s.syncs[0], Err: &sim.DiskError{Op: "sync", Why: sim.ErrIO}})
		if want := "disk: sync: input/output error"; s.exit != want {
			t.Errorf("after %v the node exits: %q, want %q", kind, s.exit, want)
		}
		s.wantCommit(1)
	}
}
