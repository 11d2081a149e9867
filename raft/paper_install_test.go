package raft_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/raft"
	"schism/sim"
)

// follower returns a node of a cluster of three with a log of the given terms, of which so many are committed and
// applied.
func follower(t *testing.T, commit raft.Index, terms ...raft.Term) *solo {
	t.Helper()
	s := newSolo(t, 3, plain)
	if len(terms) > 0 {
		s.fill(terms...)
		s.receive(2, &raft.AppendEntries{Term: s.Term(), Prev: s.Log().Last(), Commit: commit})
		s.apply()
		s.take()
	}
	return s
}

// Raft figure 13: "Write data into snapshot file at given offset. Reply and wait for more data chunks if done is false.
// Save snapshot file […]. Reset state machine using snapshot contents."
func TestFollowerInstallsASnapshot(t *testing.T) {
	s := follower(t, 0)
	cs := chunks(t, compacted(t))
	s.receive(2, cs[0], cs[1])
	s.sync()
	s.wantSent("n2 InstallSnapshotResponse t3 snapshot 8 has 20 bytes",
		"n2 InstallSnapshotResponse t3 snapshot 8 has 40 bytes")
	s.receive(2, cs[2])
	if _, ok := s.TakeRestore(); ok || s.CommitIndex() > 0 {
		t.Error("the snapshot is installed before it is durable")
	}
	s.receive(2, cs[2]) // the leader has not heard of that yet
	s.wantSent()
	s.sync()
	s.wantSent("n2 InstallSnapshotResponse t3 snapshot 8 has 50 bytes", "n2 AppendEntriesResponse t3 match 8")
	s.receive(2, &raft.AppendEntries{Term: 3, Prev: entryAt(8, 1), Entries: entries(9, 1), Commit: 9})
	s.sync()
	s.wantSent("n2 AppendEntriesResponse t3 match 9")
	if got := s.NextCommitted(10); len(got) > 0 {
		t.Errorf("entries are handed out before the snapshot is taken: %v", got)
	}
	s.wantRestore(8, 1, stateAt(8))
	s.wantCommit(9)
	s.wantTerms(1)
	if base := s.Log().Base(); base != entryAt(8, 1) {
		t.Errorf("the log begins after %v", base)
	}
	if _, ok := s.TakeRestore(); ok {
		t.Error("the snapshot is to be loaded twice")
	}
	s.receive(2, &raft.AppendEntries{Term: 3, Prev: entryAt(5, 1), Entries: entries(6, 1, 1)}) // late
	s.wantSent("n2 AppendEntriesResponse t3 match 9")
	s.powerCut()
	s.wantRestore(8, 1, stateAt(8))
	s.wantTerms(1)
}

// Raft figure 13: chunks that come twice, out of order or of an older snapshot do not get into the file.
func TestChunksAreTakenInOrder(t *testing.T) {
	s := follower(t, 0)
	cs := chunks(t, compacted(t))
	has := func(n int) {
		t.Helper()
		s.sync()
		s.wantSent(fmt.Sprintf("n2 InstallSnapshotResponse t3 snapshot 8 has %d bytes", n))
	}
	s.receive(2, cs[1])
	has(0)
	s.receive(2, cs[0])
	has(20)
	s.receive(2, cs[0])
	has(20)
	s.receive(2, cs[2])
	has(20)
	s.receive(2, cs[1])
	has(40)
	s.receive(2, cs[0]) // late
	has(40)
	older := *cs[2]
	older.ID.Last.Index, older.ID.Size = 7, 60 // of another snapshot, at the offset that is next
	s.receive(2, &older)
	s.wantSent("n2 InstallSnapshotResponse t3 snapshot 7 has 0 bytes")
	s.receive(2, cs[2])
	s.sync()
	s.wantRestore(8, 1, stateAt(8))
}

// ofNextLeader returns m as the leader of term 4 sends it, with a snapshot that differs in nothing but its checksum if
// other.
func ofNextLeader(m *raft.InstallSnapshot, other bool) *raft.InstallSnapshot {
	c := *m
	c.Term = 4
	if other {
		c.ID.Sum++
	}
	return &c
}

// Raft figure 13: a new leader may have other bytes for the same snapshot.
func TestChunksOfTwoSnapshotsAreNotMixed(t *testing.T) {
	s := follower(t, 0)
	cs := chunks(t, compacted(t))
	s.receive(2, cs[0])
	s.sync()
	s.take()
	s.receive(3, ofNextLeader(cs[1], true))
	s.sync()
	s.wantSent("n3 InstallSnapshotResponse t4 snapshot 8 has 0 bytes")
	s.receive(3, ofNextLeader(cs[0], true))
	s.wantSent("n3 InstallSnapshotResponse t4 snapshot 8 has 20 bytes")
	s.receive(3, ofNextLeader(cs[1], false))
	s.wantSent("n3 InstallSnapshotResponse t4 snapshot 8 has 0 bytes")
}

