package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"schism/checker"
	"schism/scenarios"
)

// guard is one run of ci.
type guard struct {
	ciOptions
	pattern string
	chosen  []*scenarios.Scenario
	commit  string
	shard   scenarios.Shard
	// seeds are those of this shard; seedless says that the clock ends them, nobody has said how many there are.
	seeds    scenarios.Seeds
	seedless bool
	memory   int64

	// checked has what the corpus came to, then each scenario.
	checked []checked
	cases   int
	runs    int
	mutants int
	// most is the largest number of runs of one scenario, shrunk the number of failures that were made smaller.
	most, shrunk int
	wall         time.Duration
	// unreached lists the marks that no fresh run has reached. They are told, and do no harm.
	unreached []string
	stderr    io.Writer
	// interrupted and exhausted say that the run ended early, by a signal or for want of memory.
	interrupted, exhausted bool
}

// result is what ci says of a case or a scenario.
type result uint8

// The results, those that weigh more later.
const (
	passed result = iota
	skipped
	unknown
	stale
	failed
)

var resultNames = [...]string{"passed", "not run", "unknown", "stale", "failed"}

// String returns the result's name.
func (r result) String() string { return resultNames[r] }

// checked is a case of the corpus, or a scenario with its seeds, and what it came to.
type checked struct {
	// file is that of the case, "" for a scenario. scenario is empty if the case cannot be read.
	file, scenario, seeds string
	result                result
	runs                  int
	spent                 time.Duration
	failures              []failure
	// more counts the runs with further violations, which are not told.
	more int
}

// name names c: the file of a case without its extension, or the scenario.
func (c *checked) name() string {
	if c.file == "" {
		return c.scenario
	}
	kept := scenarios.Kept{File: c.file}
	return kept.Name()
}

// fail adds a failure.
func (c *checked) fail(f failure) {
	c.failures = append(c.failures, f)
	c.result = max(c.result, f.result)
}

// failure is one thing that went wrong.
type failure struct {
	result result
	// id is the violation's, or says in few words what else is wrong. seed is that of the run, if seeded.
	id     string
	seed   uint64
	seeded bool
	// times is how often it was seen.
	times int
	// text is what people read, replay the command that shows it again, file the case that was written, if any.
	// whole is what is told of the run if there is none.
	text, whole, replay, file string
	// kept is the case, if there is one already.
	kept *scenarios.Case
}

// readCorpus lists the cases of this shard that are about the chosen scenarios. Those that cannot be read count.
func (g *guard) readCorpus() error {
	if g.corpus == "" {
		return nil
	}
	if info, err := os.Stat(g.corpus); err != nil || !info.IsDir() {
		return fmt.Errorf("the corpus %q is no directory: --corpus names it, or none if it is empty", g.corpus)
	}
	files, err := filepath.Glob(filepath.Join(g.corpus, "*"+caseExtension))
	if err != nil {
		return err
	}
	for i, file := range files {
		if !g.shard.Has(i) {
			continue
		}
		c := checked{file: filepath.ToSlash(file), result: skipped}
		if kept, err := scenarios.ReadCase(file); err == nil {
			if !slices.Contains(g.chosen, kept.Scenario) {
				continue
			}
			c.scenario, c.seeds = kept.Scenario.Name, fmt.Sprint(kept.Seed)
		}
		g.checked = append(g.checked, c)
	}
	g.cases = len(g.checked)
	return nil
}

// processes returns how many runs are made at once.
func (g *guard) processes() int {
	if g.workers > 0 {
		return g.workers
	}
	return runtime.GOMAXPROCS(0)
}

// replayCorpus replays the cases.
func (g *guard) replayCorpus(ctx context.Context) {
	start := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(g.processes(), g.cases) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < g.cases && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				g.checked[i].replay()
			}
		})
	}
	wg.Wait()
	g.wall += time.Since(start)
	for i := range g.checked {
		g.runs += g.checked[i].runs
	}
}

// replay replays a case.
func (c *checked) replay() {
	start := time.Now()
	c.result, c.runs = passed, 1
	defer func() { c.spent = time.Since(start) }()
	again := "go run ./cmd/schism replay " + c.file
	kept, err := scenarios.ReadCase(c.file)
	if err != nil {
		c.fail(failure{result: stale, id: "unreadable", times: 1, text: err.Error() + "\n", replay: again})
		return
	}
	k := scenarios.Kept{File: c.file, Case: kept}
	report, drift, err := k.Replay()
	if err != nil {
		c.fail(failure{result: stale, id: "unplayable", times: 1, text: err.Error() + "\n", replay: again})
		return
	}
	f := failure{id: "stale", seed: kept.Seed, seeded: true, times: 1, replay: again}
	switch id := report.ID(); {
	case len(drift) == 0:
		return
	case report.Verdict == checker.Invalid && id != kept.Expect:
		f.result, f.id, f.kept = failed, id, kept
	case report.Verdict == checker.Unknown:
		f.result, f.id = unknown, id
	default:
		f.result = stale
	}
	f.text, f.whole = driftText(drift), report.Failure()
	c.fail(f)
}

// driftText says in what a case is not what it was.
func driftText(drift []string) string {
	text := ""
	for _, line := range drift {
		text += "drift   " + line + "\n"
	}
	return text
}
