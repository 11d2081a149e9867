package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"schism/scenarios"
)

// testCommit is the hash of a commit.
const testCommit = "710cbf4b16fe0000000000000000000000000000"

// guardOf returns a run of ci over scenarios that need not be in the table, without a corpus.
func guardOf(t *testing.T, seeds int, all ...*scenarios.Scenario) *guard {
	t.Helper()
	g, err := newGuard("all", ciOptions{commit: testCommit, perScenario: seeds, shardText: "1/1", memoryText: "8GiB",
		artifacts: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	g.chosen = all
	return g
}

// TestCIKeepsFreshFailures: a violation in a fresh run becomes a case that fails in the same way, is counted, and is
// reported once for each ID.
func TestCIKeepsFreshFailures(t *testing.T) {
	broken := *scenarios.Must("raft/kv/canary")
	broken.Finds = nil
	g := guardOf(t, 3, &broken)
	g.runFresh(t.Context())
	g.shrink = 1 << 40
	c := &g.checked[0]
	g.explain(t.Context(), c)
	if c.result != failed || len(c.failures) != 1 || g.exitCode() != exitViolation || c.runs != 3 {
		t.Fatalf("%d runs, %v with %d failures, exit code %d", c.runs, c.result, len(c.failures), g.exitCode())
	}
	f := &c.failures[0]
	if f.times != 3 || f.seed != g.seeds.First || f.id != "raft-leader-completeness" {
		t.Errorf("%s: %d times, want the first of 3", f.headline(), f.times)
	}
	if !strings.Contains(f.text, "\nshrunk   ") || !strings.Contains(f.replay, f.file) {
		t.Errorf("got\n%s", f.block())
	}
	kept, err := scenarios.ReadCase(f.file)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := kept.Run(scenarios.Options{}); err != nil || report.ID() != f.id || len(kept.Drift(report)) > 0 {
		t.Errorf("the case comes to %v, %v, want %s", report.ID(), err, f.id)
	}
}

// TestCITellsWhatIsNotDeterministic: a violation that does not come again is no violation but worse.
func TestCITellsWhatIsNotDeterministic(t *testing.T) {
	g := guardOf(t, 1)
	g.runs = 1
	g.checked = []checked{{scenario: "raft/kv/calm", runs: 1}}
	c := &g.checked[0]
	c.addFindings([]scenarios.Finding{{Scenario: c.scenario, Seed: 3, ID: "gone"}})
	g.explain(t.Context(), c)
	if text := c.failures[0].text; !strings.Contains(text, "this one came to gone, and the same again to clean") {
		t.Errorf("got\n%s", text)
	}
	if code := g.exitCode(); code != exitStale {
		t.Errorf("exit code %d, want %d", code, exitStale)
	}
}

// TestCIMustFindMutants: a scenario that runs a bug which is never found fails, after as many runs as it takes to be
// sure.
func TestCIMustFindMutants(t *testing.T) {
	blind := *scenarios.Must("raft/kv/calm")
	blind.Finds = []string{"no-such-violation"}
	g := guardOf(t, 3, &blind)
	g.runFresh(t.Context())
	c := &g.checked[0]
	if c.runs != mutantRuns || c.failures[0].id != "mutant missed" || g.exitCode() != exitViolation {
		t.Errorf("%d runs, %v, exit code %d", c.runs, c.failures, g.exitCode())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g = guardOf(t, 3, &blind)
	g.runFresh(ctx)
	if c := &g.checked[0]; c.result != unknown || g.exitCode() != exitUnknown {
		t.Errorf("%v if nothing was run, exit code %d", c.result, g.exitCode())
	}
}

// TestCIWithoutARunIsNoSuccess: neither is a scenario that nothing was run of.
func TestCIWithoutARunIsNoSuccess(t *testing.T) {
	g := guardOf(t, 1)
	g.runFresh(t.Context())
	if code := g.exitCode(); code != exitUnknown {
		t.Errorf("exit code %d", code)
	}
	g = &guard{runs: 7, checked: []checked{{scenario: "a", result: passed}, {scenario: "b", result: skipped}}}
	if code := g.exitCode(); code != exitUnknown {
		t.Errorf("exit code %d if one scenario was not run", code)
	}
	g.checked[1].result = passed
	if code := g.exitCode(); code != exitValid {
		t.Errorf("exit code %d if all were", code)
	}
}

func TestCIShardsDivideTheCorpus(t *testing.T) {
	dir := t.TempDir()
	kept, err := os.ReadFile("../../scenarios/testdata/cases/zab-zk-canary-1.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range 13 {
		name := filepath.ToSlash(filepath.Join(dir, fmt.Sprintf("%02d%s", i, caseExtension)))
		if err := os.WriteFile(name, kept, 0o644); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		var got []string
		shards := rapid.IntRange(1, 20).Draw(t, "shards")
		for i := range shards {
			g := guard{chosen: scenarios.All, shard: scenarios.Shard{Index: i + 1, Of: shards}}
			g.corpus = dir
			if err := g.readCorpus(); err != nil {
				t.Fatal(err)
			}
			for _, c := range g.checked {
				got = append(got, c.file)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, all) {
			t.Fatalf("%d shards have %v", shards, got)
		}
	})
}

// TestCIInterrupted: what was done until the interrupt is in the reports.
func TestCIInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("processes cannot interrupt themselves here")
	}
	surviveInterrupts()
	dir := t.TempDir()
	junit, summary := filepath.Join(dir, "junit.xml"), filepath.Join(dir, "summary.md")
	var stdout, stderr bytes.Buffer
	done := make(chan int)
	go func() {
		done <- Main([]string{"ci", "raft/kv/...", "--corpus", "../../scenarios/testdata/cases", "--commit", testCommit,
			"--time", "1h", "--junit", junit, "--summary", summary}, &stdout, &stderr)
	}()
	if code := interruptUntil(t, done); code != int(exitInterrupted) || stderr.Len() > 0 {
		t.Errorf("exit code %d, want %d; on stderr %q", code, exitInterrupted, &stderr)
	}
	if !strings.Contains(stdout.String(), "stopped before the end\n") {
		t.Errorf("got %q", &stdout)
	}
	var report junitSuites
	if err := xml.Unmarshal([]byte(read(t, junit)), &report); err != nil {
		t.Fatal(err)
	}
	if s := report.Suite; s.Tests != len(s.Cases) || s.Tests < 10 || s.Failures > 0 {
		t.Errorf("%d tests, %d failures", s.Tests, s.Failures)
	}
	if !strings.HasPrefix(read(t, summary), "## schism: interrupted\n") {
		t.Errorf("got %q", read(t, summary))
	}
}

// TestCIReportsReadBack: whatever a failure says, the reports say it.
func TestCIReportsReadBack(t *testing.T) {
	text := "a <b> & \"c\"\n]]> 100%, d: e | f\x00\n"
	g := &guard{commit: testCommit, runs: 1, shard: scenarios.Whole, checked: []checked{{
		file: "cases/a,b:c.txtar", scenario: "raft/kv/calm", seeds: "7", runs: 1}}}
	g.checked[0].fail(failure{result: failed, id: "<id>", seed: 7, seeded: true, times: 1, text: text, replay: "again"})
	var b bytes.Buffer
	if err := writeJUnit(&b, g); err != nil {
		t.Fatal(err)
	}
	var back junitSuites
	if err := xml.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(text, "\x00", "\uFFFD")
	if f := back.Suite.Cases[0].Failure; f.Type != "<id>" || !strings.Contains(f.Text, want) {
		t.Errorf("got %+v, want %q", f, want)
	}
	b.Reset()
	if err := writeAnnotations(&b, g); err != nil {
		t.Fatal(err)
	}
	const head = "::error file=cases/a%2Cb%3Ac.txtar,title=schism%3A a%2Cb%3Ac%3A <id>%2C seed 7::" +
		"a <b> & \"c\"%0A]]> 100%25, d"
	if got := b.String(); !strings.HasPrefix(got, head) || strings.Count(got, "\n") != 1 {
		t.Errorf("got  %q\nwant %q", got, head)
	}
}

func TestParseMemory(t *testing.T) {
	for s, want := range map[string]int64{
		"1B": 1, "3KiB": 3 << 10, "512MiB": 512 << 20, "2GiB": 2 << 30, "1TiB": 1 << 40,
	} {
		if got, err := parseMemory(s); got != want || err != nil {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "2", "2G", "GiB", "0GiB", "-1GiB", "1.5GiB", "99999999TiB", "1 GiB"} {
		if got, err := parseMemory(s); err == nil {
			t.Errorf("%q is %d", s, got)
		}
	}
}
