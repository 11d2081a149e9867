package sim

import "fmt"

// Violation is a finding: something that must never happen happened. It is an error, so that an
// Observer can return it.
type Violation struct {
	// ID is stable: the same fault in the same code has the same ID in every run, so that a
	// shrinker can tell whether it still holds the same failure. "election-safety", "panic:Step".
	ID string
	// Detail is free text, a pure function of the choices of the run.
	Detail string
	Node   NodeID
	At     Time
	Seq    uint64
}

// Violatef returns a violation with the given ID; the world fills in node, time and event number.
func Violatef(id, format string, args ...any) *Violation {
	return &Violation{ID: id, Detail: fmt.Sprintf(format, args...)}
}

// Error returns "ID: detail".
func (v *Violation) Error() string { return v.ID + ": " + v.Detail }
