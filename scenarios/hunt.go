package scenarios

import (
	"context"
	"runtime"
	"slices"
	"sort"
	"sync"
	"time"

	"schism/checker"
	"schism/sim"
)

// HuntGCPercent is the setting of the garbage collector (GOGC) with which hunts are fast, in percent: runs leave little
// alive and much behind, so that with the usual 100 a collection comes every few runs, and workers wait for each other
// at each. Commands set it; this package does not.
const HuntGCPercent = 800

// HuntOptions says how to hunt.
type HuntOptions struct {
	// Seeds are the seeds that every scenario is run with.
	Seeds Seeds
	// Time bounds the hunt in real time; 0 is no bound. What it found until then counts.
	Time time.Duration
	// Workers is the number of runs at once; 0 is one for each processor.
	Workers int
	// KeepGoing makes the hunt go on after a failure.
	KeepGoing bool
	// ExpectMutants makes a scenario that must find its planted bug count as it should: the finding does not
	// stop the hunt, and not finding it is a failure. Each is hunted until it is found.
	ExpectMutants bool
	// Coverage counts which faults met which states of the protocols.
	Coverage bool
	// Progress, if not nil, is told after every run how many of how many are done or not needed. Calls do not overlap.
	Progress func(done, all int, soFar *HuntReport)
}

// HuntAll runs every scenario with every seed, seed by seed, until one fails.
func HuntAll(ctx context.Context, all []*Scenario, o HuntOptions) *HuntReport {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Time)
		defer cancel()
	}
	start := time.Now()
	h := &hunt{scenarios: all, o: o, jobs: o.Seeds.Count() * len(all)}
	h.stopAt = h.jobs
	h.found = make([]bool, len(all))
	var wg sync.WaitGroup
	for range min(o.Workers, h.jobs) {
		wg.Go(func() { h.work(ctx) })
	}
	wg.Wait()
	return h.finish(ctx, time.Since(start))
}

// hunt is the state that the workers of a hunt share.
type hunt struct {
	scenarios []*Scenario
	o         HuntOptions
	jobs      int

	mu   sync.Mutex
	next int
	// stopAt is the number of the first job that is not to be done any more.
	stopAt int
	done   []doneJob
	report HuntReport
	// found says of each scenario whether its planted bug has been found.
	found []bool
	// kinds are those of the faults that were seen.
	kinds faultKinds
	// skipped counts the jobs that a mutant needs no more.
	skipped int
}

// doneJob is what is kept of a job.
type doneJob struct {
	job     int
	events  uint64
	virtual time.Duration
	spent   time.Duration
	finding *Finding
	marks   []sim.Reached
	hits    []packedHit
}

// take returns the next job, or false if there is none.
func (h *hunt) take(ctx context.Context) (job int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.next < h.stopAt && ctx.Err() == nil {
		job := h.next
		h.next++
		i := job % len(h.scenarios)
		if h.o.ExpectMutants && h.scenarios[i].Mutant() && h.found[i] {
			h.skipped++
			continue
		}
		return job, true
	}
	return 0, false
}

// work does jobs until there are none.
func (h *hunt) work(ctx context.Context) {
	runners := make([]*Runner, len(h.scenarios))
	for {
		job, ok := h.take(ctx)
		if !ok {
			return
		}
		i := job % len(h.scenarios)
		if runners[i] == nil {
			runners[i] = NewRunner(h.scenarios[i])
		}
		seed := h.o.Seeds.At(job / len(h.scenarios))
		start := time.Now()
		r := runners[i].Run(seed, Options{Coverage: h.o.Coverage})
		h.add(job, i, r, time.Since(start))
	}
}

// add adds what a job brought.
func (h *hunt) add(job, i int, r *Report, spent time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := doneJob{job: job, events: r.Events, virtual: r.Virtual, spent: spent, hits: h.kinds.pack(r.Hits)}
	for _, m := range h.scenarios[i].Want {
		if k := slices.IndexFunc(r.Reached, func(x sim.Reached) bool { return x.Mark == m }); k >= 0 {
			d.marks = append(d.marks, r.Reached[k])
		}
	}
	s := h.scenarios[i]
	expected := h.o.ExpectMutants && s.Mutant()
	switch r.Verdict {
	case checker.Invalid:
		d.finding = &Finding{Scenario: s.Name, Seed: r.Seed, ID: r.Violations[0].ID,
			Expected: expected && s.found(r)}
		if d.finding.Expected {
			h.found[i] = true
		} else if !h.o.KeepGoing {
			h.stopAt = min(h.stopAt, job+1)
		}
	case checker.Unknown:
		d.finding = &Finding{Scenario: s.Name, Seed: r.Seed, ID: unknownID}
	}
	h.done = append(h.done, d)
	if h.o.Progress != nil {
		h.report.count(&d)
		h.o.Progress(len(h.done)+h.skipped, h.jobs, &h.report)
	}
}

// finish makes the report, of the jobs before stopAt only: which later ones were done depends on the workers. For
// the same reason only the first finding of a mutant counts, and nothing that its scenario did later.
func (h *hunt) finish(ctx context.Context, wall time.Duration) *HuntReport {
	sort.Slice(h.done, func(i, j int) bool { return h.done[i].job < h.done[j].job })
	left := len(h.done)+h.skipped < h.jobs && h.stopAt == h.jobs
	h.report = HuntReport{Wall: wall, Interrupted: ctx.Err() != nil && left}
	for _, s := range h.scenarios {
		h.report.Tallies = append(h.report.Tallies, Tally{Scenario: s})
	}
	covered := newCoverage(&h.kinds)
	found := make([]bool, len(h.scenarios))
	marks := make(map[string]bool)
	for i := range h.done {
		d := &h.done[i]
		s := d.job % len(h.scenarios)
		if d.job >= h.stopAt || found[s] && h.o.ExpectMutants {
			continue
		}
		h.report.count(d)
		h.report.Tallies[s].count(d)
		covered.count(d.hits)
		h.report.EventsPerRun = append(h.report.EventsPerRun, float64(d.events))
		for _, m := range d.marks {
			marks[h.scenarios[s].Name+": "+m.Mark] = true
		}
		if d.finding != nil && d.finding.Expected {
			found[s] = true
		}
	}
	if h.o.Coverage {
		h.report.Coverage = covered.table()
	}
	h.owed(found, marks)
	return &h.report
}

// enoughRuns is after how many runs of a scenario it counts that a mark was not reached, whatever has ended the hunt.
const enoughRuns = 200

// owed reports what the scenarios should have found and reached, and did not.
func (h *hunt) owed(found []bool, marks map[string]bool) {
	for i, s := range h.scenarios {
		if t := &h.report.Tallies[i]; t.Runs > 0 {
			t.Seeds = h.o.Seeds.Begin(t.Runs)
		}
		if h.o.ExpectMutants && s.Mutant() && !found[i] {
			h.report.Missed = append(h.report.Missed, s.Name)
		}
		for _, m := range s.Want {
			name, enough := s.Name+": "+m, h.whole() || h.report.Tallies[i].Runs >= enoughRuns
			if !marks[name] && enough {
				h.report.Unreached = append(h.report.Unreached, name)
			}
		}
	}
}

// whole reports whether the hunt made every run that it was to make.
func (h *hunt) whole() bool { return h.stopAt == h.jobs && !h.report.Interrupted }
