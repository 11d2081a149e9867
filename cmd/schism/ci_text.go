package main

import (
	"fmt"
	"io"
)

// exitCode returns how the command ends.
func (g *guard) exitCode() exitCode {
	worst := passed
	if g.runs == 0 || g.exhausted {
		worst = unknown
	}
	for i := range g.checked {
		worst = max(worst, g.checked[i].result)
	}
	switch {
	case g.interrupted:
		return exitInterrupted
	case worst == failed:
		return exitViolation
	case worst == stale:
		return exitStale
	case worst != passed:
		return exitUnknown
	}
	return exitValid
}

// outcome says in a word how the run ended.
func (g *guard) outcome() string {
	switch g.exitCode() {
	case exitValid:
		return "valid"
	case exitViolation:
		return "failed"
	case exitStale:
		return "stale"
	case exitInterrupted:
		return "interrupted"
	}
	return "unknown"
}

// begin says what is going to be run.
func (g *guard) begin(w io.Writer) {
	fmt.Fprintf(w, "commit  %s: %s\n", g.commit, g.plan())
}

// plan says which seeds are run, and how long.
func (g *guard) plan() string {
	text := fmt.Sprintf("seeds %s of each scenario", g.seeds)
	if g.seedless {
		text = fmt.Sprintf("seeds from %d on of each scenario", g.seeds.First)
		if g.shard.Of > 1 {
			text += fmt.Sprintf(", every %dth", g.shard.Of)
		}
	}
	if g.shard.Of > 1 {
		text += ", shard " + g.shard.String()
	}
	if g.bounded && g.time > 0 {
		text += fmt.Sprintf(", for %v", g.time)
	}
	return text
}

// end says what came of it.
func (g *guard) end(w io.Writer) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	for i := range g.checked {
		c := &g.checked[i]
		for j := range c.failures {
			f := &c.failures[j]
			p("%s: %s: %s\n%s", f.result, c.name(), f.headline(), indented(f.block()))
		}
		p("%s", indented(c.rest()))
	}
	for _, mark := range g.unreached {
		p("not reached by any run: %s\n", mark)
	}
	p("corpus  %s\n", g.counts(true))
	p("fresh   %s\n", g.counts(false))
	if g.mutants > 0 {
		p("%d mutants found, as they had to be\n", g.mutants)
	}
	if g.most > 0 {
		p("again   go run ./cmd/schism hunt %s --seeds %s --keep-going\n", g.pattern, g.seeds.Begin(g.most))
	}
	if g.exhausted {
		p("stopped beyond %s of memory\n", g.memoryText)
	}
	if g.interrupted {
		p("stopped before the end\n")
	}
	p("%d runs in %.1f s, %.0f runs/s: %s\n", g.runs, g.wall.Seconds(), float64(g.runs)/max(g.wall.Seconds(), 1e-9),
		g.outcome())
}

// counts counts the results of the corpus, or of the scenarios.
func (g *guard) counts(corpus bool) string {
	var n [len(resultNames)]int
	things, runs := 0, 0
	for i := range g.checked {
		if c := &g.checked[i]; (c.file != "") == corpus {
			n[c.result]++
			things++
			runs += c.runs
		}
	}
	text := fmt.Sprintf("%d cases", things)
	if !corpus {
		text = fmt.Sprintf("%d runs of %d scenarios", runs, things)
	}
	for r, count := range n {
		if count > 0 {
			text += fmt.Sprintf(", %d %s", count, result(r))
		}
	}
	return text
}
