package kvspec

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// LeaseOver is the ID of the violation that a lease which nobody keeps alive is not over in the end.
const LeaseOver = "lease-over"

// Calm is the end of a run, in which leases have to end:
//
//  1. From From on until Until nothing is broken, and one server leads, and measures the time of every lease by a clock
//     that is right.
//  2. Late is how much longer than for its time to live a lease may last, after the instant from which it has all of
//     that: what a new leader gives it beyond that, the pause between two looks at leases, what it takes until nobody
//     serves any copy of a request that was answered, and what it takes to end the lease.
//
// Before From nothing is known of when leases end: each new leader gives them all their time again, and one that is
// cut off ends none.
type Calm struct {
	From, Until sim.Time
	Late        time.Duration
}

// JudgeLeaseEnds judges, by a log of what servers have committed until the end of a run, when leases have ended, or
// that they are left. None may be there any more when its time, from the last request on that could give it all of it,
// or from the beginning of the calm if that is later, has passed for so long.
func JudgeLeaseEnds(history []sim.Op, log *Log, calm Calm) checker.Report {
	report := checker.Passed(LeaseOver, 0)
	known, judged := renewals(history, calm.From), 0
	for _, id := range slices.Sorted(maps.Keys(known)) {
		r, until := known[id], log.until(id, calm.Until)
		if r.grant == nil || r.last == sim.Never || until <= calm.From {
			continue // nobody knows until when it may last
		}
		judged++
		due := r.last.Add(time.Duration(r.ttl)*time.Second + calm.Late)
		if until > due && report.Verdict == checker.Valid {
			report.Verdict, report.Core, report.Blocked = checker.Invalid, []sim.Op{*r.grant}, 0
			report.Seen = sim.StillOpen
			report.Reason = fmt.Sprintf("%v by %s at %v: the lease is there until %v, and was to be over by %v",
				r.grant.Input, r.grant.Client, r.grant.Call, until, due)
		}
	}
	if report.Effort.Operations = judged; report.Verdict == checker.Valid {
		report.Reason = fmt.Sprintf("%d leases that were there after %v", judged, calm.From)
	}
	return report
}

// until returns until when a lease was there: now if it still is, 0 if it never was.
func (l *Log) until(id kvapi.LeaseID, now sim.Time) sim.Time {
	if l.last().live(id) {
		return now
	}
	return l.over[id]
}

// Leases returns the leases that are there after the last operation.
func (l *Log) Leases() []kvapi.LeaseID { return l.last().leases }

// renewal is when a lease could be given all its time last, and who made it, nil if that is not known.
type renewal struct {
	grant *sim.Op
	ttl   kvapi.Seconds
	last  sim.Time
}

// renewals returns the last renewal of each lease, none before from: requests that were called before from and whose
// answers are lost are done by then or never, of one that was called later nobody knows.
func renewals(history []sim.Op, from sim.Time) map[kvapi.LeaseID]*renewal {
	all := map[kvapi.LeaseID]*renewal{}
	for i := range history {
		op := &history[i]
		in, ok := op.Input.(*kvapi.Op)
		if !ok || in.Kind != kvapi.LeaseGrant && in.Kind != kvapi.LeaseKeepAlive || op.Outcome == sim.Failed {
			continue
		}
		id, last := in.Lease, sim.Never
		if out, answered := op.Output.(*kvapi.Output); op.Outcome == sim.OK && answered && out.Code.Answered() {
			last = max(op.Return, from)
			if in.Kind == kvapi.LeaseGrant && out.Code == kvapi.OK {
				id = out.Lease
			}
		} else if op.Call < from {
			last = from
		}
		r := all[id]
		if r == nil {
			r = &renewal{}
			all[id] = r
		}
		if r.last = max(r.last, last); in.Kind == kvapi.LeaseGrant {
			r.grant, r.ttl = op, max(r.ttl, in.TTL, kvapi.MinTTL)
		}
	}
	return all
}
