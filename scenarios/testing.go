package scenarios

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"schism/checker"
	"schism/sim"
)

// TB is what Hunt needs of a test: *testing.T is one.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Option changes how Hunt hunts.
type Option func(*testHunt)

// WithSeeds makes a hunt use those seeds, instead of 1 to 100.
func WithSeeds(seeds Seeds) Option { return func(h *testHunt) { h.seeds = seeds } }

// WithTime ends a hunt after so much real time, without an error.
func WithTime(d time.Duration) Option { return func(h *testHunt) { h.time = d } }

// WithShrinking bounds by how many runs a failing run is made smaller, instead of 3000; 0 leaves it as it is.
func WithShrinking(runs int) Option { return func(h *testHunt) { h.shrink = runs } }

// WithArtifacts says in which directory the case of a failing run is kept, instead of a temporary one.
func WithArtifacts(dir string) Option { return func(h *testHunt) { h.artifacts = dir } }

// testHunt is one call of Hunt.
type testHunt struct {
	t         TB
	s         *Scenario
	seeds     Seeds
	time      time.Duration
	shrink    int
	artifacts string
	// pkg is the import path of the package that hunts.
	pkg string
}

// What a hunt of a test does if nothing else is said.
const (
	defaultTestSeeds = 100
	defaultShrinking = 3000
	// enoughSeeds is after how many seeds all marks must have been reached.
	enoughSeeds = 30
)

// Hunt is a property test: it runs s with one seed after the other, and fails the test with the first run that is not
// valid. That run is made smaller, kept as a case in a file, and told: each line of the message can be used. After 30
// seeds or more it also fails if no run has reached one of the marks in s.Want.
//
// The environment has the last word: SCHISM_SEED and SCHISM_SEEDS name the seeds, 7 or 1-500, SCHISM_RUNS their number,
// SCHISM_SHARD which share of them, 2/4; SCHISM_TIME bounds the time, SCHISM_ARTIFACTS is the directory for cases.
// SCHISM_CASE names the file of a case, which is replayed instead: the test fails as the case says, or because the case
// is stale.
func Hunt(t TB, s *Scenario, options ...Option) {
	t.Helper()
	h := &testHunt{t: t, s: s, shrink: defaultShrinking, pkg: callingPackage()}
	h.seeds = Seeds{First: 1, Last: defaultTestSeeds}
	for _, o := range options {
		o(h)
	}
	if err := h.environment(); err != nil {
		t.Fatalf("%v", err)
	}
	if file := os.Getenv("SCHISM_CASE"); file != "" {
		h.replay(file)
		return
	}
	h.run()
}

