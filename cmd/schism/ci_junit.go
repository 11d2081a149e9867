package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
)

// junitSuites is the root of a JUnit report. It has one suite.
type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

// junitSuite is a run of ci.
type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

// junitCase is a case of the corpus, or a scenario.
type junitCase struct {
	Class      string          `xml:"classname,attr"`
	Name       string          `xml:"name,attr"`
	File       string          `xml:"file,attr,omitempty"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Failure    *junitProblem   `xml:"failure"`
	Error      *junitProblem   `xml:"error"`
	Skipped    *junitProblem   `xml:"skipped"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// junitProblem says what is wrong with a test.
type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes the report for programs that read those of JUnit. What failed or is stale is a failure, what has no
// verdict an error.
func writeJUnit(w io.Writer, g *guard) error {
	s := junitSuite{Name: "schism", Time: junitSeconds(g.wall.Seconds()), Properties: []junitProperty{
		{"commit", g.commit}, {"shard", g.shard.String()}, {"verdict", g.outcome()}}}
	for i := range g.checked {
		c := junitCaseOf(&g.checked[i])
		s.Cases = append(s.Cases, c)
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// junitCaseOf returns what the report says of c.
func junitCaseOf(c *checked) junitCase {
	j := junitCase{Class: "fresh", Name: c.name(), File: c.file, Time: junitSeconds(c.spent.Seconds())}
	if c.file != "" {
		j.Class = "corpus"
	}
	property := func(name, value string) {
		if value != "" {
			j.Properties = append(j.Properties, junitProperty{name, value})
		}
	}
	property("scenario", c.scenario)
	property("seeds", c.seeds)
	property("runs", strconv.Itoa(c.runs))
	problem := &junitProblem{}
	for i := range c.failures {
		f := &c.failures[i]
		if f.seeded {
			property("seed", strconv.FormatUint(f.seed, 10))
		}
		property("violation", f.id)
		property("case", f.file)
		if f.result == c.result && problem.Message == "" {
			problem.Message, problem.Type = f.headline(), f.id
		}
		problem.Text += f.headline() + "\n" + f.block()
	}
	problem.Text += c.rest()
	switch c.result {
	case failed, stale:
		j.Failure = problem
	case unknown:
		j.Error = problem
	case skipped:
		j.Skipped = &junitProblem{Message: "the run ended before"}
	}
	return j
}

// junitSeconds writes seconds as JUnit does.
func junitSeconds(s float64) string { return fmt.Sprintf("%.3f", s) }
