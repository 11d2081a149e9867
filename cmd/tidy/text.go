package main

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
)

// topLevel lists what the root of the module may hold.
var topLevel = []string{
	"sim", "raft", "zab", "nemesis", "checker", "scenarios", "cmd", "docs",
	"go.mod", "go.sum", "README.md", "Makefile", "LICENSE", ".gitignore", ".ci",
}

// textRule finds a pattern in the lines of every text file. The patterns are put together from pieces, so that
// this file does not contain what it looks for.
type textRule struct {
	rule    rule
	pattern *regexp.Regexp
}

var textRules = []textRule{
	{ruleUnfinished, anyWord("", "TO"+"DO", "FIX"+"ME", "X"+"XX")},
	{rulePath, regexp.MustCompile(`(?:^|[^\w./)~-])/` +
		oneOf("wo"+"rk", "tm"+"p", "ro"+"ot", "ho"+"me", "Us"+"ers") + `/`)},
	{ruleRegistry, regexp.MustCompile(
		oneOf("proxy.go"+"lang.org", "sum.go"+"lang.org", "registry.np"+"mjs.org", "py"+"pi.org"))},
	{ruleWord, anyWord("(?i)",
		"age"+"nt", "age"+"ntic", "helper "+"session", "L"+"LM", "language "+"model", "as an "+"AI", "AI-"+"generated",
		"Cla"+"ude", "G"+"PT", "Chat"+"G"+"PT", "Co"+"pilot", "Anth"+"ropic", "Open"+"AI")},
}

// anyWord returns a pattern for whole words, or their plurals.
func anyWord(flags string, words ...string) *regexp.Regexp {
	return regexp.MustCompile(flags + `\b` + oneOf(words...) + `s?\b`)
}

// oneOf returns an expression for any of the texts.
func oneOf(texts ...string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = regexp.QuoteMeta(t)
	}
	return `(?:` + strings.Join(quoted, "|") + `)`
}

// checkText checks the text of one file, of whatever kind.
func (c *checker) checkText(f *file) {
	if path.Base(f.path) == "go.sum" {
		return // hashes, in which any letters may follow each other
	}
	number := 0
	for line := range bytes.Lines(f.src) {
		number++
		for _, r := range textRules {
			if found := r.pattern.Find(line); found != nil {
				c.report(f, number, r.rule, string(bytes.TrimSpace(found)))
			}
		}
	}
}

// checkTopLevel checks what the root holds.
func (c *checker) checkTopLevel() {
	reported := map[string]bool{}
	for _, f := range c.module.files {
		first, _, _ := strings.Cut(f.path, "/")
		if !slices.Contains(topLevel, first) && !reported[first] {
			reported[first] = true
			c.report(f, 1, ruleTopLevel, first)
		}
	}
}
