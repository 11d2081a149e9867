package checker

import (
	"fmt"

	"schism/sim"
)

// Linearizability is the name of what Judge checks, and the ID of its violations.
const Linearizability = "linearizability"

// Judge reports whether history is linearizable with respect to spec: whether every operation can be
// thought to happen at one instant between its call and its return, such that spec explains every reply.
// Failed operations did not happen. An operation with an unknown outcome may have happened at any time
// after its call, or never.
//
// It judges key by key, in order of first appearance, each with the whole budget, and stops at the first
// that is invalid. A history that is not well-formed is Unknown: it says nothing about the system.
func Judge[S, I, O any](spec *Spec[S, I, O], history []sim.Op, budget Budget) Report {
	report := Report{Check: Linearizability, Verdict: Valid, Blocked: -1}
	parts, err := spec.read(history)
	if err != nil {
		report.Verdict, report.Reason = Unknown, "the history is malformed: "+err.Error()
		return report
	}
	report.Effort.Keys = len(parts)
	for i := range parts {
		report.Effort.Operations += len(parts[i].ops)
	}
	for i := range parts {
		spec.judgePart(&parts[i], history, int(budget), &report)
		if report.Verdict == Invalid {
			break
		}
	}
	if report.Verdict == Valid {
		report.Reason = fmt.Sprintf("%d operations on %d keys have an explanation",
			report.Effort.Operations, report.Effort.Keys)
	}
	return report
}

// judgePart judges the operations of one key and worsens report if they are not linearizable. From cheap
// to dear: the servers' own order; a search without unobserved unknown writes, which is sound for valid;
// a search with them, which is exact.
func (s *Spec[S, I, O]) judgePart(p *part[I, O], history []sim.Op, limit int, report *Report) {
	effort := &report.Effort
	if s.witnessed(p.ops) {
		effort.Witnessed++
		return
	}
	effort.Searched++
	trimmed := s.trim(p.ops)
	verdict := s.search(trimmed, limit, effort)
	if verdict == Valid {
		return
	}
	if verdict == Invalid {
		finder := finder[S, I, O]{spec: s, limit: limit, effort: effort}
		var found []operation[I, O]
		if verdict, found = finder.confirm(trimmed, p.ops); verdict == Invalid {
			report.Verdict, report.Key = Invalid, p.key
			finder.explain(found, p, history, report)
			return
		}
	}
	if verdict == Unknown && report.Verdict == Valid {
		report.Verdict, report.Key = Unknown, p.key
		report.Reason = fmt.Sprintf("%s: no answer after %d steps over %d operations",
			keyed(p.key), limit, len(p.ops))
	}
}

// keyed names a key, or the whole if there are no keys.
func keyed(key string) string {
	if key == "" {
		return "the history"
	}
	return fmt.Sprintf("key %q", key)
}
