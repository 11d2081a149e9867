package kvspec

import (
	"fmt"
	"time"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// What JudgeLeases checks, and the IDs of the violations. That a lease takes all its keys along with one revision is
// part of linearizability.
const (
	// LeaseKept: a lease that nobody revokes lasts for its time to live after each time that it was granted or kept
	// alive was called.
	LeaseKept = "lease-kept"
	// LeaseGone: what has gone stays gone: no lease is kept alive, or has keys attached, after a reply has shown that
	// it had ended.
	LeaseGone = "lease-gone"
)

// leases judges leases.
type leases struct {
	kept, gone checker.Report
	drift      checker.PPM
	byID       map[kvapi.LeaseID]*lease
}

// lease is what is known of a lease.
type lease struct {
	// grants counts the grants that may have been done: a name that is given twice says nothing.
	grants int
	// alive are the replies that show it: to LeaseGrant, LeaseKeepAlive, and what attaches keys.
	alive []*reply
	// dead are the replies that show that it is not there, ended those from which the log is known to show that it has
	// ended.
	dead, ended []*reply
	// revoked is when the first LeaseRevoke was called, sim.StillOpen if there is none.
	revoked uint64
}

// JudgeLeases judges LeaseKept and LeaseGone by true times: whoever keeps the time of a lease has begun to measure it
// after the call, whatever was late then. The log, if it is not nil, shows also the leases that have ended without any
// reply about them.
func JudgeLeases(history []sim.Op, log *Log, drift checker.PPM) []checker.Report {
	if !asks(history, kvapi.LeaseGrant) {
		return []checker.Report{checker.Passed(LeaseKept, 0), checker.Passed(LeaseGone, 0)}
	}
	replies, err := answered(history)
	if err != nil {
		return []checker.Report{checker.NotTold(LeaseKept, err.Error()), checker.NotTold(LeaseGone, err.Error())}
	}
	j := &leases{kept: checker.Passed(LeaseKept, 0), gone: checker.Passed(LeaseGone, 0),
		drift: drift, byID: map[kvapi.LeaseID]*lease{}}
	for i := range replies {
		j.read(&replies[i])
	}
	if log != nil {
		j.follow(log, replies)
	}
	judged := 0
	for _, r := range checker.Chosen(replies, func(r *reply) bool { return r.in.Kind == kvapi.LeaseGrant }, call) {
		if r.out != nil && j.of(r.out.Lease).grants == 1 {
			j.judge(j.of(r.out.Lease), r)
			judged++
		}
	}
	for _, r := range [...]*checker.Report{&j.kept, &j.gone} {
		if r.Effort.Operations = judged; r.Verdict == checker.Valid {
			r.Reason = fmt.Sprintf("%d leases", judged)
		}
	}
	return []checker.Report{j.kept, j.gone}
}

// of returns what is known of a lease.
func (j *leases) of(id kvapi.LeaseID) *lease {
	if j.byID[id] == nil {
		j.byID[id] = &lease{revoked: sim.StillOpen}
	}
	return j.byID[id]
}

// read takes over what a reply shows of leases.
func (j *leases) read(r *reply) {
	switch r.in.Kind {
	case kvapi.LeaseGrant:
		id := r.in.Lease
		if r.out != nil && r.out.Code == kvapi.OK {
			id = r.out.Lease
			j.of(id).alive = append(j.of(id).alive, r)
		}
		j.of(id).grants++
	case kvapi.LeaseRevoke:
		l := j.of(r.in.Lease)
		l.revoked = min(l.revoked, r.called)
		if r.out != nil {
			l.dead = append(l.dead, r) // whether it was there or not
		}
	case kvapi.LeaseKeepAlive, kvapi.LeaseTimeToLive, kvapi.Put:
		l := j.of(r.in.Lease)
		switch {
		case r.out == nil || r.in.Lease == 0:
		case r.out.Code == kvapi.ErrLeaseNotFound || r.out.Code == kvapi.OK && r.out.TTL < 0:
			l.dead = append(l.dead, r)
		case r.out.Code == kvapi.OK && r.in.Kind != kvapi.LeaseTimeToLive: // which may be old
			l.alive = append(l.alive, r)
		}
	}
}

// follow finds the leases that have ended with their keys, and the first reply after each.
func (j *leases) follow(log *Log, replies []reply) {
	returns := checker.Chosen(replies, (*reply).tells, end)
	for at := kvapi.FirstRevision + 1; at <= log.Revision(); at++ {
		id := log.ended(at)
		if id == 0 {
			continue
		}
		for _, r := range returns {
			if r.revision >= at {
				j.of(id).ended = append(j.of(id).ended, r)
				break
			}
		}
	}
}

// judge judges a lease that was granted once.
func (j *leases) judge(l *lease, grant *reply) {
	for _, dead := range l.dead {
		old := dead.in.Kind == kvapi.LeaseTimeToLive && dead.out.Index < grant.out.Index
		if dead.called >= grant.returned && !old { // else it may not have been there yet
			j.compare(l, dead)
		}
	}
	for _, dead := range l.ended {
		j.compare(l, dead)
	}
}

// compare compares a reply that shows that a lease has ended with those that show it.
func (j *leases) compare(l *lease, dead *reply) {
	revoked := l.revoked < dead.returned || dead.in.Kind == kvapi.LeaseRevoke && dead.out.Code == kvapi.OK
	for _, alive := range l.alive {
		ends := alive.op.Call.Add(j.drift.Surely(time.Duration(alive.out.TTL) * time.Second))
		if dead.returned <= alive.called {
			broken(&j.gone, dead, alive, "shows a lease that has ended, as shows")
		} else if alive.renews() && !revoked && dead.op.Return < ends {
			broken(&j.kept, alive, dead, "shows that a lease has ended too early after")
		}
	}
}

// renews reports whether the reply says that a lease has all its time to live.
func (r *reply) renews() bool {
	return r.in.Kind == kvapi.LeaseGrant || r.in.Kind == kvapi.LeaseKeepAlive
}
