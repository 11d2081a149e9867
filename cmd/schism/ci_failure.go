package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"schism/scenarios"
)

// maxShrunk is how many failures are made smaller; the others become cases as they are.
const maxShrunk = 10

// explain makes a case of each failure that a run can show, and tells it.
func (g *guard) explain(ctx context.Context, c *checked) {
	if len(c.failures) > 0 {
		c.result = passed // until they are looked at again
	}
	for i := range c.failures {
		f := &c.failures[i]
		if f.result == failed && f.seeded {
			if err := g.keep(ctx, c, f); err != nil {
				f.text += "no case was kept: " + err.Error() + "\n"
			}
		}
		if f.file == "" && c.file == "" && f.seeded {
			f.whole = scenarios.Must(c.scenario).Run(f.seed, scenarios.Options{}).Failure()
		}
		if f.file == "" {
			f.text += f.whole
		}
		c.result = max(c.result, f.result)
	}
}

// keep writes the case of a failure into the artifact directory, smaller if there is time.
func (g *guard) keep(ctx context.Context, c *checked, f *failure) error {
	small, err := caseOfFailure(c, f)
	if err != nil {
		return err
	}
	name := artifactName(c, small) // it keeps the name of the run, whatever seed is left in the end
	shrunk := ""
	if g.shrunk < maxShrunk && g.shrink > 0 && ctx.Err() == nil {
		g.shrunk++
		s, err := scenarios.Shrink(ctx, small, scenarios.ShrinkOptions{Time: g.shrink, Workers: g.workers})
		if err != nil {
			return err
		}
		small, shrunk = s.Case, "shrunk   "+s.String()+"\n"
	}
	file := filepath.ToSlash(filepath.Join(g.artifacts, name))
	if err := os.MkdirAll(g.artifacts, 0o755); err != nil {
		return err
	}
	if err := writeCase(small, file, io.Discard); err != nil {
		return err
	}
	report, err := small.Run(scenarios.Options{})
	if err != nil {
		return err
	}
	f.text += report.Failure() + shrunk
	if c.file == "" {
		f.text += "see      " + f.replay + "\n"
	}
	f.file, f.replay = file, "go run ./cmd/schism replay "+file
	return nil
}

// caseOfFailure returns the case that fails. If its run comes to something else than it did, f is one of those that
// are not what they were.
func caseOfFailure(c *checked, f *failure) (*scenarios.Case, error) {
	if f.kept != nil {
		return f.kept, f.kept.Settle()
	}
	kept, err := scenarios.CaseOf(scenarios.Must(c.scenario), f.seed)
	if err == nil && kept.Expect != f.id {
		f.result = stale
		err = fmt.Errorf("runs are not deterministic: this one came to %s, and the same again to %s", f.id, kept.Expect)
	}
	return kept, err
}

// artifactName returns the name of the file of a case: that of the corpus, or a usual one.
func artifactName(c *checked, kept *scenarios.Case) string {
	if c.file != "" {
		return filepath.Base(c.file)
	}
	return kept.FileName()
}

// headline says on one line what is wrong: "raft-election-safety, seed 7, first of 12".
func (f *failure) headline() string {
	text := f.id
	if f.seeded {
		text += fmt.Sprintf(", seed %d", f.seed)
	}
	if f.times > 1 {
		text += fmt.Sprintf(", first of %d", f.times)
	}
	return text
}

// block is all that there is to say about f: every line can be copied.
func (f *failure) block() string {
	if f.replay == "" {
		return f.text
	}
	return f.text + "replay   " + f.replay + "\n"
}

// rest says what is not told one by one, "" if everything is.
func (c *checked) rest() string {
	if c.more == 0 {
		return ""
	}
	return fmt.Sprintf("and %d runs with other violations\n", c.more)
}

// indented returns text with every line indented.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}
