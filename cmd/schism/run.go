package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"schism/checker"
	"schism/scenarios"
	"schism/sim"
)

func newRun() *cobra.Command {
	var seed uint64
	var asJSON, trace bool
	var traceFile string
	c := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Make one run and tell its story",
		Long: "Run makes one run of a scenario, tells what happened, and judges it. compare/NAME tells the runs of\n" +
			"both protocols side by side, such as compare/split-2-3.\n" +
			"Equal seeds give equal runs. Exit code: 0 valid, 1 violation, 3 unknown.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if both, ok := scenarios.FindComparison(args[0]); ok {
				return compare(c, both, seed, asJSON || trace || traceFile != "")
			}
			s, err := scenarios.Find(args[0])
			if err != nil {
				return err
			}
			o := scenarios.Options{Story: true}
			finish, err := openTrace(&o, c.OutOrStdout(), trace, asJSON, traceFile)
			if err != nil {
				return err
			}
			report := s.Run(seed, o)
			if err := finish(); err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(c.OutOrStdout()).Encode(report.JSON())
			} else {
				err = report.WriteStory(c.OutOrStdout())
			}
			if err != nil {
				return err
			}
			return verdictCode(report.Verdict)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed of the run")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object; with --trace one more for each event before it")
	c.Flags().BoolVar(&trace, "trace", false, "print every event, with what it decided and asked for")
	c.Flags().StringVar(&traceFile, "trace-file", "", "write the trace to this `file` instead")
	return c
}

// compare tells the same story of both protocols.
func compare(c *cobra.Command, both scenarios.Comparison, seed uint64, more bool) error {
	if more {
		return fmt.Errorf("%s is told to people only: run %s and %s for traces and JSON", both.Name, both.Raft.Name,
			both.ZAB.Name)
	}
	verdict, err := both.Write(c.OutOrStdout(), seed)
	if err != nil {
		return err
	}
	return verdictCode(verdict)
}

// verdictCode returns the error with which a verb ends whose result is v.
func verdictCode(v checker.Verdict) error {
	switch v {
	case checker.Valid:
		return nil
	case checker.Invalid:
		return exitViolation
	}
	return exitUnknown
}

// failing is a tracer that can fail.
type failing interface {
	sim.Tracer
	Err() error
}

// openTrace sets the tracer that the flags ask for. The function that it returns must be called after the run.
func openTrace(o *scenarios.Options, stdout io.Writer, trace, asJSON bool, file string) (func() error, error) {
	if !trace && file == "" {
		return func() error { return nil }, nil
	}
	out, closeOut := stdout, func() error { return nil }
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			return nil, err
		}
		out, closeOut = f, f.Close
	}
	buffer := bufio.NewWriterSize(out, 1<<16)
	var tracer failing = sim.NewTextTrace(buffer)
	if asJSON {
		tracer = sim.NewJSONTrace(buffer)
	}
	o.Trace = tracer
	return func() error {
		for _, step := range []func() error{tracer.Err, buffer.Flush, closeOut} {
			if err := step(); err != nil {
				return fmt.Errorf("writing the trace: %w", err)
			}
		}
		return nil
	}, nil
}
