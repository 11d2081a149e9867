package main

import (
	"context"
	"fmt"
	"strings"

	"schism/scenarios"
)

// mutantRuns is how many runs may not find a mutant before it counts as missed. Those that scenarios run are each found
// by two runs of five at least.
const mutantRuns = 200

// maxKinds is how many different violations of one scenario are told one by one.
const maxKinds = 3

// runFresh runs the scenarios with the seeds of the commit. A mutant that these do not find is hunted further, in the
// seeds that follow.
func (g *guard) runFresh(ctx context.Context) {
	o := scenarios.HuntOptions{Seeds: g.seeds, Workers: g.workers, KeepGoing: true, ExpectMutants: true}
	if g.bounded {
		o.Time = g.time
	}
	done := showProgress(g.stderr, &o, g.bounded && g.time > 0)
	report := g.hunt(ctx, g.chosen, o)
	done()
	g.unreached = report.Unreached
	for _, t := range report.Tallies {
		c := g.fresh(t, report)
		switch {
		case t.Scenario.Mutant() && t.Mutants == 0:
			g.huntMutant(ctx, &c, t)
		case t.Runs == 0:
			c.result = skipped
		case !t.Scenario.Mutant() && !g.seedless && t.Runs < g.seeds.Count():
			c.fail(failure{result: unknown, id: "out of time", times: 1,
				text:   fmt.Sprintf("%d of %d seeds were run\n", t.Runs, g.seeds.Count()),
				replay: huntCommand(t.Scenario, g.seeds)})
		}
		g.checked = append(g.checked, c)
	}
}

// hunt hunts, and adds up what that took.
func (g *guard) hunt(ctx context.Context, all []*scenarios.Scenario, o scenarios.HuntOptions) *scenarios.HuntReport {
	report := scenarios.HuntAll(ctx, all, o)
	g.runs += report.Runs
	g.mutants += report.Mutants
	g.wall += report.Wall
	for _, t := range report.Tallies {
		g.most = max(g.most, t.Runs)
	}
	return report
}

// fresh returns what the runs of one scenario came to.
func (g *guard) fresh(t scenarios.Tally, report *scenarios.HuntReport) checked {
	c := checked{scenario: t.Scenario.Name}
	c.count(t)
	c.addFindings(report.Findings)
	return c
}

// count adds the runs of t to those of c.
func (c *checked) count(t scenarios.Tally) {
	if t.Runs == 0 {
		return
	}
	c.runs += t.Runs
	c.spent += t.Spent
	if c.seeds != "" {
		c.seeds += " "
	}
	c.seeds += t.Seeds.String()
}

// addFindings adds what was found in the runs of the scenario: the first run of each violation, with how often it was
// found.
func (c *checked) addFindings(all []scenarios.Finding) {
	for _, f := range all {
		if f.Scenario == c.scenario && !f.Expected {
			c.addFinding(f)
		}
	}
}

func (c *checked) addFinding(found scenarios.Finding) {
	for i := range c.failures {
		if f := &c.failures[i]; f.id == found.ID {
			f.times++
			return
		}
	}
	if len(c.failures) == maxKinds {
		c.more++
		return
	}
	f := failure{result: failed, id: found.ID, seed: found.Seed, seeded: true, times: 1,
		replay: fmt.Sprintf("go run ./cmd/schism run %s --seed %d", found.Scenario, found.Seed)}
	if found.Unknown() {
		f.result = unknown
	}
	c.fail(f)
}

// huntMutant hunts the mutant of a scenario that its first runs, those of t, have not found.
func (g *guard) huntMutant(ctx context.Context, c *checked, t scenarios.Tally) {
	if t.Runs < mutantRuns {
		o := scenarios.HuntOptions{Seeds: g.seeds.After(t.Runs, mutantRuns-t.Runs), Workers: g.workers,
			KeepGoing: true, ExpectMutants: true}
		report := g.hunt(ctx, []*scenarios.Scenario{t.Scenario}, o)
		c.count(report.Tallies[0])
		c.addFindings(report.Findings)
		if report.Mutants > 0 {
			return
		}
	}
	f := failure{result: unknown, id: "mutant not found", times: 1,
		text: fmt.Sprintf("%d runs did not find the bug that the scenario runs: %s\n", c.runs,
			strings.Join(t.Scenario.Finds, " or ")),
		replay: huntCommand(t.Scenario, g.seeds.After(0, mutantRuns))}
	if c.runs >= mutantRuns {
		f.result, f.id = failed, "mutant missed"
	}
	c.fail(f)
}

// huntCommand returns the command that hunts a scenario.
func huntCommand(s *scenarios.Scenario, seeds scenarios.Seeds) string {
	return fmt.Sprintf("go run ./cmd/schism hunt %s --seeds %s", s.Name, seeds)
}
