package kvserver

import (
	"cmp"
	"slices"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// item is a key that is there.
type item struct {
	key, value string
	// hash is the item's share of the store's sum.
	hash sim.Digest
}

// session is what the store remembers of a client's session.
type session struct {
	id kvapi.Session
	// seq is the last request that was done, 0 before the first, and out its result without the
	// server.
	seq kvapi.Seq
	out kvapi.Output
	// used is the index of the last entry that used the session. No two sessions have the same.
	used raft.Index
	// hash is the session's share of the store's sum.
	hash sim.Digest
}

// store is the state that the log's commands build: a function of the applied entries alone,
// equal at every server that has applied the same.
//
//  1. items is sorted by key, without duplicates.
//  2. sessions is sorted by id, without duplicates, and has at most policy.maxSessions elements.
//  3. sum is the sum of the hashes of all items and sessions, each of which is the hash of its content.
//  4. While shared, items and sessions lie in memory that a clone reads too, and are copied before
//     they are changed.
type store struct {
	applied  raft.Index
	revision uint64
	items    []item
	sessions []session
	sum      sim.Digest
	shared   bool
	texts    texts
}

// result is what applying a command tells whoever asked for it.
type result struct {
	status  kvapi.Status
	session kvapi.Session
	out     kvapi.Output
}

// apply applies e, the entry after the last applied one.
func (s *store) apply(e *raft.Entry, p *policy) result {
	if e.Index != s.applied+1 {
		panic("kvserver: apply: entries have a gap")
	}
	s.applied = e.Index
	if e.Type != raft.EntryNormal {
		return result{}
	}
	c, err := kvapi.DecodeCommand(e.Data)
	if err != nil {
		panic("kvserver: apply: " + err.Error())
	}
	s.own()
	if c.Kind == kvapi.OpenSession {
		return s.open(e, p.maxSessions)
	}
	return s.once(e, &c, &p.rules)
}

// own makes items and sessions the store's alone.
func (s *store) own() {
	if s.shared {
		s.items, s.sessions = slices.Clone(s.items), slices.Clone(s.sessions)
		s.shared = false
	}
}

// open opens the session that is named by the index of e. If that makes more than limit, the one
// that has not been used for longest expires.
func (s *store) open(e *raft.Entry, limit int) result {
	if len(s.sessions) >= limit {
		oldest := 0
		for i := range s.sessions {
			if s.sessions[i].used < s.sessions[oldest].used {
				oldest = i
			}
		}
		s.sum -= s.sessions[oldest].hash
		s.sessions = slices.Delete(s.sessions, oldest, oldest+1)
	}
	n := session{id: kvapi.Session(e.Index), used: e.Index}
	n.hash = n.digest()
	s.sum += n.hash
	s.sessions = append(s.sessions, n)
	return result{kvapi.StatusOK, n.id, kvapi.Output{Index: uint64(e.Index), Term: uint64(e.Term)}}
}

// once does c unless its session has done it already, in which case the result is that of the
// first time (thesis §6.3).
func (s *store) once(e *raft.Entry, c *kvapi.Command, r *Rules) result {
	i, known := s.session(c.Session)
	if !known {
		return result{status: kvapi.StatusExpired, session: c.Session}
	}
	n := &s.sessions[i]
	s.sum -= n.hash
	n.used = e.Index
	status := kvapi.StatusOK
	switch {
	case !r.Repeated(n.seq, c.Seq):
		n.seq, n.out = c.Seq, s.do(c)
		n.out.Index, n.out.Term = uint64(e.Index), uint64(e.Term)
	case c.Seq < n.seq:
		status = kvapi.StatusStale
	}
	n.hash = n.digest()
	s.sum += n.hash
	if status != kvapi.StatusOK {
		return result{status: status, session: n.id}
	}
	return result{status, n.id, n.out}
}

// do does what c says, whether or not it has been done before.
func (s *store) do(c *kvapi.Command) kvapi.Output {
	i, found := s.find(c.Key)
	var out kvapi.Output
	switch c.Kind {
	case kvapi.Put:
		s.set(i, found, c, "")
	case kvapi.Append:
		old := ""
		if found {
			old = s.items[i].value
		}
		s.set(i, found, c, old)
	case kvapi.Delete:
		out.Found = found
		if found {
			s.sum -= s.items[i].hash
			s.items = slices.Delete(s.items, i, i+1)
			s.revision++
		}
	case kvapi.CAS:
		if found {
			out.Found, out.Value = true, s.items[i].value
		}
		if found && out.Value == string(c.Expect) {
			out.Swapped = true
			s.set(i, true, c, "")
		}
	}
	out.Revision = s.revision
	return out
}

// set gives the key of c, which is at i if it is there and belongs there if not, the value prefix
// + c.Value.
func (s *store) set(i int, found bool, c *kvapi.Command, prefix string) {
	if found {
		s.sum -= s.items[i].hash
	} else {
		s.items = slices.Insert(s.items, i, item{key: s.texts.join("", c.Key)})
	}
	it := &s.items[i]
	it.value = s.texts.join(prefix, c.Value)
	it.hash = it.digest()
	s.sum += it.hash
	s.revision++
}

// get returns what a Get of key returns, without the server and its term.
func (s *store) get(key string) kvapi.Output {
	out := kvapi.Output{Revision: s.revision, Index: uint64(s.applied)}
	i, found := slices.BinarySearchFunc(s.items, key, func(it item, key string) int {
		return cmp.Compare(it.key, key)
	})
	if found {
		out.Value, out.Found = s.items[i].value, true
	}
	return out
}

// find returns where key is among the items, or where it belongs.
func (s *store) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(s.items, key, func(it item, key []byte) int {
		return cmp.Compare(it.key, string(key))
	})
}

// session returns where the session id is.
func (s *store) session(id kvapi.Session) (int, bool) {
	return slices.BinarySearchFunc(s.sessions, id, func(n session, id kvapi.Session) int {
		return cmp.Compare(n.id, id)
	})
}

// digest returns the item's share of the sum.
func (it *item) digest() sim.Digest {
	return sim.Digest(1).MixString(it.key).MixString(it.value)
}

// digest returns the session's share of the sum.
func (n *session) digest() sim.Digest {
	flags := uint64(0)
	if n.out.Found {
		flags |= 1
	}
	if n.out.Swapped {
		flags |= 2
	}
	d := sim.Digest(2).Mix(uint64(n.id)).Mix(uint64(n.seq)).Mix(uint64(n.used)).Mix(flags)
	return d.MixString(n.out.Value).Mix(n.out.Revision).Mix(n.out.Index).Mix(n.out.Term)
}

// hash returns the digest of the whole state. It costs the same however large the state is.
func (s *store) hash() sim.Digest {
	return s.sum.Mix(s.revision).Mix(uint64(len(s.items))<<32 | uint64(len(s.sessions)))
}

// clone returns an independent copy, which shares memory with s until either is changed.
func (s *store) clone() store {
	s.shared = true
	c := *s
	c.texts = texts{}
	return c
}
