package checker

import "github.com/anishathalye/porcupine"

// Budget bounds a search, in steps of the specification. Steps and not seconds, so that the verdict on a
// run is the same on every machine; a step with porcupine's bookkeeping takes well under a microsecond.
type Budget int

// DefaultBudget is enough for every history of a few hundred operations that a handful of clients make,
// and ends the hopeless ones in about a second.
const DefaultBudget Budget = 1_000_000

// search asks porcupine whether ops are linearizable, with at most limit steps, and adds the steps taken
// to effort.
func (s *Spec[S, I, O]) search(ops []*operation[I, O], limit int, effort *Effort) Verdict {
	m := meter{limit: limit}
	legal := porcupine.CheckOperations(s.model(&m), erase(ops))
	effort.Steps += min(m.steps, limit)
	switch {
	case legal:
		return Valid
	case m.exhausted():
		return Unknown
	}
	return Invalid
}

// erase returns ops as porcupine wants them. An operation whose outcome is unknown is given a return at
// the end of time: a call without a return is silently taken for something else.
func erase[I, O any](ops []*operation[I, O]) []porcupine.Operation {
	erased := make([]porcupine.Operation, len(ops))
	for i, op := range ops {
		erased[i] = porcupine.Operation{Input: op, Call: int64(op.call), Return: int64(op.ret)}
	}
	return erased
}

// trim returns ops without the unknown writes that nothing observed, directly or through an unknown write
// that was observed. If the rest is linearizable then so are ops: what was left out never happened.
func (s *Spec[S, I, O]) trim(ops []*operation[I, O]) []*operation[I, O] {
	keep := make([]bool, len(ops))
	var seen []*operation[I, O]
	for i, op := range ops {
		if op.known {
			keep[i] = true
			seen = append(seen, op)
		}
	}
	for at := 0; at < len(seen); at++ {
		for i, w := range ops {
			if !keep[i] && s.observes(w, seen[at]) {
				keep[i] = true
				seen = append(seen, w)
			}
		}
	}
	if len(seen) == len(ops) {
		return ops
	}
	kept := make([]*operation[I, O], 0, len(seen))
	for i, op := range ops {
		if keep[i] {
			kept = append(kept, op)
		}
	}
	return kept
}
