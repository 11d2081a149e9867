package raft

import (
	"fmt"

	"schism/sim"
)

// RequestVote asks for a vote, or, with PreVote, whether there would be one (Raft figure 2, thesis
// §9.6). In a pre-vote Term is the term that the sender would campaign in.
type RequestVote struct {
	Term    Term
	Last    Position
	PreVote bool
	// Transfer says that the leader of the term before has told the sender to campaign (thesis §3.10): who hears from
	// that leader may vote all the same.
	Transfer bool
	// Commit is that of a RequestVoteResponse.
	Commit Position
}

// RequestVoteResponse answers a RequestVote. To a granted pre-vote Term is that of the request,
// otherwise the sender's own.
type RequestVoteResponse struct {
	Term    Term
	Granted bool
	PreVote bool
	// Commit is, where changes of the membership take effect when they are applied, the last entry that
	// the sender knows to be committed.
	Commit Position
}

// AppendEntries replicates entries, and without entries it is the heartbeat (Raft figure 2).
type AppendEntries struct {
	Term   Term
	Prev   Position
	Commit Index
	// Session is the entry by which the receiver has become a member in this term, 0 if it was one
	// before; the answer repeats it.
	Session Index
	// Round is the last round that the leader has begun.
	Round   Round
	Entries []Entry
}

// AppendEntriesResponse answers an AppendEntries, and a snapshot that was installed.
type AppendEntriesResponse struct {
	Term Term
	// Session and Round are those of the message answered.
	Session Index
	Round   Round
	// Success says that the sender's log is durable and equal to the leader's up to Match.
	Success bool
	Match   Index
	// Prev is, if not Success, the Prev.Index that did not match, and Hint the last place in the
	// sender's log that still can match: from there down its terms are not above Prev.Term.
	Prev Index
	Hint Position
}

// InstallSnapshot carries a part of a snapshot (Raft figure 13): of the bytes that the leader's
// snapshot file consists of.
type InstallSnapshot struct {
	Term Term
	// Session is that of an AppendEntries.
	Session Index
	// ID is the snapshot's, Offset the place of Data in its file.
	ID     SnapshotID
	Offset int
	Data   []byte
}

// InstallSnapshotResponse says how many bytes of the snapshot ID have arrived. That it is installed is said by an
// AppendEntriesResponse.
type InstallSnapshotResponse struct {
	Term Term
	// Session is that of the chunk answered.
	Session Index
	ID      SnapshotID
	Offset  int
}

// TimeoutNow tells a follower whose log is that of the leader to campaign at once (thesis §3.10).
type TimeoutNow struct {
	Term Term
}

// Propose passes a proposal on to the leader (Config.ForwardProposals). Term is the sender's. If the message comes
// twice, Data is proposed twice.
type Propose struct {
	Term Term
	Data []byte
}

// Kind returns "RequestVote" or "PreVote".
func (m *RequestVote) Kind() string {
	if m.PreVote {
		return "PreVote"
	}
	return "RequestVote"
}

// Kind returns "RequestVoteResponse" or "PreVoteResponse".
func (m *RequestVoteResponse) Kind() string {
	if m.PreVote {
		return "PreVoteResponse"
	}
	return "RequestVoteResponse"
}

// Kind returns "AppendEntries".
func (m *AppendEntries) Kind() string { return "AppendEntries" }

// Kind returns "AppendEntriesResponse".
func (m *AppendEntriesResponse) Kind() string { return "AppendEntriesResponse" }

// Kind returns "InstallSnapshot".
func (m *InstallSnapshot) Kind() string { return "InstallSnapshot" }

// Kind returns "InstallSnapshotResponse".
func (m *InstallSnapshotResponse) Kind() string { return "InstallSnapshotResponse" }

// Kind returns "TimeoutNow".
func (m *TimeoutNow) Kind() string { return "TimeoutNow" }

// Kind returns "Propose".
func (m *Propose) Kind() string { return "Propose" }

// fold mixes p into d.
func (p Position) fold(d sim.Digest) sim.Digest {
	return d.Mix(uint64(p.Term)).Mix(uint64(p.Index))
}

// foldSession mixes s into d. Few messages have a session.
func foldSession(d sim.Digest, s Index) sim.Digest {
	if s == 0 {
		return d
	}
	return d.Mix(1<<63 | uint64(s))
}

// Fold mixes every field into d.
func (m *RequestVote) Fold(d sim.Digest) sim.Digest {
	d = m.Last.fold(d.Mix(1<<8 | sim.Bit(m.Transfer)<<1 | sim.Bit(m.PreVote)).Mix(uint64(m.Term)))
	if m.Commit == (Position{}) {
		return d
	}
	return m.Commit.fold(d)
}

// Fold mixes every field into d.
func (m *RequestVoteResponse) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(2<<8 | sim.Bit(m.Granted)<<1 | sim.Bit(m.PreVote)).Mix(uint64(m.Term))
	if m.Commit == (Position{}) {
		return d
	}
	return m.Commit.fold(d)
}

