package kvspec

import (
	"cmp"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// DeposedProclaim is the ID of the violation that a leader of an election who has been deposed proclaims something, and
// the store does it.
const DeposedProclaim = "deposed-proclaim"

// JudgeProclaims judges DeposedProclaim in an election: no proclaim has an effect after a revision at which the key by
// which its leader was elected was not there any more. It was deleted, or another was the oldest.
func JudgeProclaims(history []sim.Op, c Contest) checker.Report {
	c.Claims = nil
	return c.read(history).judgeProclaims(history)
}

// gone is a reply which shows that every key of a contest below create was gone at a revision.
type gone struct {
	op          *sim.Op
	at, created kvapi.Revision
}

// oldest returns what the reads of the oldest key of the contest show, in the order of revisions.
func (s *seen) oldest(history []sim.Op) []gone {
	var list []gone
	for i := range history {
		in, ok := history[i].Input.(*kvapi.Op)
		out, answered := history[i].Output.(*kvapi.Output)
		if !ok || !answered || in.Kind != kvapi.Range || in.Span != below(s.contest.Prefix) ||
			in.By != kvapi.ByCreate || in.Order == kvapi.Descend || in.Bounds != (kvapi.Bounds{}) || in.Revision != 0 ||
			in.Flags&kvapi.FlagCountOnly != 0 || out.Code != kvapi.OK {
			continue
		}
		g := gone{&history[i], out.Revision, out.Revision + 1}
		if len(out.KVs) > 0 {
			g.created = out.KVs[0].CreateRevision
		}
		list = append(list, g)
	}
	slices.SortStableFunc(list, func(a, b gone) int { return cmp.Compare(a.at, b.at) })
	return list
}

// judgeProclaims judges DeposedProclaim.
func (s *seen) judgeProclaims(history []sim.Op) checker.Report {
	r := checker.Passed(DeposedProclaim, len(s.proclaims))
	reads := s.oldest(history)
	slices.SortStableFunc(s.proclaims, func(a, b proclaim) int { return cmp.Compare(a.out.Revision, b.out.Revision) })
	var youngest *gone
	for i := range s.proclaims {
		p := &s.proclaims[i]
		if p.out.Code != kvapi.OK || !p.out.Succeeded {
			continue
		}
		for ; len(reads) > 0 && reads[0].at < p.out.Revision; reads = reads[1:] {
			if youngest == nil || reads[0].created > youngest.created {
				youngest = &reads[0]
			}
		}
		if youngest != nil && youngest.created > p.create {
			deposed(&r, p, youngest.op)
		}
		for i := range s.deletes {
			if d := &s.deletes[i]; d.mayHit(&p.entry) && d.done != 0 && d.done < p.out.Revision {
				deposed(&r, p, d.op)
			}
		}
	}
	return r
}

// deposed turns r into a report that p should have had no effect, since by had ended its leadership.
func deposed(r *checker.Report, p *proclaim, by *sim.Op) {
	if r.Verdict != checker.Valid {
		return // the first is enough
	}
	r.Verdict, r.Core, r.Blocked = checker.Invalid, []sim.Op{*by, *p.op}, 1
	r.Reason = describe(p.op.Input.(*kvapi.Op), p.out) + " by " + p.op.Client.String() + " came after " +
		describe(by.Input.(*kvapi.Op), by.Output.(*kvapi.Output)) + ", and had an effect"
}
