package zkserver

import (
	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// leading is what only the leader of an epoch knows.
//
//  1. sessions are ascending, and are those that the tree will have when everything proposed is applied, and those
//     that are closing.
//  2. waiting are requests that came while too much was outstanding, in order.
//  3. syncs are in the order in which they came.
type leading struct {
	prep     ztree.Prep
	sessions []tracked
	// alarm is when timerExpiry runs out, 0 if it is not set.
	alarm   sim.Time
	waiting []ztree.Request
	syncs   []syncing
}

// syncing is a sync that is answered when everything up to the index upTo is committed.
type syncing struct {
	from   sim.NodeID
	upTo   zab.Index
	answer LearnerSynced
}

// reset makes l fit for another epoch.
func (l *leading) reset() {
	l.prep.Reset()
	clear(l.waiting)
	l.sessions, l.alarm, l.waiting, l.syncs = l.sessions[:0], 0, l.waiting[:0], l.syncs[:0]
}

// startLeading applies the whole history, which is committed, so that requests are validated against it, and begins
// to count the sessions' time anew (Leader.startZkServer).
func (s *Server) startLeading(out *sim.Effects) {
	for s.apply(out) {
	}
	for i := range s.tree.Sessions() {
		id, timeout := s.tree.Session(i)
		t := tracked{id: id, timeout: timeout, deadline: s.now}
		if s.policy.rules.Refreshes() {
			t.deadline = s.deadline(timeout)
		}
		s.lead.sessions = append(s.lead.sessions, t)
	}
	s.setAlarm(out)
	if d := s.policy.containerEvery; d > 0 {
		out.SetTimer(timerContainer, d, d)
	}
}

// handleLearner handles what a server asks the leader for, this one included.
func (s *Server) handleLearner(from sim.NodeID, m sim.Message, out *sim.Effects) {
	switch m := m.(type) {
	case *LearnerRequest:
		s.handleRequest(from, m, out)
	case *LearnerSync:
		a := syncing{from, s.peer.History().LastIndex(), LearnerSynced{m.Session, m.Xid, zkapi.OK}}
		if a.answer.Code = s.own(from, m.Session, out); a.answer.Code != zkapi.OK {
			a.upTo = 0
		}
		s.lead.syncs = append(s.lead.syncs, a)
	case *Revalidate:
		answer := &Revalidated{Session: m.Session}
		if t := s.lead.tracked(m.Session); t != nil && !t.closing {
			t.owner, answer.Timeout = from, t.timeout
			s.extend(t)
		}
		s.tellLearner(from, answer, out)
	case *Touch:
		for _, id := range m.Sessions {
			if t := s.lead.tracked(id); t != nil {
				s.extend(t)
			}
		}
	}
}

// tellLearner sends an answer to a server, which may be this one.
func (s *Server) tellLearner(to sim.NodeID, m sim.Message, out *sim.Effects) {
	if to == s.peer.ID() {
		s.handleForwarded(to, m, out)
		return
	}
	s.peer.Forward(to, m, out)
}

// own returns SessionMoved if the session's client is connected to another server than from, and SessionExpired if
// there is no such session.
func (s *Server) own(from sim.NodeID, id zkapi.SessionID, out *sim.Effects) zkapi.Code {
	t := s.lead.tracked(id)
	switch {
	case t == nil:
		return zkapi.SessionExpired
	case t.owner == 0:
		t.owner = from
	case !s.policy.rules.Owns(t.owner, from):
		out.Decide("the session is another server's", "refuse")
		return zkapi.SessionMoved
	}
	s.extend(t)
	return zkapi.OK
}

// handleRequest makes a transaction of a request (PrepRequestProcessor).
func (s *Server) handleRequest(from sim.NodeID, m *LearnerRequest, out *sim.Effects) {
	r := ztree.Request{Session: m.Session, Xid: m.Xid, Time: s.wall, Identities: m.Identities, Op: m.Op}
	if m.Op.Kind == zkapi.CreateSession {
		s.track(tracked{id: m.Session, timeout: m.Op.Timeout, owner: from, deadline: s.deadline(m.Op.Timeout)}, out)
	} else if c := s.own(from, m.Session, out); c == zkapi.SessionMoved {
		r.Refused = c
	}
	if m.Op.Kind == zkapi.CloseSession && r.Refused == zkapi.OK {
		if t := s.lead.tracked(m.Session); t != nil {
			t.closing = true
		}
	}
	s.propose(&r, out)
}

// propose proposes the transaction that r becomes, when it is its turn.
func (s *Server) propose(r *ztree.Request, out *sim.Effects) {
	s.lead.waiting = append(s.lead.waiting, *r)
	s.proposeWaiting(out)
}

// proposeWaiting proposes as much as may be outstanding.
func (s *Server) proposeWaiting(out *sim.Effects) {
	l := &s.lead
	if len(l.waiting) == 0 {
		return
	}
	n := 0
	for ; n < len(l.waiting); n++ {
		if s.peer.History().LastIndex() >= s.peer.CommittedIndex()+s.policy.maxOutstanding || !s.leads() {
			break
		}
		s.proposeNow(&l.waiting[n], out)
	}
	kept := copy(l.waiting, l.waiting[n:])
	clear(l.waiting[kept:])
	l.waiting = l.waiting[:kept]
}

// proposeNow proposes the transaction that r becomes. The peer refuses only if the epoch has no numbers left, and then
// does not lead any more.
func (s *Server) proposeNow(r *ztree.Request, out *sim.Effects) {
	next := s.nextZxid()
	var txn zkapi.Txn
	var members zab.Ensemble
	switch r.Op.Kind {
	case zkapi.Sync:
		txn = s.noop(r)
	case zkapi.Reconfig:
		members = s.validateReconfig(next, r)
		fallthrough
	default:
		txn = s.lead.prep.Prepare(&s.tree, zkapi.Zxid(next), r)
	}
	data := zkapi.AppendTxn(make([]byte, 0, zkapi.TxnSize(&txn)), &txn)
	z, ok := zab.Zxid(0), false
	if txn.Kind == zkapi.ReconfigTxn {
		var why zab.Refusal
		z, why = s.peer.Reconfig(members, zab.Zxid(r.Op.Change.From), data, out)
		ok = why == zab.Accepted
	} else {
		z, ok = s.peer.Propose(data, out)
	}
	if ok && z != next {
		panic("zkserver: the transaction has another number than was foreseen")
	}
}

// noop returns the transaction of a sync that goes through the quorum.
func (s *Server) noop(r *ztree.Request) zkapi.Txn {
	d := zkapi.Delta{Kind: zkapi.ErrorTxn, Code: r.Refused}
	switch t := s.lead.tracked(r.Session); {
	case d.Code != zkapi.OK:
	case t == nil || t.closing:
		d.Code = zkapi.SessionExpired
	case zkapi.CheckPath(r.Op.Path) != nil:
		d.Code = zkapi.BadArguments
	}
	return zkapi.Txn{Session: r.Session, Xid: r.Xid, Time: r.Time, Delta: d}
}

// nextZxid returns the number of the next transaction that this server proposes.
func (s *Server) nextZxid() zab.Zxid {
	if last := s.peer.History().Last().Zxid; last.Epoch() == s.epoch {
		return last + 1
	}
	return zab.NewZxid(s.epoch, 1)
}

// answerSyncs answers the syncs up to which everything is committed, in order with the commits.
func (s *Server) answerSyncs(out *sim.Effects) {
	l := &s.lead
	if len(l.syncs) == 0 {
		return
	}
	n := 0
	for ; n < len(l.syncs) && l.syncs[n].upTo <= s.peer.CommittedIndex(); n++ {
		answer := l.syncs[n].answer
		s.tellLearner(l.syncs[n].from, &answer, out)
	}
	l.syncs = l.syncs[:copy(l.syncs, l.syncs[n:])]
}

// collectContainers deletes containers that had children and have none, and nodes whose time to live is over
// (ContainerManager).
func (s *Server) collectContainers(out *sim.Effects) {
	out.SetTimer(timerContainer, s.policy.containerEvery, s.policy.containerEvery)
	for _, path := range s.tree.Abandoned(s.wall) {
		op := &zkapi.Op{Kind: zkapi.DeleteContainer, Path: path}
		s.propose(&ztree.Request{Time: s.wall, Op: op}, out)
	}
}
