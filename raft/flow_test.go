package raft_test

import (
	"bytes"
	"slices"
	"testing"

	"schism/raft"
)

// leading returns a leader of three whose followers have acknowledged its first entry; nothing is under way.
func leading(t *testing.T, tune func(*raft.Config)) *solo {
	t.Helper()
	s := newSolo(t, 3, func(c *raft.Config) {
		plain(c)
		if tune != nil {
			tune(c)
		}
	})
	s.elect()
	s.sync()
	s.ack(1, 2, 3)
	s.sync()
	s.take()
	return s
}

// appends returns the AppendEntries that have left for n2.
func (s *solo) appends() (all []*raft.AppendEntries) {
	for _, l := range s.take() {
		if m, ok := l.msg.(*raft.AppendEntries); ok && l.to == 2 {
			all = append(all, m)
		}
	}
	return all
}

// counts returns how many entries each message carries.
func counts(ms []*raft.AppendEntries) (all []int) {
	for _, m := range ms {
		all = append(all, len(m.Entries))
	}
	return all
}

// Thesis §10.2.2, pipelining: the leader sends without waiting for answers.
func TestLeaderDoesNotWaitForAnswers(t *testing.T) {
	s := leading(t, nil)
	for range 3 {
		s.propose("x")
	}
	s.wantSent(
		"n2 AppendEntries t1 prev 1^1 commit 1 +2^1", "n3 AppendEntries t1 prev 1^1 commit 1 +2^1",
		"n2 AppendEntries t1 prev 2^1 commit 1 +3^1", "n3 AppendEntries t1 prev 2^1 commit 1 +3^1",
		"n2 AppendEntries t1 prev 3^1 commit 1 +4^1", "n3 AppendEntries t1 prev 3^1 commit 1 +4^1")
	s.ack(3, 2) // the answer to the first may be lost
	if s.MatchIndex(2) != 3 || s.NextIndex(2) != 5 {
		t.Errorf("match %d, next %d", s.MatchIndex(2), s.NextIndex(2))
	}
	s.ack(2, 2) // or late
	if s.MatchIndex(2) != 3 || s.NextIndex(2) != 5 {
		t.Errorf("after an old answer match %d, next %d", s.MatchIndex(2), s.NextIndex(2))
	}
	s.wantSent()
}

func TestEntriesInFlightAreBounded(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.MaxInflight = 4 })
	for range 10 {
		s.propose("x")
	}
	if got := counts(s.appends()); !slices.Equal(got, []int{1, 1, 1, 1}) {
		t.Errorf("without an answer, messages with %v entries have left", got)
	}
	s.ack(3, 2)
	if got := counts(s.appends()); !slices.Equal(got, []int{2}) {
		t.Errorf("after two of four are acknowledged, messages with %v entries have left", got)
	}
	s.ack(7, 2)
	if got := counts(s.appends()); !slices.Equal(got, []int{4}) {
		t.Errorf("after all are acknowledged, messages with %v entries have left", got)
	}
}

func TestProbesRespectTheBoundOfEntriesInFlight(t *testing.T) {
	s := newSolo(t, 3, func(c *raft.Config) {
		plain(c)
		c.MaxInflight = 4
	})
	s.fill(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	s.elect()
	s.sync()
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: 2, Prev: 10})
	if got := counts(s.appends()); !slices.Equal(got, []int{4}) {
		t.Errorf("messages with %v entries have left", got)
	}
}

func TestMessagesCarryBatches(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.MaxInflight, c.MaxBatchEntries = 4, 3 })
	for range 20 {
		s.propose("x")
	}
	s.take()
	s.ack(5, 2) // makes room for 4
	if got := counts(s.appends()); !slices.Equal(got, []int{3, 1}) {
		t.Errorf("messages with %v entries have left", got)
	}
}

func TestBatchesAreBoundedInBytes(t *testing.T) {
	for _, test := range []struct {
		sizes []int
		want  []int
	}{
		{[]int{10, 10, 10, 10, 10}, []int{3, 2}},
		{[]int{30, 1, 29, 1}, []int{1, 2, 1}},
		{[]int{31, 31, 0, 0}, []int{1, 1, 2}}, // one entry goes in any case, and alone
		{[]int{0, 31, 30}, []int{1, 1, 1}},
	} {
		s := newSolo(t, 3, func(c *raft.Config) {
			plain(c)
			c.MaxBatchBytes = 30
		})
		s.elect()
		for _, n := range test.sizes {
			s.propose(string(bytes.Repeat([]byte{'x'}, n)))
		}
		s.take()
		s.ack(1, 2) // until now it was probed
		if got := counts(s.appends()); !slices.Equal(got, test.want) {
			t.Errorf("entries of %v bytes go in messages with %v entries, want %v", test.sizes, got, test.want)
		}
	}
}

// A follower of which the leader does not know where its log matches gets one message at a time.
func TestProbingSendsOneMessagePerHeartbeat(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.elect()
	s.sync()
	first := s.appends()
	if len(first) != 1 {
		t.Fatalf("a new leader sends %v", first)
	}
	for range 3 {
		s.propose("x")
		s.propose("y")
		s.wantSent()
		s.beat()
		if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 0 {
			t.Errorf("on a heartbeat leave %v", got)
		}
	}
	s.ack(7, 2)
	s.propose("z")
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 7 {
		t.Errorf("after the answer leave %v", got)
	}
}

// Raft §5.3: "The leader retries AppendEntries RPCs indefinitely […] until all followers eventually store all log
// entries."
func TestLostEntriesAreSentAgain(t *testing.T) {
	s := leading(t, nil)
	s.propose("x")
	s.propose("y")
	s.take() // lost
	sent := 0
	for range 2 {
		s.beat()
		for _, m := range s.appends() {
			sent += len(m.Entries)
		}
	}
	if sent < 2 {
		t.Errorf("%d of 2 lost entries are sent again after two heartbeats", sent)
	}
	s.ack(3, 2)
	s.propose("z")
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 3 {
		t.Errorf("after the answer leave %v", got)
	}
}

