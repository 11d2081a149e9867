package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// The timers of a node. A machine that contains a node uses numbers from MaxTimer+1 on.
const (
	// electionTimer runs out on a follower that may have to campaign, and on a leader that has to
	// make sure of its quorum.
	electionTimer sim.TimerID = iota
	heartbeatTimer
	// MaxTimer is the last timer, and the last task, that belongs to a node.
	MaxTimer = 7
)

// Node is one member of a Raft cluster. It only steps: the machine that contains it passes on the
// events that Handles is true for, and after every Step takes what has become available, from
// TakeRestore, NextCommitted and TakeReads.
//
//  1. Term never decreases; Vote is 0 or what this node voted for in Term.
//  2. applied ≤ handed ≤ commit ≤ log.LastIndex, and log.Base ≤ snapshot.last ≤ commit, where
//     applied and commit never decrease.
//  3. durable ≤ log.LastIndex: the entries up to durable would survive a loss of power.
//  4. peers, match and answered are indexed by slot and mean something on a leader only.
type Node struct {
	*settings

	term Term
	vote sim.NodeID
	log  Log
	disk disk

	configs configs
	// members decide by the membership in force, followers are everybody in it but the node itself.
	members   quorum.Joint
	followers quorum.Members
	// unsettled says that the leader may owe something to the membership in force.
	unsettled bool

	role   Role
	leader sim.NodeID // of term, 0 if unknown

	commit  Index
	handed  Index // given out by NextCommitted
	applied Index // as told by Applied

	// contact is when the election timeout began: when the node last heard from the leader, granted
	// a vote or campaigned. armed is what it was when the election timer was set; the timer is not
	// set anew for every message but, if contact has moved, when it runs out.
	contact, armed sim.Time
	now            sim.Time

	granted, refused quorum.Members // the votes of this campaign

	peers    []peer
	match    []Index        // how far a follower's durable log is known to equal this one
	answered []Round        // the last round that a follower has answered
	active   quorum.Members // who was heard from since the last check of the quorum
	before   quorum.Members // and between the last two checks

	// uncommitted is the number of bytes of the entries after commit, on a leader, else 0.
	uncommitted int

	reads     reads
	lease     lease
	transfer  transfer
	snapshots snapshots
	mail      *Mail
}

// New returns the node that c describes. It panics if c is not valid. It does nothing before it is
// stepped with Start.
func New(c Config) *Node {
	s := newSettings(c)
	count := len(s.Servers)
	mail, log := c.Mail, Log{}
	if mail == nil {
		mail = &Mail{}
	} else {
		log.entries = mail.takeLog()
	}
	n := &Node{
		settings: s, mail: mail, log: log,
		peers: make([]peer, count), match: make([]Index, count), answered: make([]Round, count),
	}
	n.restoreConfigs()
	return n
}

// Handles reports whether ev is for the node: Start, its messages, its timers, and everything about
// the disk.
func (n *Node) Handles(ev *sim.Event) bool {
	switch ev.Kind {
	case sim.Receive:
		_, ok := termOf(ev.Msg)
		return ok
	case sim.Timeout:
		return ev.Timer <= MaxTimer
	case sim.Start, sim.Synced, sim.SyncFailed, sim.WriteFailed:
		return true
	}
	return false
}

// Step handles one event for which Handles is true.
func (n *Node) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	n.now = now
	n.reads.forget()
	switch ev.Kind {
	case sim.Receive:
		n.receive(ev.From, ev.Msg, out)
	case sim.Timeout:
		if ev.Timer == heartbeatTimer {
			n.heartbeat(out)
		} else {
			n.electionTimeout(out)
		}
	case sim.Synced:
		n.synced(ev.Token, out)
	case sim.Start:
		n.start(ev.Disk, out)
	case sim.SyncFailed, sim.WriteFailed:
		// What the disk holds now nobody knows (fsyncgate); a restart finds out.
		out.Mark("disk-failed")
		out.Exit("disk: " + ev.Err.Error())
		return
	}
	if n.unsettled && n.role == Leader {
		n.settleMembership(out)
	}
	n.disk.flush(n.log.LastIndex(), n.term, out)
}

