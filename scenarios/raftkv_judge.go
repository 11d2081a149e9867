package scenarios

import (
	"slices"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft"
	"schism/sim"
)

// judge implements system.
func (k *raftKV) judge(v sim.View, r *sim.Result) []judgement {
	live := cannotStart(v, k.forecast, k.live.Report(v, r.Stop))
	list := []judgement{{"live again", live}}
	history := ofService(r.History)
	strict := history
	if k.setup.strictReads {
		strict = kvspec.Strict(history)
	}
	levels := kvspec.JudgeKnowing(strict, k.witness.told, k.budget)
	if k.setup.strictReads { // no read is serializable any more
		levels = slices.DeleteFunc(levels, func(r checker.Report) bool { return r.Check == kvspec.SerializableReads })
	}
	if k.journal != nil {
		levels = append(levels, k.journal.judge(history, k.drift, k.setup.workload.Mix.Watch > 0)...)
		levels = append(levels, kvspec.JudgeLeaseEnds(history, k.journal.log, k.calm(v, live.Verdict)))
	} else {
		levels = append(levels, kvspec.JudgeLeases(history, nil, k.drift)...)
	}
	levels = append(levels, kvspec.JudgeHashes(history))
	for _, check := range k.setup.checks {
		levels = append(levels, check(r.History))
	}
	for _, level := range levels {
		list = append(list, judgement{level.Check, level})
	}
	if w := &k.setup.members; w.Ops > 0 {
		first := kvspec.FirstMembers(k.servers[:w.Voters]...)
		level := kvspec.JudgeMembers(r.History, first, k.budget)
		list = append(list, judgement{level.Check, level})
	}
	return list
}

// calm returns the end of the run, at which it is live or not: since the leader at hand has committed an entry of its
// own, and keeps the time of leases, and since there must be a leader after the heal. Then each operation is answered
// within bounds.Answer, whether a client asks for it, or the leader for the end of a lease.
func (k *raftKV) calm(v sim.View, live checker.Verdict) kvspec.Calm {
	j, leads := k.journal, false
	for _, id := range k.servers {
		s := raftServerOf(v.Machine(id))
		if s == nil || s.Raft().Term() > j.term {
			return kvspec.Calm{From: sim.Never} // another leader may be on its way
		}
		leads = leads || s.Raft().Term() == j.term && s.Raft().Role() == raft.Leader
	}
	if !leads || live != checker.Valid || j.blind != "" {
		return kvspec.Calm{From: sim.Never}
	}
	return kvspec.Calm{
		From: max(j.since, k.healed.Add(k.bounds.Leader)), Until: v.Now(),
		Late: raftElectionMax + raftLeaseEvery + 2*k.bounds.Answer,
	}
}
