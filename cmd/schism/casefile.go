package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// caseOf returns the case in a file, or that of a scenario's run with the seed that the flags of c say.
func caseOf(c *cobra.Command, arg string, seed uint64) (*scenarios.Case, error) {
	if namesCase(arg) {
		if c.Flags().Changed("seed") {
			return nil, errors.New("a case has its own seed")
		}
		return scenarios.ReadCase(arg)
	}
	s, err := scenarios.Find(arg)
	if err != nil {
		if _, isFile := os.Stat(arg); isFile == nil {
			return nil, fmt.Errorf("%s: want a name that ends in %s", arg, caseExtension)
		}
		return nil, err
	}
	return scenarios.CaseOf(s, seed)
}

// staleCase returns in what the run of the case is not the one that was kept, "" if it is.
func staleCase(kept *scenarios.Case) string {
	report, err := kept.Run(scenarios.Options{Story: true})
	if err != nil {
		return "" // whoever runs it next will say so
	}
	if drift := kept.Drift(report); len(drift) > 0 {
		return drift[0]
	}
	return ""
}

// caseFile is a file to which a case will be written, or stdout if its name is "-". A file of that name is replaced
// only once all is written.
type caseFile struct {
	name   string
	temp   *os.File
	stdout io.Writer
}

// createCase opens the file, before a search whose result would else be lost.
func createCase(name string, stdout io.Writer) (*caseFile, error) {
	f := &caseFile{name: name, stdout: stdout}
	if name == "-" {
		return f, nil
	}
	temp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		if path := (*fs.PathError)(nil); errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s: cannot be written: %w", name, err)
	}
	f.temp = temp
	return f, nil
}

// write writes the case and closes the file. If that fails the case goes to stdout.
func (f *caseFile) write(c *scenarios.Case) error {
	if f.temp == nil {
		_, err := f.stdout.Write(c.Text())
		return err
	}
	_, err := f.temp.Write(c.Text())
	err = errors.Join(err, f.temp.Chmod(0o644), f.temp.Close())
	if err == nil {
		err = os.Rename(f.temp.Name(), f.name)
	}
	if err != nil {
		f.stdout.Write(c.Text())
	}
	return err
}

// discard removes what is left of a file to which nothing was written.
func (f *caseFile) discard() {
	if f.temp != nil {
		f.temp.Close()
		os.Remove(f.temp.Name()) // fails if it has its name
	}
}

// writeCase writes the case to a file, "-" for stdout.
func writeCase(c *scenarios.Case, name string, stdout io.Writer) error {
	f, err := createCase(name, stdout)
	if err != nil {
		return err
	}
	defer f.discard()
	return f.write(c)
}

// outputFlag gives c the flag that says where a case goes.
func outputFlag(c *cobra.Command, output *string) {
	c.Flags().VarP((*caseOutput)(output), "output", "o",
		"the `file`, - for stdout; without it the name is made of scenario and seed, or of the case's")
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
