package kvspec_test

import (
	"fmt"
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// source draws what a random history is made of.
type source struct{ sim.Chooser }

func newSource(seed uint64) source { return source{sim.NewSeeded(seed)} }

// index draws a number below n.
func (s source) index(n int) int { return s.Index(sim.Key{Decision: sim.DecidePlan}, n) }

// from draws one of texts.
func (s source) from(texts ...string) string { return texts[s.index(len(texts))] }

// op draws an operation on two keys. The value v is one of its own. With leases it may be about these, too, and about
// compaction.
func (s source) op(t testing.TB, v int, leases bool) *kvapi.Op {
	k, rev := s.from("x", "y"), 1+s.index(4)
	texts := []string{fmt.Sprintf("put %s %d", k, v), fmt.Sprintf("put %s %d prev-kv", k, v), "get " + k, "get x to z",
		"get " + k + " serializable", "delete " + k, "get x to z serializable", "delete x to z prev-kv",
		fmt.Sprintf("get %s rev %d", k, rev), fmt.Sprintf("get %s rev %d serializable", k, rev),
		fmt.Sprintf("txn {version %s = 0} then {put %s %d} else {get x to z}", k, k, v),
		fmt.Sprintf("txn {mod x > %d} then {put x %d; delete y} else {put y %d; get x}", rev, v, v),
		"txn {version x > 1} then {get x} else {get y}"}
	if leases {
		texts = append(texts, fmt.Sprintf("put %s %d lease %d", k, v, 1+s.index(2)), fmt.Sprintf("compact rev %d", rev),
			fmt.Sprintf("lease-grant lease %d ttl 5", 1+s.index(2)), fmt.Sprintf("lease-revoke lease %d", 1+s.index(2)),
			fmt.Sprintf("put %s %d lease %d", k, v, 1+s.index(2)))
	}
	return parse(t, s.from(texts...))
}

// history makes a history of n operations of some clients at once. Some replies are lost.
func (s source) history(t testing.TB, n int, leases bool) (history []sim.Op) {
	state := kvspec.New().Init()
	past := []kvspec.State{state}
	open := map[int]int{} // which operation each client has called, and its index
	process := map[int]int{}
	done := map[int]bool{}
	next, index := 10, uint64(0)
	for seq := uint64(1); len(history) < n || len(open) > 0; seq++ {
		c := s.index(3)
		i, busy := open[c]
		switch {
		case !busy && len(history) < n:
			if _, has := process[c]; !has {
				process[c] = c
			}
			open[c] = len(history)
			history = append(history, sim.Op{Client: sim.Client(c + 1), Process: process[c], CallSeq: seq,
				Input: s.op(t, len(history), leases), ReturnSeq: sim.StillOpen})
		case busy && !done[c]:
			if leases && s.index(4) == 0 {
				if state, busy = kvspec.End(state); busy {
					past = append(past, state)
				}
			}
			op := history[i].Input.(*kvapi.Op)
			history[i].Output, done[c] = nil, true
			if s.index(8) == 0 { // lost, and perhaps not even done
				delete(open, c)
				delete(done, c)
				process[c], next = next, next+1
				if s.index(2) == 0 {
					index++
					state, _ = kvspec.Do(state, op)
					past = append(past, state)
				}
				continue
			}
			from := state
			if op.Flags&kvapi.FlagSerializable != 0 {
				from = past[len(past)-1-s.index(min(3, len(past)))]
			}
			after, out := kvspec.Do(from, op)
			if op.Writes() {
				index++
			}
			out.Index = index
			if op.Flags&kvapi.FlagSerializable == 0 {
				state = after
				past = append(past, state)
			}
			history[i].Output = out
		case busy:
			history[i].ReturnSeq, history[i].Outcome = seq, sim.OK
			delete(open, c)
			delete(done, c)
		}
	}
	return history
}

// spoil changes one or two of the replies, or none.
func (s source) spoil(history []sim.Op) {
	var answers []*sim.Op
	for i := range history {
		if history[i].Outcome == sim.OK {
			answers = append(answers, &history[i])
		}
	}
	if len(answers) < 2 {
		return
	}
	a, b := answers[s.index(len(answers))], answers[s.index(len(answers))]
	x, y := *a.Output.(*output), *b.Output.(*output)
	switch s.index(7) {
	case 0:
		x.Revision++
	case 1:
		x.Revision--
	case 2:
		x.Revision, y.Revision = y.Revision, x.Revision
	case 3:
		if x.KVs = slices.Clone(x.KVs); len(x.KVs) > 0 {
			x.KVs[0].Version++
		}
	case 4: // an old answer to the same question, which may be right
		for _, o := range answers {
			if o != a && o.CallSeq < a.CallSeq && o.Input.(*kvapi.Op).Kind == a.Input.(*kvapi.Op).Kind {
				x = *o.Output.(*output)
			}
		}
	case 5:
		x.Deleted, x.Succeeded = y.Deleted, y.Succeeded
	}
	a.Output = &x
	if a != b {
		b.Output = &y
	}
}

// brute reports whether some order explains a history, by trying all of them. Without local only what is to be
// linearizable, and what is lost, counts.
func brute(history []sim.Op, local bool) bool {
	var ops []*sim.Op
	for i := range history {
		op := &history[i]
		if op.Outcome == sim.Unknown && op.Input.(*kvapi.Op).Writes() ||
			op.Outcome == sim.OK && (local || kvspec.Linearized(op)) {
			ops = append(ops, op)
		}
	}
	return try(kvspec.New().Init(), history, ops)
}

// try tries all orders of ops in the state s.
func try(s kvspec.State, history []sim.Op, ops []*sim.Op) bool {
	first, missing := sim.StillOpen, false
	for _, op := range ops {
		first = min(first, op.ReturnSeq)
		missing = missing || op.Outcome == sim.OK
	}
	if !missing {
		return true
	}
	for i, op := range ops {
		if first <= op.CallSeq && (op.Outcome == sim.Unknown || kvspec.Linearized(op)) {
			continue
		}
		if next, right := kvspec.Explain(s, op, history); right {
			if try(next, history, slices.Delete(slices.Clone(ops), i, i+1)) {
				return true
			}
		}
	}
	return false
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

// linearizable are the levels that make a history linearizable.
var linearizable = []string{kvspec.RevisionOrder, kvspec.FreshReads, checker.Linearizability}

// TestJudgeAgreesWithBruteForce holds Judge, and the search, against all orders of small histories.
func TestJudgeAgreesWithBruteForce(t *testing.T) {
	said, untold := map[string]int{}, 0
	for seed := range uint64(8000) {
		s := newSource(seed)
		history := s.history(t, 2+s.index(6), seed%2 == 0)
		if seed%3 != 0 {
			s.spoil(history)
		}
		reports := kvspec.Judge(history, checker.DefaultBudget)
		search := kvspec.Search(history, checker.DefaultBudget)
		bare := verdict(brute(history, false))
		whole := bare
		if bare == checker.Valid {
			whole = verdict(brute(history, true))
		}
		said[fmt.Sprint(seed%2 == 0, bare, whole)]++
		got := verdictOf(reports)
		if got == checker.Unknown && seed%2 == 0 {
			got = whole // which leases have ended nobody knows, nor what a wrong index has hidden
			untold++
		}
		if search.Verdict != bare || verdictOf(reports, linearizable...) != bare || got != whole {
			t.Errorf("seed %d: by force %v, with local reads %v, by search %v, by revisions %v", seed, bare, whole,
				search, reports)
			for _, op := range history {
				out, _ := op.Output.(*output)
				t.Logf("%v %d %d %v %v", op.Client, op.CallSeq, op.ReturnSeq, op.Input.(*kvapi.Op), out)
			}
			break
		}
	}
	if len(said) != 6 || untold > 20 {
		t.Errorf("not every verdict was reached: %v, untold %d", said, untold)
	}
}

// verdict is what brute force says.
func verdict(right bool) checker.Verdict {
	if right {
		return checker.Valid
	}
	return checker.Invalid
}

// TestJudgeAgreesWithTheSearch holds what goes by revisions against porcupine, on histories that are too long for brute
// force.
func TestJudgeAgreesWithTheSearch(t *testing.T) {
	said := map[checker.Verdict]int{}
	for seed := range uint64(600) {
		s := newSource(seed)
		history := s.history(t, 20+s.index(20), seed%2 == 0)
		if seed%3 != 0 {
			s.spoil(history)
		}
		reports := kvspec.Judge(history, checker.DefaultBudget)
		search := kvspec.Search(history, checker.DefaultBudget)
		got := verdictOf(reports, linearizable...)
		if said[got]++; search.Verdict != got && search.Verdict != checker.Unknown {
			t.Errorf("seed %d: by search %v, by revisions %v", seed, search, reports)
		}
		if seed%3 == 0 && verdictOf(reports) != checker.Valid {
			t.Errorf("seed %d is right: %v", seed, reports)
		}
	}
	if said[checker.Unknown] > 0 || said[checker.Valid] < 100 || said[checker.Invalid] < 100 {
		t.Errorf("the verdicts are %v", said)
	}
}

// TestLongHistoriesAreJudgedWithoutASearch: whatever replies are lost and leases end, what is right is Valid, and with
// a budget that no search could do with.
func TestLongHistoriesAreJudgedWithoutASearch(t *testing.T) {
	const budget = 10_000
	for seed := range uint64(100) {
		history := newSource(seed).history(t, 500, seed%2 == 0)
		for _, r := range kvspec.Judge(history, budget) {
			if r.Verdict != checker.Valid || r.Effort.Steps > 0 {
				t.Errorf("seed %d: %v", seed, r)
			}
		}
	}
}
