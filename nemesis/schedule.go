package nemesis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"schism/sim"
)

// Entry is one line of a schedule: a fault and when it happens.
type Entry struct {
	// When is an instant, or a time after a mark or a state. Marks and states that are to be printed have names of one
	// word, without braces and bars, that do not end in # and a number.
	When sim.Trigger
	Do   Fault
}

// String returns "400ms heal", "30ms after leader-elected#2 crash leader", without the number if it is 0, or
// "0s when write-pending#7 on n3 crash n3", without the server if it is any.
func (e Entry) String() string {
	w, s := e.When, e.When.After.String()
	switch {
	case w.Mark != "":
		s += " after " + w.Mark
	case w.State != "":
		s += " when " + w.State
	}
	if w.Waits() && w.Nth > 0 {
		s += "#" + strconv.Itoa(w.Nth)
	}
	if w.State != "" && w.On != 0 {
		s += " on " + w.On.String()
	}
	return s + " " + e.Do.String()
}

// Plainer returns entries to try in the place of e, the plainest first: upon an earlier passing of what it waits for,
// or with a plainer fault. There is an end, as for those of faults.
func (e Entry) Plainer() []Entry {
	var list []Entry
	tried := e.When.Nth
	for _, nth := range [...]int{0, 1, e.When.Nth / 2, e.When.Nth - 1} {
		if e.When.Waits() && nth >= 0 && nth < e.When.Nth && nth != tried {
			p := e
			p.When.Nth, tried = nth, nth
			list = append(list, p)
		}
	}
	for _, f := range e.Do.Plainer() {
		list = append(list, Entry{e.When, f})
	}
	return list
}

// Schedule is what happens to a run. Its order has no meaning: entries happen when they say, and what happens at
// one instant is ordered by the run's chooser. Let faults whose order matters be a millisecond apart.
type Schedule []Entry

// String returns the entries, each on a line of its own that ends in a newline.
func (s Schedule) String() string {
	var b strings.Builder
	for _, e := range s {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Planned returns s as the world takes it.
func (s Schedule) Planned() []sim.Planned {
	if len(s) == 0 {
		return nil
	}
	planned := make([]sim.Planned, len(s))
	for i, e := range s {
		planned[i] = sim.Planned{When: e.When, Do: e.Do}
	}
	return planned
}

// Sort puts what waits first, as it stands, then the instants in order.
func (s Schedule) Sort() {
	slices.SortStableFunc(s, func(a, b Entry) int { return cmp.Compare(a.place(), b.place()) })
}

// place is where e comes in a sorted schedule.
func (e *Entry) place() time.Duration {
	if e.When.Waits() {
		return -1
	}
	return max(0, e.When.After)
}

// MaxScheduleBytes and MaxScheduleEntries bound the schedules that are parsed.
const (
	MaxScheduleBytes   = 4 << 20
	MaxScheduleEntries = 100_000
)

// ParseSchedule reads what [Schedule.String] writes. Empty lines, and lines whose first character other than a
// space is #, are left out. The error names the line, counted from 1.
func ParseSchedule(text string) (Schedule, error) {
	if len(text) > MaxScheduleBytes {
		return nil, fmt.Errorf("nemesis: schedule of %d bytes, more than %d", len(text), MaxScheduleBytes)
	}
	var s Schedule
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if len(s) == MaxScheduleEntries {
			return nil, fmt.Errorf("nemesis: line %d: more than %d entries", number, MaxScheduleEntries)
		}
		e, err := parseEntry(line)
		if err != nil {
			return nil, fmt.Errorf("nemesis: line %d: %w", number, err)
		}
		s = append(s, e)
	}
	return s, nil
}
