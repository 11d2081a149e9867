package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"schism/scenarios"
	"schism/sim"
)

func newReplay() *cobra.Command {
	var seed uint64
	var digest string
	c := &cobra.Command{
		Use:   "replay SCENARIO --seed N --digest H",
		Short: "Repeat a run and insist on its digest",
		Long: "Replay repeats a run, tells its story, and fails if its digest is not the expected one: then the\n" +
			"code has changed since, and the run is not the one that was seen.\n" +
			"Exit code: 4 on another digest; else 0 valid, 1 violation, 3 unknown.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := scenarios.Find(args[0])
			if err != nil {
				return err
			}
			want, err := sim.ParseDigest(digest)
			if err != nil {
				return err
			}
			report := s.Run(seed, scenarios.Options{Story: true})
			if err := report.WriteStory(c.OutOrStdout()); err != nil {
				return err
			}
			if report.Digest != want {
				fmt.Fprintf(c.ErrOrStderr(), "schism: stale: the digest of this run is %s, not %s: "+
					"another seed, or the code has changed since that run\n", report.Digest, want)
				return exitStale
			}
			return verdictCode(report.Verdict)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed of the run")
	c.Flags().StringVar(&digest, "digest", "", "the digest that the run must have, 16 hexadecimal digits")
	for _, name := range []string{"seed", "digest"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(fmt.Sprintf("schism: replay has no flag %s: %v", name, err))
		}
	}
	return c
}
