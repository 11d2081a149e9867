package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"schism/scenarios"
)

func newShrink() *cobra.Command {
	var seed uint64
	var output string
	var o scenarios.ShrinkOptions
	c := &cobra.Command{
		Use:   "shrink SCENARIO --seed N | FILE",
		Short: "Make a failing run smaller",
		Long: "Shrink makes a run smaller that fails, and writes what is left of it as a case: first fewer faults,\n" +
			"operations, clients and servers, then a plainer world, then shorter and rounder times, as long\n" +
			"as the first violation has the same ID; it may get another seed. It tells what is left as a story,\n" +
			"and how to repeat it.\n" +
			"Exit code: 1 once it is done, as for any run that fails, 2 if the run does not fail; 130 if\n" +
			"interrupted, and 3 if a bound ended the search: the case is written even then.",
		Example: "  schism shrink raft/kv/canary --seed 1\n" +
			"  schism shrink my.txtar -o small.txtar --time 10s",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.Workers < 0 || o.Time < 0 || o.Runs < 0 {
				return errors.New("--workers, --time and --runs must not be negative")
			}
			large, err := caseOf(c, args[0], seed)
			if err != nil {
				return err
			}
			if namesCase(args[0]) {
				if stale := staleCase(large); stale != "" {
					fmt.Fprintf(c.ErrOrStderr(), "schism: %s is stale: %s; it is made smaller as it is now\n",
						args[0], stale)
				}
			}
			if output == "" {
				output = smallName(args[0], large)
			}
			file, err := createCase(output, c.OutOrStdout())
			if err != nil {
				return err
			}
			defer file.discard()
			done := shrinkProgress(c.ErrOrStderr(), &o)
			small, err := scenarios.Shrink(c.Context(), large, o)
			done()
			if err != nil {
				return err
			}
			if err := file.write(small.Case); err != nil {
				return err
			}
			if output != "-" {
				if err := writeShrunk(c.OutOrStdout(), small, output); err != nil {
					return err
				}
			}
			switch {
			case c.Context().Err() != nil:
				return exitInterrupted
			case !small.Done:
				return exitUnknown
			}
			return exitViolation
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed of the run")
	outputFlag(c, &output)
	c.Flags().DurationVar(&o.Time, "time", time.Minute, "stop after this much real time; 0 is no bound")
	c.Flags().IntVar(&o.Runs, "runs", 0, "stop after so many runs; 0 is no bound")
	c.Flags().IntVar(&o.Workers, "workers", 0, "runs at once; 0 is one for each processor")
	return c
}

// smallName returns the name of the file for what is left of the case that an argument names: that of the large one
// stays free for it.
func smallName(arg string, large *scenarios.Case) string {
	if !namesCase(arg) {
		arg = large.FileName()
	}
	return strings.TrimSuffix(arg, caseExtension) + "-small" + caseExtension
}

// shrinkProgress makes o say on stderr how far the search is, if that is a terminal. The function that it returns ends
// that.
func shrinkProgress(stderr io.Writer, o *scenarios.ShrinkOptions) func() {
	say, wipe := status(stderr)
	if say != nil {
		o.Progress = func(s *scenarios.Shrunk) { say(s) }
	}
	return wipe
}

// writeShrunk says what has become of a case, and what to do with the file in which it is.
func writeShrunk(w io.Writer, s *scenarios.Shrunk, file string) error {
	bound := ""
	if !s.Done {
		bound = ", stopped before the end"
	}
	_, err := fmt.Fprintf(w, "%sshrunk  %s%s\nreplay  go run ./cmd/schism replay %s\ntest    %s\n", s.Case.Story,
		s, bound, file, s.Case.TestSnippet(file))
	return err
}
