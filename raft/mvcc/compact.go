package mvcc

import "schism/raft/kvapi"

// compact forgets what cannot be seen from revision r on: all that was changed again until then, and keys that were
// deleted before. That a key was deleted at r itself is kept, since who watches from r on must be told (etcd 18274). It
// costs as much as there are changes from the compacted revision to r.
func (s *Store) compact(r kvapi.Revision) kvapi.Result {
	switch {
	case r <= s.compacted:
		return s.failed(kvapi.ErrCompacted)
	case r > s.revision:
		return s.failed(kvapi.ErrFutureRev)
	}
	var since []*change
	s.log.Ascend(placeOf(s.compacted), func(_ place, c *change) bool {
		if c.kv.ModRevision > r {
			return false
		}
		since = append(since, c)
		return true
	})
	s.compacted = r
	for _, c := range since {
		if e := s.earlier(c); e != nil {
			s.drop(e)
		}
	}
	for _, c := range since {
		if s.rules.Keeps(c.deleted, c.kv.ModRevision, r) {
			continue
		}
		if _, there := s.log.Get(c.at()); there {
			s.forget(c)
		}
	}
	return kvapi.Result{}
}
