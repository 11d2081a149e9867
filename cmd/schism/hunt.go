package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/exp/stats"
	"golang.org/x/term"

	"schism/scenarios"
)

func newHunt() *cobra.Command {
	var seeds string
	var o scenarios.HuntOptions
	var asJSON bool
	c := &cobra.Command{
		Use:   "hunt SCENARIO|PATTERN|all --seeds A-B",
		Short: "Make many runs until one goes wrong",
		Long: "Hunt runs a scenario, or all that match a pattern, with every seed of a range. In a pattern,\n" +
			"such as raft/kv/split-*, * stands for anything within one part of a name; raft/... is all\n" +
			"that begins with raft/.\n" +
			"The first violation ends the hunt unless --keep-going is given. In a hunt of all or of a pattern,\n" +
			"a scenario that runs a mutant must find it, and that it does is no violation.\n" +
			"Exit code: 0 nothing found, 1 violation, 3 a verdict is unknown, 130 interrupted.",
		Example: "  schism hunt raft/kv/split-2-3 --seeds 1-10000\n" +
			"  schism hunt raft/... --seeds 1-1000000 --time 10m --json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			chosen, several, err := choose(scenarios.All, args[0])
			if err != nil {
				return err
			}
			o.ExpectMutants = several
			if o.Seeds, err = scenarios.ParseSeeds(seeds); err != nil {
				return err
			}
			if o.Workers < 0 || o.Time < 0 {
				return fmt.Errorf("--workers and --time must not be negative")
			}
			return hunt(c, chosen, o, asJSON)
		},
	}
	c.Flags().StringVar(&seeds, "seeds", "1-100", "the range of seeds, `A-B`; A-B/4 is every fourth")
	c.Flags().DurationVar(&o.Time, "time", 0, "stop after this much real time, such as 10m")
	c.Flags().IntVar(&o.Workers, "workers", 0, "runs at once; 0 is one for each processor")
	c.Flags().BoolVar(&o.KeepGoing, "keep-going", false, "go on after a violation")
	c.Flags().BoolVar(&o.Coverage, "coverage", false, "end with a table of which faults hit which states")
	c.Flags().BoolVar(&asJSON, "json", false, "end with one JSON object instead of text")
	return c
}

