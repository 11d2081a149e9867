package checker

import (
	"fmt"

	"schism/sim"
)

// SplitBrain is an observer that ends a run at the event at which two parts of a system have both acted.
//
// Two nodes that believe they lead at the same time are not a split-brain: an old leader that is cut off
// cannot know better, and different reigns keep it harmless. [SplitBrain.DualLeads] counts such moments, it
// is not a violation. Split-brain is two disjoint sets of nodes that both make visible progress, or what can
// only lead there. The violations, with their IDs:
//
//	SB1  one-leader-per-reign   two nodes lead one reign, at whatever times
//	SB2  dual-commit            two entries are committed at one position
//	SB3  dual-serve             an operation is served behind one that was acknowledged before its call
//	SB4  commit-without-quorum  an entry is committed that no quorum holds durably
//	     ack-without-quorum     an operation is acknowledged that no quorum holds durably
//	SB5  lost-ack               a later leader lacks an acknowledged entry
//	SB6  double-vote            a node votes for two nodes in one reign
//	     reign-regress          a node goes back to a lower reign
//	SB7  committed-truncated    a node drops or changes an entry that it knows to be committed
//	     commit-regress         a position that a node has committed or applied goes back, or runs
//	     applied-uncommitted    ahead of what it follows
//	SB8  state-divergence       two nodes have applied the same entries and differ
//	SB9  log-matching           two logs agree at a position and differ before it
//	SB15 minority-ack           a side that was cut off from every quorum acknowledges an operation without a lease
//
// All are about what outlives a crash: a vote, a reign or an entry counts once the writes of the step that
// made it are durable. The check of an event is O(1), and O(entries) when a log changes; a step that changes
// nothing costs a few comparisons and allocates nothing. A message that moves its receiver to nothing, no write, no
// message, no timer, shows nobody what it changed: that is looked at with the server's next step.
//
// A quorum is a majority of the configured servers, or what StartWith says, until a replica that is [Reconfigurable]
// commits another membership; leaders that are [Governed] go by their own logs. Disks that lie about syncs, rot or are
// wiped can make a correct system lose quorums, which is reported as what it looks like.
type SplitBrain struct {
	adapt   Adapter
	replies Replies
	ghosts  []ghost
	calls   []call
	// first is the membership at the beginning of a run, nil for all servers; members are those of the run at hand
	// that are committed, ascending, never none once the run has begun.
	first   Membership
	members []membership

	// leaderOf is the only leader of each reign.
	leaderOf map[sim.Reign]sim.NodeID
	// chain holds what is committed at each position, and made what entries exist there.
	chain []link
	made  map[place]sim.Digest
	// acked is the highest position acknowledged, ackedIn the same for each reign of the commit.
	acked   Position
	ackedIn []ackedIn

	dual DualLeads
}

// ghost is what is remembered about a server across its crashes.
type ghost struct {
	replica Replica
	// changes and governed are the replica where it is that, else nil. heeds is up to where it was governed by its log
	// when it was last looked at.
	changes  Reconfigurable
	governed Governed
	heeds    Position
	// reign and leads are its last claim.
	reign sim.Reign
	leads bool
	// vote is the last vote that binds it. pending, while it is waiting, is one that is not durable yet; safe
	// is the write after which it will be, or unwritten.
	vote, pending vote
	waiting       bool
	safe          sim.WriteSeq
	log           ghostLog
	// committed and applied are those of this incarnation; kept is what it must still hold after a crash.
	committed, applied, kept Position
	// durable is the last write seen to be durable while nothing had failed.
	durable sim.WriteSeq
	failed  bool
	// side is the set of servers on its side of all cuts; cutSince is the event since which that side is as
	// it is and without a quorum, 0 while it has one.
	side     ServerSet
	cutSince uint64
}

// vote is a node's vote, or its reign alone if it has not voted in it.
type vote struct {
	reign sim.Reign
	node  sim.NodeID
}

// link is what is known about a committed position.
type link struct {
	hash sim.Digest
	// reign is that of the node that was first seen to commit it.
	reign sim.Reign
	// state is the first state seen to be applied up to here, by the node by; no node is none yet.
	state sim.Digest
	by    sim.NodeID
	// decided is the membership by which it was committed.
	decided membership
}

// place is where an entry stands and which reign made it.
type place struct {
	at    Position
	reign sim.Reign
}

