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
	// free are the unknown ones not used yet, -1 for those used.
	free []int
	// order is what has been placed so far; states[i] is the state before order[i], the last one that after
	// all.
	order  []int
	states []S
	// tries bounds the guesses for the whole order.
	tries int
}

// Bounds of an insertion: at most insertDepth unknown writes for one reply, each at most insertBack places
// before it, and insertTries guesses for each operation.
const (
	insertDepth = 3
	insertBack  = 12
	insertTries = 32
)

// insertUnknown returns order with unknown writes put in where the reply that follows cannot be explained
// without them.
func (s *Spec[S, I, O]) insertUnknown(order []int, ops []*operation[I, O]) ([]int, bool) {
	in := insertion[S, I, O]{spec: s, ops: ops, order: make([]int, 0, len(ops)),
		states: make([]S, 1, len(ops)+1), tries: insertTries * len(ops)}
	in.states[0] = s.Init()
	for i, op := range ops {
		if !op.known {
			in.free = append(in.free, i)
		}
	}
	for _, i := range order {
		placed := in.push(i)
		for depth := 1; !placed && depth <= insertDepth; depth++ {
			placed = in.fit(i, depth)
		}
		if !placed {
			return nil, false
		}
	}
	return in.order, true
}

// push places the operation i last, if the specification allows it.
func (in *insertion[S, I, O]) push(i int) bool {
	op := in.ops[i]
	next, allowed := in.spec.Step(in.states[len(in.order)], &op.in, op.output())
	if allowed {
		in.order, in.states = append(in.order, i), append(in.states, next)
	}
	return allowed
}

// fit places the operation i last, after at most depth unknown writes.
func (in *insertion[S, I, O]) fit(i, depth int) bool {
	for at := len(in.order); at >= max(0, len(in.order)-insertBack); at-- {
		behind := slices.Clone(in.states[at+1:])
		for f, u := range in.free {
			if u < 0 || in.ops[u].call > in.ops[i].ret {
				continue
			}
			if in.tries--; in.tries < 0 {
				return false
			}
			if in.tooLate(at, u) {
				continue
			}
			in.order = slices.Insert(in.order, at, u)
			in.free[f] = -1
			if in.replay(at) && (in.push(i) || depth > 1 && in.fit(i, depth-1)) {
				return true
			}
			in.free[f] = u
			in.order = slices.Delete(in.order, at, at+1)
			in.states = append(in.states[:at+1], behind...)
		}
	}
	return false
}

// tooLate reports whether the unknown write u cannot stand before what is at the place at or behind it, because some of
// that had returned before u was called.
func (in *insertion[S, I, O]) tooLate(at, u int) bool {
	for _, i := range in.order[at:] {
		if in.ops[i].ret < in.ops[u].call {
			return true
		}
	}
	return false
}

// replay computes the states behind the place at anew, and reports whether every reply has an explanation.
func (in *insertion[S, I, O]) replay(at int) bool {
	in.states = in.states[:at+1]
	for k, i := range in.order[at:] {
		op := in.ops[i]
		next, allowed := in.spec.Step(in.states[at+k], &op.in, op.output())
		if !allowed {
			return false
		}
		in.states = append(in.states, next)
	}
	return true
}
