// Command schism runs simulated consensus clusters, breaks them, and judges what their clients saw.
//
//	schism list                                   what there is to run
//	schism run raft/kv/split-2-3 --seed 7         one run, told as a story
//	schism hunt all --seeds 1-2000                many runs, until one goes wrong
//	schism ci --commit HASH --junit junit.xml     guard a commit: the corpus, then fresh seeds
//	schism shrink raft/kv/canary --seed 7         a run that fails, made smaller and kept as a case
//	schism replay raft-kv-canary-7.txtar          is the case what it was?
//	schism explain raft/kv/canary --seed 7        what a violation needed, and when it was too late
//	schism diverge raft/kv/swarm --seed 7         is a run the same twice?
//
// It exits with 0 if everything was valid, 1 for a violation, 2 if it was called wrongly, 3 if a verdict is
// unknown, 4 if a replay is not the run that it should be, 130 if it was interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"schism/scenarios"
)

// exitCode is how the command ends. It is an error so that verbs can return it.
type exitCode int

// The exit codes.
const (
	exitValid       exitCode = 0
	exitViolation   exitCode = 1
	exitUsage       exitCode = 2
	exitUnknown     exitCode = 3
	exitStale       exitCode = 4
	exitInterrupted exitCode = 130
)

// Error implements error. Verbs have printed what there is to say.
func (c exitCode) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(scenarios.HuntGCPercent)
	}
	os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr))
}

// Main runs the command with the given arguments and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends even a run that never ends
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return int(exitValid)
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(stderr, "schism: %v\n", err)
	return int(exitUsage)
}

// newRoot returns the command with all its verbs.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "schism",
		Short:         "Split simulated consensus clusters and judge what their clients saw",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newList(), newRun(), newHunt(), newCI(), newReplay(), newSave(), newShrink(), newExplain(),
		newDiverge())
	return root
}
