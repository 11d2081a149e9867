package checker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"

	"schism/sim"
)

// Bounds of an explanation: it is for people, and worth some effort but not all.
const (
	explainTries = 500
	explainSteps = 20_000
)

// finder makes a part that cannot be explained small enough to be read.
type finder[S, I, O any] struct {
	spec   *Spec[S, I, O]
	limit  int
	effort *Effort
}

// confirm decides about full, given that trimmed, which is full without unobserved unknown writes, is not
// linearizable. If full is not either, it returns the beginning of full that ends with the first return
// that cannot be explained.
func (f *finder[S, I, O]) confirm(trimmed, full []*operation[I, O]) (Verdict, []operation[I, O]) {
	found := f.spec.until(full, f.firstBlocked(trimmed))
	if len(trimmed) == len(full) {
		return Invalid, found
	}
	if f.spec.search(pointers(found), f.limit, f.effort) == Invalid {
		return Invalid, found
	}
	verdict := f.spec.search(full, f.limit, f.effort)
	if verdict != Invalid {
		return verdict, nil
	}
	return Invalid, f.spec.until(full, f.firstBlocked(full))
}

// firstBlocked returns the earliest return such that ops up to it are not linearizable, given that ops as
// a whole are not. The beginnings of a linearizable history are linearizable, so it can be bisected.
func (f *finder[S, I, O]) firstBlocked(ops []*operation[I, O]) uint64 {
	var returns []uint64
	for _, op := range ops {
		if op.known {
			returns = append(returns, op.ret)
		}
	}
	slices.Sort(returns)
	first, last := 0, len(returns)-1
	for first < last {
		middle := (first + last) / 2
		beginning := f.spec.until(ops, returns[middle])
		if f.spec.search(pointers(beginning), f.limit, f.effort) == Invalid {
			last = middle
		} else {
			first = middle + 1
		}
	}
	return returns[last]
}

// until returns ops as they stood when the return at ret had just happened.
func (s *Spec[S, I, O]) until(ops []*operation[I, O], ret uint64) []operation[I, O] {
	var beginning []operation[I, O]
	for _, op := range ops {
		if op.call > ret {
			continue
		}
		then := *op
		if then.ret > ret {
			if s.readOnly(op) {
				continue
			}
			then.known, then.ret = false, open
		}
		beginning = append(beginning, then)
	}
	return beginning
}

func pointers[T any](values []T) []*T {
	p := make([]*T, len(values))
	for i := range values {
		p[i] = &values[i]
	}
	return p
}

// smallest leaves out of ops, which end with the blocked operation, whatever it can such that they stay
// inexplicable: first half of them, then quarters, down to single ones. A write goes only if none of the
// operations that stay could have observed it, for otherwise its absence would be what is inexplicable.
func (f *finder[S, I, O]) smallest(ops []*operation[I, O], blocked uint64) []*operation[I, O] {
	tries := explainTries
	for size := (len(ops) + 1) / 2; size >= 1 && tries > 0; {
		shrunk := false
		for from := 0; from < len(ops) && tries > 0; {
			to := min(from+size, len(ops))
			rest := f.without(ops, from, to, blocked)
			tries--
			if len(rest) < len(ops) && f.spec.search(rest, min(f.limit, explainSteps), f.effort) == Invalid {
				ops, shrunk = rest, true
			} else {
				from = to
			}
		}
		if size > 1 || !shrunk {
			size /= 2
		}
	}
	return ops
}

// without returns ops without those in from … to-1 that may go.
func (f *finder[S, I, O]) without(ops []*operation[I, O], from, to int, blocked uint64) []*operation[I, O] {
	goes := make([]bool, len(ops))
	for i := from; i < to; i++ {
		goes[i] = ops[i].ret != blocked
	}
	for settled := false; !settled; {
		settled = true
		for i, w := range ops {
			if !goes[i] || f.spec.readOnly(w) {
				continue
			}
			for j, o := range ops {
				if j != i && !goes[j] && f.spec.observes(w, o) {
					goes[i], settled = false, false
					break
				}
			}
		}
	}
	var rest []*operation[I, O]
	for i, op := range ops {
		if !goes[i] {
			rest = append(rest, op)
		}
	}
	return rest
}

