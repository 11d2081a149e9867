package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"schism/scenarios"
	"schism/sim"
)

func newReplay() *cobra.Command {
	var seed uint64
	var digest string
	var aligned bool
	c := &cobra.Command{
		Use:   "replay FILE | SCENARIO --seed N --digest H",
		Short: "Repeat a run and insist on its digest",
		Long: "Replay repeats a case, or a run of a scenario, tells its story, and fails if its digest is not\n" +
			"the expected one: then the code has changed since, and the run is not the one that was seen.\n" +
			"With --aligned the digest of a case may be another one, as long as it comes to the same: what\n" +
			"has changed is said.\n" +
			"Exit code: 4 if the run is not the expected one; else 0 valid, 1 violation, 3 unknown.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if namesCase(args[0]) {
				if c.Flags().Changed("seed") || c.Flags().Changed("digest") {
					return errors.New("a case has its own seed and digest")
				}
				return replayCase(c, args[0], aligned)
			}
			if aligned || !c.Flags().Changed("seed") || !c.Flags().Changed("digest") {
				return errors.New("the run of a scenario needs --seed and --digest, and is not --aligned")
			}
			return replayRun(c, args[0], seed, digest)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed of the run")
	c.Flags().StringVar(&digest, "digest", "", "the digest that the run must have, 16 hexadecimal digits")
	c.Flags().BoolVar(&aligned, "aligned", false, "accept another digest if the case still comes to the same")
	return c
}

// replayRun repeats a run of a scenario.
func replayRun(c *cobra.Command, scenario string, seed uint64, digest string) error {
	s, err := scenarios.Find(scenario)
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
}

// replayCase repeats the case in a file.
func replayCase(c *cobra.Command, file string, aligned bool) error {
	kept, err := scenarios.ReadCase(file)
	if err != nil {
		return err
	}
	report, err := kept.Run(scenarios.Options{Story: true})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := report.WriteStory(c.OutOrStdout()); err != nil {
		return err
	}
	drift := kept.Drift(report)
	if len(drift) == 0 {
		return verdictCode(report.Verdict)
	}
	for _, line := range drift {
		fmt.Fprintf(c.OutOrStdout(), "drift   %s\n", line)
	}
	if aligned && report.ID() == kept.Expect {
		return verdictCode(report.Verdict)
	}
	fmt.Fprintf(c.ErrOrStderr(), "schism: %s is stale: %s; save it again if that is meant\n", file, drift[0])
	return exitStale
}
