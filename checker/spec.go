package checker

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// Spec says what a correct system does when it is asked one thing after another: a state of type S, and
// what an operation with input I and output O does to it. Everything in it is a pure function.
//
// An output is a pointer that is nil if nobody knows what the reply was or would have been.
type Spec[S, I, O any] struct {
	// Init returns the state before the first operation.
	Init func() S
	// Step returns the state after the operation, and whether the state before it allows that output. An
	// operation with a nil output is always allowed. Step must not change s.
	Step func(s S, in *I, out *O) (next S, allowed bool)

	// Equal compares states; nil compares them with ==. Hash, if not nil, gives equal states equal numbers
	// and speeds searches up.
	Equal func(a, b S) bool
	Hash  func(s S) uint64
	// Key divides a history into parts that do not influence each other, such that the history is
	// linearizable if and only if every part is; nil is one part.
	Key func(in *I) string
	// ReadOnly reports whether the operation leaves every state as it was; nil is never.
	ReadOnly func(in *I) bool
	// Observes reports whether the operation in with the output out could tell that the write w took
	// effect. It may say yes too often. It must not say no if leaving w out of an explanation of a history
	// could spoil the explanation of this operation. Nil is always.
	Observes func(w, in *I, out *O) bool
	// Position returns the place that the server gave the operation in its order of all operations, 0 for
	// none. It is believed in nothing: it suggests an order, which is then proved. Nil is never.
	Position func(out *O) uint64

	// Describe returns an operation in a few words; nil prints the values.
	Describe func(in *I, out *O) string
	// DescribeState returns a state in a few words; nil prints the value.
	DescribeState func(s S) string
}

// operation is one operation of a history, typed.
type operation[I, O any] struct {
	in  I
	out O
	// known says whether out is what the client was told.
	known bool
	// call and ret are the order of events, each doubled: within one event of a client the operation that
	// returns comes before the one that is called. ret is open for an unknown outcome.
	call, ret uint64
	// position is what Spec.Position says.
	position uint64
	// index is the operation's place in the history.
	index int
}

// open is the return of an operation that may take effect until the end of time.
const open = 1<<63 - 1

func (o *operation[I, O]) output() *O {
	if o.known {
		return &o.out
	}
	return nil
}

// meter counts the steps of a search and stops it.
type meter struct {
	steps, limit int
}

// take counts a step and reports whether it may be taken.
func (m *meter) take() bool {
	m.steps++
	return m.steps <= m.limit
}

// exhausted reports whether a step was refused.
func (m *meter) exhausted() bool { return m.steps > m.limit }

// model returns s without its types, as porcupine wants it: the one place where they are erased. Inputs
// are *operation[I, O], outputs are nil. When the meter is exhausted every step is refused, so that a
// search soon comes to its end, wherever it is run; what it then says is worthless.
func (s *Spec[S, I, O]) model(m *meter) porcupine.Model {
	model := porcupine.Model{
		Init: func() any { return s.Init() },
		Step: func(state, in, _ any) (bool, any) {
			if !m.take() {
				return false, state
			}
			op := in.(*operation[I, O])
			next, allowed := s.Step(state.(S), &op.in, op.output())
			if !allowed {
				return false, state
			}
			return true, next
		},
	}
	if s.Equal != nil {
		model.Equal = func(a, b any) bool { return s.Equal(a.(S), b.(S)) }
	}
	if s.Hash != nil {
		model.Hash = func(state any) uint64 { return s.Hash(state.(S)) }
	}
	return model
}

// observes reports whether the operation o may show that the write w took effect.
func (s *Spec[S, I, O]) observes(w, o *operation[I, O]) bool {
	return s.Observes == nil || s.Observes(&w.in, &o.in, o.output())
}

// readOnly reports whether o changes nothing.
func (s *Spec[S, I, O]) readOnly(o *operation[I, O]) bool {
	return s.ReadOnly != nil && s.ReadOnly(&o.in)
}

// describe returns o in a few words.
func (s *Spec[S, I, O]) describe(o *operation[I, O]) string {
	switch {
	case s.Describe != nil:
		return s.Describe(&o.in, o.output())
	case o.known:
		return fmt.Sprintf("%v -> %v", o.in, o.out)
	}
	return fmt.Sprintf("%v -> ?", o.in)
}

// describeState returns state in a few words.
func (s *Spec[S, I, O]) describeState(state S) string {
	if s.DescribeState != nil {
		return s.DescribeState(state)
	}
	return fmt.Sprint(state)
}
