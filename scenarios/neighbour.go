package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// ExplainOptions says how [Neighbour] and [NoReturn] search. Their results depend on neither of the first two.
type ExplainOptions struct {
	// Workers is the number of runs at once; 0 is one for each processor.
	Workers int
	// Progress, if not nil, is told how many runs of how many are done. Calls do not overlap.
	Progress func(done, all int)
	// Prefixes is how many beginnings of the run NoReturn looks at, Continuations how many times it goes on from each;
	// 0 is 16 and 40.
	Prefixes, Continuations int
}

// Change is one thing that is different in a neighbour of a case, and what its run comes to.
type Change struct {
	// What is "340ms split leader+2 | rest: at 374ms".
	What string
	// ID is that of the first violation, Clean, or unknown.
	ID string

	make func(c *Case)
}

// Neighbours are the cases that differ from one by a single change.
type Neighbours struct {
	// Nearest is the smallest change that makes the case pass, nil if none does.
	Nearest *Change
	// Tried are all changes that were tried, the smallest first; Left counts those that there were too many of.
	Tried []Change
	Left  int
	// Done says that nothing has interrupted the search.
	Done bool
}

// maxNeighbours bounds the changes that are tried: of the schedule, and of the workload. Of those of one kind as many
// are left out as is needed, from the most numerous kind first, since what is left out altogether says most.
const maxNeighbours = 2000

// Neighbour looks for the smallest single change that makes the case pass. Changes of the schedule are smaller than
// those of the workload, and of each the smallest come first:
//
//  1. a fault comes 1 ms earlier or later;
//  2. a fault comes 10 % earlier or later;
//  3. a plainer fault takes the place of one;
//  4. a fault is left out;
//  5. a client pauses for 1 ms more or less before an operation;
//  6. a client pauses for 10 % more or less;
//  7. an operation is left out, and the pause before it stays.
//
// Within each the order is that of the schedule or the workload. The workload is not changed if a change of the
// schedule is enough. A case often mends nothing, since its run ends with the violation before that, or since nothing
// was mended for too long. To see whether a neighbour passes, all is mended: long after the violation, or at the end of
// the schedule. If the case itself then passes, or fails in another way, nothing is mended in its neighbours either.
func Neighbour(ctx context.Context, c *Case, o ExplainOptions) (*Neighbours, error) {
	base := *c
	if err := base.Settle(); err != nil {
		return nil, err
	}
	if base.Expect == Clean {
		return nil, fmt.Errorf("%s: %w", c.name(), ErrClean)
	}
	report, err := base.Run(Options{})
	if err != nil {
		return nil, err
	}
	s := &neighbourhood{ctx: ctx, crew: newCrew(o.Workers), base: base, ended: report.Violation != nil,
		at: time.Duration(report.Violations[0].At), progress: progress{tell: o.Progress}}
	s.crew.done = s.add
	s.mend()
	s.look(s.scheduleChanges()...)
	if s.result.Nearest == nil && ctx.Err() == nil {
		s.look(s.workloadChanges()...)
	}
	s.result.Done = ctx.Err() == nil
	return &s.result, nil
}

// neighbourhood is a search for a case that passes.
type neighbourhood struct {
	ctx  context.Context
	crew *crew
	base Case
	// ended says that the run ends with the violation, at the instant at.
	ended bool
	at    time.Duration
	// mends is whether neighbours, too, are mended at the end of their schedules.
	mends  bool
	result Neighbours
	progress
}

// progress counts the runs of a search.
type progress struct {
	done, expected int
	tell           func(done, all int)
}

// add counts one more.
func (p *progress) add() {
	if p.done++; p.tell != nil {
		p.tell(p.done, max(p.done, p.expected))
	}
}

// mend makes the base end with a recovery, if it then still fails in the same way.
func (s *neighbourhood) mend() {
	c := s.base
	c.Schedule = slices.Clone(c.Schedule)
	if s.ended {
		late := max(s.at+time.Millisecond, min(2*s.at+time.Second, s.base.Scenario.HealAt))
		c.Schedule = append(c.Schedule, nemesis.Entry{When: sim.Trigger{After: late}, Do: nemesis.Recover{}})
	} else if len(c.Schedule) > 0 {
		c.recover()
	}
	if r, err := c.Run(Options{}); err == nil && r.ID() == c.Expect {
		s.base, s.mends = c, !s.ended
	}
}

// look tries changes.
func (s *neighbourhood) look(kinds ...[]Change) {
	s.result.Left += curtail(kinds, maxNeighbours)
	changes := slices.Concat(kinds...)
	s.expected += len(changes)
	s.crew.all(s.ctx, len(changes), func(worker, i int) { changes[i].ID = s.try(worker, &changes[i]) })
	for _, change := range changes {
		if change.ID == "" {
			continue // interrupted, or no case that can be run
		}
		s.result.Tried = append(s.result.Tried, change)
		if change.ID == Clean && s.result.Nearest == nil {
			s.result.Nearest = &change
		}
	}
}

