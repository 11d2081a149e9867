package kvserver

import (
	"cmp"
	"slices"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
)

// lessor keeps the time of the leases, on the leader's own clock (lease.lessor).
//
//  1. deadlines has every lease of the store, sorted by id, while the server leads.
type lessor struct {
	deadlines []deadline
	// armed says that timerLease runs.
	armed bool
}

// deadline is when the time of a lease is over.
type deadline struct {
	id kvapi.LeaseID
	at sim.Time
}

// seconds returns s as the world counts time.
func seconds(s kvapi.Seconds) time.Duration { return time.Duration(s) * time.Second }

// reset forgets everything.
func (l *lessor) reset() { l.deadlines, l.armed = l.deadlines[:0], false }

// find returns where the lease id is, or where it belongs.
func (l *lessor) find(id kvapi.LeaseID) (int, bool) {
	return slices.BinarySearchFunc(l.deadlines, id, func(d deadline, id kvapi.LeaseID) int {
		return cmp.Compare(d.id, id)
	})
}

// extend makes the time of the lease id end at the instant at.
func (l *lessor) extend(id kvapi.LeaseID, at sim.Time) {
	if i, found := l.find(id); found {
		l.deadlines[i].at = at
	} else {
		l.deadlines = slices.Insert(l.deadlines, i, deadline{id, at})
	}
}

// promote gives every lease what it has left, and the time that it took to elect this leader.
func (s *Server) promote(out *sim.Effects) {
	all := s.store.Read(&kvapi.Op{Kind: kvapi.Leases})
	for _, id := range all.Leases {
		_, left, _ := s.store.Lease(id)
		s.leases.extend(id, s.now.Add(s.policy.rules.Promoted(seconds(left), s.policy.grace)))
	}
	s.arm(out)
}

// applied follows what an operation that was applied has made of the leases.
func (l *lessor) applied(s *Server, op *kvapi.Op, r *kvapi.Result, out *sim.Effects) {
	if r.Code != kvapi.OK || !s.leads() {
		return
	}
	switch op.Kind {
	case kvapi.LeaseGrant:
		l.extend(r.Lease, s.now.Add(seconds(r.TTL)))
		s.arm(out)
	case kvapi.LeaseRevoke:
		if i, found := l.find(op.Lease); found {
			l.deadlines = slices.Delete(l.deadlines, i, i+1)
		}
	}
}

// arm sets the timer of the leases, if there are any and it does not run.
func (s *Server) arm(out *sim.Effects) {
	if l := &s.leases; len(l.deadlines) > 0 && !l.armed {
		l.armed = true
		out.SetTimer(timerLease, s.policy.leaseEvery, s.policy.leaseEvery)
	}
}

// expire asks for the end of the leases whose time is over (EtcdServer.revokeExpiredLeases). What is asked for twice
// is done once.
func (s *Server) expire(out *sim.Effects) {
	s.leases.armed = false
	for _, d := range s.leases.deadlines {
		if d.at > s.now {
			continue
		}
		out.Mark("lease-expired")
		end := ownCommand(&kvapi.Op{Kind: kvapi.LeaseRevoke, Lease: d.id})
		if _, _, ok := s.raft.Propose(end, out); !ok {
			break
		}
	}
	s.arm(out)
}

// keepAlive gives a lease its whole time again (lessor.Renew), and reports whether that is decided. While the time of a
// lease is over and its end not applied it is not: the end may never be committed, and then the lease lives on under
// another leader.
func (s *Server) keepAlive(r *read, out *sim.Effects) bool {
	id := r.op.Lease
	granted, _, there := s.store.Lease(id)
	i, found := s.leases.find(id)
	over := found && !s.policy.rules.Renews(s.now.Sub(s.leases.deadlines[i].at))
	switch {
	case !s.leads():
		s.refuse(r.from, kvapi.ErrNotLeader, out)
	case over && s.policy.rules.AwaitsEnd():
		return false
	case over || !there || !found:
		s.answer(r.from, &kvapi.Result{Code: kvapi.ErrLeaseNotFound}, uint64(s.raft.Term()), out)
	default:
		s.leases.deadlines[i].at = s.now.Add(seconds(granted))
		s.answer(r.from, &kvapi.Result{Lease: id, TTL: granted}, uint64(s.raft.Term()), out)
	}
	return true
}

// left puts into the result of a LeaseTimeToLive what the lease has left by the leader's clock, in whole seconds.
func (l *lessor) left(now sim.Time, r *kvapi.Result) {
	if i, found := l.find(r.Lease); found && r.TTL >= 0 {
		r.TTL = max(kvapi.Seconds(l.deadlines[i].at.Sub(now)/time.Second), 0)
	}
}
