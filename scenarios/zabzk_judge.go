package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
)

// zabSearches is by how much the budget is larger for the search that places what the order of zxids does not explain,
// whose steps are cheap. zab/zk/fuzzy-snapshots with seed 188034260418128 needs slightly more than a million.
const zabSearches = 4

// judge implements system.
func (k *zabZK) judge(v sim.View, r *sim.Result) []judgement {
	live := cannotStart(v, k.forecast, k.live.Report(v, r.Stop))
	list := []judgement{{"live again", live}, {orphanNodes, judgeOrphans(v)}}
	if k.setup.workload.Watches {
		list = append(list, judgement{zkspec.Watches, k.told.Report()})
	}
	history := ofService(r.History)
	for _, level := range zkspec.Judge(history, zabSearches*k.budget) {
		list = append(list, judgement{level.Check, level})
	}
	list = append(list, judgement{zkspec.SameTree, zkspec.JudgeSameTree(history)})
	if len(history) <= smallHistory {
		list = append(list, judgement{"the same by search",
			zkspec.SearchOrdered(history, k.budget)})
	}
	if live.Verdict == checker.Valid { // all logs are equal
		whole := slices.IndexFunc(k.servers, func(n sim.NodeID) bool { return !k.without(n) })
		log := zabLogOf(v.Machine(k.servers[whole]))
		list = append(list, judgement{zkspec.Durable, zkspec.JudgeDurable(history, log)})
	}
	for _, check := range k.setup.checks {
		report := check(r.History)
		list = append(list, judgement{report.Check, report})
	}
	return list
}

// smallHistory is how many operations a history has at most of which a search is asked, too.
const smallHistory = 100

// orphanNodes is the check that at the end of a run no ephemeral node has outlived its session, on any server.
const orphanNodes = "no-orphans"

func judgeOrphans(v sim.View) checker.Report {
	r := checker.Report{Check: orphanNodes, Verdict: checker.Valid, Blocked: -1,
		Reason: "every ephemeral node has a session"}
	for _, id := range v.Servers() {
		s := zabServerOf(v.Machine(id))
		if s == nil {
			continue
		}
		r.Effort.Operations++
		if orphans := s.Orphans(); len(orphans) > 0 {
			r.Verdict = checker.Invalid
			r.Reason = fmt.Sprintf("on %s the sessions of %s are over", id, strings.Join(orphans, ", "))
			break
		}
	}
	return r
}
