package kvspec

import (
	"fmt"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// Judge returns one report for each level: the order of revisions, fresh reads, the order of each client,
// linearizability of all that is to be linearizable, and serializable reads. The last two are proved by a replay along
// the revisions, which mostly explains everything. Where it does not, linearizability is searched, and both levels are
// Invalid only if no other order could explain more. A level that cannot be told because one that it stands on is
// broken is Unknown, as is a history that is not well-formed.
func Judge(history []sim.Op, budget checker.Budget) []checker.Report {
	return JudgeKnowing(history, nil, budget)
}

// JudgeKnowing is Judge with the help of what is known to have happened, whoever has seen that: the store of a server,
// for instance. It is asked for, at most once, if the revisions alone do not soon explain everything, and says which of
// the operations without an answer were done, and where. It is not relied upon: what explains it together with the
// history also explains the history.
func JudgeKnowing(history []sim.Op, known func() []Told, budget checker.Budget) []checker.Report {
	replies, err := answered(history)
	if err != nil {
		return []checker.Report{checker.NotTold(RevisionOrder, err.Error()), checker.NotTold(FreshReads, err.Error()),
			checker.NotTold(ClientOrder, err.Error()), checker.NotTold(checker.Linearizability, err.Error()),
			checker.NotTold(SerializableReads, err.Error())}
	}
	o := judgeOrder(replies)
	all := checker.NotTold(checker.Linearizability, "the revisions are in no order")
	if o.revisions.Verdict.And(o.fresh.Verdict) == checker.Valid {
		all, o.local = judgeStore(history, replies, o.local, known, budget)
	} else if o.local.Verdict == checker.Valid {
		o.local = checker.NotTold(SerializableReads, "the revisions are in no order")
	}
	return []checker.Report{o.revisions, o.fresh, o.client, all, o.local}
}

// judgeStore judges what takes a store: linearizability, and serializable reads.
func judgeStore(
	history []sim.Op, replies []reply, local checker.Report, known func() []Told, budget checker.Budget,
) (all, _ checker.Report) {
	whole, explained := replayedSoon(replies, known, int(budget))
	if !explained {
		whole, explained = replayed(replies, (*reply).tells, int(budget))
	}
	if local.Verdict == checker.Valid && explained {
		all = whole.passed(checker.Linearizability, (*reply).linearized)
		all.Effort.Keys, all.Effort.Witnessed = 1, 1
		return all, whole.passed(SerializableReads, (*reply).local)
	}
	bare, explained := replayed(replies, (*reply).linearized, int(budget))
	if !explained {
		if local.Verdict == checker.Valid {
			local = checker.NotTold(SerializableReads, "there is no order of the changes")
		}
		return searched(history, bare, budget), local
	}
	all = bare.passed(checker.Linearizability, (*reply).linearized)
	if local.Verdict == checker.Valid {
		local = whole.report(SerializableReads)
		if whole.budget < 0 || !whole.complete() && bare.hints != nil {
			local.Verdict = checker.Unknown // other changes in the holes may explain it
		}
	}
	return all, local
}

// soon is for how many steps for each reply something is tried that is mostly enough.
const soon = 20

// replayedSoon replays all replies within few steps, if that fails a second time with what is known to have happened,
// and reports whether they have an explanation.
func replayedSoon(replies []reply, known func() []Told, budget int) (r *replay, explained bool) {
	budget = min(budget, soon*len(replies))
	if r, explained = replayed(replies, (*reply).tells, budget); explained || known == nil {
		return r, explained
	}
	seen := append(slices.Clone(replies), sightings(known())...)
	return replayed(seen, (*reply).tells, budget)
}

// tells reports whether the reply is one.
func (r *reply) tells() bool { return r.kind != lost }

// local reports whether the reply shows what keys or leases some server had. A hash shows neither.
func (r *reply) local() bool { return r.kind == local && r.in.Kind != kvapi.HashKV }

// passed returns a report on those of the replies that a replay explains which a check is about.
func (r *replay) passed(check string, about func(*reply) bool) checker.Report {
	n := 0
	for _, x := range r.ops {
		if about(x) {
			n++
		}
	}
	report := checker.Passed(check, n)
	report.Reason = fmt.Sprintf("the order of revisions explains %d replies", n)
	return report
}

// complete reports whether a replay that failed has tried everything that there is: it has not come to the end of its
// budget, and revisions tell the whole order.
func (r *replay) complete() bool {
	if r.budget < 0 {
		return false
	}
	for _, list := range [...][]*reply{r.ops, r.lost} {
		for _, x := range list {
			if !onKeys(x.in) {
				return false
			}
		}
	}
	return true
}

// report returns a report that says where the replay, which failed, got no further.
func (r *replay) report(check string) checker.Report {
	report := checker.Passed(check, len(r.ops))
	report.Verdict = checker.Invalid
	switch {
	case r.farthest < 0:
		report.Reason = fmt.Sprintf("r%d is more than all that was called can make", r.last)
	case r.farthest == len(r.ops):
		report.Reason = fmt.Sprintf("nothing that was called can make r%d", r.blocked.now.revision+1)
	default:
		x := r.ops[r.farthest]
		report.Reason = fmt.Sprintf("%s cannot be placed after %s", x, r.blocked)
		report.Core, report.Blocked = []sim.Op{*x.op}, 0
	}
	return report
}

// searchable is how many operations a history may have for Judge to search it: each step of a search copies one bit for
// each of them.
const searchable = 2_000

// searched judges linearizability by a search, after the replay bare has failed. If the search gives up, what the
// replay says counts where it is complete.
func searched(history []sim.Op, bare *replay, budget checker.Budget) checker.Report {
	report := checker.NotTold(checker.Linearizability, "the history is too long for a search")
	if len(history) <= searchable {
		report = Search(history, budget)
	}
	if report.Verdict == checker.Unknown && bare.complete() {
		steps := report.Effort
		report = bare.report(checker.Linearizability)
		report.Effort = steps
	}
	return report
}

// Search judges linearizability by a search alone, so that the replay can be held against it. It is for small
// histories: a search that takes more steps than its budget says Unknown.
func Search(history []sim.Op, budget checker.Budget) checker.Report {
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(checker.Linearizability, err.Error())
	}
	var ops []sim.Op
	for i := range replies {
		if r := &replies[i]; r.linearized() || r.kind == lost {
			op := *r.op
			op.Process = len(ops)
			if r.kind == lost {
				op.Outcome, op.Output, op.Return, op.ReturnSeq = sim.Unknown, nil, sim.Never, sim.StillOpen
			}
			ops = append(ops, op)
		}
	}
	report := checker.Judge(New(), ops, budget)
	restore(report.Core, replies)
	return report
}

// restore gives the operations of a core the processes that they have in the history.
func restore(core []sim.Op, replies []reply) {
	for i := range core {
		for j := range replies {
			if core[i].Input == replies[j].op.Input && core[i].CallSeq == replies[j].called {
				core[i].Process = replies[j].op.Process
			}
		}
	}
}
