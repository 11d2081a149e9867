package main

import (
	"go/ast"
	"slices"
	"strings"
)

// layer says what the packages in and below a directory may import of the module. The most specific layer counts.
type layer struct {
	dir string
	// imports lists directories; one that ends in "/..." stands for itself and all below it.
	imports []string
}

// layers is the dependency law. Tests are free: what they import is not imported with the package.
var layers = []layer{
	{"sim", nil},
	{"sim/wal", []string{"sim"}},
	{"sim/digest", nil},
	{"sim/recipe", []string{"sim"}},
	{"sim/wire", nil},
	{"sim/words", nil},
	{"sim/rules", nil},
	{"sim/simtest", []string{"sim", "sim/wal"}},
	{"raft", []string{"sim", "sim/recipe", "sim/rules", "sim/wal", "sim/wire", "sim/words", "raft/..."}},
	{"raft/mvcc", []string{"raft/kvapi", "sim/digest", "sim/rules", "sim/wire"}},
	{"zab", []string{"sim", "sim/recipe", "sim/rules", "sim/wal", "sim/wire", "sim/words", "zab/..."}},
	{"zab/ztree", []string{"zab/zkapi", "sim/digest", "sim/rules", "sim/wire"}},
	{"nemesis", []string{"sim"}},
	{"checker", []string{"sim", "checker/...", "raft/kvapi", "zab/zkapi"}},
	{"scenarios", []string{"sim/...", "raft/...", "zab/...", "nemesis/...", "checker/...", "scenarios/..."}},
	{"cmd", []string{"sim/...", "raft/...", "zab/...", "nemesis/...", "checker/...", "scenarios/..."}},
	{"cmd/tidy", nil},
}

// library is a module of other people, or a part of one, and where it may be imported.
type library struct {
	path string
	// dirs lists directories, each with all below it; "." is everywhere.
	dirs []string
	// testsOnly keeps it out of what users of the module build.
	testsOnly bool
	// oneFile lets each of its packages be imported by one file only.
	oneFile bool
}

// libraries is the table of all that is not the project's own.
var libraries = []library{
	{path: "github.com/anishathalye/porcupine", dirs: []string{"checker"}},
	{path: "github.com/tidwall/btree", dirs: []string{"raft/mvcc"}},
	{path: "pgregory.net/rapid", dirs: []string{"."}, testsOnly: true},
	{path: "github.com/google/go-cmp", dirs: []string{"."}, testsOnly: true},
	{path: "golang.org/x/exp", dirs: []string{"scenarios", "cmd"}, oneFile: true},
	{path: "github.com/spf13/cobra", dirs: []string{"cmd"}},
	{path: "github.com/vbauerster/mpb", dirs: []string{"cmd"}},
	{path: "golang.org/x/term", dirs: []string{"cmd"}},
	{path: "github.com/rogpeppe/go-internal/testscript", dirs: []string{"cmd"}, testsOnly: true},
	{path: "github.com/rogpeppe/go-internal/txtar", dirs: []string{"cmd", "scenarios"}},
}

// engine lists the names of sim with which worlds are made, run, decided, broken and recorded. The other names are
// the words in which machines and their invariants are written.
var engine = []string{
	"Config", "NewWorld", "Result", "Run", "World",
	"Exhaust", "NewAlignedReplay", "NewExhaust", "NewPinned", "NewRecorder", "NewSeeded", "NewStrictReplay", "ParsePin",
	"Pin", "Pinned", "Recorder", "Replay",
	"Seeded",
	"Action", "AppliedFault", "ClockProfile", "DiskProfile", "Faults", "Link", "Planned", "PowerLoss", "Rule",
	"Trigger",
	"BreakSector", "Carry", "CloneDisk", "FailSync", "PowerCut", "SyncAll",
	"Diverge", "Divergence", "JSONTrace", "NewJSONTrace", "NewTextTrace", "Record", "TextTrace", "Tracer",
}

// checkImports checks what f imports against the dependency law and the table of libraries.
func (c *checker) checkImports(f *file) {
	for _, spec := range f.syntax.Imports {
		p := importPath(spec)
		if spec.Name != nil && spec.Name.Name == "." {
			c.at(f, spec.Pos(), ruleDotImport, p)
		}
		dir, ours := c.module.inModule(p)
		switch {
		case ours && !f.test && !mayImport(f.dir, dir):
			c.at(f, spec.Pos(), ruleLayer, f.dir+" imports "+dir)
		case !ours && !isStd(p) && !mayUse(f, p):
			c.at(f, spec.Pos(), ruleThirdParty, p)
		}
	}
}

// mayImport reports whether packages in the directory from may import the one in the directory to.
func mayImport(from, to string) bool {
	var law *layer
	for i := range layers {
		if l := &layers[i]; within(from, l.dir) && (law == nil || len(l.dir) > len(law.dir)) {
			law = l
		}
	}
	if law == nil {
		return false
	}
	return slices.ContainsFunc(law.imports, func(allowed string) bool {
		if below, ok := strings.CutSuffix(allowed, "/..."); ok {
			return within(to, below)
		}
		return to == allowed
	})
}

// testSupport lists the packages that are for tests, though not in test files.
var testSupport = []string{"sim/simtest"}

// libraryOf returns the library that the package with the path p belongs to, or nil.
func libraryOf(p string) *library {
	for i := range libraries {
		if within(p, libraries[i].path) {
			return &libraries[i]
		}
	}
	return nil
}

// mayUse reports whether f may import the package p of other people.
func mayUse(f *file, p string) bool {
	l := libraryOf(p)
	if l == nil || l.testsOnly && !f.test && !within(f.dir, testSupport...) {
		return false
	}
	return slices.Contains(l.dirs, ".") || within(f.dir, l.dirs...)
}

// checkOneFile finds packages that more than one file imports and only one may.
func (c *checker) checkOneFile() {
	first := map[string]*file{}
	for _, f := range c.module.files {
		if f.syntax == nil || f.nested {
			continue
		}
		for _, spec := range f.syntax.Imports {
			p := importPath(spec)
			if l := libraryOf(p); l == nil || !l.oneFile {
				continue
			}
			if first[p] == nil {
				first[p] = f
			} else {
				c.at(f, spec.Pos(), ruleOneFile, p+" is imported by "+first[p].path+" already")
			}
		}
	}
}

// checkEngine finds uses of the engine in protocols.
func (c *checker) checkEngine(f *file) {
	if f.test || !within(f.dir, "raft", "zab") {
		return
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name, ok := strings.CutPrefix(f.nameOf(s), c.module.path+"/sim.")
		if ok && slices.Contains(engine, name) {
			c.at(f, s.Pos(), ruleEngine, "sim."+name)
		}
		return true
	})
}