// ackedIn is what was acknowledged of the entries that were committed in one reign.
type ackedIn struct {
	reign sim.Reign
	upTo  Position
}

// call is the open operation of a client.
type call struct {
	input any
	seq   uint64
	// acked is what had been acknowledged to anybody when it was called.
	acked Position
}

// DualLeads measures how often two nodes led at once, in different reigns: legal, and worth reaching.
type DualLeads struct {
	// Times counts the moments at which a second leader appeared beside a first.
	Times int
	// First is when that happened first, and Old and New are the leaders of the lower and the higher reign.
	First              sim.Time
	Old, New           sim.NodeID
	OldReign, NewReign sim.Reign
}

// String says what was measured in one line.
func (d DualLeads) String() string {
	if d.Times == 0 {
		return "never two leaders at once"
	}
	return fmt.Sprintf("%s leads reign %d while %s still leads reign %d, first at %s, %d times in all",
		d.New, d.NewReign, d.Old, d.OldReign, d.First, d.Times)
}

// NewSplitBrain returns an observer that sees servers through adapt and operations through replies, which
// may be nil if nothing is to be checked about them.
func NewSplitBrain(adapt Adapter, replies Replies) *SplitBrain {
	return &SplitBrain{adapt: adapt, replies: replies,
		leaderOf: make(map[sim.Reign]sim.NodeID), made: make(map[place]sim.Digest)}
}

// StartWith says with which membership all runs begin from the next on; nil is one of all servers.
func (s *SplitBrain) StartWith(m Membership) { s.first = m }

// Reset makes s ready for another run and keeps its memory.
func (s *SplitBrain) Reset() {
	for i := range s.ghosts {
		s.ghosts[i] = ghost{log: s.ghosts[i].log.emptied()}
	}
	clear(s.calls)
	clear(s.leaderOf)
	clear(s.made)
	s.chain, s.ackedIn, s.members = s.chain[:0], s.ackedIn[:0], s.members[:0]
	s.acked, s.dual = 0, DualLeads{}
}

// DualLeads returns what was measured so far.
func (s *SplitBrain) DualLeads() DualLeads { return s.dual }

// Acked returns the highest position that was acknowledged to a client so far.
func (s *SplitBrain) Acked() Position { return s.acked }

// view is the part of [sim.View] that split-brain checks look at.
type view interface {
	Servers() []sim.NodeID
	Clients() []sim.NodeID
	Machine(n sim.NodeID) sim.Machine
	Written(n sim.NodeID) sim.WriteSeq
	Durable(n sim.NodeID) sim.WriteSeq
	IsCut(from, to sim.NodeID) bool
	OtherEnd(n sim.NodeID, c sim.ChanID) sim.NodeID
}

// Observe implements [sim.Observer].
func (s *SplitBrain) Observe(v sim.View, st *sim.StepInfo) error {
	if found := s.observe(v, st); found != nil { // a nil *Violation must not become a non-nil error
		return found
	}
	return nil
}

func (s *SplitBrain) observe(v view, st *sim.StepInfo) *sim.Violation {
	if len(s.members) == 0 {
		s.begin(v)
	}
	switch {
	case st.Event.Kind == sim.Faulted:
		s.recut(v, st.Seq)
	case st.Node.IsClient():
		return s.client(st)
	case st.Event.Kind == sim.Crashed:
		s.crashed(st.Node)
	case st.RefusesStart():
		// It is as down as before, and takes no part.
	case st.Event.Kind == sim.Receive && len(st.Effects) == 0:
		// Nobody can see yet what it changed; the next step that asks for something is looked at.
	default:
		return s.server(v, st)
	}
	return nil
}

// begin sizes s for the run.
func (s *SplitBrain) begin(v view) {
	servers, clients := len(v.Servers()), len(v.Clients())
	m := s.first
	if m == nil {
		m = MajorityOf(upTo(servers))
	}
	s.members = append(s.members, membership{0, m})
	for len(s.ghosts) < servers {
		s.ghosts = append(s.ghosts, ghost{})
	}
	for len(s.calls) < clients {
		s.calls = append(s.calls, call{})
	}
	s.ghosts, s.calls = s.ghosts[:servers], s.calls[:clients]
	s.chain = append(s.chain[:0], link{}) // position 0
	s.recut(v, 0)
}
