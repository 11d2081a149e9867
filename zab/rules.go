package zab

import "schism/sim/rules"

// Rules are the decisions on which the safety and the liveness of the protocol rest, as pure functions. A nil field
// stands for the right rule. Known bugs are re-introduced by replacing one; nothing else in the package knows about
// bugs.
type Rules struct {
	// Supersedes says whether the vote a is better than b: the later epoch, then the later transaction, then the
	// greater server (FastLeaderElection.totalOrderPredicate, which also asks for the weight).
	Supersedes func(a, b Vote, weight int) bool
	// Quorum says whether the servers in have are a quorum of e.
	Quorum func(e *Ensemble, have Servers) bool
	// NextEpoch returns the epoch to propose after a server has accepted the epoch accepted, if proposed was to be
	// proposed so far (Leader.getEpochToPropose, ZK-1343).
	NextEpoch func(proposed, accepted Epoch) Epoch
	// EpochOpen says whether the servers connected are enough to settle the epoch; self is the leader.
	EpochOpen func(e *Ensemble, connected Servers, self Slot) bool
	// Promises says whether a learner that has accepted the epoch accepted promises the epoch proposed, and whether
	// the promise counts for this leader (Learner.registerWithLeader).
	Promises func(accepted, proposed Epoch) (follows, counts bool)
	// Yields says whether the leader of the epoch leading gives up because a voter has accepted the epoch accepted.
	// That voter would never follow it. ZooKeeper's leader goes on, and leaves the voter outside for its reign.
	Yields func(leading, accepted Epoch) bool
	// Ahead says whether a follower knows more than the leader, which must not lead it then (Leader.waitForEpochAck).
	Ahead func(followerEpoch Epoch, follower Zxid, leaderEpoch Epoch, leader Zxid) bool
	// HistoryEnd says where the history of a server ends, which has logged up to logged and knows that everything up
	// to committed is committed and that everything up to saved is in its snapshot: where its log ends, whatever of it
	// is committed or applied (ZKDatabase.fastForwardDataBase, ZK-2845).
	HistoryEnd func(logged, committed, saved Position) Position
	// ChooseSync says how a learner whose history ends at last is brought in line (LearnerHandler.syncFollower).
	ChooseSync func(last Zxid, h LogView) SyncChoice
	// Accepts returns how many of the transactions that came with a leader's history a learner writes before it
	// accepts the history: those that are committed, which are the first committed of all queued (ZK-3911, ZK-4394).
	Accepts func(queued, committed int) int
	// Informed returns up to where an observer needs not be told, which is brought in line up to end while the leader's
	// history goes up to last: between the two is what was proposed and is not committed yet (Leader.startForwarding).
	Informed func(end, last Index) Index
	// Waits says whether a step that follows a write waits until it is durable.
	Waits func(what Duty) bool
	// Committed returns up to where a quorum has everything, where acked is indexed by slot.
	Committed func(e *Ensemble, acked []Index) Index
	// Refuses says whether, and why, a leader refuses a reconfig.
	Refuses func(r *Proposal) Refusal
	// InForce returns the ensembles of which a quorum is needed while proposed, if not nil, is to replace active. The
	// second result may be nil.
	InForce func(active, proposed *Ensemble) (*Ensemble, *Ensemble)
	// Remains says whether the leader self goes on to commit once e is in force (Leader.allowedToCommit).
	Remains func(e *Ensemble, self Slot) bool
	// Designates returns the server that is to lead once the ensemble e is in force, whose reconfig the leader self
	// commits at the index reconfig, where acked is indexed by slot; false leaves it to an election
	// (Leader.getDesignatedLeader). Safety does not depend on it.
	Designates func(e *Ensemble, self Slot, acked []Index, reconfig Index) (Slot, bool)
	// Adopts says whether a server that looks for a leader, and takes mine to be in force, takes over theirs, which is
	// in force at another one (FastLeaderElection.WorkerReceiver). One that does not, and has missed a reconfig, goes
	// on asking those that were with it, for a leader that is none of them, and whoever needs its vote waits for it.
	// But it leads nobody astray: the servers that it would need know of the reconfig, and need the new quorum, too.
	Adopts func(mine, theirs *Ensemble) bool
	// MayLead says whether a leader that hears from the servers alive goes on (Leader.lead).
	MayLead func(e *Ensemble, alive Servers) bool
}

