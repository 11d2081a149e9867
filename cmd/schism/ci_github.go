package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// writeSummary writes a page in Markdown, with what is not as it should be first.
func writeSummary(w io.Writer, g *guard) error {
	p := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	p("## schism: %s\n\n", g.outcome())
	p("Commit `%s`: %s. %d runs in %.1f s.\n\n", g.commit, g.plan(), g.runs, g.wall.Seconds())
	all := slices.Clone(g.checked)
	slices.SortStableFunc(all, func(a, b checked) int { return cmp.Compare(b.result, a.result) })
	p("| result | what | runs | seeds | violation |\n|---|---|--:|---|---|\n")
	for i := range all {
		c := &all[i]
		what, ids := c.name(), []string{}
		if c.file != "" {
			what = c.file
		}
		for j := range c.failures {
			ids = append(ids, "`"+c.failures[j].id+"`")
		}
		p("| %s | %s | %d | %s | %s |\n", c.result, cell(what), c.runs, cell(c.seeds), strings.Join(ids, " "))
	}
	for i := range all {
		for j := range all[i].failures {
			f := &all[i].failures[j]
			p("\n### %s: %s: %s\n\n%s\n", f.result, all[i].name(), f.headline(), indented(f.block()))
		}
		p("%s", indented(all[i].rest()))
	}
	_, err := fmt.Fprintln(w)
	return err
}

// cell returns text as a cell of a table has it.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// The characters that GitHub's commands take for their own, in the message, and in a property.
var (
	annotationMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	annotationProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeAnnotations prints a command for each failure by which GitHub shows it beside the change.
func writeAnnotations(w io.Writer, g *guard) error {
	for i := range g.checked {
		c := &g.checked[i]
		for j := range c.failures {
			f := &c.failures[j]
			title := annotationProperty.Replace(fmt.Sprintf("schism: %s: %s", c.name(), f.headline()))
			file := ""
			if name := cmp.Or(c.file, f.file); name != "" {
				file = "file=" + annotationProperty.Replace(name) + ","
			}
			_, err := fmt.Fprintf(w, "::error %stitle=%s::%s\n", file, title, annotationMessage.Replace(f.block()))
			if err != nil {
				return err
			}
		}
	}
	return nil
}
