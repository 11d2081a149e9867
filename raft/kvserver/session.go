package kvserver

import (
	"slices"
	"sort"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/wire"
)

// sessions are those of the clients that want each write done once, however often they ask for it (thesis §6.3). etcd
// has none. They are part of the state: in its snapshots, and forgotten in the order of the log, so at every server
// alike.
//
//  1. list is sorted by id, without duplicates.
//  2. sum is the sum of the digests of all of them.
type sessions struct {
	list []session
	sum  sim.Digest
}

// session is what is remembered of one.
type session struct {
	// id is the index of the entry that has opened it.
	id kvapi.Session
	// seq is the last request that was done, 0 before the first, and out its result, without the server.
	seq kvapi.Seq
	out kvapi.Output
	// used is the index of the last entry that used the session. No two have the same.
	used raft.Index
	// digest is the session's share of the sum: of all but the details of out.
	digest sim.Digest
}

// find returns where the session id is, or where it belongs.
func (s *sessions) find(id kvapi.Session) (int, bool) {
	// slices.BinarySearchFunc would copy sessions, which are large.
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].id >= id })
	return i, i < len(s.list) && s.list[i].id == id
}

// open opens the session that is named by the index of its entry. If there are limit already the one that has not been
// used for longest is forgotten.
func (s *sessions) open(at raft.Index, limit int) {
	if len(s.list) >= limit {
		oldest := 0
		for i := range s.list {
			if s.list[i].used < s.list[oldest].used {
				oldest = i
			}
		}
		s.sum -= s.list[oldest].digest
		s.list = slices.Delete(s.list, oldest, oldest+1)
	}
	if s.list == nil {
		s.list = make([]session, 0, min(limit, sessionRoom))
	}
	s.list = append(s.list, session{id: kvapi.Session(at)})
	s.touch(len(s.list)-1, at)
}

// sessionRoom is for how many sessions there is room at first.
const sessionRoom = 8

// touch notes that the entry at has used the i-th session, and what it is now.
func (s *sessions) touch(i int, at raft.Index) {
	n := &s.list[i]
	s.sum -= n.digest
	n.used = at
	d := sim.Digest(n.id).Mix(uint64(n.seq)).Mix(uint64(n.used)).Mix(uint64(n.out.Revision))
	n.digest = d.Mix(n.out.Index).Mix(n.out.Term<<8 | uint64(n.out.Code)) // the rest follows from the state at Index
	s.sum += n.digest
}

// once does a command unless its session has done it already, and returns the answer, that of the first time if it has;
// nil if the client has gone on since, and waits for no answer.
func (s *Server) once(e *raft.Entry, c *Command, out *sim.Effects) *kvapi.Output {
	i, known := s.sessions.find(c.Session)
	if !known {
		o := s.output(e, &kvapi.Result{Code: kvapi.ErrSessionExpired})
		return &o
	}
	n := &s.sessions.list[i]
	stale := c.Seq < n.seq
	if !s.policy.rules.Repeated(n.seq, c.Seq) {
		n.seq, stale = c.Seq, false
		s.do(e, &c.Op, &n.out, out)
	}
	s.sessions.touch(i, e.Index)
	if stale {
		return nil
	}
	return &n.out
}

// clone returns an independent copy that may use the memory of old. Outputs are never changed.
func (s *sessions) clone(old sessions) sessions {
	return sessions{append(old.list[:0], s.list...), s.sum}
}

// append appends the binary form of the sessions that a snapshot keeps.
func (s *sessions) append(b []byte, keeps func(kvapi.Session) bool) []byte {
	n := 0
	for i := range s.list {
		if keeps(s.list[i].id) {
			n++
		}
	}
	b = wire.AppendNumber(b, uint64(n))
	for i := range s.list {
		if x := &s.list[i]; keeps(x.id) {
			b = wire.AppendNumber(wire.AppendNumber(b, uint64(x.id)), uint64(x.seq))
			b = kvapi.AppendOutput(wire.AppendNumber(b, uint64(x.used)), &x.out)
		}
	}
	return b
}

// readSessions reads what append appends off the front of d.
func readSessions(d *wire.Decoder) (s sessions) {
	for range d.Count(maxClients) {
		n := session{id: kvapi.Session(d.Number()), seq: kvapi.Seq(d.Number())}
		used := raft.Index(d.Number())
		n.out = kvapi.ReadOutput(d)
		if k := len(s.list); k > 0 && s.list[k-1].id >= n.id {
			d.Fail()
		}
		s.list = append(s.list, n)
		s.touch(len(s.list)-1, used)
	}
	return s
}
