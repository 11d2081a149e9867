package zkserver

import (
	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// apply applies a batch of committed transactions and answers who waited for them. It returns false if there are none.
func (s *Server) apply(out *sim.Effects) bool {
	txns := s.peer.NextCommitted(s.policy.applyBatch)
	if len(txns) == 0 {
		return false
	}
	for i := range txns {
		s.applyTxn(&txns[i], out)
	}
	s.peer.Applied(s.applied)
	if s.leads() {
		s.lead.prep.Applied(s.tree.LastProcessed())
	}
	if n := s.policy.snapshotEvery; n > 0 && s.applied-s.saved >= n {
		s.save(out)
	}
	s.serveSyncs(out)
	return true
}

// applyTxn applies one transaction (FinalRequestProcessor).
func (s *Server) applyTxn(t *zab.Txn, out *sim.Effects) {
	var err error
	if s.txn, err = zkapi.DecodeTxn(t.Data); err != nil {
		panic("zkserver: apply: " + err.Error())
	}
	z, txn := zkapi.Zxid(t.Zxid), &s.txn
	var between func()
	if s.savesWithin(txn) {
		between = func() { s.saveWithin(z, out) }
	}
	s.result, s.changes = s.tree.ApplyInParts(z, txn, s.changes[:0], between)
	s.applied++
	s.events = s.watches.Trigger(z, s.changes, s.events[:0])
	if s.policy.rules.EventsFirst() {
		s.tell(s.events, out)
	} else if len(s.events) > 0 {
		s.late = append(s.late, s.events...)
		out.Run(taskTell)
	}
	if txn.Kind == zkapi.CloseSessionTxn {
		s.lead.untrack(txn.Session)
	}
	s.settle(z, txn, &s.result, out)
}

// tell sends events to those of their watchers that may read the node.
func (s *Server) tell(events []ztree.Event, out *sim.Effects) {
	for i := range events {
		e := &events[i]
		c := s.on(sim.ChanID(e.To))
		if c != nil && ztree.Permits(e.ACL, zkapi.PermRead, c.identities) {
			if m, tells := s.policy.rules.Tells(e.WatchEvent); tells {
				out.SendOn(c.channel, &m)
			}
		}
	}
}

// tellLate sends the events that were held back.
func (s *Server) tellLate(out *sim.Effects) {
	s.tell(s.late, out)
	clear(s.late)
	s.late = s.late[:0]
}

// settle tells the client whose request became txn, if it is connected here, and goes on with what it has asked for
// since.
func (s *Server) settle(z zkapi.Zxid, txn *zkapi.Txn, r *zkapi.Result, out *sim.Effects) {
	c := s.of(txn.Session)
	if c == nil {
		return
	}
	if txn.Kind == zkapi.CreateSessionTxn {
		if c.stage == creating {
			s.welcome(c, txn.Timeout, out)
		}
		return
	}
	// A write that comes too late for its connection, which the session has left, finds others in the queue.
	waited := len(c.queue) > 0 && s.writes(&c.queue[0]) && c.queue[0].xid == txn.Xid
	switch {
	case waited && r.Code == zkapi.SessionMoved:
		out.Decide("the session has moved", "close")
		out.Mark("session-moved")
		s.cut(c, out)
		return
	case waited:
		s.reply(c, &c.queue[0], r, z, out)
	}
	if txn.Kind == zkapi.CloseSessionTxn {
		s.cut(c, out)
		return
	}
	if waited {
		c.queue = c.queue[:copy(c.queue, c.queue[1:])]
		s.advance(c, out)
	}
}
