package checker

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/sim"
)

func TestJudgeAcceptsWhatOverlapExplains(t *testing.T) {
	for _, c := range []struct {
		name string
		h    *history
	}{
		{"empty", new(history)},
		{"one after another", new(history).op(1, 1, 2, put("1"), saw("")).op(1, 2, 3, get(), saw("1"))},
		{"a read beside a write sees old", new(history).op(1, 1, 9, put("1"), saw("")).op(2, 2, 3, get(), saw(""))},
		{"a read beside a write sees new", new(history).op(1, 1, 9, put("1"), saw("")).op(2, 2, 3, get(), saw("1"))},
		{"a lost write that happened", new(history).lost(1, 1, put("1")).op(2, 2, 3, get(), saw("1"))},
		{"a lost write that never happened", new(history).lost(1, 1, put("1")).op(2, 2, 3, get(), saw(""))},
		{"a lost write that happened late", new(history).lost(1, 1, put("1")).op(2, 2, 3, get(), saw("")).
			op(2, 4, 5, get(), saw("1"))},
		{"a lost swap on a lost write", new(history).lost(1, 1, put("1")).lost(2, 2, cas("1", "2")).
			op(3, 3, 4, get(), saw("2"))},
	} {
		if r := Judge(cellSpec, *c.h, DefaultBudget); r.Verdict != Valid {
			t.Errorf("%s: %s", c.name, r)
		}
	}
}

func TestJudgeRejectsWhatNoOrderExplains(t *testing.T) {
	for _, c := range []struct {
		name    string
		h       *history
		core    int
		blocked int
	}{
		{"a stale read", new(history).op(1, 1, 2, put("1"), saw("")).op(1, 3, 4, put("2"), saw("")).
			op(2, 5, 6, get(), saw("1")), 3, 2},
		{"a stale read in the event after", new(history).op(1, 1, 2, put("1"), saw("")).
			op(1, 2, 3, get(), saw("")), 2, 1},
		{"a value from nowhere", new(history).op(1, 1, 2, get(), saw("7")), 1, 0},
		{"new, then old", new(history).op(1, 1, 9, put("1"), saw("")).op(2, 2, 3, get(), saw("1")).
			op(2, 4, 5, get(), saw("")), 3, 2},
		{"a lost write that happened and unhappened", new(history).lost(1, 1, put("1")).
			op(2, 2, 3, get(), saw("1")).op(2, 4, 5, get(), saw("")), 3, 2},
		{"two swaps from one value", new(history).op(1, 1, 9, cas("", "1"), cellOut{Swapped: true}).
			op(2, 2, 8, cas("", "2"), cellOut{Swapped: true}), 2, 0},
	} {
		r := Judge(cellSpec, *c.h, DefaultBudget)
		if r.Verdict != Invalid || len(r.Core) != c.core || r.Blocked != c.blocked {
			t.Errorf("%s: blocked %d of %d\n%s", c.name, r.Blocked, len(r.Core), r)
		}
		if r.Violation() == nil || r.Violation().ID != Linearizability {
			t.Errorf("%s: no violation", c.name)
		}
	}
}

func TestViolationsOfWhatIsOpenAreAtTheCall(t *testing.T) {
	open := sim.Op{Client: sim.Client(1), Call: 5, CallSeq: 7, Return: 9, ReturnSeq: sim.StillOpen}
	r := Report{Check: "x", Verdict: Invalid, Core: []sim.Op{open}}
	if v := r.Violation(); v.Seq != 7 || v.At != 5 || v.Node != open.Client {
		t.Errorf("the violation is at event %d of %v, %v", v.Seq, v.Node, v.At)
	}
}

func TestJudgeDropsFailedOperations(t *testing.T) {
	h := *new(history).op(1, 1, 2, put("1"), saw("")).op(2, 3, 4, get(), saw(""))
	h[0].Outcome, h[0].Output = sim.Failed, nil
	if r := Judge(cellSpec, h, DefaultBudget); r.Verdict != Valid || r.Effort.Operations != 1 {
		t.Error(r)
	}
}

