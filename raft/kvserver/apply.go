package kvserver

import (
	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// handleApply applies a batch of committed entries and answers who waited for them.
func (s *Server) handleApply(out *sim.Effects) {
	s.applying = false
	entries := s.raft.NextCommitted(s.policy.applyBatch)
	for i := range entries {
		e := &entries[i]
		r := s.store.apply(e, s.policy)
		s.settle(e, &r, out)
	}
	if len(entries) == 0 {
		return
	}
	s.raft.Applied(s.store.applied)
	if n := s.policy.snapshotEvery; n > 0 && s.store.applied-s.saved >= n {
		s.saved = s.store.applied
		s.raft.Snapshot(s.saved, s.store.encode(s.policy.rules.Keeps), out)
	}
}

// settle answers the proposal that e is the entry of. Proposals belong to one reign, in which every entry of the log
// from the first of them on is the leader's own.
func (s *Server) settle(e *raft.Entry, r *result, out *sim.Effects) {
	if len(s.proposals) == 0 || s.proposals[0].index > e.Index {
		return
	}
	p := &s.proposals[0]
	if p.index != e.Index || p.term != e.Term {
		panic("kvserver: settle: another entry stands where a proposal was promised to be")
	}
	s.answer(p.from, r, out)
	s.proposals = s.proposals[:copy(s.proposals, s.proposals[1:])]
}

// answer tells a client what applying its command has told.
func (s *Server) answer(from caller, r *result, out *sim.Effects) {
	m := s.response(from, r.status)
	m.Session = r.session
	if r.status == kvapi.StatusOK {
		m.Out = r.out
		m.Out.Server = s.raft.ID()
	}
	out.Send(from.client, m)
}

// restore replaces the state by that of a snapshot. What waited for entries that it covers is
// refused by whoever notices that the server does not lead any more; reads stay, for they wait
// for an index only.
func (s *Server) restore(snap *raft.Snapshot) {
	st, err := decodeStore(snap.State)
	if err != nil {
		panic("kvserver: restore: " + err.Error())
	}
	if st.applied != snap.Index {
		panic("kvserver: restore: the state is not that of the snapshot's index")
	}
	s.store, s.saved = st, st.applied
}
