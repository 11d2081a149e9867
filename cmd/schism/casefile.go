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
	if !namesCase(name) {
		return fmt.Errorf("%s: want a name that ends in %s", name, caseExtension)
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
	c.Flags().StringVarP(output, "output", "o", "",
		"the `file`, - for stdout; without it the case is named after scenario and seed")
}
