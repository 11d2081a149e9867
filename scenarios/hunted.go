package scenarios

import (
	"fmt"
	"time"

	"schism/checker"
)

// Finding is the first violation of one run.
type Finding struct {
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	ID       string `json:"id"`
	// Expected says that the scenario runs a mutant which has to be found.
	Expected bool `json:"expected,omitempty"`
}

// HuntReport is what a hunt found. Apart from Wall it does not depend on the number of workers, unless a time bound or
// an interrupt ended the hunt.
type HuntReport struct {
	Runs int
	// Violations counts the runs in which something was found that should not be, Mutants those that found the
	// bug that they had to find, Unknown those without a verdict.
	Violations, Mutants, Unknown int
	Events                       uint64
	Virtual, Wall                time.Duration
	// Findings are in the order of the runs: by seed, then as the scenarios were given. There is one for each run
	// with a violation, and one with ID "unknown" for each run without a verdict.
	Findings []Finding
	// Missed names the scenarios whose planted bug was not found.
	Missed []string
	// Unreached lists the marks that no run of a scenario reached, as "scenario: mark", if all runs were made, or 200
	// of the scenario.
	Unreached []string
	// Interrupted says that the hunt ended early, by the context or by the time bound.
	Interrupted bool
	// EventsPerRun has one number for each run.
	EventsPerRun []float64
	// Tallies has one entry for each scenario, in the order in which they were given.
	Tallies []Tally
	// Coverage is nil unless it was asked for.
	Coverage *Coverage
}

// Tally counts the runs of one scenario.
type Tally struct {
	Scenario *Scenario
	// Seeds are those of the runs; nobody may ask for them if there are none.
	Seeds                              Seeds
	Runs, Violations, Mutants, Unknown int
	// Spent is the real time that workers spent on the runs.
	Spent time.Duration
}

// Verdict is Invalid if anything was found that should not be, or a mutant was missed; Unknown if a run had no
// verdict or nothing was run; Valid otherwise.
func (r *HuntReport) Verdict() checker.Verdict {
	verdict := checker.Valid
	if r.Runs == 0 {
		verdict = checker.Unknown
	}
	if len(r.Missed) > 0 && !r.Interrupted {
		verdict = checker.Invalid
	}
	for _, f := range r.Findings {
		switch {
		case f.Unknown():
			verdict = verdict.And(checker.Unknown)
		case !f.Expected:
			verdict = checker.Invalid
		}
	}
	return verdict
}

// First returns the first violation that should not be, or nil.
func (r *HuntReport) First() *Finding {
	for i := range r.Findings {
		if f := &r.Findings[i]; !f.Unknown() && !f.Expected {
			return f
		}
	}
	return nil
}

// Unknown says that the run has no verdict.
func (f *Finding) Unknown() bool { return f.ID == unknownID }

// unknownID stands in a finding for a run without a verdict.
const unknownID = "unknown"

// String names the finding on one line, "VIOLATION: raft/kv/swarm seed 7: linearizability".
func (f Finding) String() string {
	label := "VIOLATION"
	switch {
	case f.Expected:
		label = "mutant found"
	case f.Unknown():
		return fmt.Sprintf("no verdict: %s seed %d", f.Scenario, f.Seed)
	}
	return fmt.Sprintf("%s: %s seed %d: %s", label, f.Scenario, f.Seed, f.ID)
}

// count adds one job to the sums of the report.
func (r *HuntReport) count(d *doneJob) {
	r.Runs++
	r.Events += d.events
	r.Virtual += d.virtual
	if d.finding == nil {
		return
	}
	r.Findings = append(r.Findings, *d.finding)
	switch {
	case d.finding.Unknown():
		r.Unknown++
	case d.finding.Expected:
		r.Mutants++
	default:
		r.Violations++
	}
}

// count adds one job to the tally.
func (t *Tally) count(d *doneJob) {
	t.Runs++
	t.Spent += d.spent
	switch f := d.finding; {
	case f == nil:
	case f.Unknown():
		t.Unknown++
	case f.Expected:
		t.Mutants++
	default:
		t.Violations++
	}
}
