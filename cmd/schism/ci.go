package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"schism/scenarios"
)

// ciOptions says what ci is to do.
type ciOptions struct {
	corpus, commit, artifacts, junit, summary string
	perScenario, workers                      int
	time, shrink                              time.Duration
	memoryText, shardText                     string
	// bounded says that the flags name a time.
	bounded bool
}

func newCI() *cobra.Command {
	var o ciOptions
	c := &cobra.Command{
		Use:   "ci [SCENARIO|PATTERN|all]",
		Short: "Guard a commit: the corpus, then fresh seeds",
		Long: "Ci replays the cases of the corpus that are about the scenarios, then runs each scenario with seeds\n" +
			"of its own for the commit: the first is the first 12 digits of the hash as a number, the others\n" +
			"follow it. The seeds are printed: hunt repeats them. A scenario that runs a mutant must find it,\n" +
			"within 200 runs. Shards divide the cases and the seeds of every scenario; each finds the mutants.\n" +
			"Every failure becomes a case in the artifact directory, made smaller if there is time, and is\n" +
			"reported with its text and the command that replays it, also if ci is interrupted.\n" +
			"Exit code: 0 all is well, 1 a violation, or a mutant that was not found; else 4 a case is not what\n" +
			"it was; else 3 something has no verdict, was not run or took too much memory; 130 interrupted.",
		Example: "  schism ci --time 5m --junit junit.xml\n" +
			"  schism ci raft/... --commit $(git rev-parse HEAD) --seeds-per-scenario 100 --shard 1/4",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.bounded = c.Flags().Changed("time") || o.perScenario == 0
			g, err := newGuard(append(args, "all")[0], o)
			if err != nil {
				return err
			}
			return runCI(c, g)
		},
	}
	f := c.Flags()
	f.StringVar(&o.corpus, "corpus", "scenarios/"+scenarios.CasesDir, "the `directory` of the corpus; empty is none")
	f.StringVar(&o.commit, "commit", "", "the `hash`; else $GITHUB_SHA, else that of the command")
	f.DurationVar(&o.time, "time", 2*time.Minute, "how long to run fresh seeds")
	f.IntVar(&o.perScenario, "seeds-per-scenario", 0, "run so many seeds instead; with --time no longer than that")
	f.StringVar(&o.shardText, "shard", "1/1", "run this share of everything, `i/n`")
	f.StringVar(&o.memoryText, "memory", "2GiB", "end, without a verdict, beyond this much memory")
	f.DurationVar(&o.shrink, "shrink-time", 10*time.Second, "how long to make one failure smaller")
	f.IntVar(&o.workers, "workers", 0, "runs at once; 0 is one for each processor")
	f.StringVar(&o.artifacts, "artifacts", "schism-artifacts", "the `directory` for the cases of failures")
	f.StringVar(&o.junit, "junit", "", "write a JUnit report to this `file`")
	f.StringVar(&o.summary, "summary", "", "write a summary in Markdown to this `file`; else to $GITHUB_STEP_SUMMARY")
	return c
}

// newGuard returns what the options ask for.
func newGuard(pattern string, o ciOptions) (*guard, error) {
	switch {
	case o.workers < 0 || o.time < 0 || o.perScenario < 0 || o.shrink < 0:
		return nil, errors.New("--workers, --time, --seeds-per-scenario and --shrink-time must not be negative")
	case o.time == 0 && o.perScenario == 0:
		return nil, errors.New("--time 0 needs --seeds-per-scenario: nothing else ends the run")
	}
	g := &guard{ciOptions: o, pattern: pattern, seedless: o.perScenario == 0}
	var err error
	if g.chosen, _, err = choose(scenarios.All, pattern); err != nil {
		return nil, err
	}
	if g.shard, err = scenarios.ParseShard(o.shardText); err != nil {
		return nil, err
	}
	if g.memory, err = parseMemory(o.memoryText); err != nil {
		return nil, err
	}
	if o.perScenario > 0 && o.perScenario < g.shard.Of {
		return nil, fmt.Errorf("%d shards need as many seeds: --seeds-per-scenario %d leaves some without any",
			g.shard.Of, o.perScenario)
	}
	if g.commit, err = commitOf(o.commit); err != nil {
		return nil, err
	}
	count := uint64(o.perScenario)
	if g.seedless {
		count = endless
	}
	seeds, err := scenarios.CommitSeeds(g.commit, count)
	if err != nil {
		return nil, err
	}
	g.seeds = seeds.Shard(g.shard)
	return g, g.readCorpus()
}

// endless is the number of seeds of a run that the clock ends.
const endless = 1 << 32

// commitOf returns the hash of the commit: that of the flag, of the environment, or of the command itself.
func commitOf(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if hash := os.Getenv("GITHUB_SHA"); hash != "" {
		return hash, nil
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value, nil
			}
		}
	}
	return "", errors.New("which commit? Neither $GITHUB_SHA nor the command knows: --commit $(git rev-parse HEAD)")
}

// runCI runs g and reports what came of it.
func runCI(c *cobra.Command, g *guard) error {
	out, err := openReports(g)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(c.Context())
	defer stop(nil)
	defer g.limitMemory(stop)()
	g.stderr = c.ErrOrStderr()
	g.begin(c.OutOrStdout())
	g.replayCorpus(ctx)
	g.runFresh(ctx)
	for i := range g.checked {
		g.explain(ctx, &g.checked[i])
	}
	g.interrupted = c.Context().Err() != nil
	g.exhausted = context.Cause(ctx) == errMemory || overMemory(g.memory)
	g.end(c.OutOrStdout())
	if err := out.write(g, c.OutOrStdout()); err != nil {
		return err
	}
	if code := g.exitCode(); code != exitValid {
		return code
	}
	return nil
}
