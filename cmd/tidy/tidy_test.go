package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestTidy checks this module.
func TestTidy(t *testing.T) {
	m := thisModule(t)
	for _, f := range m.typeErrors {
		t.Log(f)
	}
	for _, f := range checkModule(m, exceptions) {
		t.Error(f)
	}
}

// thisModule loads this module, once.
func thisModule(t *testing.T) *module {
	t.Helper()
	if runtime.GOOS == "js" {
		t.Skip("there is no file system to look at")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command to ask for types")
	}
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var load = sync.OnceValues(func() (*module, error) {
	root, err := findRoot(".")
	if err != nil {
		return nil, err
	}
	return loadModule(os.DirFS(root), known)
})

// known is shared by all tests: the go command is asked once for each package.
var known = newExports(".")

// TestEngineNamesExist: a renamed engine must not slip through.
func TestEngineNamesExist(t *testing.T) {
	u := thisModule(t).units["sim"]
	for _, name := range engine {
		if u.typed.Scope().Lookup(name) == nil {
			t.Errorf("sim.%s does not exist", name)
		}
	}
}

// bite is a small module in which exactly the lines with the word want, in a comment at their end, break a rule.
type bite struct {
	rule  rule
	files fstest.MapFS
}

// archived reads the modules of testdata, each named for its rule.
func archived(t *testing.T) []bite {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all []bite
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b := bite{rule(strings.TrimSuffix(filepath.Base(name), ".txtar")), fstest.MapFS{}}
		for _, f := range archive.Files {
			b.files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		all = append(all, b)
	}
	return all
}

// text makes a module of one file that breaks the rule and one that does not.
func text(r rule, name, bad, good string) bite {
	return bite{r, fstest.MapFS{
		path.Join("docs/bad", name):  {Data: []byte(bad)},
		path.Join("docs/good", name): {Data: []byte(good)},
	}}
}

// written makes the modules whose text this file must not contain itself, or is too long for an archive.
func written() []bite {
	const head = "package docs\n\nfunc long() {"
	return []bite{
		text(ruleFunction, "a.go", head+" // want"+strings.Repeat("\n", 70)+"}\n", head+strings.Repeat("\n", 69)+"}\n"),
		text(ruleFileLength, "a.go", "package docs\n"+strings.Repeat("//\n", 599)+"// want\n",
			"package docs\n"+strings.Repeat("//\n", 599)),
		text(ruleLineWidth, "a.go", "package docs\n\n"+pad("\t\t// want ", 115)+"\n", "package docs\n\n"+
			pad("\t\t// ", 114)+"\n"+pad("// é ", 121)+"\n"),
		text(ruleUnfinished, "a.go", "package docs // TO"+"DO: want\n// FIX"+"ME want\n// X"+"XX want\n",
			"package docs // todo lists are fine, and so is the hexadecimal X"+"X"+"XX\n"),
		text(rulePath, "a.md",
			"see /wo"+"rk/x # want\n`/tm"+"p/x` # want\n/ho"+"me/me/go # want\n\"/ro"+"ot/\" # want\n",
			"net/wo"+"rk/x, a.b/tm"+"p/x and ./ro"+"ot/x are not absolute\n"),
		text(ruleRegistry, "Makefile", "GOPROXY=https://proxy.go"+"lang.org # want\n",
			"GOPROXY=off # see https://go.dev\n"),
		text(ruleWord, "a.md",
			"An Age"+"nt did it. # want\nage"+"nts # want\nCla"+"ude # want\n a g"+"pt # want\nas an "+"AI, # want\n",
			"Reagents and gptables say, as an aim, nothing.\n"),
	}
}

// pad makes s so many bytes long.
func pad(s string, n int) string { return s + strings.Repeat("x", n-len(s)) }

// TestRulesBite checks that each rule finds what it bans, there and nowhere else.
func TestRulesBite(t *testing.T) {
	bites := append(archived(t), written()...)
	for _, b := range bites {
		t.Run(string(b.rule), func(t *testing.T) {
			b.check(t)
		})
	}
	for _, l := range laws {
		if !slices.ContainsFunc(bites, func(b bite) bool { return b.rule == l.rule }) && l.rule != ruleException {
			t.Errorf("no test shows that the rule %s bites", l.rule)
		}
	}
}

// check compares what is found with what is wanted.
func (b *bite) check(t *testing.T) {
	b.files["go.mod"] = &fstest.MapFile{Data: []byte("module schism\n\ngo 1.26\n")}
	m, err := loadModule(b.files, known)
	if err != nil {
		t.Fatal(err)
	}
	found := map[place]string{}
	for _, f := range append(m.typeErrors, checkModule(m, nil)...) {
		if f.rule == b.rule {
			found[place{f.file, f.line}] = f.String()
		}
	}
	wanted, clean := b.wanted()
	if len(wanted) == 0 || clean == 0 {
		t.Error("there must be a file that breaks the rule and one that does not")
	}
	for _, p := range wanted {
		if found[p] == "" {
			t.Errorf("%s:%d is not reported", p.file, p.line)
		}
		delete(found, p)
	}
	for _, f := range found {
		t.Errorf("this should not be reported: %s", f)
	}
}

// place is a line of a file.
type place struct {
	file string
	line int
}

// wanted returns the lines that must be reported, and the number of files that have none.
func (b *bite) wanted() (lines []place, clean int) {
	for name, f := range b.files {
		before, number := len(lines), 0
		for line := range strings.Lines(string(f.Data)) {
			number++
			if strings.Contains(line, "want") {
				lines = append(lines, place{name, number})
			}
		}
		if len(lines) == before && name != "go.mod" {
			clean++
		}
	}
	return lines, clean
}

func TestExceptionAllowsOneThingOnly(t *testing.T) {
	files := fstest.MapFS{
		"go.mod":   {Data: []byte("module schism\n")},
		"sim/a.go": {Data: []byte("// Package sim is a world.\npackage sim\n\nimport (\n\t\"os\"\n\t\"sync\"\n)\n")},
		"sim/b.go": {Data: []byte("package sim\n\nimport \"os\"\n")},
	}
	m, err := loadModule(files, known)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range checkModule(m, []exception{
		{"sim/a.go", ruleImport, "os", "needed"},
		{"sim/a.go", ruleImport, "net", "not needed"},
		{"raft/", ruleImport, "os", "not needed"},
	}) {
		got = append(got, f.String()[:strings.Index(f.String(), " (")])
	}
	want := []string{
		"raft/:1: exception: nothing needs the exception for import os",
		"sim/a.go:1: exception: nothing needs the exception for import net",
		"sim/a.go:6: import: sync",
		"sim/b.go:3: import: os",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestTypesAreNotNeededForMostRules: without a go command, or in code that does not compile, what can be seen in
// the syntax is still seen.
func TestTypesAreNotNeededForMostRules(t *testing.T) {
	blind := newExports(".")
	blind.err = fs.ErrNotExist
	m, err := loadModule(fstest.MapFS{
		"go.mod": {Data: []byte("module schism\n")},
		"sim/a.go": {Data: []byte("package sim\n\nimport \"time\"\n\nvar x = time.Now()\n\nvar m map[int]int\n\n" +
			"func f() { undefined()\nfor range m {}; go f() }\n")},
	}, blind)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.typeErrors) > 0 {
		t.Errorf("type errors mean nothing here: %v", m.typeErrors)
	}
	found := map[rule]bool{}
	for _, f := range checkModule(m, nil) {
		found[f.rule] = true
	}
	for _, r := range []rule{ruleClock, ruleOrder, ruleGoroutine} {
		if !found[r] {
			t.Errorf("%s is not found", r)
		}
	}
}

func TestEveryRuleHasAReason(t *testing.T) {
	seen := map[rule]bool{}
	for _, l := range laws {
		if seen[l.rule] || l.says == "" || l.why == "" {
			t.Errorf("rule %q is there twice, or says nothing", l.rule)
		}
		seen[l.rule] = true
	}
	for _, e := range exceptions {
		if !seen[e.rule] || e.why == "" {
			t.Errorf("the exception for %s names no rule or no reason", e.file)
		}
	}
}
