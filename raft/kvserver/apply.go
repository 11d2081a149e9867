package kvserver

import (
	"encoding/binary"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/mvcc"
	"schism/sim"
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
	if n := s.policy.snapshotEvery; n > 0 && s.applied-s.saved >= n {
		s.saved = s.applied
		s.raft.Snapshot(s.saved, s.encode(), out)
	}
}

// applyEntry applies one entry, the one after the last.
func (s *Server) applyEntry(e *raft.Entry, out *sim.Effects) {
	if e.Index != s.applied+1 {
		panic("kvserver: apply: entries have a gap")
	}
	s.applied = e.Index
	var r kvapi.Result
	switch e.Type {
	case raft.EntryNormal:
		c, err := decodeCommand(e.Data)
		if err != nil {
			panic("kvserver: apply: " + err.Error())
		}
		if !s.served.first(c.client, c.seq) {
			s.forget(e)
			return
		}
		r = s.store.Apply(&c.op)
		s.leases.applied(s, &c.op, &r, out)
	case raft.EntryConfig:
		before, _ := s.raft.AppliedMembership()
		s.raft.Applied(s.applied) // members are as of now
		s.markChange(&before, out)
		r.Members = s.members()
	default:
		return
	}
	s.settle(e, &r, out)
}

// settle answers the proposal that e is the entry of. Proposals belong to one reign, in which every entry of the log
// from the first of them on is the leader's own.
func (s *Server) settle(e *raft.Entry, r *kvapi.Result, out *sim.Effects) {
	if len(s.proposals) == 0 || s.proposals[0].index > e.Index {
		return
	}
	p := &s.proposals[0]
	if p.index != e.Index || p.term != e.Term {
		panic("kvserver: settle: another entry stands where a proposal was promised to be")
	}
	s.answer(p.from, r, uint64(e.Term), out)
	s.proposals = s.proposals[:copy(s.proposals, s.proposals[1:])]
}

// forget drops the proposal that e is the entry of: a copy of a request that was answered.
func (s *Server) forget(e *raft.Entry) {
	if len(s.proposals) > 0 && s.proposals[0].index == e.Index {
		s.proposals = s.proposals[:copy(s.proposals, s.proposals[1:])]
	}
}

// encode returns the state as a snapshot has it: the index, the requests of clients, and the store.
func (s *Server) encode() []byte {
	return append(s.served.append(binary.AppendUvarint(nil, uint64(s.applied))), s.store.Encode()...)
}

// restore replaces the state by that of a snapshot. What waited for entries that it covers is refused by whoever
// notices that the server does not lead any more; reads stay, for they wait for an index only.
func (s *Server) restore(snap *raft.Snapshot) {
	index, n := binary.Uvarint(snap.State)
	if n <= 0 || raft.Index(index) != snap.Index {
		panic("kvserver: restore: the state is not that of the snapshot's index")
	}
	served, k, err := decodeServed(snap.State[n:])
	if err != nil {
		panic("kvserver: restore: " + err.Error())
	}
	store, err := mvcc.Decode(snap.State[n+k:], s.policy.store)
	if err != nil {
		panic("kvserver: restore: " + err.Error())
	}
	s.store, s.served, s.applied, s.saved = store, served, snap.Index, snap.Index
}
