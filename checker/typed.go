package checker

import (
	"cmp"
	"fmt"
	"slices"

	"schism/sim"
)

// EachTyped calls each with every operation of a history, in its order, whose inputs are of type *I and whose replies
// are of type *O; out is nil where there is no reply. It returns an error if the history is malformed.
func EachTyped[I, O any](history []sim.Op, each func(op *sim.Op, in *I, out *O)) error {
	if err := WellFormed(history); err != nil {
		return fmt.Errorf("the history is malformed: %w", err)
	}
	for i := range history {
		op := &history[i]
		in, ok := op.Input.(*I)
		if !ok {
			return fmt.Errorf("the history is malformed: operation %d has an input of type %T", i, op.Input)
		}
		var out *O
		if op.Outcome == sim.OK {
			if out, ok = op.Output.(*O); !ok {
				return fmt.Errorf("the history is malformed: operation %d has no proper reply", i)
			}
		}
		each(op, in, out)
	}
	return nil
}

// Chosen returns pointers to the elements of list that is wants, sorted by key. What has equal keys stays in order.
func Chosen[E any](list []E, is func(*E) bool, key func(*E) uint64) []*E {
	all, last, sorted := make([]*E, 0, len(list)), uint64(0), true
	for i := range list {
		if e := &list[i]; is(e) {
			k := key(e)
			all = append(all, e)
			last, sorted = k, sorted && last <= k
		}
	}
	if !sorted {
		slices.SortStableFunc(all, func(a, b *E) int { return cmp.Compare(key(a), key(b)) })
	}
	return all
}
