package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// reports are the files that a run of ci writes at its end. They are opened at its beginning, so that a name that
// cannot be written does not cost a run.
type reports struct {
	junit, summary *os.File
}

// openReports opens the files. A summary for GitHub goes after what other steps have written.
func openReports(g *guard) (r reports, err error) {
	if g.junit != "" {
		if r.junit, err = openReport(g.junit, os.O_TRUNC); err != nil {
			return r, err
		}
	}
	if g.summary != "" {
		r.summary, err = openReport(g.summary, os.O_TRUNC)
	} else if name := os.Getenv("GITHUB_STEP_SUMMARY"); name != "" {
		r.summary, err = openReport(name, os.O_APPEND)
	}
	if err != nil && r.junit != nil {
		r.junit.Close()
	}
	return r, err
}

// openReport opens one file to be written.
func openReport(name string, how int) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|how, 0o644)
}

// write writes and closes all files, also if one of them fails, and annotates the change.
func (r reports) write(g *guard, stdout io.Writer) error {
	var errs []error
	if os.Getenv("GITHUB_ACTIONS") != "" {
		errs = append(errs, writeAnnotations(stdout, g))
	}
	for _, report := range []struct {
		f     *os.File
		write func(io.Writer, *guard) error
	}{{r.junit, writeJUnit}, {r.summary, writeSummary}} {
		if report.f == nil {
			continue
		}
		err := report.write(report.f, g)
		if err = cmp.Or(err, report.f.Close()); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", report.f.Name(), err))
		}
	}
	return errors.Join(errs...)
}