// explain fills report for the operations found, which are not linearizable.
func (f *finder[S, I, O]) explain(found []operation[I, O], p *part[I, O], history []sim.Op, report *Report) {
	blocked := uint64(0)
	for i := range found {
		if found[i].known {
			blocked = max(blocked, found[i].ret)
		}
	}
	core := f.smallest(pointers(found), blocked)
	slices.SortStableFunc(core, func(a, b *operation[I, O]) int { return a.index - b.index })
	for i, op := range core {
		h := history[op.index]
		if !op.known {
			h.Outcome, h.Output, h.Return, h.ReturnSeq = sim.Unknown, nil, sim.Never, sim.StillOpen
		}
		report.Core = append(report.Core, h)
		if op.ret == blocked {
			report.Blocked = i
		}
	}
	culprit := report.Core[report.Blocked]
	report.Reason = fmt.Sprintf("%s: %s by %s cannot be placed; %d of %d operations show it", keyed(p.key),
		f.spec.describe(core[report.Blocked]), culprit.Client, len(core), len(p.ops))
	report.Explanation = f.tell(core, report)
}

// tell writes the explanation: the core, and an order of all but the blocked operation.
func (f *finder[S, I, O]) tell(core []*operation[I, O], report *Report) string {
	var b strings.Builder
	for i := range report.Core {
		h := &report.Core[i]
		ended, pointer := h.Return.String(), "  "
		if h.Outcome == sim.Unknown {
			ended = "open"
		}
		if i == report.Blocked {
			pointer = "> "
		}
		fmt.Fprintf(&b, "%s[%s … %s] %s %s\n", pointer, h.Call, ended, h.Client, f.spec.describe(core[i]))
	}
	blocked := core[report.Blocked]
	order := f.rest(core, blocked)
	if len(order) > 0 {
		state := f.spec.Init()
		fmt.Fprintf(&b, "without %s, this order explains the others:\n", f.suspect(blocked))
		for _, op := range order {
			state, _ = f.spec.Step(state, &op.in, op.output())
			fmt.Fprintf(&b, "    %s, then %s\n", f.spec.describe(op), f.spec.describeState(state))
		}
	}
	b.WriteString(f.tooLate(order, blocked))
	return b.String()
}

// tooLate says what had happened for certain before the blocked operation was called.
func (f *finder[S, I, O]) tooLate(order []*operation[I, O], blocked *operation[I, O]) string {
	for _, op := range slices.Backward(order) {
		if op.ret < blocked.call && !f.spec.readOnly(op) {
			return fmt.Sprintf("it was called after %q had returned", f.spec.describe(op))
		}
	}
	return "nothing that changes the state had returned before it was called"
}

// suspect returns what the others can be explained without: the blocked operation if it changes nothing, and only its
// reply if it does, for others may have seen what it wrote.
func (f *finder[S, I, O]) suspect(blocked *operation[I, O]) string {
	if f.spec.readOnly(blocked) {
		return "it"
	}
	return "its reply"
}

// rest returns an order that explains core without what is suspect and without what need not have happened, or
// nil if none is found. Porcupine is asked verbosely here and nowhere else: only of the few
// operations of a core, one partition at a time, and only about what has an explanation, because its
// partial ones come in no fixed order.
func (f *finder[S, I, O]) rest(core []*operation[I, O], blocked *operation[I, O]) []*operation[I, O] {
	var others []*operation[I, O]
	for _, op := range core {
		switch {
		case op != blocked:
			others = append(others, op)
		case !f.spec.readOnly(op):
			unanswered := *op
			unanswered.known, unanswered.ret = false, open
			others = append(others, &unanswered)
		}
	}
	m := meter{limit: explainSteps}
	result, info := porcupine.CheckOperationsVerbose(f.spec.model(&m), erase(others), 0)
	if result != porcupine.Ok || len(others) == 0 {
		return nil
	}
	var order []*operation[I, O]
	for _, op := range info.PartialLinearizationsOperations()[0][0] {
		order = append(order, op.Input.(*operation[I, O]))
	}
	for len(order) > 0 && !order[len(order)-1].known {
		order = order[:len(order)-1]
	}
	return order
}