// A follower that has moved since the last heartbeat has lost nothing.
func TestNothingIsRepeatedWhileAnswersCome(t *testing.T) {
	s := leading(t, nil)
	for i := raft.Index(2); i < 10; i++ {
		s.propose("x")
		s.propose("y")
		s.take()
		s.ack(2*i-2, 2)
		s.beat()
		for _, m := range s.appends() {
			if len(m.Entries) > 0 {
				t.Errorf("entries are repeated: %v", m)
			}
		}
	}
}

// Heartbeats carry the match index of the follower, so that it accepts them whatever it has behind that.
func TestHeartbeatsGoToWhereTheLogsMatch(t *testing.T) {
	s := leading(t, nil)
	s.propose("x")
	s.take()
	s.sync()
	s.ack(2, 3)
	s.beat()
	for _, l := range s.take() {
		m := l.msg.(*raft.AppendEntries)
		want := raft.Position{Term: 1, Index: s.MatchIndex(l.to)}
		if len(m.Entries) == 0 && (m.Prev != want || m.Commit != 2) {
			t.Errorf("heartbeat %v", l)
		}
	}
}

// A refusal of a message that was sent before the follower acknowledged more is old news.
func TestOldRefusalsAreIgnored(t *testing.T) {
	s := leading(t, nil)
	s.propose("x")
	s.ack(2, 2)
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: 1, Prev: 2}, &raft.AppendEntriesResponse{Term: 1, Prev: 1})
	s.wantSent()
	if s.NextIndex(2) != 3 || s.MatchIndex(2) != 2 {
		t.Errorf("match %d, next %d", s.MatchIndex(2), s.NextIndex(2))
	}
	s.propose("y")
	s.beat()
	s.beat() // probes at what matches
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: 1, Prev: 2, Hint: raft.Position{Term: 1, Index: 1}})
	if s.NextIndex(2) != 3 || s.MatchIndex(2) != 2 {
		t.Errorf("after an old refusal of what matches: match %d, next %d", s.MatchIndex(2), s.NextIndex(2))
	}
	s.ack(2, 2)
	s.take()
	s.receive(2, &raft.AppendEntriesResponse{Term: 1, Prev: 3, Hint: raft.Position{Term: 1, Index: 2}})
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 2 {
		t.Errorf("after a refusal of what is under way leave %v", got)
	}
}

// Raft §5.3: a leader that probes goes down, whatever the hint says, and never below what it knows to match.
func TestProbesGoDown(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 1, 1, 1)
	s.elect()
	s.take()
	for want := raft.Index(3); want > 0; want-- {
		s.receive(2, &raft.AppendEntriesResponse{Term: 2, Prev: want + 1, Hint: raft.Position{Term: 1, Index: 9}})
		if got := s.appends(); len(got) != 1 || got[0].Prev.Index != want {
			t.Fatalf("after a refusal at %d leave %v", want+1, got)
		}
		s.receive(2, &raft.AppendEntriesResponse{Term: 2, Prev: want + 1}) // a second time
		if got := s.appends(); len(got) != 0 {
			t.Fatalf("after a refusal at %d that is old leave %v", want+1, got)
		}
	}
}

func TestUncommittedEntriesAreBounded(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.MaxUncommitted = 3 })
	for range 3 {
		s.propose("x")
	}
	if i, ok := s.tryPropose("y"); ok {
		t.Errorf("entry %d is accepted", i)
	}
	s.wantTerms(1, 1, 1, 1)
	s.sync()
	s.ack(2, 2)
	s.propose("y")
	if _, ok := s.tryPropose("z"); ok {
		t.Error("one commit makes room for two")
	}
}

// An answer at the match index says that the follower is there, and what is lost may be sent at once.
func TestAnswerToAProbeEndsProbing(t *testing.T) {
	s := leading(t, nil)
	s.propose("x")
	s.beat()
	s.beat()
	s.take() // all lost
	s.ack(1, 2)
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 1 || len(got[0].Entries) != 1 {
		t.Errorf("after the answer leave %v", got)
	}
	s.propose("y")
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 2 {
		t.Errorf("after a proposal leave %v", got)
	}
}

// A follower that acknowledges less than the leader has assumed gets what it lacks.
func TestLeaderGoesOnFromWhatIsAcknowledged(t *testing.T) {
	s := newSolo(t, 3, plain)
	s.fill(1, 1, 1, 1, 1, 1)
	s.elect()
	s.sync()
	s.take()
	s.ack(3, 2) // as a follower that has compacted its log answers
	if got := s.appends(); len(got) != 1 || got[0].Prev.Index != 3 || len(got[0].Entries) != 4 {
		t.Errorf("after the answer leave %v", got)
	}
}

// Entries that were handed to others, in messages or by NextCommitted, stay as they are when the log is cut.
func TestEntriesInFlightDoNotChange(t *testing.T) {
	s := leading(t, nil)
	s.propose("x")
	s.propose("y")
	inFlight := s.appends()
	if len(inFlight) != 2 {
		t.Fatalf("messages in flight: %v", inFlight)
	}
	s.receive(3, &raft.AppendEntries{Term: 2, Prev: entryAt(1, 1), Entries: entries(2, 2, 2, 2)})
	s.wantTerms(1, 2, 2, 2)
	for i, text := range []string{"x", "y"} {
		if e := inFlight[i].Entries[0]; e.Term != 1 || string(e.Data) != text {
			t.Errorf("the entry in flight has become %+v", e)
		}
	}
}
