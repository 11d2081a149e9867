package kvserver

import (
	"cmp"
	"slices"
	"time"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// lessor keeps the time of the leases, on the leader's own clock (lease.lessor).
//
//  1. deadlines has every lease of the store, sorted by id, while promoted.
//  2. promoted says that the server leads, and has applied the first entry of its own term: what earlier leaders have
//     done to leases, and what they have promised to keep alive, is in the store then.
type lessor struct {
	promoted  bool
	deadlines []deadline
	// armed says that timerLease runs.
	armed bool
}

// deadline is when the time of a lease is over.
type deadline struct {
	id kvapi.LeaseID
	at sim.Time
	// kept is when what the lease has left was kept for the next leader: by a checkpoint, or by its whole time.
	kept sim.Time
	// pending is the entry of the last checkpoint that was asked for, or that clears it.
	pending raft.Index
}

// seconds returns s as the world counts time.
func seconds(s kvapi.Seconds) time.Duration { return time.Duration(s) * time.Second }

// reset forgets everything.
func (l *lessor) reset() { l.deadlines, l.armed, l.promoted = l.deadlines[:0], false, false }

// clone returns an independent copy that may use the memory of old.
func (l *lessor) clone(old *lessor) lessor {
	d := *l
	d.deadlines = append(old.deadlines[:0], l.deadlines...)
	return d
}

// find returns where the lease id is, or where it belongs.
func (l *lessor) find(id kvapi.LeaseID) (int, bool) {
	return slices.BinarySearchFunc(l.deadlines, id, func(d deadline, id kvapi.LeaseID) int {
		return cmp.Compare(d.id, id)
	})
}

// extend makes the time of the lease id end so long after now.
func (l *lessor) extend(id kvapi.LeaseID, now sim.Time, left time.Duration) {
	d := deadline{id: id, at: now.Add(left), kept: now}
	if i, found := l.find(id); found {
		l.deadlines[i] = d
	} else {
		l.deadlines = slices.Insert(l.deadlines, i, d)
	}
}

// promote gives every lease what it has left, and the time that it took to elect this leader. It comes with the first
// entry of the leader's term (EtcdServer.applyEntryNormal).
func (s *Server) promote(out *sim.Effects) {
	s.leases.promoted = true
	all := s.store.Read(&kvapi.Op{Kind: kvapi.Leases})
	for _, id := range all.Leases {
		_, left, _ := s.store.Lease(id)
		s.leases.extend(id, s.now, s.policy.rules.Promoted(seconds(left), s.policy.grace))
	}
	s.arm(out)
}

// applied follows what an operation that was applied has made of the leases.
func (l *lessor) applied(s *Server, op *kvapi.Op, r *kvapi.Result, out *sim.Effects) {
	if r.Code != kvapi.OK || !l.promoted {
		return
	}
	switch op.Kind {
	case kvapi.LeaseGrant:
		l.extend(r.Lease, s.now, seconds(r.TTL))
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
	for i := range s.leases.deadlines {
		d := &s.leases.deadlines[i]
		ok := true
		if d.at <= s.now {
			out.Mark("lease-expired")
			_, ok = s.proposeOwn(&kvapi.Op{Kind: kvapi.LeaseRevoke, Lease: d.id}, out)
		} else if every := s.policy.checkpointEvery; every > 0 && s.now.Sub(d.kept) >= every {
			ok = s.checkpoint(d, out)
		}
		if !ok {
			break
		}
	}
	s.arm(out)
}

// proposeOwn asks for an operation of the server's own, and returns its entry, and whether Raft has taken it.
func (s *Server) proposeOwn(op *kvapi.Op, out *sim.Effects) (raft.Index, bool) {
	index, _, ok := s.raft.Propose(ownCommand(op), out)
	return index, ok
}

// checkpoint keeps what a lease has left, in whole seconds and rather more than less, for the next leader
// (lessor.checkpointScheduledLeases), and reports whether Raft has taken that.
func (s *Server) checkpoint(d *deadline, out *sim.Effects) bool {
	left := kvapi.Seconds((d.at.Sub(s.now) + time.Second - 1) / time.Second)
	if granted, _, _ := s.store.Lease(d.id); left >= granted {
		d.kept = s.now // the next leader gives it that anyhow
		return true
	}
	index, ok := s.proposeOwn(&kvapi.Op{Kind: kvapi.LeaseCheckpoint, Lease: d.id, TTL: left}, out)
	if ok {
		out.Mark("lease-checkpoint")
		d.kept, d.pending = s.now, index
	}
	return ok
}

// clears asks for the end of a checkpoint, if there is one or will be one once everything is applied that this leader
// has asked for, and reports whether there is none (lessor.Renew).
func (s *Server) clears(d *deadline, out *sim.Effects) bool {
	if !s.policy.rules.Clears() {
		return true
	}
	if granted, left, _ := s.store.Lease(d.id); s.applied >= d.pending && left == granted {
		return true
	}
	if s.applied >= d.pending {
		if index, ok := s.proposeOwn(&kvapi.Op{Kind: kvapi.LeaseCheckpoint, Lease: d.id}, out); ok {
			d.pending = index
		}
	}
	return false
}

// keepAlive gives a lease its whole time again (lessor.Renew), and reports whether that is decided. While the time of a
// lease is over and its end not applied it is not: the end may never be committed, and then the lease lives on under
// another leader. Nor is it while the next leader would find a checkpoint, and give the lease less time.
func (s *Server) keepAlive(r *read, out *sim.Effects) bool {
	id := r.op.Lease
	granted, _, there := s.store.Lease(id)
	i, found := s.leases.find(id)
	over := found && !s.policy.rules.Renews(s.now.Sub(s.leases.deadlines[i].at))
	switch {
	case !s.leads():
		s.refuse(r.from, kvapi.ErrNotLeader, out)
	case !s.leases.promoted:
		return false
	case over && s.policy.rules.AwaitsEnd():
		return false
	case !over && there && found && !s.clears(&s.leases.deadlines[i], out):
		return false
	case over || !there || !found:
		s.answer(r.from, &kvapi.Result{Code: kvapi.ErrLeaseNotFound}, out)
	default:
		s.leases.extend(id, s.now, seconds(granted))
		s.answer(r.from, &kvapi.Result{Lease: id, TTL: granted}, out)
	}
	return true
}

// left puts into the result of a LeaseTimeToLive what the lease has left by the leader's clock, in whole seconds.
func (l *lessor) left(now sim.Time, r *kvapi.Result) {
	if i, found := l.find(r.Lease); found && r.TTL >= 0 {
		r.TTL = max(kvapi.Seconds(l.deadlines[i].at.Sub(now)/time.Second), 0)
	}
}
