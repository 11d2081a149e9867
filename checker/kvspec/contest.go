package kvspec

import (
	"strings"
	"time"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// Contest is what clients contend for, as package concurrency of etcd does: each makes a key below Prefix that goes
// with a lease of its own, and the oldest key is that of the one who holds the lock, or leads.
type Contest struct {
	Prefix string
	// Claims reports of the input of an operation, which need not be one of the store, whether a client calls it only
	// because it holds. nil is for elections: whoever puts its own key again proclaims.
	Claims func(in any) bool
	// Drift is by how much clocks run wrong at most.
	Drift checker.PPM
}

// Believed returns when clients believed that they held. They come to believe it by the answer after which they make
// the first claim, and stop when they are told that their lease is gone, or call what is neither a claim nor keeps it
// alive.
func (c Contest) Believed(history []sim.Op) []checker.Holding {
	var list []checker.Holding
	for _, h := range c.read(history).held {
		list = append(list, h.Holding)
	}
	return list
}

// Held returns when clients surely held in true time: while they believed so, for no longer than their lease lasts
// after each time that it was granted or kept alive was called (LeaseKept), and not from the instant on at which
// somebody calls what may delete their key.
func (c Contest) Held(history []sim.Op) []checker.Holding {
	s := c.read(history)
	var list []checker.Holding
	for _, h := range s.held {
		h.Until = min(h.Until, s.lasts[h.lease])
		for i := range s.deletes {
			if d := &s.deletes[i]; d.mayHit(&h.entry) {
				h.Until = min(h.Until, d.op.Call)
			}
		}
		if h.Since < h.Until {
			list = append(list, h.Holding)
		}
	}
	return list
}

// entry is a key in a contest, as the answer to its owner's Txn has shown it; create is 0 if there is none.
type entry struct {
	key    string
	lease  kvapi.LeaseID
	create kvapi.Revision
	called uint64
}

// held is a holding, and the entry that it is by.
type held struct {
	checker.Holding
	entry
}

// deletion is an operation that may have deleted keys: those that were created by the revision create, or, if that is
// 0, any. done is the revision of one that has, 0 if that is not known.
type deletion struct {
	op           *sim.Op
	keys         kvapi.Span
	create, done kvapi.Revision
}

// mayHit reports whether d may have deleted the key of e.
func (d *deletion) mayHit(e *entry) bool {
	return covers(d.keys, e.key) && d.op.ReturnSeq > e.called && (d.create == 0 || d.create == e.create) &&
		(d.done == 0 || d.done > e.create)
}

// proclaim is a claim that was answered, and the entry of who made it.
type proclaim struct {
	entry
	op  *sim.Op
	out *kvapi.Output
}

// seen is what a history shows of a contest.
type seen struct {
	contest *Contest
	clients map[sim.NodeID]*contestant
	held    []held
	// lasts is until when each lease lasts at least.
	lasts map[kvapi.LeaseID]sim.Time
	// deletes leave out what is known to have deleted nothing.
	deletes []deletion
	// proclaims are the claims that are operations of the store.
	proclaims []proclaim
}

// contestant is what one client has come to.
type contestant struct {
	entry
	// last is its last operation of the store.
	last *sim.Op
	// holds is the index of its holding, -1 if it has none.
	holds int
}

// read reads a history, which is in the order of calls.
func (c Contest) read(history []sim.Op) *seen {
	s := &seen{contest: &c, clients: map[sim.NodeID]*contestant{}, lasts: map[kvapi.LeaseID]sim.Time{}}
	for i := range history {
		op := &history[i]
		x := s.clients[op.Client]
		if x == nil {
			x = &contestant{holds: -1}
			s.clients[op.Client] = x
		}
		in, ofStore := op.Input.(*kvapi.Op)
		claims := s.claims(x, op)
		switch {
		case claims:
			s.claim(x, op)
		case ofStore && in.Kind != kvapi.LeaseKeepAlive:
			s.stop(x, op.Call)
		}
		if ofStore {
			s.follow(x, op, in, claims)
		}
	}
	return s
}

// claims reports whether a client claims with op that it holds.
func (s *seen) claims(x *contestant, op *sim.Op) bool {
	if s.contest.Claims != nil {
		return s.contest.Claims(op.Input)
	}
	in, ok := op.Input.(*kvapi.Op)
	return ok && x.create != 0 && in.Kind == kvapi.Txn && !s.enters(in) && putsFirst(in, x.key)
}

// enters reports whether a Txn puts a key of the contest if that is not there.
func (s *seen) enters(in *kvapi.Op) bool {
	if in.Kind != kvapi.Txn || len(in.If) != 1 || len(in.Then) == 0 {
		return false
	}
	c := &in.If[0]
	return c.Target == kvapi.CompareCreate && c.Result == kvapi.Equal && c.Number == 0 && single(c.Span) &&
		strings.HasPrefix(c.Span.Key, s.contest.Prefix) && putsFirst(in, c.Span.Key)
}

// putsFirst reports whether the first thing that a Txn does is to put the key.
func putsFirst(in *kvapi.Op, key string) bool {
	return len(in.Then) > 0 && in.Then[0].Kind == kvapi.Put && in.Then[0].Span.Key == key
}

// claim begins a holding, if there is none.
func (s *seen) claim(x *contestant, op *sim.Op) {
	if x.holds >= 0 {
		return
	}
	h := held{checker.Holding{Holder: op.Client, Since: op.Call, Until: sim.Never, Op: op}, x.entry}
	if x.last != nil && x.last.Outcome == sim.OK {
		h.Since, h.Op = x.last.Return, x.last
	}
	x.holds = len(s.held)
	s.held = append(s.held, h)
}

// stop ends a holding, if there is one, at the instant at.
func (s *seen) stop(x *contestant, at sim.Time) {
	if x.holds >= 0 {
		s.held[x.holds].Until = at
		x.holds = -1
	}
}

// follow takes over what an operation of the store shows.
func (s *seen) follow(x *contestant, op *sim.Op, in *kvapi.Op, claims bool) {
	x.last = op
	out, _ := op.Output.(*kvapi.Output)
	s.delete(op, in, out)
	if out == nil || op.Outcome != sim.OK {
		return
	}
	if claims {
		s.proclaims = append(s.proclaims, proclaim{x.entry, op, out})
	}
	switch {
	case out.Code == kvapi.ErrLeaseNotFound:
		s.stop(x, op.Return)
	case out.Code != kvapi.OK:
	case in.Kind == kvapi.LeaseGrant || in.Kind == kvapi.LeaseKeepAlive:
		ends := op.Call.Add(s.contest.Drift.Surely(time.Duration(out.TTL) * time.Second))
		s.lasts[out.Lease] = max(s.lasts[out.Lease], ends)
	case s.enters(in):
		x.entry = entry{key: in.Then[0].Span.Key, lease: in.Then[0].Lease, create: out.Revision, called: op.CallSeq}
		if !out.Succeeded {
			x.create = shown(out, x.key)
		}
	}
}

// shown returns the revision that created a key which the first part of a Txn was to read, 0 if it has not.
func shown(out *kvapi.Output, key string) kvapi.Revision {
	if len(out.Responses) > 0 && len(out.Responses[0].KVs) == 1 && out.Responses[0].KVs[0].Key == key {
		return out.Responses[0].KVs[0].CreateRevision
	}
	return 0
}

// delete notes an operation that may have deleted keys of the contest. Of LeaseRevoke the key is the name of the lease,
// as package concurrency names keys.
func (s *seen) delete(op *sim.Op, in *kvapi.Op, out *kvapi.Output) {
	if op.Outcome == sim.Failed {
		return
	}
	if in.Kind == kvapi.LeaseRevoke {
		key := kvapi.Span{Key: s.contest.Prefix + in.Lease.String()}
		s.deletes = append(s.deletes, deletion{op: op, keys: key})
		return
	}
	if out != nil && !changes(in, &out.Result) {
		return
	}
	spans := deleted(in, nil)
	for _, keys := range spans {
		d := deletion{op: op, keys: keys}
		if alone := in.Kind == kvapi.DeleteRange || len(spans) == 1 && len(in.Then) == 1 && len(in.Else) == 0; alone {
			if len(in.If) == 1 && in.If[0].Target == kvapi.CompareCreate && in.If[0].Span == keys {
				d.create = kvapi.Revision(in.If[0].Number)
			}
			if out != nil {
				d.done = out.Revision
			}
		}
		s.deletes = append(s.deletes, d)
	}
}

// deleted appends the keys that an operation may delete, in whichever branch.
func deleted(in *kvapi.Op, spans []kvapi.Span) []kvapi.Span {
	if in.Kind == kvapi.DeleteRange {
		return append(spans, in.Span)
	}
	for _, branch := range [...][]kvapi.Op{in.Then, in.Else} {
		for i := range branch {
			spans = deleted(&branch[i], spans)
		}
	}
	return spans
}