// choose returns the scenarios that pattern names, and whether it could name several: then those that run a mutant
// are among them only to show that it is found.
func choose(all []*scenarios.Scenario, pattern string) (chosen []*scenarios.Scenario, several bool, err error) {
	matches := func(name string) bool {
		ok, _ := path.Match(pattern, name) // checked below
		return ok
	}
	switch prefix, below := strings.CutSuffix(pattern, "..."); {
	case pattern == "all":
		return all, true, nil
	case below:
		matches = func(name string) bool { return strings.HasPrefix(name, prefix) }
	case strings.ContainsAny(pattern, `*?[\`):
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, false, fmt.Errorf("pattern %q: %w", pattern, err)
		}
	default:
		s, err := scenarios.Find(pattern)
		return []*scenarios.Scenario{s}, false, err
	}
	for _, s := range all {
		if matches(s.Name) {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, false, fmt.Errorf("no scenario matches %q; see schism list", pattern)
	}
	return chosen, true, nil
}

// hunt hunts, shows how far it is, and prints what it found, even if it was interrupted.
func hunt(c *cobra.Command, chosen []*scenarios.Scenario, o scenarios.HuntOptions, asJSON bool) error {
	done := showProgress(c.ErrOrStderr(), &o, false)
	r := scenarios.HuntAll(c.Context(), chosen, o)
	done()
	var err error
	if asJSON {
		err = json.NewEncoder(c.OutOrStdout()).Encode(huntObject(r))
	} else {
		err = writeHunt(c.OutOrStdout(), r)
	}
	switch {
	case err != nil:
		return err
	case r.Interrupted && c.Context().Err() != nil:
		return exitInterrupted
	}
	return verdictCode(r.Verdict())
}

// progressEvery is how often the progress of a hunt is looked at.
const progressEvery = 100 * time.Millisecond

// showProgress makes o draw a progress bar on stderr if that is a terminal: of the runs, or of the seconds if the clock
// ends them. The function that it returns ends the bar.
func showProgress(stderr io.Writer, o *scenarios.HuntOptions, byClock bool) func() {
	f, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func() {}
	}
	start, last := time.Now(), time.Time{}
	var rate atomic.Value // a string, which the bar reads in a goroutine of its own
	rate.Store("")
	progress, unit := mpb.New(mpb.WithOutput(f), mpb.WithWidth(40)), "runs"
	if byClock {
		unit = "s"
	}
	bar := progress.AddBar(0,
		mpb.PrependDecorators(decor.CountersNoUnit("%d / %d "+unit+" ")),
		mpb.AppendDecorators(decor.Percentage(),
			decor.Any(func(decor.Statistics) string { return rate.Load().(string) }),
			decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 8})))
	o.Progress = func(done, all int, soFar *scenarios.HuntReport) {
		if now := time.Now(); now.Sub(last) > progressEvery || done == all {
			last = now
			seconds := now.Sub(start).Seconds()
			rate.Store(fmt.Sprintf("  %.0f runs/s, %.1f M events/s, %.0f s virtual, %d violations ",
				float64(soFar.Runs)/seconds, float64(soFar.Events)/seconds/1e6, soFar.Virtual.Seconds(),
				soFar.Violations))
			if byClock {
				done, all = int(seconds), int(o.Time.Seconds())
			}
			bar.SetTotal(int64(all), false)
			bar.SetCurrent(int64(done))
		}
	}
	return func() {
		bar.Abort(false)
		progress.Wait()
	}
}

// huntJSON is what hunt --json prints.
type huntJSON struct {
	Runs         int                 `json:"runs"`
	Violations   int                 `json:"violations"`
	MutantsFound int                 `json:"mutants_found"`
	Unknown      int                 `json:"unknown"`
	Events       uint64              `json:"events"`
	VirtualS     float64             `json:"virtual_s"`
	WallS        float64             `json:"wall_s"`
	Verdict      string              `json:"verdict"`
	Interrupted  bool                `json:"interrupted"`
	First        *scenarios.Finding  `json:"first,omitempty"` // the first violation
	Findings     []scenarios.Finding `json:"findings"`
	Missed       []string            `json:"missed"`
	Unreached    []string            `json:"unreached_marks"`
	Coverage     *scenarios.Coverage `json:"coverage,omitempty"`
}

func huntObject(r *scenarios.HuntReport) *huntJSON {
	return &huntJSON{
		Runs: r.Runs, Violations: r.Violations, MutantsFound: r.Mutants, Unknown: r.Unknown,
		Events: r.Events, VirtualS: r.Virtual.Seconds(), WallS: r.Wall.Seconds(),
		Verdict: r.Verdict().String(), Interrupted: r.Interrupted, First: r.First(),
		Findings:  append([]scenarios.Finding{}, r.Findings...),
		Missed:    append([]string{}, r.Missed...),
		Unreached: append([]string{}, r.Unreached...),
		Coverage:  r.Coverage,
	}
}

// maxListed is the number of findings that are printed one by one.
const maxListed = 20

// writeHunt prints what a hunt found.
func writeHunt(w io.Writer, r *scenarios.HuntReport) error {
	p := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	seconds := r.Wall.Seconds()
	p("%d runs in %.1f s: %.0f runs/s, %.2f million events/s, %.0f s of virtual time\n", r.Runs, seconds,
		float64(r.Runs)/seconds, float64(r.Events)/seconds/1e6, r.Virtual.Seconds())
	if len(r.EventsPerRun) > 0 {
		q := stats.Quantiles(r.EventsPerRun, 0, 0.5, 1)
		p("events in a run: least %.0f, median %.0f, most %.0f\n", q[0], q[1], q[2])
	}
	for i, f := range r.Findings {
		if i == maxListed {
			p("… and %d more\n", len(r.Findings)-maxListed)
			break
		}
		p("%v\n", f)
		p("    go run ./cmd/schism run %s --seed %d\n", f.Scenario, f.Seed)
	}
	for _, name := range r.Missed {
		p("MISSED: %s did not find the bug that it runs\n", name)
	}
	for _, mark := range r.Unreached {
		p("not reached by any run: %s\n", mark)
	}
	if r.Interrupted {
		p("stopped before the end\n")
	}
	if r.Coverage != nil {
		if err := writeCoverage(w, r.Coverage); err != nil {
			return err
		}
	}
	if r.Mutants > 0 {
		p("%d mutants found, as they had to be\n", r.Mutants)
	}
	_, err := fmt.Fprintf(w, "%d violations, %d unknown: %s\n", r.Violations, r.Unknown, r.Verdict())
	return err
}
