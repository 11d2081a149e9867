package checker

import (
	"fmt"

	"schism/sim"
)

// part is the operations of one key, in the order of the history.
type part[I, O any] struct {
	key string
	ops []*operation[I, O]
}

// read turns a history into typed operations, divided by key in order of first appearance. It leaves out
// what says nothing about anything: operations that failed, and reads whose reply nobody knows.
func (s *Spec[S, I, O]) read(history []sim.Op) ([]part[I, O], error) {
	if err := WellFormed(history); err != nil {
		return nil, err
	}
	all := make([]operation[I, O], 0, len(history))
	for i := range history {
		h := &history[i]
		if h.Outcome == sim.Failed {
			continue
		}
		all = append(all, operation[I, O]{index: i, call: 2*h.CallSeq + 1, ret: open})
		op := &all[len(all)-1] // in place: a copy on the stack would escape through the specification
		var ok bool
		if op.in, ok = as[I](h.Input); !ok {
			return nil, fmt.Errorf("operation %d has an input of type %T", i, h.Input)
		}
		if h.Outcome == sim.OK {
			if op.out, ok = as[O](h.Output); !ok {
				return nil, fmt.Errorf("operation %d has an output of type %T", i, h.Output)
			}
			op.known, op.ret = true, 2*h.ReturnSeq
			if s.Position != nil {
				op.position = s.Position(&op.out)
			}
		} else if s.readOnly(op) {
			all = all[:len(all)-1]
		}
	}
	return s.divide(all), nil
}

// as returns v as a T, if it is one or points to one.
func as[T any](v any) (t T, ok bool) {
	if t, ok = v.(T); ok {
		return t, true
	}
	if p, isPointer := v.(*T); isPointer && p != nil {
		return *p, true
	}
	return t, false
}

// divide divides all by key.
func (s *Spec[S, I, O]) divide(all []operation[I, O]) []part[I, O] {
	if s.Key == nil {
		return []part[I, O]{{ops: pointers(all)}}
	}
	var parts []part[I, O]
	var sizes []int
	places := make(map[string]int)
	belongs := make([]int, len(all))
	for i := range all {
		key := s.Key(&all[i].in)
		at, seen := places[key]
		if !seen {
			at = len(parts)
			places[key] = at
			parts, sizes = append(parts, part[I, O]{key: key}), append(sizes, 0)
		}
		belongs[i] = at
		sizes[at]++
	}
	room := make([]*operation[I, O], len(all))
	for at, size := range sizes {
		parts[at].ops, room = room[:0:size], room[size:]
	}
	for i, at := range belongs {
		parts[at].ops = append(parts[at].ops, &all[i])
	}
	return parts
}

// manyProcesses is a number of processes of which nobody doubts that a history can have so many, even if most of its
// operations were left out.
const manyProcesses = 1 << 16

// WellFormed reports the first way in which history is not one: see [sim.Op]. Histories that are not are never judged,
// because searches answer nonsense for them.
func WellFormed(history []sim.Op) error {
	type process struct {
		last    int
		retired bool
	}
	processes := make([]process, 0, 64)
	most := max(len(history), manyProcesses)
	for i := range history {
		op := &history[i]
		for op.Process >= len(processes) && op.Process < most {
			processes = append(processes, process{last: -1})
		}
		if op.Process < 0 || op.Process >= len(processes) {
			return fmt.Errorf("operation %d of %s has the process number %d", i, op.Client, op.Process)
		}
		p := &processes[op.Process]
		switch unknown := op.Outcome == sim.Unknown; {
		case op.CallSeq >= op.ReturnSeq:
			return fmt.Errorf("operation %d of %s returns before it is called", i, op.Client)
		case unknown != (op.ReturnSeq == sim.StillOpen):
			return fmt.Errorf("operation %d of %s is %s and returns at %d", i, op.Client, op.Outcome, op.ReturnSeq)
		case !unknown && op.ReturnSeq > open/2:
			return fmt.Errorf("operation %d of %s returns at %d", i, op.Client, op.ReturnSeq)
		case p.retired:
			return fmt.Errorf("operation %d of %s follows one of its process with an unknown outcome", i, op.Client)
		case p.last >= 0 && op.CallSeq < history[p.last].ReturnSeq:
			return fmt.Errorf("operations %d and %d of one process overlap", p.last, i)
		default:
			p.last, p.retired = i, unknown
		}
	}
	return nil
}
