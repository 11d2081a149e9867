package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newSave() *cobra.Command {
	var seed uint64
	var output string
	c := &cobra.Command{
		Use:   "save SCENARIO --seed N | FILE -o FILE",
		Short: "Keep a run as a case",
		Long: "Save writes a run of a scenario as a case: a text file with all that makes the run besides the\n" +
			"code, what it must come to, and its story. Of a case that is there already, edited or stale, it\n" +
			"makes one that expects what the run comes to now.\n" +
			"Exit code: 0 once it is written, whatever the run comes to, 2 if nobody can tell that.",
		Example: "  schism save raft/kv/canary --seed 1\n" +
			"  schism save my.txtar -o my.txtar",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if namesCase(args[0]) && output == "" {
				return errors.New("a case needs --output, which may be the same file")
			}
			kept, err := caseOf(c, args[0], seed)
			if err != nil {
				return err
			}
			if namesCase(args[0]) {
				err = kept.Settle()
			}
			if err != nil {
				return err
			}
			if output == "" {
				output = kept.FileName()
			}
			if err := writeCase(kept, output, c.OutOrStdout()); err != nil || output == "-" {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", output, kept.Expect)
			return err
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed of the run")
	outputFlag(c, &output)
	return c
}
