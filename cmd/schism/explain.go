package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"schism/scenarios"
)

func newExplain() *cobra.Command {
	var seed uint64
	var shrink bool
	var o scenarios.ExplainOptions
	c := &cobra.Command{
		Use:   "explain SCENARIO --seed N | FILE",
		Short: "Say what a violation needed, and when it was too late",
		Long: "Explain tells of a run that fails, or of a case, three things: the events that the violation needed,\n" +
			"with the reasons of those who decided; the smallest single change of the schedule, or else of the\n" +
			"workload, with which it passes, and what other changes come to; and the point of no return, from\n" +
			"which on it fails in nearly all continuations with other seeds although nothing breaks any more.\n" +
			"With --shrink it is made smaller first, and what is left of it is explained.\n" +
			"Exit code: 1 once it is explained, as for any run that fails, 2 if it does not fail, 4 if a case is\n" +
			"not what it was when it was saved, 130 if interrupted.",
		Example: "  schism explain raft/kv/canary --seed 1 --shrink\n" +
			"  schism explain raft-kv-canary-1.txtar",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Workers < 0 || o.Prefixes < 1 || o.Continuations < 1 {
				return errors.New("--prefixes and --runs must be positive, and --workers not negative")
			}
			kept, err := caseOf(c, args[0], seed)
			if err == nil && shrink {
				kept, err = smaller(c, kept, o.Workers)
			}
			if err != nil {
				return err
			}
			return explain(c, kept, o)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed of the run")
	c.Flags().BoolVar(&shrink, "shrink", false, "make it smaller first")
	c.Flags().IntVar(&o.Prefixes, "prefixes", 16, "how many beginnings of the run to go on from")
	c.Flags().IntVar(&o.Continuations, "runs", 40, "how often to go on from each")
	c.Flags().IntVar(&o.Workers, "workers", 0, "runs at once; 0 is one for each processor")
	return c
}

// smaller returns what is left of a case once it is made smaller, or until that is interrupted.
func smaller(c *cobra.Command, large *scenarios.Case, workers int) (*scenarios.Case, error) {
	o := scenarios.ShrinkOptions{Workers: workers}
	done := shrinkProgress(c.ErrOrStderr(), &o)
	small, err := scenarios.Shrink(c.Context(), large, o)
	done()
	if err != nil {
		return nil, err
	}
	return small.Case, nil
}

// explain prints what there is to say of a case, as it becomes known.
func explain(c *cobra.Command, kept *scenarios.Case, o scenarios.ExplainOptions) error {
	out := c.OutOrStdout()
	report, slice, err := kept.Explain()
	if errors.Is(err, scenarios.ErrClean) {
		if stale := staleCase(kept); stale != "" {
			fmt.Fprintf(c.ErrOrStderr(), "schism: this case is stale: %s\n", stale)
			return exitStale
		}
	}
	if err != nil {
		return err
	}
	v := report.Violations[0]
	fmt.Fprintf(out, "%s, seed %d\nVIOLATION %s: %s   step %d  t=%s\n\nWhat it needed\n%s\n", kept.Scenario.Name,
		kept.Seed, v.ID, v.Detail, v.Seq, v.At, slice)
	parts := []struct {
		title string
		find  func(context.Context, *scenarios.Case, scenarios.ExplainOptions) (fmt.Stringer, error)
	}{
		{"The nearest clean neighbour", neighbours},
		{"The point of no return", noReturn},
	}
	for _, part := range parts {
		if c.Context().Err() != nil {
			return exitInterrupted
		}
		done := explainProgress(c.ErrOrStderr(), part.title, &o)
		found, err := part.find(c.Context(), kept, o)
		done()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\n%s\n", part.title, found); err != nil {
			return err
		}
	}
	if c.Context().Err() != nil {
		return exitInterrupted
	}
	if drift := kept.Drift(report); len(drift) > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "schism: this case is stale: %s; it is explained as it is now\n", drift[0])
		return exitStale
	}
	return exitViolation
}

func neighbours(ctx context.Context, c *scenarios.Case, o scenarios.ExplainOptions) (fmt.Stringer, error) {
	return scenarios.Neighbour(ctx, c, o)
}

func noReturn(ctx context.Context, c *scenarios.Case, o scenarios.ExplainOptions) (fmt.Stringer, error) {
	return scenarios.NoReturn(ctx, c, o)
}

// explainProgress makes o say on stderr how far a search is, if that is a terminal. The function that it returns ends
// that.
func explainProgress(stderr io.Writer, title string, o *scenarios.ExplainOptions) func() {
	say, wipe := status(stderr)
	if say != nil {
		o.Progress = func(done, all int) { say(searched{title, done, all}) }
	}
	return wipe
}

// searched is how far a search is.
type searched struct {
	title     string
	done, all int
}

// String returns "The nearest clean neighbour: 3 of 7 runs".
func (s searched) String() string { return fmt.Sprintf("%s: %d of %d runs", s.title, s.done, s.all) }