func TestJudgeDoesNotJudgeMalformedHistories(t *testing.T) {
	right := func() history {
		return *new(history).op(1, 1, 2, put("1"), saw("")).op(1, 3, 4, get(), saw("1"))
	}
	for name, spoil := range map[string]func(h history){
		"returns before its call": func(h history) { h[0].ReturnSeq = 1 },
		"overlaps itself":         func(h history) { h[0].ReturnSeq = 4 },
		"goes on after unknown":   func(h history) { h[0].Outcome, h[0].ReturnSeq = sim.Unknown, sim.StillOpen },
		"unknown yet returned":    func(h history) { h[1].Outcome = sim.Unknown },
		"known yet open":          func(h history) { h[1].ReturnSeq = sim.StillOpen },
		"no such process":         func(h history) { h[1].Process = -1 },
		"foreign input":           func(h history) { h[1].Input = 7 },
		"foreign output":          func(h history) { h[1].Output = nil },
	} {
		h := right()
		spoil(h)
		if r := Judge(cellSpec, h, DefaultBudget); r.Verdict != Unknown || r.Reason == "" {
			t.Errorf("%s: %s", name, r)
		}
	}
	if r := Judge(cellSpec, right(), DefaultBudget); r.Verdict != Valid {
		t.Error(r)
	}
}

func TestJudgeAnswersUnknownPastItsBudget(t *testing.T) {
	var h history
	for i := 1; i <= 40; i++ {
		h.op(i, 1, 100, cellIn{Op: "append", Key: "x", Value: string(rune('@' + i))}, saw(""))
	}
	h.op(41, 101, 102, get(), saw("never"))
	first := Judge(cellSpec, h, 10_000)
	if first.Verdict != Unknown || first.Effort.Steps != 10_000 {
		t.Error(first, first.Effort)
	}
	if again := Judge(cellSpec, h, 10_000); again.Effort != first.Effort || again.Reason != first.Reason {
		t.Error("two judgements of one history differ")
	}
}

func TestJudgeAcceptsLinearizableHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := shape{operations: rapid.IntRange(1, 40).Draw(t, "operations"),
			clients: rapid.IntRange(1, 5).Draw(t, "clients"), keys: rapid.IntRange(1, 3).Draw(t, "keys"),
			loss: rapid.IntRange(0, 20).Draw(t, "loss"), shared: rapid.Bool().Draw(t, "shared")}
		if r := Judge(cellSpec, linearizable(t, s), DefaultBudget); r.Verdict != Valid {
			t.Fatal(r)
		}
	})
}

// examples is how many histories always stand beside those that a test draws: they must not be one-sided.
const examples = 200

func TestJudgeAgreesWithTryingEveryOrder(t *testing.T) {
	histories := corrupted(7, 2)
	rapid.Check(t, func(t *rapid.T) { checkVerdict(t, histories.Draw(t, "history")) })
	verdicts := map[Verdict]int{}
	for i := range examples {
		verdicts[checkVerdict(t, histories.Example(i))]++
	}
	if verdicts[Valid] < examples/4 || verdicts[Invalid] < examples/4 {
		t.Error("one-sided histories:", verdicts)
	}
}

// checkVerdict checks what Judge says of h, a history on one key, against trying every order, and returns it.
func checkVerdict(t rapid.TB, h history) Verdict {
	parts, err := cellSpec.read(h)
	if err != nil {
		t.Fatal(err)
	}
	want := Valid
	if len(parts) > 0 && !explicable(parts[0].ops) {
		want = Invalid
	}
	r := Judge(cellSpec, h, DefaultBudget)
	if r.Verdict != want {
		t.Fatalf("want %s: %s", want, r)
	}
	if want == Invalid {
		checkCore(t, h, r)
	}
	return r.Verdict
}