// try returns what the neighbour comes to.
func (s *neighbourhood) try(worker int, change *Change) string {
	c := s.base
	c.Workload, c.Schedule = c.Workload.clone(), slices.Clone(c.Schedule)
	change.make(&c)
	c.Schedule.Sort()
	if s.mends && len(c.Schedule) > 0 {
		c.recover()
	}
	if r := s.crew.run(worker, &c, Options{}); r != nil {
		return r.ID()
	}
	return ""
}

// curtail leaves no more than most changes, and returns how many it has left out: of each kind the last.
func curtail(kinds [][]Change, most int) (left int) {
	all, largest := 0, 0
	for _, kind := range kinds {
		all, largest = all+len(kind), max(largest, len(kind))
	}
	for ; all-left > most; largest-- {
		for i, kind := range kinds {
			if len(kind) >= largest && all-left > most {
				kinds[i] = kind[:largest-1]
				left++
			}
		}
	}
	return left
}

// scheduleChanges returns the changes of the schedule, by kind.
func (s *neighbourhood) scheduleChanges() [][]Change {
	var steps, tenths, plainer, fewer []Change
	for i, e := range s.base.Schedule {
		if e.Do == nemesis.Fault(nemesis.Recover{}) {
			continue // it is there for the judges
		}
		change := func(what string, f func(c *Case)) Change { return Change{What: e.String() + ": " + what, make: f} }
		at := func(d time.Duration) Change {
			return change("at "+d.String(), func(c *Case) { c.Schedule[i].When.After = d })
		}
		for _, d := range beside(e.When.After, time.Millisecond) {
			steps = append(steps, at(d))
		}
		for _, d := range beside(e.When.After, e.When.After/10) {
			tenths = append(tenths, at(d))
		}
		for _, f := range e.Do.Plainer() {
			plainer = append(plainer, change(f.String(), func(c *Case) { c.Schedule[i].Do = f }))
		}
		fewer = append(fewer, change("left out", func(c *Case) { c.Schedule = slices.Delete(c.Schedule, i, i+1) }))
	}
	return [][]Change{steps, tenths, plainer, fewer}
}

// beside returns d earlier and later by a step, as far as that is a change and not negative.
func beside(d, step time.Duration) []time.Duration {
	switch {
	case step <= 0:
		return nil
	case step > d:
		return []time.Duration{d + step}
	}
	return []time.Duration{d - step, d + step}
}

// workloadChanges returns the changes of the workload, by kind.
func (s *neighbourhood) workloadChanges() [][]Change {
	var steps, tenths, fewer []Change
	for client, lines := range s.base.Workload {
		for i, line := range lines {
			pause, rest := cutPause(line)
			name := fmt.Sprintf("%s %s: ", sim.Client(client+1), line)
			set := func(d time.Duration) Change {
				return Change{What: name + "after " + d.String(), make: func(c *Case) {
					c.Workload[client][i] = d.String() + " " + rest
				}}
			}
			if rest != line {
				for _, d := range beside(pause, time.Millisecond) {
					steps = append(steps, set(d))
				}
				for _, d := range beside(pause, pause/10) {
					tenths = append(tenths, set(d))
				}
			}
			fewer = append(fewer, Change{What: name + "left out", make: func(c *Case) {
				if i+1 < len(lines) {
					c.Workload[client][i+1] = withPause(lines[i+1], pause)
				}
				c.Workload[client] = slices.Delete(c.Workload[client], i, i+1)
			}})
		}
	}
	return [][]Change{steps, tenths, fewer}
}

// String says which change is enough, and what the others come to.
func (n *Neighbours) String() string {
	var b strings.Builder
	switch {
	case n.Nearest != nil:
		fmt.Fprintf(&b, "  passes with   %s\n", n.Nearest.What)
	case len(n.Tried) == 0:
		b.WriteString("  there is nothing to change\n")
	default:
		fmt.Fprintf(&b, "  no single change of %d makes it pass\n", len(n.Tried))
	}
	counts := make(map[string]int)
	var ids []string
	for _, change := range n.Tried {
		if counts[change.ID]++; counts[change.ID] == 1 {
			ids = append(ids, change.ID)
		}
	}
	for _, id := range ids {
		fmt.Fprintf(&b, "  %3d of %d come to %s:\n", counts[id], len(n.Tried), id)
		shown := 0
		for _, change := range n.Tried {
			if change.ID == id && shown < maxShownChanges {
				fmt.Fprintf(&b, "      %s\n", shortened(change.What, maxSliceText))
				shown++
			}
		}
		if counts[id] > shown {
			fmt.Fprintf(&b, "      … and %d more\n", counts[id]-shown)
		}
	}
	if n.Left > 0 {
		fmt.Fprintf(&b, "  %d more changes were not tried\n", n.Left)
	}
	if !n.Done {
		b.WriteString("  stopped before the end\n")
	}
	return b.String()
}

// maxShownChanges is how many changes that come to the same are printed.
const maxShownChanges = 6
