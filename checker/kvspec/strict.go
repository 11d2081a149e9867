package kvspec

import (
	"slices"

	"schism/raft/kvapi"
	"schism/sim"
)

// Strict returns the history with serializable reads as linearizable ones: what a client sees that has asked for less
// than it needs. The history itself is not changed.
func Strict(history []sim.Op) []sim.Op {
	history = slices.Clone(history)
	for i := range history {
		if in, ok := history[i].Input.(*kvapi.Op); ok {
			history[i].Input = strict(in)
		}
	}
	return history
}

// strict returns in without the flag that lets any server answer.
func strict(in *kvapi.Op) *kvapi.Op {
	op := *in
	op.Flags &^= kvapi.FlagSerializable
	op.Then, op.Else = slices.Clone(op.Then), slices.Clone(op.Else)
	for _, branch := range [...][]kvapi.Op{op.Then, op.Else} {
		for i := range branch {
			branch[i] = *strict(&branch[i])
		}
	}
	return &op
}