// checkCore checks that the core of a report is inexplicable by itself, and explicable if nobody knew the reply to the
// blocked operation.
func checkCore(t rapid.TB, h history, r Report) {
	parts, err := cellSpec.read(renumbered(r.Core))
	if err != nil {
		t.Fatalf("core: %v", err)
	}
	if len(parts) != 1 || explicable(parts[0].ops) {
		t.Fatalf("the core is explicable: %s", r)
	}
	blocked := parts[0].ops[r.Blocked]
	if blocked.known = false; blocked.in.Op == "get" {
		parts[0].ops = slices.Delete(parts[0].ops, r.Blocked, r.Blocked+1)
	}
	blocked.ret = open
	if !explicable(parts[0].ops) {
		t.Fatalf("the core is inexplicable without the reply to the blocked operation: %s", r)
	}
}

// renumbered gives processes numbers from 0 again.
func renumbered(ops []sim.Op) []sim.Op {
	ops = append([]sim.Op{}, ops...)
	numbers := map[int]int{}
	for i := range ops {
		n, seen := numbers[ops[i].Process]
		if !seen {
			n = len(numbers)
			numbers[ops[i].Process] = n
		}
		ops[i].Process = n
	}
	return ops
}

func TestWitnessNeverSaysValidWhereSearchSaysInvalid(t *testing.T) {
	histories := corrupted(30, 3)
	rapid.Check(t, func(t *rapid.T) { checkWitness(t, histories.Draw(t, "history")) })
	proved, broken := 0, 0
	for i := range examples {
		p, b := checkWitness(t, histories.Example(i))
		proved, broken = proved+p, broken+b
	}
	if proved < examples/4 || broken < examples/4 {
		t.Errorf("one-sided histories: %d proved, %d broken", proved, broken)
	}
}

// checkWitness checks that no part of h that has a witness is inexplicable, and counts both kinds.
func checkWitness(t rapid.TB, h history) (proved, broken int) {
	parts, err := cellSpec.read(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		verdict := cellSpec.search(p.ops, 1_000_000, new(Effort))
		if verdict == Invalid {
			broken++
		}
		if cellSpec.witnessed(p.ops) {
			if proved++; verdict == Invalid {
				t.Fatalf("a witness for an inexplicable history")
			}
		}
	}
	return proved, broken
}

func TestProofRejectsWhatIsNoLinearization(t *testing.T) {
	h := *new(history).op(1, 1, 2, put("1"), saw("")).op(2, 3, 4, get(), saw("1"))
	parts, _ := cellSpec.read(h)
	ops := parts[0].ops
	for name, order := range map[string][]int{
		"too short":       {0},
		"twice":           {0, 0, 1},
		"against time":    {1, 0},
		"no such":         {0, 1, 2},
		"negative":        {-1, 0, 1},
		"nothing":         nil,
		"right, repeated": {0, 1, 1},
	} {
		if cellSpec.proves(order, ops) {
			t.Errorf("%s: proved", name)
		}
	}
	if !cellSpec.proves([]int{0, 1}, ops) {
		t.Error("the right order is not proved")
	}
}

// Others may have seen what an operation wrote even if its own reply is wrong.
func TestExplanationKeepsTheWriteOfABlockedOperation(t *testing.T) {
	h := *new(history).op(1, 1, 9, put("1"), saw("2")).op(2, 3, 4, cas("1", "2"), cellOut{Value: "1", Swapped: true})
	const want = `> [0.001000s … 0.009000s] c1 put x=1 -> "2"
  [0.003000s … 0.004000s] c2 cas x 1→2 -> "1"
without its reply, this order explains the others:
    put x=1 -> ?, then 1
    cas x 1→2 -> "1", then 2
nothing that changes the state had returned before it was called`
	r := Judge(cellSpec, h, DefaultBudget)
	if got := strings.TrimSpace(r.Explanation); got != want {
		t.Error(cmp.Diff(want, got))
	}
}
