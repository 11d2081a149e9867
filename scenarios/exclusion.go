package scenarios

import (
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/sim/recipe"
)

// histories is a check of histories.
type histories = func([]sim.Op) checker.Report

// exclusion returns the check that holdings exclude each other.
func exclusion(check string, holdings func([]sim.Op) []checker.Holding) histories {
	return func(history []sim.Op) checker.Report { return checker.JudgeMutex(check, holdings(history)) }
}

// writesToResource reports whether the input of an operation is a write to a resource: who calls it claims a lock.
func writesToResource(in any) bool {
	_, ok := in.(*recipe.Write)
	return ok
}

// ofService returns the operations of the service, without the writes to resources.
func ofService(history []sim.Op) []sim.Op {
	other := func(op sim.Op) bool {
		_, ok := op.Input.(*recipe.Write)
		return ok
	}
	if !slices.ContainsFunc(history, other) {
		return history
	}
	return slices.DeleteFunc(slices.Clone(history), other)
}

// judgeFencing judges the writes to a resource.
func judgeFencing(history []sim.Op) checker.Report {
	var list []checker.Access
	for i := range history {
		op := &history[i]
		w, ok := op.Input.(*recipe.Write)
		if answer, answered := op.Output.(*recipe.Wrote); ok && answered && answer.Accepted {
			list = append(list, checker.Access{Op: op, Place: answer.Place, Token: uint64(w.Token)})
		}
	}
	return checker.JudgeFencing(list)
}
