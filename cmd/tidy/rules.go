package main

import (
	"fmt"
	"strings"
)

// rule names a law in findings and exceptions.
type rule string

// The rules, by the file that checks them.
const (
	// determinism.go
	ruleGoroutine   rule = "goroutine"
	ruleChannel     rule = "channel"
	ruleImport      rule = "import"
	ruleClock       rule = "clock"
	ruleFloat       rule = "float"
	ruleOrder       rule = "order"
	ruleStaleOrder  rule = "stale-order"
	rulePointerText rule = "pointer-text"
	// imports.go
	ruleLayer      rule = "layer"
	ruleEngine     rule = "engine"
	ruleThirdParty rule = "third-party"
	ruleOneFile    rule = "one-file"
	ruleDotImport  rule = "dot-import"
	// style.go and docs.go
	ruleDoc         rule = "doc"
	rulePackageDoc  rule = "package-doc"
	rulePackageName rule = "package-name"
	ruleFunction    rule = "function"
	ruleParameters  rule = "parameters"
	ruleFileLength  rule = "file-length"
	ruleLineWidth   rule = "line-width"
	ruleInit        rule = "init"
	rulePanic       rule = "panic"
	ruleFormat      rule = "gofmt"
	// text.go
	ruleTopLevel   rule = "top-level"
	ruleUnfinished rule = "unfinished"
	rulePath       rule = "path"
	ruleRegistry   rule = "registry"
	ruleWord       rule = "word"
	// module.go and exceptions
	ruleTypes     rule = "types"
	ruleException rule = "exception"
)

// law is a rule with what it says and why.
type law struct {
	rule      rule
	says, why string
}

// laws is the table of all rules.
var laws = []law{
	{ruleGoroutine, "no go statement, and no iterator that is pulled",
		"the scheduler is not part of the seed; what runs at once is modelled by events"},
	{ruleChannel, "no channel type, send, receive, close, range or select, also not by reflection",
		"channels are for goroutines, and select draws at random"},
	{ruleImport, "no import of what brings threads, clocks, randomness, the environment or addresses",
		"a run is determined by its configuration and its choices alone"},
	{ruleClock, "no wall clock, sleep, timer or local time zone",
		"time is virtual: the world tells a machine what time it is"},
	{ruleFloat, "no floating point in what decides",
		"some architectures fuse multiply and add, so equal expressions differ in the last bit"},
	{ruleOrder, "no iteration over a map, called or mentioned, without a comment \"// order: why it cannot be seen\"",
		"the order of a map differs from run to run"},
	{ruleStaleOrder, "no order comment without an iteration over a map",
		"an excuse for nothing hides the next one"},
	{rulePointerText, "no text or number made of an address: %p, or a pointer, function or channel to be printed",
		"addresses differ from run to run, and texts are folded into digests"},

	{ruleLayer, "imports within the module follow sim <- raft, zab, nemesis, checker <- scenarios <- cmd",
		"an oracle shares no code with what it judges, and a protocol knows nothing of what tests it"},
	{ruleEngine, "raft and zab use the words of sim, never its engine",
		"a machine that can run a world is more than a machine"},
	{ruleThirdParty, "other people's packages only where the table says",
		"the library stays light, and each dependency has one place"},
	{ruleOneFile, "each package of x/exp in one file only",
		"it promises no compatibility, so that a change must be one edit"},
	{ruleDotImport, "no dot import",
		"a name says where it comes from"},

	{ruleDoc, "every exported name has a comment that starts with it",
		"what is exported is promised, and a promise is written down"},
	{rulePackageDoc, "every package has a comment that says what it is",
		"the first paragraph says what a package does and does not do"},
	{rulePackageName, "no package is named for what could be anything",
		"a package is one idea, and its name is the idea"},
	{ruleFunction, "a function has at most 70 lines",
		"it must fit on a screen to be understood at once"},
	{ruleParameters, "a function has at most 5 parameters",
		"a longer list is a type that has no name yet"},
	{ruleFileLength, "a file has at most 600 lines",
		"a longer one is a place where two concepts share a room"},
	{ruleLineWidth, "a line has at most 120 columns, a tab being 4",
		"two files fit side by side"},
	{ruleInit, "no init function outside cmd",
		"importing a package must do nothing"},
	{rulePanic, "no panic with a bare error",
		"a panic says which invariant broke and where"},
	{ruleFormat, "files are as gofmt writes them",
		"nobody's taste is part of a change"},

	{ruleTopLevel, "the top level holds what the table says",
		"the tree is the architecture, and its first level is fixed"},
	{ruleUnfinished, "no marks of unfinished work",
		"what is left to do belongs in an issue, where somebody finds it"},
	{rulePath, "no absolute path of somebody's machine",
		"the project works in any directory"},
	{ruleRegistry, "no address of a package registry",
		"where packages come from is the business of the user's Go"},
	{ruleWord, "no talk about how the text came to be",
		"the project speaks of itself alone"},

	{ruleTypes, "packages type-check",
		"what has no types cannot be judged by the rules that need them"},
	{ruleException, "every exception is needed",
		"an excuse for nothing hides the next one"},
}

