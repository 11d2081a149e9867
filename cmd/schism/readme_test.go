package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/scenarios"
)

const readme = "../../README.md"

// produced matches a block of the README that something produces: what, and the block.
var produced = regexp.MustCompile("<!-- (output|failure|coverage): (.*) -->\n```\n((?s:.*?))```\n")

// TestREADMEShowsRealOutput makes everything again that the README shows. With UPDATE_README=1 it writes it there.
func TestREADMEShowsRealOutput(t *testing.T) {
	text := read(t, readme)
	blocks := 0
	fresh := produced.ReplaceAllStringFunc(text, func(block string) string {
		blocks++
		m := produced.FindStringSubmatch(block)
		body := ""
		switch args := strings.Fields(m[2]); m[1] {
		case "output":
			var stdout, stderr bytes.Buffer
			if code := Main(args, &stdout, &stderr); code != 0 {
				t.Errorf("schism %s: exit code %d\n%s", m[2], code, stderr.String())
			}
			body = stdout.String()
		case "failure":
			body = failureOf(t, args[0], args[1])
		case "coverage":
			body = coverageOf(t, args[0], args[1])
		}
		return "<!-- " + m[1] + ": " + m[2] + " -->\n```\n" + body + "```\n"
	})
	if blocks < 3 {
		t.Errorf("only %d blocks of the README are checked", blocks)
	}
	if os.Getenv("UPDATE_README") != "" {
		if err := os.WriteFile(readme, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(fresh, "\n"), strings.Split(text, "\n")); diff != "" {
		t.Errorf("the README shows something else than it should (-real +README); "+
			"UPDATE_README=1 corrects it:\n%s", diff)
	}
}

// failureOf returns what a test prints that runs the scenario with the seed and fails.
func failureOf(t *testing.T, name, seed string) string {
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f := &scenarios.Failure{Report: scenarios.Must(name).Run(n, scenarios.Options{})}
	f.Keep(3000, dir)
	return strings.ReplaceAll(seconds.ReplaceAllString(f.String(), "runs, 0.1s)"), dir+"/", "$TMPDIR/")
}

// coverageOf returns the table of a hunt.
func coverageOf(t *testing.T, name, seeds string) string {
	o := scenarios.HuntOptions{Coverage: true}
	var err error
	if o.Seeds, err = scenarios.ParseSeeds(seeds); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	report := scenarios.HuntAll(t.Context(), []*scenarios.Scenario{scenarios.Must(name)}, o)
	if err := writeCoverage(&b, report.Coverage); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestREADMEWorkflowRuns runs the command of the workflow in the README, on less.
func TestREADMEWorkflowRuns(t *testing.T) {
	m := regexp.MustCompile(`- run: go build ./cmd/schism && ./schism (ci .*)\n`).FindStringSubmatch(read(t, readme))
	if m == nil {
		t.Fatal("the README has no workflow")
	}
	args := strings.Fields(strings.ReplaceAll(m[1], "${{ matrix.shard }}", "2"))
	junit := filepath.Join(t.TempDir(), "junit.xml")
	args = append(args, "raft/kv/calm", "--time", "100ms", "--junit", junit, "--commit", testCommit,
		"--corpus", "../../"+filepath.Join("scenarios", scenarios.CasesDir))
	var stdout, stderr bytes.Buffer
	if code := Main(args, &stdout, &stderr); code != 0 || !strings.Contains(read(t, junit), "raft/kv/calm") {
		t.Errorf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
}

// step matches what a reader does one after the other to use schism in a module of their own: commands, or a file.
var step = regexp.MustCompile("<!-- (commands|file)(?:: (.*))? -->\n```(?:sh|go)\n((?s:.*?))```\n")

// TestREADMEModuleUsesSchism does literally what the README says about a module of one's own.
func TestREADMEModuleUsesSchism(t *testing.T) {
	if testing.Short() {
		t.Skip("building a module takes long")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command here")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	steps := step.FindAllStringSubmatch(read(t, readme), -1)
	if len(steps) != 3 {
		t.Fatalf("%d steps, want 3", len(steps))
	}
	dir := top
	swarm := regexp.MustCompile("```go\n(func (?s:.*?))```\n").FindStringSubmatch(read(t, readme))
	if swarm == nil {
		t.Fatal("the README does not begin with a test")
	}
	first := "package mine\n\nimport (\n\t\"testing\"\n\n\t\"schism/scenarios\"\n)\n\n" + swarm[1]
	for _, s := range steps {
		if s[1] == "file" {
			if err := os.WriteFile(filepath.Join(top, s[2]), []byte(s[3]), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(top, "mine", "swarm_test.go"), []byte(first), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		script := strings.ReplaceAll(s[3], "../schism", root)
		cmd := exec.Command("sh", "-ec", script)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s%v\n%s", script, err, out)
		}
		dir = filepath.Join(top, "mine")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
