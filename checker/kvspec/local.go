package kvspec

import (
	"slices"

	"schism/raft/kvapi"
)

// explain returns the store after the reply x, and whether it is right. One that is not linearized changes nothing.
// Compacts are all compactions that may have been done: which of them the server had done that gave it nobody knows.
func (s *store) explain(x *reply, compacts []*reply) (*store, bool) {
	switch {
	case x.linearized():
		return s.step(x.in, x.out)
	case x.kind == event:
		return s, s.now.revision == x.revision && s.makes(x)
	}
	return s, s.now.revision == x.revision && (x.kind == aside || s.shows(x, compacts))
}

// shows reports whether a server with the store s can have given the local reply x.
func (s *store) shows(x *reply, compacts []*reply) bool {
	got := &x.out.Result
	switch {
	case got.Code == kvapi.ErrCompacted:
		return x.compacted(x.in, compacts)
	case x.in.Kind == kvapi.LeaseTimeToLive:
		attached := s.now.keys.attached(x.in.Lease, nil)
		return (x.in.Flags&kvapi.FlagKeys == 0 || slices.Equal(attached, got.Keys)) &&
			(got.TTL >= 0 || len(attached) == 0)
	case x.in.Kind == kvapi.HashKV:
		return (got.Code == kvapi.ErrFutureRev) == (x.in.Revision > s.now.revision)
	}
	if s.compacted > 0 {
		s = s.compact(0)
	}
	_, right := s.answerKeys(x.in, got)
	return right
}

// compacted reports whether a server can have forgotten what an operation asks for, when it gave the reply x.
func (x *reply) compacted(in *kvapi.Op, compacts []*reply) bool {
	for _, branch := range [...][]kvapi.Op{in.Then, in.Else} {
		for i := range branch {
			if x.compacted(&branch[i], compacts) {
				return true
			}
		}
	}
	told := x.out.Compacted
	return in.Revision > 0 && slices.ContainsFunc(compacts, func(c *reply) bool {
		return c.called < x.returned && in.Revision < c.in.Revision && (told == 0 || told == c.in.Revision)
	})
}