// A new leader that has the same snapshot goes on where the old one has stopped.
func TestSnapshotIsResumedByTheNextLeader(t *testing.T) {
	s := follower(t, 0)
	cs := chunks(t, compacted(t))
	s.receive(2, cs[0], cs[1])
	s.sync()
	s.take()
	s.receive(3, ofNextLeader(cs[0], false)) // it does not know yet
	s.sync()
	s.wantSent("n3 InstallSnapshotResponse t4 snapshot 8 has 40 bytes")
	s.receive(3, ofNextLeader(cs[2], false))
	s.sync()
	s.wantRestore(8, 1, stateAt(8))
}

// A new leader learns from the first answer how much is there.
func TestLeaderGoesOnWithWhatTheFollowerHas(t *testing.T) {
	s := compacted(t)
	cs := chunks(t, s)
	s.take()
	s.receive(2, &raft.InstallSnapshotResponse{Term: 3, ID: cs[0].ID, Offset: 40})
	s.wantSent("n2 InstallSnapshot t3 up to 8^1 bytes 40-50 of 50")
	other := cs[0].ID
	other.Sum++
	s.receive(2, &raft.InstallSnapshotResponse{Term: 3, ID: other, Offset: 20})
	s.wantSent()
}

// A chunk of the snapshot before, which the same leader has sent, does not undo what has arrived of the next.
func TestLateChunkDoesNotBeginAgain(t *testing.T) {
	s := follower(t, 0)
	cs := chunks(t, compacted(t))
	s.receive(2, cs[0])
	s.sync()
	s.take()
	older := *cs[0]
	older.ID.Last.Index = 5
	s.receive(2, &older)
	s.receive(2, cs[1])
	s.wantSent("n2 InstallSnapshotResponse t3 snapshot 5 has 0 bytes",
		"n2 InstallSnapshotResponse t3 snapshot 8 has 40 bytes")
	next := older
	next.Term = 4 // but a new leader may have no newer one
	s.receive(3, &next)
	s.sync()
	s.wantSent("n3 InstallSnapshotResponse t4 snapshot 5 has 20 bytes")
}

// Thesis §5.1: a newer snapshot takes the place of one that has arrived in part.
func TestNewerSnapshotReplacesAPartOfAnOlderOne(t *testing.T) {
	s := follower(t, 0)
	cs := chunks(t, compacted(t))
	older := *cs[0]
	older.ID.Last.Index, older.Data = 5, []byte("something else")
	s.receive(2, &older)
	for _, m := range cs {
		s.receive(2, m)
	}
	s.sync()
	s.wantRestore(8, 1, stateAt(8))
}

