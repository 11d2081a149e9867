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
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/scenarios"
)

const readme = "../../README.md"

// produced matches a block of the README that something produces: what, and the block.
var produced = regexp.MustCompile("<!-- (output|failure): (.*) -->\n```\n((?s:.*?))```\n")

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
	f.Keep(time.Minute, dir)
	return strings.ReplaceAll(seconds.ReplaceAllString(f.String(), "runs, 0.1s)"), dir+"/", "$TMPDIR/")
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
