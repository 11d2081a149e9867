package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"schism/scenarios"
)

// caseExtension ends the names of the files of cases.
const caseExtension = ".txtar"

// namesCase reports whether an argument names the file of a case, and not a scenario.
func namesCase(arg string) bool { return strings.HasSuffix(arg, caseExtension) }

// caseOf returns the case in a file, or that of a scenario's run with the seed.
func caseOf(arg string, seed uint64) (*scenarios.Case, error) {
	if namesCase(arg) {
		return scenarios.ReadCase(arg)
	}
	s, err := scenarios.Find(arg)
	if err != nil {
		return nil, err
	}
	return scenarios.CaseOf(s, seed)
}

// writeCase writes the case to a file, "-" for stdout. It replaces a file only once all is written.
func writeCase(c *scenarios.Case, name string, stdout io.Writer) error {
	if name == "-" {
		_, err := stdout.Write(c.Text())
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it has its name
	if _, err := f.Write(c.Text()); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// outputFlag gives c the flag that says where a case goes.
func outputFlag(c *cobra.Command, output *string) {
	c.Flags().VarP((*caseOutput)(output), "output", "o",
		"the `file`, - for stdout; without it the case is named after scenario and seed")
}

// caseOutput is where a case goes: a file that is named like one, or "-" for stdout.
type caseOutput string

// String implements pflag.Value.
func (o *caseOutput) String() string { return string(*o) }

// Set implements pflag.Value.
func (o *caseOutput) Set(name string) error {
	if name != "-" && !namesCase(name) {
		return fmt.Errorf("want a name that ends in %s", caseExtension)
	}
	*o = caseOutput(name)
	return nil
}

// Type implements pflag.Value.
func (o *caseOutput) Type() string { return "file" }
