package sim

import (
	"sort"
	"testing"

	"pgregory.net/rapid"
)

func TestQueuePopsInOrderOfTimeAndInsertion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		type scheduled struct {
			at Time
			n  uint32
		}
		var model []scheduled
		next := uint32(0)
		now := Time(0)
		for range rapid.IntRange(1, 200).Draw(t, "operations") {
			if len(model) > 0 && rapid.IntRange(0, 2).Draw(t, "pop") == 0 {
				sort.SliceStable(model, func(i, j int) bool { return model[i].at < model[j].at })
				if q.first() != model[0].at {
					t.Fatalf("first is at %v, want %v", q.first(), model[0].at)
				}
				now = q.first()
				slot := q.pop()
				if got := q.slab[slot].aux; got != model[0].n {
					t.Fatalf("popped %d, want %d", got, model[0].n)
				}
				q.release(slot)
				model = model[1:]
				continue
			}
			at := now + Time(rapid.IntRange(0, 20).Draw(t, "delay"))
			q.push(at, q.store(&pending{aux: next}))
			model = append(model, scheduled{at, next})
			next++
		}
		if len(q.heap) != len(model) {
			t.Fatalf("%d entries are left, want %d", len(q.heap), len(model))
		}
	})
}
