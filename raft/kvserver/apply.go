package kvserver

import (
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/mvcc"
	"schism/sim"
	"schism/sim/wire"
)

// apply applies a batch of committed entries and answers who waited for them.
func (s *Server) apply(out *sim.Effects) {
	s.applying = false
	entries := s.raft.NextCommitted(s.policy.applyBatch)
	if len(entries) == 0 {
		return
	}
	for i := range entries {
		s.applyEntry(&entries[i], out)
	}
	s.raft.Applied(s.applied)
	s.tell(out)
	if n := s.policy.snapshotEvery; n > 0 && s.applied-s.saved >= n {
		s.takeSnapshot(out)
	}
}

// applyEntry applies one entry, the one after the last.
func (s *Server) applyEntry(e *raft.Entry, out *sim.Effects) {
	if e.Index != s.applied+1 {
		panic("kvserver: apply: entries have a gap")
	}
	s.applied = e.Index
	switch e.Type {
	case raft.EntryNormal:
		s.settle(e, s.applyCommand(e, s.memory.commands.of(e), out), out)
	case raft.EntryNoop:
		if s.leads() && e.Term == s.raft.Term() && !s.leases.promoted {
			s.promote(out)
		}
	case raft.EntryConfig:
		before, _ := s.raft.AppliedMembership()
		s.raft.Applied(s.applied) // members are as of now
		s.markChange(&before, out)
		if n, ok := NameOf(e); ok {
			s.served.first(n.Client, n.Seq)
		}
		o := s.output(e, &kvapi.Result{Members: s.members()})
		s.settle(e, &o, out)
	}
}

// applyCommand does a command, unless it was done already, and returns the answer, nil for none.
func (s *Server) applyCommand(e *raft.Entry, c *Command, out *sim.Effects) *kvapi.Output {
	switch {
	case c.Session != 0 && !isChange(c.Op.Kind):
		return s.once(e, c, out)
	case c.Op.Kind == kvapi.OpenSession:
		s.sessions.open(e.Index, s.policy.maxSessions)
	case !s.served.first(c.Client, c.Seq):
		return nil
	case isChange(c.Op.Kind): // the proposal knows why it is refused
	default:
		o := &kvapi.Output{}
		s.do(e, &c.Op, o, out)
		return o
	}
	o := s.output(e, &kvapi.Result{})
	return &o
}

// do does an operation on the store, and says in o what came of it, without the server.
func (s *Server) do(e *raft.Entry, op *kvapi.Op, o *kvapi.Output, out *sim.Effects) {
	o.Result = s.store.Apply(op)
	s.leases.applied(s, op, &o.Result, out)
	o.Header = s.headerAt(e)
}

// output returns the result of the entry e, without the server.
func (s *Server) output(e *raft.Entry, r *kvapi.Result) kvapi.Output {
	return kvapi.Output{Header: s.headerAt(e), Result: *r}
}

// headerAt says how far the store is after the entry e.
func (s *Server) headerAt(e *raft.Entry) kvapi.Header {
	return kvapi.Header{Revision: s.store.Revision(), Index: uint64(e.Index), Term: uint64(e.Term)}
}

// settle answers the proposal that e is the entry of, if there is an answer. Proposals of a reign that is over are kept
// only if their entries are committed, and in the reign at hand the log is the leader's own from the first of them on:
// so what is applied at the index of a proposal is its entry.
func (s *Server) settle(e *raft.Entry, o *kvapi.Output, out *sim.Effects) {
	if len(s.proposals) == 0 || s.proposals[0].index > e.Index {
		return
	}
	p := &s.proposals[0]
	if p.index != e.Index || p.term != e.Term {
		panic("kvserver: settle: another entry stands where a proposal was promised to be")
	}
	if o != nil {
		m := s.response(p.from)
		m.Out = *o
		m.Out.Server = s.raft.ID()
		if p.refused != kvapi.OK {
			m.Out.Code = p.refused
		}
		if p.from.op == kvapi.OpenSession {
			m.Session = kvapi.Session(e.Index)
		}
		out.Send(p.from.client, m)
	}
	s.proposals = s.proposals[:copy(s.proposals, s.proposals[1:])]
}

// encode returns the state as a snapshot has it: the index, what was done for clients, and the store.
func (s *Server) encode() []byte {
	b := s.served.append(wire.AppendNumber(nil, uint64(s.applied)))
	return append(s.sessions.append(b, s.policy.rules.Keeps), s.store.Encode()...)
}

// restore replaces the state by that of a snapshot. What waited for entries that it covers is refused by passOver;
// reads stay, for they wait for an index only.
func (s *Server) restore(snap *raft.Snapshot) {
	d := wire.NewDecoder(snap.State)
	index := raft.Index(d.Number())
	served, sessions := readServed(&d), readSessions(&d)
	if d.Failed() || index != snap.Index {
		panic("kvserver: restore: the state is not that of the snapshot's index")
	}
	store, err := mvcc.Decode([]byte(d.Rest()), s.policy.store)
	if err != nil {
		panic("kvserver: restore: " + err.Error())
	}
	s.store, s.served, s.sessions, s.applied, s.saved = store, served, sessions, snap.Index, snap.Index
	s.store.Use(&s.memory.store)
}
