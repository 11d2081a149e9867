package raft

import (
	"time"

	"schism/raft/quorum"
	"schism/sim"
	"schism/sim/rules"
)

// Position is a place in a log by term and index: what two logs are compared by (Raft §5.4.1).
type Position struct {
	Term  Term
	Index Index
}

// Rules are the decisions on which the safety of the protocol rests, as pure functions. A nil field
// stands for the right rule. Known bugs are re-introduced by replacing one; nothing else in the
// package knows about bugs.
type Rules struct {
	// UpToDate says whether a candidate whose log ends at candidate may have the vote of a node
	// whose log ends at own: the later term wins, then the longer log. Raft §5.4.1.
	UpToDate func(candidate, own Position) bool
	// VoteFree says whether a node that has voted for vote in this term, 0 for nobody, may vote for
	// candidate: one vote per term, first come, first served. Raft §5.2.
	VoteFree func(vote, candidate sim.NodeID) bool
	// VoteKept returns the vote after the term has gone from old to term: forgotten exactly if the
	// term is new.
	VoteKept func(old, term Term, vote sim.NodeID) sim.NodeID
	// TermSaved is the term that a node in role, whose term is term, writes down along with its vote
	// (raft-java#57).
	TermSaved func(role Role, term Term) Term
	// VoteStands says whether a node that has voted for vote in this term says yes to candidate without a look at its
	// log: never, for the log may have been another one then (hashicorp/raft#661).
	VoteStands func(vote, candidate sim.NodeID) bool
	// VoteCounts says whether an answer to a (pre-)vote request counts for a node in role.
	VoteCounts func(role Role, preVote bool) bool
	// VoteAdded returns the votes with that of slot. An answer that arrives twice is one vote (coyote-samples#8).
	VoteAdded func(votes quorum.Members, slot quorum.Slot) quorum.Members
	// PreVoteTerm is the term that the answer to a granted pre-vote carries, which was asked for with the term asked
	// by a node whose own term may be another one (etcd d4471b2). Thesis §9.6.
	PreVoteTerm func(asked, own Term) Term
	// VoteResult says what the votes so far decide. Raft §5.2.
	VoteResult func(j quorum.Joint, yes, no quorum.Members) quorum.Result
	// Sticky says whether a node that knows a leader, and heard from it within the minimum election
	// timeout if recent, disregards a candidate. Thesis §4.2.3.
	Sticky func(knowsLeader, recent bool) bool
	// TellsTerm says whether a node answers the leader of an older term, who steps down then. With pre-votes silence
	// would keep a node apart for ever whose term is ahead (etcd 3c7359d).
	TellsTerm func() bool
	// PrevMatches says whether entries may follow the entry before them, which has the term have in
	// the receiver's log, if the log has it, and prev in the leader's. Raft §5.3.
	PrevMatches func(have Term, ok bool, prev Term) bool
	// Conflicts says whether an entry of the term have and all that follow it are removed in favour
	// of one with the term got at the same index. Raft §5.3.
	Conflicts func(have, got Term) bool
	// AckIndex is the index that a follower acknowledges whose log matches the leader's up to
	// matched and ends at last.
	AckIndex func(matched, last Index) Index
	// FollowerCommit is the commit index that a follower learns from a message that carries commit,
	// if its log matches the leader's up to matched and ends at last. Raft figure 2.
	FollowerCommit func(commit, matched, last Index) Index
	// CommitAllowed says whether a leader of term may commit an entry of the term entry by counting
	// replicas. Raft §5.4.2.
	CommitAllowed func(entry, term Term) bool
	// Committed returns the index that a quorum has acknowledged.
	Committed func(j quorum.Joint, acked []Index) Index
	// LeaderAck is how much of its own log a leader counts as acknowledged, of which the entries up
	// to durable are on its disk. Thesis §10.2.1.
	LeaderAck func(durable, last Index) Index
	// WaitsForDisk says whether m leaves only when everything written before is durable. It is asked
	// for all messages but those by which a leader replicates.
	WaitsForDisk func(m sim.Message) bool
	// DurableAfterCut returns how much of a log counts as durable of which everything after last has
	// been removed, if durable entries were.
	DurableAfterCut func(durable, last Index) Index
	// Replaces says whether an entry of the term got that a restart reads from the disk replaces the one of the term
	// have that it has read before at the same index, and all that follow.
	Replaces func(have, got Term) bool
	// Handed is up to where entries have been given to the application once those up to last have, of which it takes
	// only so many at once, when all up to commit are committed (etcd 8ecce32).
	Handed func(last, commit Index) Index
	// NeedsSnapshot says whether a follower gets a snapshot for whose next entry the leader knows the term of the one
	// before, or does not because that is compacted (etcd 42419da). Raft §7.
	NeedsSnapshot func(known bool) bool
	// ProbePaused says whether a probe that is paused, or is not, is so after a heartbeat: the probe may be lost.
	ProbePaused func(paused bool) bool
	// InflightKept is how many of the bytes under way to a follower count when the leader begins to send in another
	// way, from where it knows the logs to match.
	InflightKept func(bytes int) int
	// ReadAllowed says whether a leader of term whose last committed entry is of the term committed
	// knows a safe index to read at. Thesis §6.4.
	ReadAllowed func(committed, term Term) bool
	// ReadConfirmed says whether a read that was registered for a round is confirmed once a quorum
	// has answered the round answered.
	ReadConfirmed func(answered, registered Round) bool
	// LeaseStart is when a lease begins that is confirmed by a round that began at begun and that a quorum has
	// answered by answered, on the leader's clock. Thesis §6.4.1.
	LeaseStart func(begun, answered sim.Time) sim.Time
	// LeaseLength is how long a leader relies on followers that are loyal for length, if no clock is off by more
	// than maxDriftPPM. Thesis §6.4.1.
	LeaseLength func(length time.Duration, maxDriftPPM int32) time.Duration
	// LeaseTrusted says whether a leader may rely on its lease: followers are loyal only if they check the quorum,
	// and not to one who has told another to campaign (over). Thesis §6.4.1, §3.10.
	LeaseTrusted func(checkQuorum, over bool) bool
	// PledgeBinds says whether a node that owes a leader loyalty for the time left disregards all candidates.
	PledgeBinds func(left time.Duration) bool
	// ProposalAllowed says whether a leader takes proposals: not while it hands its leadership over, for then the log
	// of its successor would never be complete. Thesis §3.10.
	ProposalAllowed func(transferring bool) bool
	// TransferOver says whether a leader gives up to hand over its leadership that began to so long ago, if timeout is
	// the longest election timeout. Thesis §3.10.
	TransferOver func(passed, timeout time.Duration) bool
	// TransferRepeats says whether a leader that hands its leadership over tells the other one to campaign again, on
	// every heartbeat: what it has sent may be lost.
	TransferRepeats func() bool
	// Next returns the membership that follows m by the change c. Thesis §4.1, §4.3.
	Next func(m Membership, c Change) (Membership, error)
	// RefusesConfig says why a leader does not propose a change of the membership. Thesis §4.1.
	RefusesConfig func(p *ConfigProposal) Refusal
	// CaughtUp says whether a learner that has acknowledged so much of a log that ends at last may be
	// promoted. Thesis §4.2.1; the nine tenths are etcd's.
	CaughtUp func(match, last Index) bool
	// Counts returns by whom votes and acknowledgements are counted. Thesis §4.2.1, §4.3.
	Counts func(m *Membership) quorum.Joint
	// MayCampaign says whether a node campaigns that is a voter, and knows of a committed change of the
	// membership that it has not applied (etcd#12133).
	MayCampaign func(voter, unapplied bool) bool
	// MayVote says whether a node votes that is a voter as far as it knows: it always does, for it may
	// have become one without knowing (thesis §4.1, etcd#10998).
	MayVote func(voter bool) bool
	// ConfigKept says whether the membership made by the entry index stays when the log is cut after
	// last. Thesis §4.1.
	ConfigKept func(index, last Index) bool
	// ConfigRestored returns the membership that is in force as of a snapshot, that has it from its
	// leader or its disk, when that of the node is have.
	ConfigRestored func(snapshot, have Membership) Membership
	// CommitAtStart returns the commit index of a node that restarts with commit, and finds a change of
	// the membership at before in its log that is followed by another. It matters with AtApply (etcd
	// writes the commit index down).
	CommitAtStart func(commit, before Index) Index
	// LeavesJoint says whether a leader leaves a joint membership that is to be left by itself, which
	// is its own if it was entered in its term.
	LeavesJoint func(own bool) bool
	// Retires says whether a leader steps down that is, or is no more, a voter of the membership in
	// force. Thesis §4.2.2.
	Retires func(voter bool) bool
	// SessionMatches says whether an answer to a message sent in the session got counts for a member in
	// the session have.
	SessionMatches func(have, got Index) bool
	// SnapshotStale says whether a snapshot of the entries up to index is of no use to a node that
	// has committed up to commit.
	SnapshotStale func(index, commit Index) bool
	// SnapshotKeepsLog says whether the log stays when a snapshot arrives whose last entry it has
	// (matches) or has not. Raft §7.
	SnapshotKeepsLog func(matches bool) bool
	// SnapshotSame says whether a chunk of the snapshot got belongs to have, of which a part is here, whichever leader
	// sends it.
	SnapshotSame func(have, got SnapshotID) bool
	// ChunkContinues says whether a chunk at offset continues a part of size bytes of its snapshot.
	ChunkContinues func(size, offset int) bool
}

