package raft

import (
	"schism/raft/quorum"
	"schism/sim"
)

// compare checks the node's memory after a step against what it was before and what is written.
func (g *Ghost) compare(s *shadow, n *Node, ev *sim.Event) {
	if n.term != s.written.term || n.vote != s.written.vote {
		g.fail(TermSanity, "%s is in term %d and voted for %s, its disk says %d and %s",
			s.id, n.term, n.vote, s.written.term, s.written.vote)
	}
	if last := n.log.Last(); last != s.last {
		s.last = last
		if last != s.written.log.end() {
			g.fail(LogMatching, "%s has a log up to %v, its disk one up to %v",
				s.id, last, s.written.log.end())
		}
	}
	if n.role == Leader && s.role == Leader {
		g.checkRetired(s, n, ev)
	}
	if n.commit != s.commit {
		g.committedUpTo(s, n)
	}
	if n.applied != s.applied {
		g.appliedUpTo(s, n)
	}
	g.checkInForce(s, n)
	if n.role == Leader && ev.Kind == sim.Receive {
		g.checkMatch(s, n, ev.From)
	}
	if n.commit == s.last.Index && n.uncommitted != 0 || n.uncommitted < 0 {
		g.fail(Accounting, "%s counts %d bytes as uncommitted, with all %d entries committed up to %d",
			s.id, n.uncommitted, s.last.Index, n.commit)
	}
	if n.reads.finished != s.finished || len(n.reads.pending) != len(s.watermark) {
		g.checkReads(s, n)
	}
	s.node, s.term, s.role = n, n.term, n.role
}

// committedUpTo checks a commit index that has changed.
func (g *Ghost) committedUpTo(s *shadow, n *Node) {
	log := &s.written.log
	if n.commit < s.commit || n.commit > log.last() {
		g.fail(IndexOrder, "%s goes from commit index %d to %d with a log up to %d",
			s.id, s.commit, n.commit, log.last())
		return
	}
	s.commit = n.commit
	shared := min(n.commit, g.CommittedMax())
	if h, _ := g.Committed(shared); !log.holds(shared, h) {
		g.fail(StateMachineSafety, "%s commits entry %d, where another one is committed", s.id, shared)
		return
	}
	switch {
	case n.role == Leader || s.role == Leader && s.term == n.term: // it may step down by what it commits
		g.leaderCommits(s, n)
	case n.commit > g.CommittedMax():
		g.fail(CommitQuorum, "%s follows a commit index of %d, and no leader has committed beyond %d",
			s.id, n.commit, g.CommittedMax())
	}
}

// leaderCommits checks that the leader s may commit up to its commit index, and remembers that it did.
func (g *Ghost) leaderCommits(s *shadow, n *Node) {
	log, news := &s.written.log, n.commit > g.CommittedMax()
	if t := log.at(n.commit).term; t != n.term {
		g.fail(CommitQuorum, "%s leads term %d and commits entry %d of term %d", s.id, n.term, n.commit, t)
	}
	for i := g.CommittedMax() + 1; i <= n.commit; i++ {
		l := log.at(i)
		g.committed = append(g.committed, l.hash)
		if l.config != g.committedConfig(i) {
			g.decided = append(g.decided, decided{i, l.config})
		}
	}
	for i := range g.shadows {
		g.settle(&g.shadows[i], g.world.Durable(g.shadows[i].id))
	}
	by := &g.configs[s.config] // as of the last step: a change takes effect behind what the step commits
	if have := g.holders(n.commit); by.Voters.VoteResult(have, 0) != quorum.Won {
		g.fail(CommitQuorum, "%s leads term %d and commits entry %d, which of %v only the disks of %s hold",
			s.id, n.term, n.commit, by.Membership, slots(have))
	}
	if news {
		g.commits = append(g.commits, commit{Position{n.term, n.commit}, s.config})
		g.checkLaterLeaders(s, n)
	}
}

// checkLaterLeaders checks that the leaders of later terms, elected before s has committed what it has
// just committed, have it nevertheless: the acknowledgements were under way when they were elected.
func (g *Ghost) checkLaterLeaders(s *shadow, n *Node) {
	for i := range g.shadows {
		other := &g.shadows[i]
		if other.role != Leader || other.term <= n.term {
			continue
		}
		if !other.written.log.holds(n.commit, g.committed[n.commit-1]) {
			g.fail(LeaderCompleteness, "%s leads term %d without entry %d, which %s commits in term %d",
				other.id, other.term, n.commit, s.id, n.term)
		}
		g.checkOverlap(other, s.config)
	}
}

// appliedUpTo checks an applied index that has changed.
func (g *Ghost) appliedUpTo(s *shadow, n *Node) {
	if n.applied < s.applied || n.applied > n.commit {
		g.fail(IndexOrder, "%s goes from applied index %d to %d with a commit index of %d",
			s.id, s.applied, n.applied, n.commit)
	}
	s.applied = n.applied
}

// checkReads checks the reads that the step has answered, and notes for those that it has taken what
// was committed by then. Reads are answered in the order in which they came, but for those that a lease
// answers in the step that asks for them.
func (g *Ghost) checkReads(s *shadow, n *Node) {
	q := &n.reads
	news := q.done[len(q.done)-int(q.finished-s.finished):]
	queued := 0
	for i := range news {
		if !news[i].Lease {
			queued++
		}
	}
	for len(s.watermark) < queued+len(q.pending) {
		s.watermark = append(s.watermark, g.CommittedMax())
	}
	waited := s.watermark[:queued]
	for i := range news {
		if news[i].Lease {
			g.checkLease(s, n)
			g.checkRead(s, &news[i], g.CommittedMax())
		} else {
			g.checkRead(s, &news[i], waited[0])
			waited = waited[1:]
		}
	}
	s.watermark = s.watermark[:copy(s.watermark, s.watermark[queued:])]
	s.finished = q.finished
}

// checkRead checks the answer to a read that was asked for when everything up to committed was committed.
func (g *Ghost) checkRead(s *shadow, r *Read, committed Index) {
	if r.OK && r.Index < committed {
		g.fail(ReadFresh, "%s confirms a read at %d, which was asked for after %d was committed",
			s.id, r.Index, committed)
	}
}

// checkLease checks that the lease by which s has just confirmed a read is that of the last leader.
func (g *Ghost) checkLease(s *shadow, n *Node) {
	if k := len(g.commits); k > 0 && g.commits[k-1].Term > n.term {
		g.fail(LeaseExclusive, "%s confirms a read by its lease in term %d, and term %d has committed",
			s.id, n.term, g.commits[k-1].Term)
	}
}