// Raft §7: a snapshot of what is committed here already is of no use; the leader learns that.
func TestStaleSnapshotIsIgnored(t *testing.T) {
	for _, commit := range []raft.Index{8, 9} {
		s := follower(t, commit, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
		for _, m := range chunks(t, compacted(t)) {
			s.receive(2, m)
		}
		s.sync()
		if _, ok := s.TakeRestore(); ok {
			t.Errorf("the snapshot of entry 8 is to be loaded, and entry %d is applied", commit)
		}
		answer := fmt.Sprintf("n2 AppendEntriesResponse t3 match %d", commit)
		s.wantSent(answer, answer, answer)
		s.wantTerms(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
		if s.AppliedIndex() != commit {
			t.Errorf("applied is %d", s.AppliedIndex())
		}
	}
}

// Raft §7: a follower that catches up by itself while it saves a snapshot does not go back.
func TestFollowerThatCatchesUpDoesNotGoBack(t *testing.T) {
	s := follower(t, 0)
	for _, m := range chunks(t, compacted(t)) {
		s.receive(2, m)
	}
	s.receive(2, &raft.AppendEntries{Term: 3, Entries: entries(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), Commit: 9})
	s.apply()
	s.sync()
	if _, ok := s.TakeRestore(); ok || s.AppliedIndex() != 9 || s.CommitIndex() != 9 {
		t.Errorf("applied is %d, committed %d", s.AppliedIndex(), s.CommitIndex())
	}
	s.powerCut() // the snapshot is on the disk, and good for a restart
	s.wantRestore(8, 1, stateAt(8))
	s.wantTerms(1, 1, 1, 1, 1, 1, 1, 1, 1)
}

// Raft §7: "If instead the follower receives a snapshot that describes a prefix of its log (due to retransmission or
// by mistake), then log entries covered by the snapshot are deleted but entries following the snapshot are still valid
// and must be retained." Otherwise "the follower discards its entire log".
func TestSnapshotKeepsALogThatMatchesAndDiscardsOneThatConflicts(t *testing.T) {
	for _, test := range []struct {
		name string
		log  []raft.Term
		want []raft.Term
	}{
		{"matching and longer", []raft.Term{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, []raft.Term{1, 1}},
		{"matching and as long", []raft.Term{1, 1, 1, 1, 1, 1, 1, 1}, nil},
		{"shorter", []raft.Term{1, 1, 1}, nil},
		{"conflicting and longer", []raft.Term{1, 1, 1, 2, 2, 2, 2, 2, 2, 2}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := follower(t, 2, test.log...)
			for _, m := range chunks(t, compacted(t)) {
				s.receive(2, m)
			}
			s.sync()
			check := func() {
				t.Helper()
				s.wantRestore(8, 1, stateAt(8))
				s.wantTerms(test.want...)
				if base := s.Log().Base(); base != (raft.Position{Term: 1, Index: 8}) {
					t.Errorf("the log begins after %v", base)
				}
			}
			check()
			s.wantCommit(8)
			if s.DurableIndex() != s.LastIndex() {
				t.Errorf("the log ends at %d, durable is %d", s.LastIndex(), s.DurableIndex())
			}
			s.powerCut()
			check()
		})
	}
}

// What is committed is handed out once, in order, and as much as is asked for.
func TestCommittedEntriesAreHandedOutOnce(t *testing.T) {
	s := follower(t, 0, 1, 1, 1, 1, 1)
	s.receive(2, &raft.AppendEntries{Term: 1, Prev: raft.Position{Term: 1, Index: 5}, Commit: 4})
	want := func(max int, want ...raft.Index) {
		t.Helper()
		var got []raft.Index
		for _, e := range s.NextCommitted(max) {
			got = append(got, e.Index)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("handed out (-want +got):\n%s", diff)
		}
	}
	want(3, 1, 2, 3)
	if s.AppliedIndex() != 0 {
		t.Errorf("applied is %d before the application says so", s.AppliedIndex())
	}
	s.Applied(2)
	want(3, 4)
	want(3)
	s.Applied(1) // late
	if s.AppliedIndex() != 2 {
		t.Errorf("applied went back to %d", s.AppliedIndex())
	}
	for name, f := range map[string]func(){
		"an entry is applied that was not handed out": func() { s.Applied(5) },
		"a state is saved that was not applied":       func() { s.snapshot(3, "x") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s, and nothing panics", name)
				}
			}()
			f()
		}()
	}
}

// Entries that were handed out and not applied when a snapshot arrives are part of it.
func TestSnapshotOvertakesEntriesThatAreBeingApplied(t *testing.T) {
	s := follower(t, 0, 1, 1, 1, 1, 1)
	s.receive(2, &raft.AppendEntries{Term: 1, Prev: raft.Position{Term: 1, Index: 5}, Commit: 4})
	s.NextCommitted(3)
	s.Applied(1)
	for _, m := range chunks(t, compacted(t)) {
		s.receive(2, m)
	}
	s.sync()
	s.wantRestore(8, 1, stateAt(8))
	s.Applied(3)
	if s.AppliedIndex() != 8 {
		t.Errorf("applied went back to %d", s.AppliedIndex())
	}
}

// A snapshot that arrives when its entries are committed here already, and not all applied, changes nothing about the
// membership before they are.
func TestStaleSnapshotLeavesTheMembershipThatIsApplied(t *testing.T) {
	log := append(entries(1, 1, 1), changeAt(3, 1, add4), entries(4, 1)[0])
	feed := func(s *solo, commit raft.Index) {
		s.receive(2, &raft.AppendEntries{Term: 1, Entries: log, Commit: commit})
	}
	donor := newSolo(t, 3, func(c *raft.Config) { fiveOf(raft.AtApply)(c); c.ID = sim.Server(3) })
	feed(donor, 4)
	donor.sync()
	donor.apply()
	donor.snapshot(4, stateAt(4))
	file, err := donor.disk.ReadFile(raft.SnapshotFile)
	if err != nil {
		t.Fatal(err)
	}
	s := newSolo(t, 3, fiveOf(raft.AtApply))
	s.receive(2, &raft.InstallSnapshot{Term: 1, ID: raft.IDOf(file), Data: file})
	feed(s, 4)
	applied := s.NextCommitted(2)
	s.Applied(applied[len(applied)-1].Index)
	s.sync()
	s.wantMembership("{0 1 2}")
	if m, last := s.AppliedMembership(); m.String() != "{0 1 2}" || last {
		t.Errorf("after entry %d the membership is %v, the last that is committed: %v", s.AppliedIndex(), m, last)
	}
	s.apply()
	s.wantMembership("{0 1 2 3}")
	s.powerCut()
	s.wantRestore(4, 1, stateAt(4))
	s.wantMembership("{0 1 2 3}")
}
