// Package kvspec is the sequential specification of the replicated key-value store: what one client after
// another would see of a single copy. It is written from the words of package kvapi alone and shares no code
// with the store that it judges.
//
//	report := checker.Judge(kvspec.New(), result.History, checker.DefaultBudget)
//	split := checker.NewSplitBrain(adapter, kvspec.Replies)
//
// Keys are judged one by one. That loses nothing of linearizability; it does lose the order of revisions
// between different keys, which only the observers see.
package kvspec

import (
	"fmt"
	"strings"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// State is what one key holds.
type State struct {
	// Value is the key's value, "" while it is absent.
	Value string
	// Found says whether the key is there.
	Found bool
	// Revision is the highest that any reply about this key has told so far.
	Revision uint64
}

// Spec is the specification of one key.
type Spec = checker.Spec[State, kvapi.Input, kvapi.Output]

// New returns the specification. Local gets are judged as every other get is: that is how stale ones are
// found.
func New() *Spec {
	return &Spec{
		Init: func() State { return State{} },
		Step: Step,
		Hash: func(s State) uint64 {
			return uint64(sim.Digest(0).MixString(s.Value).Mix(s.Revision))
		},
		Key:           func(in *kvapi.Input) string { return in.Key },
		ReadOnly:      func(in *kvapi.Input) bool { return !in.Kind.Writes() },
		Observes:      Observes,
		Position:      func(out *kvapi.Output) uint64 { return out.Index },
		Describe:      describe,
		DescribeState: State.String,
	}
}

// String returns the value and the revision, "17 (r12)", or "absent (r12)".
func (s State) String() string {
	value := "absent"
	if s.Found {
		value = s.Value
	}
	return fmt.Sprintf("%s (r%d)", value, s.Revision)
}

// Step returns the state after the operation, and whether the reply is right:
//
//  1. get, delete and cas tell what was there;
//  2. cas writes exactly if it saw what it expected;
//  3. the revision of what changed something is higher than all before, that of what did not is not lower.
//
// An operation whose reply nobody knows does what it would have done.
func Step(s State, in *kvapi.Input, out *kvapi.Output) (next State, right bool) {
	next, swaps := s.after(in)
	if out == nil {
		return next, true
	}
	changed := in.Kind.Writes()
	switch in.Kind {
	case kvapi.Get:
		right = out.Found == s.Found && out.Value == s.Value
	case kvapi.Delete:
		right, changed = out.Found == s.Found, s.Found
	case kvapi.CAS:
		right = out.Found == s.Found && out.Value == s.Value && out.Swapped == swaps
		changed = swaps
	case kvapi.Put, kvapi.Append:
		right = true
	}
	if changed && out.Revision == s.Revision || out.Revision < s.Revision {
		right = false
	}
	next.Revision = out.Revision
	return next, right
}

// after returns the state that the operation makes of s, and whether it is a CAS that writes.
func (s State) after(in *kvapi.Input) (next State, swaps bool) {
	next = s
	switch in.Kind {
	case kvapi.Put:
		next.Value, next.Found = in.Value, true
	case kvapi.Append:
		next.Value, next.Found = s.Value+in.Value, true
	case kvapi.Delete:
		next.Value, next.Found = "", false
	case kvapi.CAS:
		if swaps = s.Found && s.Value == in.Expect; swaps {
			next.Value = in.Value
		}
	}
	return next, swaps
}

// Observes reports whether the operation could tell that the write w took effect. Written values are unique
// and appending keeps what was there, so a value tells of the writes whose values it contains. A delete can be
// told from whatever is missing, and whoever deletes tells of any write that made the key be there.
func Observes(w, in *kvapi.Input, out *kvapi.Output) bool {
	if out == nil {
		return in.Kind == kvapi.CAS && strings.Contains(in.Expect, w.Value)
	}
	switch in.Kind {
	case kvapi.Get, kvapi.CAS:
		return w.Kind == kvapi.Delete || out.Found && strings.Contains(out.Value, w.Value)
	case kvapi.Delete:
		return out.Found == (w.Kind == kvapi.Put || w.Kind == kvapi.Append)
	}
	return false
}

// describe returns the operation on one line, "get x -> 17 (r12 n3)".
func describe(in *kvapi.Input, out *kvapi.Output) string {
	if out == nil {
		return in.String() + " -> unknown"
	}
	return in.Explain(*out)
}

// Replies tells the split-brain checks about a reply. They are not told of local gets, which may be stale.
func Replies(input, output any) (checker.Reply, bool) {
	in, ok := input.(*kvapi.Input)
	out, known := output.(*kvapi.Output)
	if !ok || !known || in.Local {
		return checker.Reply{}, false
	}
	return checker.Reply{Position: checker.Position(out.Index), Server: out.Server}, true
}