// DefaultRules returns the right rule for everything.
func DefaultRules() Rules {
	return Rules{
		Supersedes: supersedes,
		Quorum:     (*Ensemble).Quorum,
		NextEpoch:  nextEpoch,
		EpochOpen: func(e *Ensemble, connected Servers, self Slot) bool {
			return connected.Has(self) && e.Quorum(connected)
		},
		Promises:   func(accepted, proposed Epoch) (bool, bool) { return proposed >= accepted, proposed > accepted },
		Yields:     func(leading, accepted Epoch) bool { return accepted > leading },
		Ahead:      ahead,
		HistoryEnd: func(logged, _, _ Position) Position { return logged },
		ChooseSync: chooseSync,
		Accepts:    func(_, committed int) int { return committed },
		Informed:   func(end, _ Index) Index { return end },
		Waits:      func(Duty) bool { return true },
		Committed:  committed,
		Refuses:    refuses,
		InForce:    inForce,
		Remains:    func(e *Ensemble, self Slot) bool { return e.Weight(self) > 0 },
		Designates: designates,
		Adopts:     func(mine, theirs *Ensemble) bool { return theirs.Version > mine.Version },
		MayLead:    (*Ensemble).Quorum,
	}
}

// complete returns r with the right rule wherever it has none.
func (r *Rules) complete() Rules { return rules.Complete(r, DefaultRules()) }

// supersedes compares votes lexicographically by epoch, transaction, server.
func supersedes(a, b Vote, weight int) bool {
	switch {
	case weight == 0:
		return false
	case a.PeerEpoch != b.PeerEpoch:
		return a.PeerEpoch > b.PeerEpoch
	case a.Zxid != b.Zxid:
		return a.Zxid > b.Zxid
	}
	return a.Leader > b.Leader
}

// nextEpoch returns an epoch later than every accepted one.
func nextEpoch(proposed, accepted Epoch) Epoch {
	if accepted >= proposed {
		return accepted + 1
	}
	return proposed
}

func ahead(followerEpoch Epoch, follower Zxid, leaderEpoch Epoch, leader Zxid) bool {
	if followerEpoch != leaderEpoch {
		return followerEpoch > leaderEpoch
	}
	return follower > leader
}

// committed returns the highest index up to which the acknowledgements are a quorum.
func committed(e *Ensemble, acked []Index) Index {
	best := Index(0)
	for _, candidate := range acked {
		if candidate <= best {
			continue
		}
		var have Servers
		for s, a := range acked {
			if a >= candidate {
				have = have.With(Slot(s))
			}
		}
		if e.Quorum(have) {
			best = candidate
		}
	}
	return best
}

// LogView is what a leader has to choose from: the transactions in memory, in order, after Base.
type LogView struct {
	Base Zxid
	Txns []Txn
	// Last is the leader's last committed transaction, or the end of its initial history.
	Last Zxid
}

// SyncChoice is how to synchronize: with Diff and Trunc the learner keeps everything up to Keep, and gets what
// follows; with Snap everything is replaced.
type SyncChoice struct {
	Mode SyncMode
	Keep Zxid
}

// chooseSync is the table of LearnerHandler.syncFollower and queueCommittedProposals. A learner's history ends at
// last; the leader has everything after base up to max in memory, and before base nothing but a snapshot:
//
//	last = max                            DIFF, and nothing follows
//	last > max                            TRUNC to max, or DIFF if last is no transaction but (e, 0)
//	base ≤ last < max, last in memory     DIFF, and the rest follows
//	    (e, 0)                            DIFF from the one before it, and the rest follows
//	    missing                           TRUNC to the one before it, and the rest follows
//	last < base                           SNAP
//
// Where last is missing and the next one is of another epoch ZooKeeper sends everything, because its log may hold what
// was never committed. Here the one before is always in the learner's history: whoever could propose in the epoch of
// last had a history that a quorum had accepted, and so has every later leader.
func chooseSync(last Zxid, h LogView) SyncChoice {
	switch {
	case last == h.Last:
		return SyncChoice{Diff, last}
	case last > h.Last && last.Counter() == 0:
		return SyncChoice{Diff, h.Last}
	case last > h.Last:
		return SyncChoice{Trunc, h.Last}
	case last < h.Base:
		return SyncChoice{Mode: Snap}
	}
	before := h.Base
	for i := range h.Txns {
		if z := h.Txns[i].Zxid; z <= last {
			before = z
		}
	}
	if before == last || last.Counter() == 0 {
		return SyncChoice{Diff, before}
	}
	return SyncChoice{Trunc, before}
}
