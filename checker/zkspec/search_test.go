package zkspec_test

import (
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// smallHistory returns a history of three busy clients that read and write two nodes. In two of three some replies are
// lost, or are not what the store said, as seed wants it.
func smallHistory(t *testing.T, seed uint64, synced bool) []sim.Op {
	w := everything()
	w.Ops, w.Keys, w.ThinkMin, w.ThinkMax, w.SyncedGets = 6, 2, 0, 10*time.Millisecond, synced
	w.Mix = zkserver.Mix{Get: 5, Exists: 1, Sync: 1, Set: 4, CAS: 1, Create: 3, Delete: 2, Multi: 1}
	c := world(seed, w, nil)
	c.Clients = 3
	if seed%5 == 0 {
		c.Faults = lagging(seed, nil).Faults
	}
	history := slices.Clone(run(t, c))
	draw := sim.NewSeeded(seed + 13)
	index := func(n int) int { return draw.Index(sim.Key{Decision: sim.DecidePlan}, n) }
	if seed%3 == 0 {
		return history
	}
	lost := map[sim.NodeID]int{}
	var answers []*sim.Op
	for i := range history {
		op := &history[i]
		op.Process += 1000 * lost[op.Client]
		if op.Outcome == sim.OK && index(12) == 0 {
			lost[op.Client]++
			op.Outcome, op.Output, op.Return, op.ReturnSeq = sim.Unknown, nil, sim.Never, sim.StillOpen
		} else if op.Outcome == sim.OK {
			answers = append(answers, op)
		}
	}
	spoil(answers, index)
	return history
}

// spoil changes one or two of the answers, or none.
func spoil(answers []*sim.Op, index func(int) int) {
	if len(answers) < 2 {
		return
	}
	a, b := answers[index(len(answers))], answers[index(len(answers))]
	x, y := *a.Output.(*zkapi.Output), *b.Output.(*zkapi.Output)
	switch index(6) {
	case 0:
		x.Stat.Version++
	case 1:
		x.Zxid, y.Zxid = y.Zxid, x.Zxid
	case 2:
		x.Zxid++
	case 3:
		x.Zxid--
	case 4: // an old answer to the same question, which may be right
		for _, o := range answers {
			if o != a && o.CallSeq < a.CallSeq && o.Input.(*zkapi.Op).String() == a.Input.(*zkapi.Op).String() {
				x = *o.Output.(*zkapi.Output)
			}
		}
	}
	if a != b {
		b.Output = &y
	}
	a.Output = &x
}

// act is one operation of a story: who calls what, from when to when, and the answer, nil if it is lost.
type act struct {
	client    int
	call, ret uint64
	op        string
	out       *zkapi.Output
}

func historyOf(t *testing.T, acts []act) (history []sim.Op) {
	for i, a := range acts {
		op := sim.Op{Client: sim.Client(a.client), Process: i, Input: parse(t, a.op), Outcome: sim.Unknown,
			CallSeq: a.call, ReturnSeq: sim.StillOpen}
		if a.out != nil {
			op.Output, op.Outcome, op.ReturnSeq = a.out, sim.OK, a.ret
		}
		history = append(history, op)
	}
	return history
}

// TestSearchesTellTheLevelsApart: each level is broken alone, and all levels are kept by what only looks bad.
func TestSearchesTellTheLevelsApart(t *testing.T) {
	const yes, no = checker.Valid, checker.Invalid
	made1, one := made(1, "/x", 1, 0), zkapi.Stat{Czxid: 1, Mzxid: 1, Pzxid: 1, DataLength: 1}
	create := act{1, 1, 2, "create /x 1", made1}
	absent, there := says(0, zkapi.NoNode), with(shows(1, one), "1")
	for _, c := range []struct {
		name                     string
		acts                     []act
		updates, ordered, strict checker.Verdict
	}{
		{"an old read", []act{create, {2, 3, 4, "get /x", absent}}, yes, yes, yes},
		{"two clients, one of them late", []act{create, {2, 3, 4, "get /x", there}, {3, 5, 6, "get /x", absent}},
			yes, yes, yes},
		{"an old read after a sync", []act{create, {2, 3, 4, "sync /x", says(0, zkapi.OK)},
			{2, 5, 6, "get /x", absent}},
			yes, yes, no},
		{"a read as old as its sync", []act{{2, 1, 2, "sync /x", says(0, zkapi.OK)}, {1, 3, 4, "create /x 1", made1},
			{2, 5, 6, "get /x", absent}}, yes, yes, yes},
		{"the own write unread", []act{create, {1, 3, 4, "get /x", absent}}, yes, no, yes},
		{"back in time", []act{create, {2, 3, 4, "get /x", there}, {2, 5, 6, "get /x", absent}}, yes, no, yes},
		{"the future", []act{{2, 1, 2, "get /x", there}, {1, 3, 4, "create /x 1", made1}}, yes, no, yes},
		{"a read before an update with less", []act{{2, 1, 2, "sync /x", says(1, zkapi.OK)},
			{1, 3, 4, "create /x 1", made1}}, yes, no, yes},
		{"other data", []act{create, {2, 3, 4, "get /x", with(shows(1, one), "2")}}, yes, no, yes},
		{"updates in the wrong order", []act{{1, 1, 2, "create /x 1", made(2, "/x", 1, 0)},
			{2, 3, 4, "create /y 1", made(1, "/y", 1, 0)}}, no, no, no},
		{"two updates with one zxid", []act{create, {2, 1, 4, "create /y 1", made(1, "/y", 1, 0)}}, no, no, no},
		{"created twice", []act{create, {2, 3, 4, "create /x 1", made(2, "/x", 1, 0)}}, no, no, no},
		{"a lost update that was done", []act{{1, 1, 0, "create /x 1", nil}, {2, 3, 4, "get /x", there}},
			yes, yes, yes},
		{"a lost update that was not called yet", []act{{2, 1, 2, "get /x", there}, {1, 3, 0, "create /x 1", nil}},
			yes, no, yes},
	} {
		history := historyOf(t, c.acts)
		fast, strict := zkspec.Judge(history, checker.DefaultBudget), zkspec.JudgeStrictSync(history)
		for _, x := range []struct {
			level, want string
			report      checker.Report
			fast        checker.Verdict
		}{
			{zkspec.LinearizableWrites, c.updates.String(), zkspec.SearchUpdates(history, checker.DefaultBudget),
				verdictOf(fast, zkspec.ZxidOrder, zkspec.LinearizableWrites)},
			{zkspec.OrderedSequential, c.ordered.String(), zkspec.SearchOrdered(history, checker.DefaultBudget),
				verdictOf(fast)},
			{zkspec.StrictSync, c.strict.String(), zkspec.SearchStrictSync(history, checker.DefaultBudget),
				strict.Verdict.And(verdictOf(fast, zkspec.ZxidOrder, zkspec.LinearizableWrites))},
		} {
			if x.report.Check != x.level || x.report.Verdict.String() != x.want || x.fast != x.report.Verdict {
				t.Errorf("%s: want %s %s, by zxids %v, by search %v", c.name, x.level, x.want, x.fast, x.report)
			}
		}
	}
}

// TestASearchThatIsTooLongIsUnknown: the budget is never taken for an answer.
func TestASearchThatIsTooLongIsUnknown(t *testing.T) {
	history := smallHistory(t, 0, true)
	for _, search := range []func([]sim.Op, checker.Budget) checker.Report{
		zkspec.SearchUpdates, zkspec.SearchOrdered, zkspec.SearchStrictSync,
	} {
		if r := search(history, 5); r.Verdict != checker.Unknown {
			t.Errorf("in 5 steps: %v", r)
		}
		if r := search(history, checker.DefaultBudget); r.Verdict != checker.Valid {
			t.Errorf("in many: %v", r)
		}
	}
}

// verdictOf returns the worst verdict of the reports on the levels, or of all.
func verdictOf(reports []checker.Report, levels ...string) checker.Verdict {
	v := checker.Valid
	for _, r := range reports {
		if len(levels) == 0 || slices.Contains(levels, r.Check) {
			v = v.And(r.Verdict)
		}
	}
	return v
}

// TestSearchAndZxidsAgree holds what goes by zxids against porcupine, on small histories that are right and such that
// are not.
func TestSearchAndZxidsAgree(t *testing.T) {
	for seed := range uint64(400) {
		history := smallHistory(t, seed, seed%2 == 0)
		fast, strict := zkspec.Judge(history, checker.DefaultBudget), zkspec.JudgeStrictSync(history)
		writes := verdictOf(fast, zkspec.ZxidOrder, zkspec.LinearizableWrites)
		for _, c := range []struct {
			search checker.Report
			agrees func(checker.Verdict) bool
		}{
			{zkspec.SearchUpdates(history, checker.DefaultBudget), func(v checker.Verdict) bool { return v == writes }},
			{zkspec.SearchOrdered(history, checker.DefaultBudget),
				func(v checker.Verdict) bool { return v == verdictOf(fast) }},
			// Of reads behind a sync it also sees what they show, and of others nothing.
			{zkspec.SearchStrictSync(history, checker.DefaultBudget), func(v checker.Verdict) bool {
				whole := writes.And(strict.Verdict)
				return v == whole || v == checker.Invalid && verdictOf(fast) == checker.Invalid
			}},
		} {
			if !c.agrees(c.search.Verdict) {
				t.Errorf("seed %d: by search %v, by zxids %v %v", seed, c.search, fast, strict)
			}
		}
	}
}
