// Package checker judges runs: whether what clients saw has an explanation, whether two parts of a
// split system both acted, and whether the system came back after it was healed.
//
// Every judgement is a [Verdict] of three values, and unknown is never success. Every judgement is a
// pure function of what it judges: budgets are counted in steps of the specification and never in
// seconds, so a seed has the same verdict on a fast machine and on a slow one.
//
//	report := checker.Judge(spec, result.History, checker.DefaultBudget)
//	if report.Verdict != checker.Valid {
//		t.Error(report)
//	}
//
// The judges of the two stores stand on it: kvspec.Judge and zkspec.Judge take whole histories, with the operations
// that are not linearizable.
//
// [Judge] decides whether a history is linearizable with respect to a [Spec]. It first asks the
// positions that servers put into their replies for an order of the operations, a witness, and proves
// that order right; only if that fails does it search, with porcupine, key by key. [SplitBrain] is an
// observer that ends a run at the event at which two sides both make progress. [Liveness] is an
// observer that ends a run which was healed and does not come back.
//
// The package knows no protocol. It sees servers through [Replica] and operations through a Spec, and
// shares no code with what it judges. It does not judge transactions over several keys, reads that are
// allowed to be stale, or anything that clients and replicas do not show.
package checker