// receive handles a message from another server, member or not: who is one is not the same everywhere
// (thesis §4.1). Others are ignored, and all while the disk is unfit.
func (n *Node) receive(from sim.NodeID, m sim.Message, out *sim.Effects) {
	slot, ok := n.slot(from)
	if !ok || slot == n.self || n.disk.unfit {
		return
	}
	switch m := m.(type) {
	case *AppendEntries:
		n.handleAppendEntries(from, m, out)
	case *AppendEntriesResponse:
		if n.fromFollower(m.Term, m.Session, slot, out) {
			n.handleAppendEntriesResponse(slot, m, out)
		}
	case *RequestVote:
		if m.PreVote {
			n.handlePreVote(from, m, out)
		} else {
			n.handleRequestVote(from, m, out)
		}
	case *RequestVoteResponse:
		n.handleVoteResponse(slot, m, out)
	case *InstallSnapshot:
		n.handleInstallSnapshot(from, m, out)
	case *InstallSnapshotResponse:
		if n.fromFollower(m.Term, m.Session, slot, out) {
			n.handleInstallSnapshotResponse(slot, m, out)
		}
	case *TimeoutNow:
		n.handleTimeoutNow(from, m, out)
	case *Propose:
		n.handlePropose(m, out)
	}
}

// fromFollower handles the term of a follower's answer, and reports whether this node leads that
// term, and the follower is a member and answers to what it was sent as that member.
func (n *Node) fromFollower(t Term, session Index, slot quorum.Slot, out *sim.Effects) bool {
	if t > n.term {
		n.becomeFollower(t, 0, out)
		return false
	}
	if t < n.term || n.role != Leader || !n.followers.Has(slot) ||
		!n.rules.SessionMatches(n.peers[slot].session, session) {
		return false
	}
	n.active = n.active.With(slot)
	return true
}

// reply sends m, which may promise something, when everything written so far is durable.
func (n *Node) reply(to sim.NodeID, m sim.Message, out *sim.Effects) {
	if n.rules.WaitsForDisk(m) {
		out.SendSafe(to, m)
	} else {
		out.Send(to, m)
	}
}

// ID is the node's own id.
func (n *Node) ID() sim.NodeID { return n.settings.ID }

// Role is what the node takes itself for.
func (n *Node) Role() Role { return n.role }

// Term is the current term.
func (n *Node) Term() Term { return n.term }

// Vote is whom the node voted for in its term, 0 for nobody.
func (n *Node) Vote() sim.NodeID { return n.vote }

// Leader is the leader of the term as far as the node knows, 0 if it does not.
func (n *Node) Leader() sim.NodeID { return n.leader }

// CommitIndex is the last entry that the node knows to be committed.
func (n *Node) CommitIndex() Index { return n.commit }

// AppliedIndex is the last entry that the application has applied.
func (n *Node) AppliedIndex() Index { return n.applied }

// DurableIndex is the last entry that the node knows to be on its own disk.
func (n *Node) DurableIndex() Index { return n.disk.durable }

// LastIndex is the last entry of the log.
func (n *Node) LastIndex() Index { return n.log.LastIndex() }

// Log is the node's log, to be read only.
func (n *Node) Log() *Log { return &n.log }

// MatchIndex returns how far a leader knows the durable log of the member id to equal its own.
func (n *Node) MatchIndex(id sim.NodeID) Index {
	slot, ok := n.slot(id)
	if !ok || n.role != Leader {
		return 0
	}
	return n.match[slot]
}

// NextIndex returns the next entry that a leader will send to the member id.
func (n *Node) NextIndex(id sim.NodeID) Index {
	slot, ok := n.slot(id)
	if !ok || n.role != Leader {
		return 0
	}
	return n.peers[slot].next
}

// Slot returns the slot of the server id; false if it is none.
func (n *Node) Slot(id sim.NodeID) (quorum.Slot, bool) { return n.slot(id) }

// Reign implements [sim.Leader].
func (n *Node) Reign() (sim.Reign, bool) { return sim.Reign(n.term), n.role == Leader }

// NextCommitted returns entries that are committed and have not been returned before, at most max of
// them and of MaxCommittedBytes, in order; none while a snapshot waits in TakeRestore. They are the log's own.
func (n *Node) NextCommitted(max int) []Entry {
	if n.handed >= n.commit || n.snapshots.restore {
		return nil
	}
	to := min(n.commit, n.handed+Index(max))
	es := n.log.Entries(n.handed, to)
	es = es[:fitting(es, n.MaxCommittedBytes)]
	n.handed = n.rules.Handed(n.handed+Index(len(es)), n.commit)
	return es
}

// Applied tells the node that the application has applied every entry up to i. A change of the membership
// among them is the node's own business; what a leader has to do about it is done by the next step.
func (n *Node) Applied(i Index) {
	if i > n.handed {
		panic("raft: applied an entry that was not handed out")
	}
	n.applied = max(n.applied, i)
	if len(n.configs.list) > 1 {
		n.enforce()
	}
}