// DefaultRules returns the right rule for everything.
func DefaultRules() Rules {
	return Rules{
		UpToDate:         upToDate,
		VoteFree:         func(vote, cand sim.NodeID) bool { return vote == 0 || vote == cand },
		VoteKept:         voteKept,
		TermSaved:        func(_ Role, term Term) Term { return term },
		VoteStands:       func(_, _ sim.NodeID) bool { return false },
		VoteCounts:       voteCounts,
		VoteAdded:        quorum.Members.With,
		PreVoteTerm:      func(asked, _ Term) Term { return asked },
		VoteResult:       quorum.Joint.VoteResult,
		Sticky:           func(knowsLeader, recent bool) bool { return knowsLeader && recent },
		TellsTerm:        func() bool { return true },
		PrevMatches:      func(have Term, ok bool, prev Term) bool { return ok && have == prev },
		Conflicts:        func(have, got Term) bool { return have != got },
		AckIndex:         func(matched, _ Index) Index { return matched },
		FollowerCommit:   func(commit, matched, _ Index) Index { return min(commit, matched) },
		CommitAllowed:    func(entry, term Term) bool { return entry == term },
		Committed:        quorum.CommittedIndex[Index],
		LeaderAck:        func(durable, _ Index) Index { return durable },
		WaitsForDisk:     func(sim.Message) bool { return true },
		DurableAfterCut:  func(durable, last Index) Index { return min(durable, last) },
		Replaces:         func(have, got Term) bool { return have != got },
		Handed:           func(last, _ Index) Index { return last },
		NeedsSnapshot:    func(known bool) bool { return !known },
		ProbePaused:      func(bool) bool { return false },
		InflightKept:     func(int) int { return 0 },
		ReadAllowed:      func(committed, term Term) bool { return committed == term },
		ReadConfirmed:    func(answered, registered Round) bool { return answered >= registered },
		LeaseStart:       func(begun, _ sim.Time) sim.Time { return begun },
		LeaseLength:      leaseLength,
		LeaseTrusted:     func(checkQuorum, over bool) bool { return checkQuorum && !over },
		PledgeBinds:      func(left time.Duration) bool { return left > 0 },
		ProposalAllowed:  func(transferring bool) bool { return !transferring },
		TransferOver:     func(passed, timeout time.Duration) bool { return passed >= timeout },
		TransferRepeats:  func() bool { return true },
		Next:             Membership.Next,
		RefusesConfig:    refusesConfig,
		CaughtUp:         func(match, last Index) bool { return match*10 >= last*9 },
		Counts:           func(m *Membership) quorum.Joint { return m.Voters },
		MayCampaign:      func(voter, unapplied bool) bool { return voter && !unapplied },
		MayVote:          func(bool) bool { return true },
		ConfigKept:       func(index, last Index) bool { return index <= last },
		ConfigRestored:   func(snapshot, _ Membership) Membership { return snapshot },
		CommitAtStart:    func(commit, before Index) Index { return max(commit, before) },
		LeavesJoint:      func(bool) bool { return true },
		Retires:          func(voter bool) bool { return !voter },
		SessionMatches:   func(have, got Index) bool { return have == got },
		SnapshotStale:    func(index, commit Index) bool { return index <= commit },
		SnapshotKeepsLog: func(matches bool) bool { return matches },
		SnapshotSame:     func(have, got SnapshotID) bool { return have == got },
		ChunkContinues:   func(size, offset int) bool { return size == offset },
	}
}

// complete returns r with the right rule wherever it has none.
func (r *Rules) complete() Rules { return rules.Complete(r, DefaultRules()) }

func upToDate(candidate, own Position) bool {
	return candidate.Term > own.Term ||
		candidate.Term == own.Term && candidate.Index >= own.Index
}

func voteKept(old, term Term, vote sim.NodeID) sim.NodeID {
	if term > old {
		return 0
	}
	return vote
}

func voteCounts(role Role, preVote bool) bool {
	return role == Candidate && !preVote || role == PreCandidate && preVote
}
