package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"schism/scenarios"
)

// writeCoverage prints how often which fault hit which state. What never happened is a dot, so that gaps are seen.
func writeCoverage(w io.Writer, c *scenarios.Coverage) error {
	width := len("fault")
	for _, row := range c.Rows {
		width = max(width, len(row.Fault))
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%-*s\ttimes\t%s\t\n", width, "fault", strings.Join(c.States, "\t"))
	for _, row := range c.Rows {
		fmt.Fprintf(t, "%-*s\t%d\t", width, row.Fault, row.Times)
		for _, n := range row.In {
			fmt.Fprintf(t, "%s\t", count(n))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// count returns n, or a dot for none.
func count(n int) string {
	if n == 0 {
		return "·"
	}
	return strconv.Itoa(n)
}
