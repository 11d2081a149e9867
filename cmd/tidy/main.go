// Command tidy checks the laws of this project from its parsed source: that nothing in a simulated world can
// depend on anything but the choices of the run, that packages import only what they may, and that the code
// is written and documented in one style.
//
//	go run ./cmd/tidy           check the module around the current directory
//	go run ./cmd/tidy -rules    list the rules, each with its reason
//
// It prints "file:line: rule: what was found (why it is banned)" for each finding and exits with 1 if there is
// any. The test of this package does the same, so that go test ./... enforces the laws.
//
// Exceptions are in one table, each with its reason, and one that is no longer needed is a finding. A range over
// a map whose order cannot escape says so at its line: "// order: the sum does not depend on it".
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run runs the command and returns its exit code: 0 if there is nothing to say, 1 for findings, 2 if it could
// not look.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tidy", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.Bool("rules", false, "list the rules")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *list {
		for _, l := range laws {
			fmt.Fprintf(stdout, "%-13s %s: %s\n", l.rule, l.says, l.why)
		}
		return 0
	}
	root, err := findRoot(".")
	if err != nil {
		fmt.Fprintln(stderr, "tidy:", err)
		return 2
	}
	m, err := loadModule(os.DirFS(root), newExports(root))
	if err != nil {
		fmt.Fprintln(stderr, "tidy:", err)
		return 2
	}
	found := append(m.typeErrors, checkModule(m, exceptions)...)
	for _, f := range found {
		fmt.Fprintln(stdout, f)
	}
	if len(found) > 0 {
		return 1
	}
	return 0
}

// findRoot returns the directory with the go.mod file, at dir or above.
func findRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = up
	}
}