// environment takes over what the environment says.
func (h *testHunt) environment() error {
	var err error
	if runs := os.Getenv("SCHISM_RUNS"); runs != "" {
		if h.seeds, err = ParseSeeds("1-" + runs); err != nil {
			return fmt.Errorf("SCHISM_RUNS=%q: want a number from 1", runs)
		}
	}
	for _, name := range []string{"SCHISM_SEEDS", "SCHISM_SEED"} {
		if seeds := os.Getenv(name); seeds != "" {
			if h.seeds, err = ParseSeeds(seeds); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if share := os.Getenv("SCHISM_SHARD"); share != "" {
		shard, err := ParseShard(share)
		if err != nil {
			return fmt.Errorf("SCHISM_SHARD: %w", err)
		}
		if h.seeds.Shard(shard).Count() == 0 {
			return fmt.Errorf("SCHISM_SHARD=%s: there are only %d seeds", share, h.seeds.Count())
		}
		h.seeds = h.seeds.Shard(shard)
	}
	if bound := os.Getenv("SCHISM_TIME"); bound != "" {
		if h.time, err = time.ParseDuration(bound); err != nil {
			return fmt.Errorf("SCHISM_TIME: %w", err)
		}
	}
	if dir := os.Getenv("SCHISM_ARTIFACTS"); dir != "" {
		h.artifacts = dir
	}
	return nil
}

// run runs one seed after the other, and then looks whether one of many has reached what some run must reach.
func (h *testHunt) run() {
	h.t.Helper()
	start := time.Now()
	runner := NewRunner(h.s)
	reached := make(map[string]bool)
	for i := range h.seeds.Count() {
		r := runner.Run(h.seeds.At(i), Options{})
		if r.Verdict != checker.Valid {
			h.t.Fatalf("\n%s", h.failure(r))
		}
		for _, m := range r.Reached {
			reached[m.Mark] = true
		}
		if h.time > 0 && time.Since(start) > h.time {
			return
		}
	}
	for _, mark := range h.s.Want {
		if !reached[mark] && h.seeds.Count() >= enoughSeeds {
			h.t.Errorf("none of %d runs reached the mark %s", h.seeds.Count(), mark)
		}
	}
}

// replay replays the case in a file.
func (h *testHunt) replay(file string) {
	h.t.Helper()
	replayCase(h.t, file, func(name string) (*Scenario, error) {
		if name != h.s.Name {
			return nil, fmt.Errorf("the case is of %s, and the test of %s", name, h.s.Name)
		}
		return h.s, nil
	})
}

// Replay replays the case in a file, which is one of a scenario in All. The test fails as the case says, or because the
// case is stale.
func Replay(t TB, file string) {
	t.Helper()
	replayCase(t, file, Find)
}

// replayCase is Replay for scenarios that find returns.
func replayCase(t TB, file string, find func(name string) (*Scenario, error)) {
	t.Helper()
	c, err := readCase(file, find)
	if err != nil {
		t.Fatalf("%v", err)
	}
	k := Kept{file, c}
	r, drift, err := k.Replay()
	switch {
	case err != nil:
		t.Fatalf("%v", err)
	case len(drift) > 0:
		t.Fatalf("%s is stale:\n  %s", file, strings.Join(drift, "\n  "))
	case r.Verdict != checker.Valid:
		t.Fatalf("\n%s", r.story())
	}
}

// failure shrinks a failing run, keeps it, and returns what there is to say of it.
func (h *testHunt) failure(r *Report) string {
	f := &Failure{Report: r, Package: h.pkg, Test: h.t.Name()}
	if r.Verdict == checker.Invalid {
		f.Keep(h.shrink, h.directory())
	}
	return f.String()
}

// directory returns where cases are kept.
func (h *testHunt) directory() string {
	if h.artifacts != "" {
		return h.artifacts
	}
	return os.TempDir()
}

// CleanupTB is what TellLast needs of a test: *testing.T is one.
type CleanupTB interface {
	TB
	Failed() bool
	Cleanup(func())
	Logf(format string, args ...any)
}

// TellLast is for property tests that draw cases in their own way, by rapid for instance, which makes them smaller in
// its own way, too. The function that it returns is told of each case that fails. Once the test has failed, the last of
// them is made smaller, kept and told as Hunt does it.
func TellLast(t CleanupTB, options ...Option) func(*Case, *Report) {
	h := &testHunt{t: t, shrink: defaultShrinking, pkg: callingPackage()}
	for _, o := range options {
		o(h)
	}
	var last *Failure
	t.Cleanup(func() {
		if t.Failed() && last != nil {
			last.KeepCase(last.first, h.shrink, h.directory())
			t.Logf("\n%s", last)
		}
	})
	return func(c *Case, r *Report) { last = &Failure{Report: r, Package: h.pkg, Test: t.Name(), first: c} }
}

// callingPackage returns the import path of the package that has called Hunt.
func callingPackage() string {
	var pcs [8]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	f, _ := frames.Next()
	dir, name := "", f.Function
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, name = name[:i+1], name[i+1:]
	}
	name, _, _ = strings.Cut(name, ".")
	return dir + strings.TrimSuffix(name, "_test")
}

// Keep makes the failing run smaller, by so many runs at most, and writes it to a file in a directory. What goes wrong
// with that becomes part of the message, beside the failure itself.
func (f *Failure) Keep(runs int, dir string) {
	f.KeepCase(DrawCase(f.Report.Scenario, f.Report.Seed, sim.NewSeeded(f.Report.Seed)), runs, dir)
}

// KeepCase is Keep for the case of which the failing run was.
func (f *Failure) KeepCase(c *Case, runs int, dir string) {
	name := c.FileName() // it keeps the name of the run, whatever seed is left in the end
	c.Expect = f.Report.ID()
	again, err := c.Run(Options{Budget: quickBudget})
	switch {
	case err != nil:
		f.trouble = append(f.trouble, err.Error())
		return
	case again.Digest != f.Report.Digest:
		f.trouble = append(f.trouble, "NOT DETERMINISTIC: the same case has the digest "+again.Digest.String()+" now")
		return
	}
	if runs > 0 {
		if f.Shrunk, err = Shrink(context.Background(), c, ShrinkOptions{Runs: runs}); err == nil {
			c = f.Shrunk.Case
		}
	} else {
		err = c.Settle()
	}
	if err != nil {
		f.trouble = append(f.trouble, err.Error())
		return
	}
	file, err := filepath.Abs(filepath.Join(dir, name)) // commands are copied to other directories
	if err != nil {
		f.trouble = append(f.trouble, err.Error())
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		f.trouble = append(f.trouble, err.Error())
	} else if err := os.WriteFile(file, c.Text(), 0o644); err != nil {
		f.trouble = append(f.trouble, err.Error())
	} else {
		f.File = file
	}
}
