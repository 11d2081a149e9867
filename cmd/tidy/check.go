package main

import (
	"cmp"
	"go/token"
	"slices"
)

// checker collects what is found in one module.
type checker struct {
	module     *module
	exceptions []exception
	// used says which exceptions were needed.
	used     []bool
	findings []finding
}

// checkModule checks m against every rule and returns what it finds, in order.
func checkModule(m *module, exceptions []exception) []finding {
	c := &checker{module: m, exceptions: exceptions, used: make([]bool, len(exceptions))}
	for _, f := range m.files {
		c.checkText(f)
		if f.syntax == nil {
			continue
		}
		c.checkStyle(f)
		if f.nested {
			continue
		}
		c.checkImports(f)
		c.checkEngine(f)
		if !f.test {
			c.checkDeterminism(f)
		}
	}
	c.checkPackages()
	c.checkOneFile()
	c.checkTopLevel()
	c.checkExceptions()
	slices.SortStableFunc(c.findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.rule, b.rule))
	})
	return slices.CompactFunc(c.findings, func(a, b finding) bool {
		return a.file == b.file && a.line == b.line && a.rule == b.rule
	})
}

// at reports a breach of r at a place in f.
func (c *checker) at(f *file, pos token.Pos, r rule, what string) {
	c.report(f, c.module.fset.Position(pos).Line, r, what)
}

// report reports a breach of r at a line of f, unless an exception allows it.
func (c *checker) report(f *file, line int, r rule, what string) {
	found := finding{f.path, line, r, what}
	for i := range c.exceptions {
		if c.exceptions[i].allows(&found) {
			c.used[i] = true
			return
		}
	}
	c.findings = append(c.findings, found)
}

// checkExceptions reports the exceptions that nothing needed.
func (c *checker) checkExceptions() {
	for i, e := range c.exceptions {
		if !c.used[i] {
			c.findings = append(c.findings, finding{e.file, 1, ruleException,
				"nothing needs the exception for " + string(e.rule) + " " + e.what})
		}
	}
}
