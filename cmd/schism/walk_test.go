package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The walk from a red run to its cause, as the README has it: the commands, the block that they print, and what the
// last line of that prints of the cause.
var (
	walk      = regexp.MustCompile("<!-- walk -->\n```sh\n((?s:.*?))```\n")
	walked    = regexp.MustCompile("<!-- walked -->\n```\n((?s:.*?))```\n")
	explained = regexp.MustCompile("<!-- explained -->\n```\n((?s:.*?))```\n")
	// block is the message of the test that fails.
	block = regexp.MustCompile(`(?m)^ +(VIOLATION (?s:.*?)\n +identity .*\n)`)
	// command is a line of it that can be copied.
	command = regexp.MustCompile(`(?m)^(replay|case|see|explain) +(.*)$`)
	// needed is the part of an explanation that says what the violation needed.
	needed = regexp.MustCompile(`(?m)^What it needed\n(?s:.*?)\n\n`)
	// seconds is how long it took to shrink, which differs.
	seconds = regexp.MustCompile(`runs, [0-9.]+s\)`)
)

// walker is the test whose message the README shows; others fail, too.
const walker = "^TestScenarios$/^raft$/^kv$/^swarm$"

// TestREADMEWalksFromARedRunToItsCause breaks a rule of Raft in a copy of the module, as the README says, and does what
// the failing test tells it to do: each line fails in the same way.
func TestREADMEWalksFromARedRunToItsCause(t *testing.T) {
	if testing.Short() {
		t.Skip("building the module takes long")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command here")
	}
	text := read(t, readme)
	commands := walk.FindStringSubmatch(text)
	if commands == nil {
		t.Fatal("there is no walk in the README")
	}
	dir := copyModule(t)
	said := fails(t, dir, commands[1])
	message := ""
	for _, found := range block.FindAllStringSubmatch(said, -1) {
		if strings.Contains(found[1], walker) {
			message = strings.ReplaceAll("\n"+found[1], "\n            ", "\n")[1:]
		}
	}
	if message == "" {
		t.Fatalf("%s has not found the bug:\n%s", walker, said)
	}
	violation, _, _ := strings.Cut(message, ":")
	lines := command.FindAllStringSubmatch(message, -1)
	if len(lines) != 4 {
		t.Fatalf("%d lines can be copied, want 4:\n%s", len(lines), message)
	}
	for _, line := range lines {
		if said = fails(t, dir, line[2]); !strings.Contains(said, violation+":") {
			t.Errorf("%s does not show %s:\n%s", line[2], violation, said)
		}
	}
	cause := strings.TrimSuffix(needed.FindString(said), "\n")
	canary := "SCHISM_CASE=$PWD/scenarios/testdata/cases/raft-kv-canary-1.txtar go test schism/scenarios " +
		"-run '^TestScenarios$/^raft$/^kv$/^canary$'" // as the README shows it of a mutant
	if said := fails(t, dir, canary); !strings.Contains(said, "VIOLATION raft-leader-completeness:") {
		t.Errorf("the case of a mutant does not show what it is about:\n%s", said)
	}
	message = strings.ReplaceAll(seconds.ReplaceAllString(message, "runs, 1.0s)"), os.TempDir()+"/", "$TMPDIR/")
	shows(t, walked, message)
	shows(t, explained, cause)
}

// shows fails if the README shows something else than want in the block that is given, or corrects it.
func shows(t *testing.T, block *regexp.Regexp, want string) {
	t.Helper()
	text := read(t, readme)
	at := block.FindStringSubmatchIndex(text)
	if at == nil {
		t.Fatalf("the README has nothing like %s", block)
	}
	if os.Getenv("UPDATE_README") != "" {
		if err := os.WriteFile(readme, []byte(text[:at[2]]+want+text[at[3]:]), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, text[at[2]:at[3]]); diff != "" {
		t.Errorf("the README shows something else than is printed (-real +README); "+
			"UPDATE_README=1 corrects it:\n%s", diff)
	}
}

// fails runs a script that must fail and returns what it prints.
func fails(t *testing.T, dir, script string) string {
	t.Helper()
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SCHISM_") })
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("this does not fail:\n%s\n%s", script, out)
	}
	return string(out)
}

// copyModule copies the module to a new directory, and returns that.
func copyModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Dir(filepath.Clean(readme))
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == ".git":
			return fs.SkipDir
		case e.IsDir():
			return os.MkdirAll(filepath.Join(dir, to), 0o755)
		case !e.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, to), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
