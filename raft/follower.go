package raft

import "schism/sim"

// handleAppendEntries follows the leader of the term (Raft figure 2).
func (n *Node) handleAppendEntries(from sim.NodeID, m *AppendEntries, out *sim.Effects) {
	r := n.mail.appendResponse.Take()
	if !n.follow(from, m.Term, out) {
		// The sender steps down when it learns of the term; silence would keep this node, which its
		// entries do not reach, apart for ever.
		*r = AppendEntriesResponse{Term: n.term, Session: m.Session, Prev: m.Prev.Index}
		n.tellTerm(from, r, out)
		return
	}
	*r = AppendEntriesResponse{Term: n.term, Session: m.Session, Round: m.Round}
	have, ok := n.log.Term(m.Prev.Index)
	switch {
	case m.Prev.Index < n.log.base.Index:
		out.Decide("older than the log", "acknowledge what is committed")
		r.Success, r.Match = true, n.commit
	case !n.rules.PrevMatches(have, ok, m.Prev.Term):
		r.Prev, r.Hint = m.Prev.Index, n.log.hint(m.Prev.Index, m.Prev.Term)
		out.Decide("no match", "reject")
	default:
		matched := n.accept(m, out)
		n.learnCommit(m.Commit, matched)
		r.Success, r.Match = true, n.rules.AckIndex(matched, n.log.LastIndex())
	}
	n.reply(from, r, out)
}

// tellTerm answers the leader of an older term with r.
func (n *Node) tellTerm(leader sim.NodeID, r *AppendEntriesResponse, out *sim.Effects) {
	if n.rules.TellsTerm() {
		n.reply(leader, r, out)
	}
}

// follow makes this node a follower of the sender, who leads the term t; false if that is over.
func (n *Node) follow(leader sim.NodeID, t Term, out *sim.Effects) bool {
	if t < n.term {
		return false
	}
	if t > n.term || n.role != Follower || n.leader != leader {
		n.becomeFollower(t, leader, out)
	}
	n.contact = n.now
	n.pledge()
	return true
}

// accept brings the log in line with the entries of m, and returns the last index up to which it is
// now known to equal the leader's.
//
//	leader  1 1 2 2 3       m: prev 2^1, entries 3^2 4^2 5^3
//	before  1 1 2 1 1       4^1 conflicts: it and 5^1 are removed
//	after   1 1 2 2 3
func (n *Node) accept(m *AppendEntries, out *sim.Effects) Index {
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Index <= n.log.LastIndex() {
			if have, _ := n.log.Term(e.Index); !n.rules.Conflicts(have, e.Term) {
				continue
			}
			if e.Index <= n.commit {
				panic("raft: a committed entry conflicts with the leader's")
			}
			n.cutLog(e.Index - 1)
			out.Mark("log-truncated")
		}
		n.appendLog(*e, out)
	}
	return m.Prev.Index + Index(len(m.Entries))
}

// learnCommit follows the leader's commit index as far as the log is known to match.
func (n *Node) learnCommit(commit, matched Index) {
	n.commit = max(n.commit, n.rules.FollowerCommit(commit, matched, n.log.LastIndex()))
}