// why returns the reason of r.
func (r rule) why() string {
	for _, l := range laws {
		if l.rule == r {
			return l.why
		}
	}
	panic("tidy: no law for the rule " + string(r))
}

// finding is one breach of a rule.
type finding struct {
	file string
	line int
	rule rule
	what string
}

// String prints f on one line.
func (f finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s (%s)", f.file, f.line, f.rule, f.what, f.rule.why())
}

// exception allows one thing in one place.
type exception struct {
	// file is a file, or a directory with a slash at its end.
	file string
	rule rule
	// what is allowed, as findings name it.
	what string
	why  string
}

// allows reports whether e is about f.
func (e *exception) allows(f *finding) bool {
	inside := f.file == e.file || strings.HasSuffix(e.file, "/") && strings.HasPrefix(f.file, e.file)
	return inside && e.rule == f.rule && e.what == f.what
}

// exceptions is the table of everything that is allowed against a rule.
var exceptions = []exception{
	{"sim/step.go", ruleImport, "runtime", "the functions of a panic name the violation; no addresses"},
	{"sim/time.go", ruleFloat, "float64", "Ratio.String prints a percentage; it decides nothing"},

	{"sim/simtest/golden.go", ruleImport, "os", "golden files are read and written by tests, not by runs"},
	{"sim/simtest/golden.go", ruleImport, "path/filepath", "golden files are read and written by tests, not by runs"},
	{"sim/simtest/golden.go", ruleInit, "init function", "a flag must exist before the test binary parses them"},
	{"sim/simtest/golden.go", ruleImport, "testing", "what is for tests takes a *testing.T"},
	{"sim/simtest/machine.go", ruleImport, "testing", "what is for tests takes a *testing.T"},
	{"sim/simtest/walk.go", ruleImport, "unsafe", "tests change fields that are not exported"},
	{"sim/simtest/walk.go", rulePointerText, "(reflect.Value).UnsafePointer", "finds out what clones share"},
	{"sim/simtest/walk.go", rulePointerText, "(reflect.Value).UnsafeAddr", "tests change fields that are not exported"},
	{"sim/simtest/walk.go", ruleFloat, "(reflect.Value).Float", "walks any value there is; decides nothing"},
	{"sim/simtest/walk.go", ruleFloat, "(reflect.Value).Complex", "walks any value there is; decides nothing"},

	{"scenarios/hunt.go", ruleImport, "context", "a hunt can be interrupted; a run cannot"},
	{"scenarios/hunt.go", ruleImport, "runtime", "a hunt uses every processor; each run stays within one goroutine"},
	{"scenarios/hunt.go", ruleImport, "sync", "the workers of a hunt share its counters; runs share nothing"},
	{"scenarios/hunt.go", ruleClock, "time.Now", "a hunt measures its own speed"},
	{"scenarios/hunt.go", ruleClock, "time.Since", "a hunt measures its own speed"},
	{"scenarios/shrink.go", ruleImport, "context", "a search can be interrupted; a run cannot"},
	{"scenarios/shrink.go", ruleClock, "time.Now", "a search measures its own speed"},
	{"scenarios/shrink.go", ruleClock, "time.Since", "a search measures its own speed"},
	{"scenarios/testing.go", ruleImport, "context", "what a failing test does takes time; a run does not"},
	{"scenarios/testing.go", ruleImport, "os", "the environment says what a test is to run, not how a run goes"},
	{"scenarios/testing.go", ruleImport, "path/filepath", "cases are kept in files; what is in them makes the run"},
	{"scenarios/testing.go", ruleImport, "runtime", "a failing test says in which package it is"},
	{"scenarios/testing.go", ruleClock, "time.Now", "a test may be bounded in real time"},
	{"scenarios/testing.go", ruleClock, "time.Since", "a test may be bounded in real time"},
	{"scenarios/crew.go", ruleImport, "context", "a search can be interrupted; a run cannot"},
	{"scenarios/crew.go", ruleImport, "runtime", "a search uses every processor; a run stays within one goroutine"},
	{"scenarios/crew.go", ruleImport, "sync", "the workers of a search share nothing but what they are to do"},
	{"scenarios/neighbour.go", ruleImport, "context", "a search can be interrupted; a run cannot"},
	{"scenarios/noreturn.go", ruleImport, "context", "a search can be interrupted; a run cannot"},
	{"scenarios/corpus.go", ruleImport, "os", "cases are kept in files; what is in them makes the run"},
	{"scenarios/corpus.go", ruleImport, "path/filepath", "cases are kept in files; what is in them makes the run"},
}
