package scenarios

import (
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
)

func (k *zabZK) ledAt() sim.Time { return k.healed.Add(k.bounds.Leader) }

// judgeHistory implements seeing.
func (k *zabZK) judgeHistory(_ sim.View, r *sim.Result) []judgement {
	var list []judgement
	for _, level := range zkspec.Judge(r.History, checker.DefaultBudget) {
		list = append(list, judgement{level.Check, level})
	}
	for _, check := range k.setup.checks {
		report := check(r.History)
		list = append(list, judgement{report.Check, report})
	}
	return list
}

// TestClientsAloneSeeBugs finds bugs by what clients were told, as it is with a system of which nothing else is known.
// Most bugs of a protocol are rare there: the invariants see what is wrong, clients only what has come of it.
func TestClientsAloneSeeBugs(t *testing.T) {
	findAllBlindly(t, zabMutants, []seen{
		{"S3", "zab/zk/blackouts", 30, zkspec.LinearizableWrites},
		{"S13", "zab/zk/dirty-snapshot", 2, zkspec.LinearizableWrites},
		{"B1", "zab/zk/blackouts", 1, zkspec.LinearizableWrites},
		{"B8", "zab/zk/blackouts", 12, zkspec.LinearizableWrites},
		{"M1", "zab/zk/crash-storm", 31, zkspec.LinearizableWrites},
		{"M4", "zab/zk/swarm", 1, zkspec.LinearizableWrites},
	})
}
