package raft_test

import (
	"slices"
	"strings"
	"testing"

	"schism/raft"
)

// text returns n bytes.
func text(n int) string { return strings.Repeat("x", n) }

func TestBytesInFlightAreBounded(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.MaxInflightBytes = 10 })
	for range 6 {
		s.propose(text(4))
	}
	if got := counts(s.appends()); !slices.Equal(got, []int{1, 1}) {
		t.Errorf("without an answer, messages with %v entries have left", got)
	}
	s.ack(2, 2)
	if got := counts(s.appends()); !slices.Equal(got, []int{1}) {
		t.Errorf("after one of two is acknowledged, messages with %v entries have left", got)
	}
	s.ack(4, 2)
	if got := counts(s.appends()); !slices.Equal(got, []int{2}) {
		t.Errorf("after all are acknowledged, messages with %v entries have left", got)
	}
	s.ack(6, 2)
	s.ack(7, 2)
	if s.NextIndex(2) != 8 {
		t.Errorf("the next entry is %d of 7", s.NextIndex(2))
	}
}

// An entry that is larger than the bound goes, and alone.
func TestLargeEntryGoesWhenNothingElseIsInFlight(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.MaxInflightBytes = 10 })
	s.propose(text(1))
	s.propose(text(50))
	s.propose(text(1))
	if got := counts(s.appends()); !slices.Equal(got, []int{1}) {
		t.Errorf("before an answer, messages with %v entries have left", got)
	}
	s.ack(2, 2)
	if got := counts(s.appends()); !slices.Equal(got, []int{1}) {
		t.Errorf("when nothing is in flight, messages with %v entries have left", got)
	}
	s.ack(3, 2)
	if got := counts(s.appends()); !slices.Equal(got, []int{1}) {
		t.Errorf("after the large one, messages with %v entries have left", got)
	}
}

// etcd-io/raft e419ba5: what was in flight before the leader goes back to probing is forgotten; else a follower that
// has lost everything gets nothing more.
func TestBytesInFlightAreForgottenByProbing(t *testing.T) {
	sent := func(rules *raft.Rules) (count int) {
		s := leading(t, func(c *raft.Config) { c.MaxInflightBytes, c.Rules = 10, rules })
		for range 6 {
			s.propose(text(4))
		}
		s.beat()
		s.beat() // probes
		s.take()
		s.ack(1, 2)
		for _, n := range counts(s.appends()) {
			count += n
		}
		return count
	}
	if got := sent(nil); got != 2 {
		t.Errorf("after an answer %d entries leave, want 2", got)
	}
	if got := sent(&raft.Rules{InflightKept: func(bytes int) int { return bytes }}); got != 0 {
		t.Errorf("with the bug %d entries leave", got)
	}
}

// etcd#7037: a probe that is lost is repeated. Heartbeats alone tell the follower that it is not forgotten, and nobody
// notices that it falls behind.
func TestLostProbesAreRepeated(t *testing.T) {
	probes := func(rules *raft.Rules) (count int) {
		s := newSolo(t, 3, func(c *raft.Config) {
			plain(c)
			c.Rules = rules
		})
		s.elect()
		s.sync()
		s.take() // lost
		for range 4 {
			s.beat()
			for _, m := range s.appends() {
				count += len(m.Entries)
			}
		}
		return count
	}
	if got := probes(nil); got != 4 {
		t.Errorf("%d probes in four heartbeats", got)
	}
	if got := probes(&raft.Rules{ProbePaused: func(paused bool) bool { return paused }}); got != 0 {
		t.Errorf("with the bug %d probes in four heartbeats", got)
	}
}

func TestUncommittedBytesAreBounded(t *testing.T) {
	s := leading(t, func(c *raft.Config) { c.MaxUncommittedBytes = 10 })
	s.propose(text(50)) // when nothing is uncommitted, any size is taken
	if _, ok := s.tryPropose(text(1)); ok {
		t.Error("a proposal beyond the bound is taken")
	}
	s.sync()
	s.ack(2, 2)
	s.propose(text(6))
	s.propose(text(4))
	s.propose("")
	if _, ok := s.tryPropose(text(1)); ok {
		t.Error("an 11th byte is taken")
	}
	s.sync()
	s.ack(3, 2)
	s.propose(text(6))
	if _, ok := s.tryPropose(text(1)); ok {
		t.Error("6 bytes committed make room for 7")
	}
}

// A new leader counts what its predecessors left uncommitted.
func TestNewLeaderCountsWhatItFinds(t *testing.T) {
	s := newSolo(t, 3, func(c *raft.Config) {
		plain(c)
		c.MaxUncommittedBytes = 30
	})
	s.fill(1, 1) // 11 bytes each
	s.elect()
	if _, ok := s.tryPropose(text(9)); ok {
		t.Error("31 bytes are taken")
	}
	s.propose(text(8))
}

func TestCommittedEntriesComeInBoundedPortions(t *testing.T) {
	s := newSolo(t, 3, func(c *raft.Config) { c.MaxCommittedBytes = 10 })
	var es []raft.Entry
	for i, n := range []int{4, 6, 1, 50, 0, 1, 9, 1} {
		es = append(es, raft.Entry{Term: 1, Index: raft.Index(i + 1), Data: []byte(text(n))})
	}
	s.receive(2, &raft.AppendEntries{Term: 1, Entries: es, Commit: 8})
	var got []int
	var next raft.Index = 1
	for {
		portion := s.NextCommitted(3)
		if len(portion) == 0 {
			break
		}
		if portion[0].Index != next {
			t.Fatalf("entry %d follows entry %d", portion[0].Index, next-1)
		}
		next += raft.Index(len(portion))
		got = append(got, len(portion))
	}
	if want := []int{2, 1, 1, 3, 1}; !slices.Equal(got, want) {
		t.Errorf("portions of %v entries, want %v", got, want)
	}
}
