package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"schism/scenarios"
	"schism/sim"
)

func newDiverge() *cobra.Command {
	var seed, other uint64
	var otherScenario string
	c := &cobra.Command{
		Use:   "diverge SCENARIO",
		Short: "Make a run twice and show the first difference",
		Long: "Diverge makes two runs of a scenario, of one seed unless --other says otherwise, and shows the first\n" +
			"record in which they differ, with both sides. Exit code: 0 if they are equal, 4 if not.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			left, err := scenarios.Find(args[0])
			if err != nil {
				return err
			}
			right := left
			if otherScenario != "" {
				if right, err = scenarios.Find(otherScenario); err != nil {
					return err
				}
			}
			if !c.Flags().Changed("other") {
				other = seed
			}
			d := sim.Diverge(
				func(t sim.Tracer) { left.Run(seed, scenarios.Options{Trace: t}) },
				func(t sim.Tracer) { right.Run(other, scenarios.Options{Trace: t}) })
			if d == nil {
				_, err := fmt.Fprintf(c.OutOrStdout(), "%s seed %d: both runs are equal\n", left.Name, seed)
				return err
			}
			if _, err := fmt.Fprint(c.OutOrStdout(), d); err != nil {
				return err
			}
			return exitStale
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed of the runs")
	c.Flags().Uint64Var(&other, "other", 0, "another seed for the second run")
	c.Flags().StringVar(&otherScenario, "with", "", "another `scenario` for the second run")
	return c
}
