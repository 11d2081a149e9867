package checker

import (
	"cmp"
	"slices"
)

// The witness path. Servers say in their replies where in their own order an operation stands. If that
// order respects real time and the specification explains every reply along it, it is a linearization,
// and no search is needed. Nothing that servers say is believed: propose makes up an order, by whatever
// means, and proves decides alone.

// witnessed reports whether an order of ops that the servers' positions suggest proves ops linearizable.
// False says nothing.
func (s *Spec[S, I, O]) witnessed(ops []*operation[I, O]) bool {
	order, ok := s.propose(ops)
	return ok && s.proves(order, ops)
}

// proves reports whether order is a linearization of ops. That is:
//
//  1. it holds every operation with a known reply once, every other at most once, and nothing else;
//  2. no operation stands behind one that was called after it had returned;
//  3. the specification allows every reply along it.
//
// For 2 it is enough to compare each return with the latest call so far: if any earlier one was called
// after this one returned, so was the one called last. Operations whose reply is unknown need not have
// happened, so leaving them out is right.
func (s *Spec[S, I, O]) proves(order []int, ops []*operation[I, O]) bool {
	placed := make([]bool, len(ops))
	state, latestCall := s.Init(), uint64(0)
	for _, i := range order {
		if i < 0 || i >= len(ops) || placed[i] {
			return false
		}
		placed[i] = true
		op := ops[i]
		if op.ret < latestCall {
			return false
		}
		latestCall = max(latestCall, op.call)
		next, allowed := s.Step(state, &op.in, op.output())
		if !allowed {
			return false
		}
		state = next
	}
	for i, op := range ops {
		if op.known && !placed[i] {
			return false
		}
	}
	return true
}

// propose orders ops by position, at equal positions writes before reads and reads by their calls. Where
// a reply does not fit, it tries to put writes whose fate is unknown before it.
func (s *Spec[S, I, O]) propose(ops []*operation[I, O]) (order []int, ok bool) {
	order = make([]int, 0, len(ops))
	unknown := 0
	for i, op := range ops {
		switch {
		case !op.known:
			unknown++
		case op.position == 0:
			return nil, false
		default:
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := ops[a], ops[b]
		if x.position != y.position {
			return cmp.Compare(x.position, y.position)
		}
		if rx, ry := s.readOnly(x), s.readOnly(y); rx != ry {
			return cmp.Compare(b2i(rx), b2i(ry))
		}
		return cmp.Compare(x.call, y.call)
	})
	if unknown == 0 {
		return order, true
	}
	return s.insertUnknown(order, ops)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// insertion puts writes with unknown fate into an order.
type insertion[S, I, O any] struct {
	spec *Spec[S, I, O]
	ops  []*operation[I, O]
	// free are the unknown ones not used yet.
	free  []int
	order []int
	// tries bounds the guesses for the whole order.
	tries int
}

// Bounds of an insertion: at most insertDepth unknown writes before one reply, and insertTries steps
// for each operation.
const (
	insertDepth = 3
	insertTries = 64
)

// insertUnknown returns order with unknown writes put in where the reply that follows cannot be explained
// without them.
func (s *Spec[S, I, O]) insertUnknown(order []int, ops []*operation[I, O]) ([]int, bool) {
	in := insertion[S, I, O]{spec: s, ops: ops, order: make([]int, 0, len(ops)),
		tries: insertTries * len(ops)}
	for i, op := range ops {
		if !op.known {
			in.free = append(in.free, i)
		}
	}
	state := s.Init()
	for _, i := range order {
		op := ops[i]
		next, allowed := s.Step(state, &op.in, op.output())
		for depth := 1; !allowed && depth <= insertDepth; depth++ {
			next, allowed = in.before(state, op, depth)
		}
		if !allowed {
			return nil, false
		}
		in.order = append(in.order, i)
		state = next
	}
	return in.order, true
}

// before tries to make the reply of op fit by putting exactly depth unknown writes before it. It returns
// the state after op.
func (in *insertion[S, I, O]) before(state S, op *operation[I, O], depth int) (after S, ok bool) {
	for at, i := range in.free {
		if i < 0 || in.ops[i].call > op.ret {
			continue
		}
		if in.tries--; in.tries < 0 {
			break
		}
		next, _ := in.spec.Step(state, &in.ops[i].in, nil)
		in.order, in.free[at] = append(in.order, i), -1
		if depth > 1 {
			after, ok = in.before(next, op, depth-1)
		} else {
			after, ok = in.spec.Step(next, &op.in, op.output())
		}
		if ok {
			return after, true
		}
		in.order, in.free[at] = in.order[:len(in.order)-1], i
	}
	return state, false
}
