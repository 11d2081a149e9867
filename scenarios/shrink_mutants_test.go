package scenarios

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var flagShrink = flag.Bool("schism.shrink", false, "shrink the failures of all mutants, which takes minutes")

// failingMutant is a bug with the scenario and the seed that find it.
type failingMutant struct {
	id, bug  string
	scenario *Scenario
	seed     uint64
}

// name tells the mutant from others.
func (m *failingMutant) name() string { return strings.TrimSpace(m.id + " " + m.bug) }

// failingMutants lists the mutants of all tables.
func failingMutants() []failingMutant {
	var all []failingMutant
	add := func(id, bug string, s *Scenario, seed uint64) {
		all = append(all, failingMutant{id, bug, s, seed})
	}
	for _, m := range slices.Concat(raftMutants, protocolMutants, memberMutants, recipeMutants, watchMutants) {
		add(m.id, m.bug, m.mutated(), m.seed)
	}
	for _, m := range slices.Concat(zabMutants, checkMutants) {
		add(m.id, m.bug, m.mutated(), m.seed)
	}
	return all
}

// What nearly all failures are to come to within shrinkBound, on one processor.
const (
	shrinkBound   = 10 * time.Second
	smallFaults   = 3
	smallOps      = 5
	smallEvents   = maxSliceLines
	nearlyPercent = 95
)

// TestFailuresOfMutantsShrink makes the failure of each mutant smaller, tells how small it becomes, and wants 95 % to
// come to no more than 3 faults and 5 operations, and 30 events that matter.
func TestFailuresOfMutantsShrink(t *testing.T) {
	if !*flagShrink {
		t.Skip("ask for it by -schism.shrink")
	}
	small, all := 0, failingMutants()
	for _, m := range all {
		t.Run(m.name(), func(t *testing.T) {
			if m.shrinks(t) {
				small++
			}
		})
	}
	t.Logf("%d of %d are small", small, len(all))
	if 100*small < nearlyPercent*len(all) {
		t.Errorf("%d of %d failures are small, want %d %%", small, len(all), nearlyPercent)
	}
}

// shrinks makes the failure of the mutant smaller, and reports whether it is small then.
func (m *failingMutant) shrinks(t *testing.T) bool {
	c, err := CaseOf(m.scenario, m.seed)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Shrink(context.Background(), c, ShrinkOptions{Time: shrinkBound, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, slice, err := s.Case.Explain()
	if err != nil {
		t.Fatal(err)
	}
	events := len(slice.Lines) + slice.Left
	small := s.To.Faults <= smallFaults && s.To.Ops <= smallOps && events <= smallEvents
	verdict, done := "LARGE", ""
	if small {
		verdict = "small"
	}
	if !s.Done {
		done = ", not done"
	}
	fmt.Printf("%s %s (%s seed %d %s): %v, %d of which matter%s\n", verdict, m.name(), m.scenario.Name, m.seed,
		c.Expect, s, events, done)
	if !small {
		fmt.Printf("%s%s", s.Case.Workload, s.Case.Schedule)
	}
	return small
}