// Fold mixes every field into d.
func (m *AppendEntries) Fold(d sim.Digest) sim.Digest {
	d = m.Prev.fold(d.Mix(3<<8 | uint64(len(m.Entries))<<16).Mix(uint64(m.Term)))
	d = foldSession(d, m.Session).Mix(uint64(m.Commit)).Mix(uint64(m.Round))
	for i := range m.Entries {
		d = m.Entries[i].Fold(d)
	}
	return d
}

// Fold mixes every field into d.
func (m *AppendEntriesResponse) Fold(d sim.Digest) sim.Digest {
	d = foldSession(d.Mix(4<<8|sim.Bit(m.Success)), m.Session).Mix(uint64(m.Term)).Mix(uint64(m.Round))
	return m.Hint.fold(d.Mix(uint64(m.Match)).Mix(uint64(m.Prev)))
}

// Fold mixes every field into d.
func (m *InstallSnapshot) Fold(d sim.Digest) sim.Digest {
	d = m.ID.fold(foldSession(d.Mix(5<<8), m.Session).Mix(uint64(m.Term)))
	return d.Mix(uint64(m.Offset)).MixBytes(m.Data)
}

// Fold mixes every field into d.
func (m *InstallSnapshotResponse) Fold(d sim.Digest) sim.Digest {
	return m.ID.fold(foldSession(d.Mix(6<<8), m.Session).Mix(uint64(m.Term))).Mix(uint64(m.Offset))
}

// Fold mixes every field into d.
func (m *TimeoutNow) Fold(d sim.Digest) sim.Digest { return d.Mix(7 << 8).Mix(uint64(m.Term)) }

// Fold mixes every field into d.
func (m *Propose) Fold(d sim.Digest) sim.Digest {
	return d.Mix(8 << 8).Mix(uint64(m.Term)).MixBytes(m.Data)
}

// String prints p as "index^term", "17^3".
func (p Position) String() string { return fmt.Sprintf("%d^%d", p.Index, p.Term) }

// String returns "t2 last 17^1", and "by transfer" if it is.
func (m *RequestVote) String() string {
	s := fmt.Sprintf("t%d last %v", m.Term, m.Last)
	if m.Transfer {
		s += " by transfer"
	}
	if m.Commit.Index > 0 {
		s += " commit " + m.Commit.String()
	}
	return s
}

// String returns "t2 granted" or "t2 refused", and "commit 17^1" if it says so.
func (m *RequestVoteResponse) String() string {
	s := fmt.Sprintf("t%d refused", m.Term)
	if m.Granted {
		s = fmt.Sprintf("t%d granted", m.Term)
	}
	if m.Commit.Index > 0 {
		s += " commit " + m.Commit.String()
	}
	return s
}

// String returns "t2 prev 17^1 commit 16 +18^2..20^2", and the round if there is one.
func (m *AppendEntries) String() string {
	s := fmt.Sprintf("t%d prev %v commit %d", m.Term, m.Prev, m.Commit)
	if m.Round > 0 {
		s += fmt.Sprintf(" round %d", m.Round)
	}
	if n := len(m.Entries); n > 0 {
		s += " +" + at(&m.Entries[0]).String()
		if n > 1 {
			s += ".." + at(&m.Entries[n-1]).String()
		}
	}
	return s
}

// at returns the position of e.
func at(e *Entry) Position { return Position{e.Term, e.Index} }

// String returns "t2 match 17" or "t2 no match at 17, try 9^1".
func (m *AppendEntriesResponse) String() string {
	s := fmt.Sprintf("t%d match %d", m.Term, m.Match)
	if !m.Success {
		s = fmt.Sprintf("t%d no match at %d, try %v", m.Term, m.Prev, m.Hint)
	}
	if m.Round > 0 {
		s += fmt.Sprintf(" round %d", m.Round)
	}
	return s
}

// String returns "t2 up to 17^1 bytes 0-4096 of 9000".
func (m *InstallSnapshot) String() string {
	return fmt.Sprintf("t%d up to %v bytes %d-%d of %d", m.Term, m.ID.Last,
		m.Offset, m.Offset+len(m.Data), m.ID.Size)
}

// String returns "t2 snapshot 17 has 4096 bytes".
func (m *InstallSnapshotResponse) String() string {
	return fmt.Sprintf("t%d snapshot %d has %d bytes", m.Term, m.ID.Last.Index, m.Offset)
}

// String returns "t2".
func (m *TimeoutNow) String() string { return fmt.Sprintf("t%d", m.Term) }

// String returns "t2 12 bytes".
func (m *Propose) String() string { return fmt.Sprintf("t%d %d bytes", m.Term, len(m.Data)) }

// termOf returns the term that m carries; false if m is no message of this package.
func termOf(m sim.Message) (Term, bool) {
	switch m := m.(type) {
	case *AppendEntries:
		return m.Term, true
	case *AppendEntriesResponse:
		return m.Term, true
	case *RequestVote:
		return m.Term, true
	case *RequestVoteResponse:
		return m.Term, true
	case *InstallSnapshot:
		return m.Term, true
	case *InstallSnapshotResponse:
		return m.Term, true
	case *TimeoutNow:
		return m.Term, true
	case *Propose:
		return m.Term, true
	}
	return 0, false
}
