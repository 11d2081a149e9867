package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/types"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of style.
const (
	maxFunctionLines = 70
	maxParameters    = 5
	maxFileLines     = 600
	maxColumns       = 120
	tabColumns       = 4
)

// vagueNames may not be part of the name of a package.
var vagueNames = []string{"common", "helper", "manager", "util"}

// checkStyle checks how one Go file is written.
func (c *checker) checkStyle(f *file) {
	c.checkLines(f)
	if formatted, err := format.Source(f.src); err != nil || !bytes.Equal(formatted, f.src) {
		c.report(f, firstDifference(f.src, formatted), ruleFormat, "not formatted")
	}
	for _, vague := range vagueNames {
		if strings.Contains(f.syntax.Name.Name, vague) {
			c.at(f, f.syntax.Name.Pos(), rulePackageName, f.syntax.Name.Name)
		}
	}
	if f.test {
		return
	}
	for _, d := range f.syntax.Decls {
		c.checkDoc(f, d)
		if d, ok := d.(*ast.FuncDecl); ok {
			c.checkFunction(f, d)
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			if count := n.Params.NumFields(); count > maxParameters {
				c.at(f, n.Pos(), ruleParameters, fmt.Sprintf("%d parameters", count))
			}
		case *ast.CallExpr:
			if isBarePanic(f, n) {
				c.at(f, n.Pos(), rulePanic, "panic with a bare error")
			}
		}
		return true
	})
}

// checkLines checks how long f and its lines are.
func (c *checker) checkLines(f *file) {
	count := 0
	for line := range bytes.Lines(f.src) {
		count++
		line = bytes.TrimRight(line, "\r\n")
		columns := utf8.RuneCount(line) + (tabColumns-1)*bytes.Count(line, []byte("\t"))
		if columns > maxColumns {
			c.report(f, count, ruleLineWidth, fmt.Sprintf("%d columns", columns))
		}
	}
	if count > maxFileLines {
		c.report(f, maxFileLines+1, ruleFileLength, fmt.Sprintf("%d lines", count))
	}
}

// firstDifference returns the number of the first line that differs.
func firstDifference(a, b []byte) int {
	line := 1
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return line
		}
		if a[i] == '\n' {
			line++
		}
	}
	return line
}

// checkFunction checks the length of a function, and that it is no init function.
func (c *checker) checkFunction(f *file, d *ast.FuncDecl) {
	first, last := c.module.fset.Position(d.Pos()).Line, c.module.fset.Position(d.End()).Line
	if lines := last - first + 1; lines > maxFunctionLines {
		c.at(f, d.Pos(), ruleFunction, fmt.Sprintf("%s has %d lines", d.Name.Name, lines))
	}
	if d.Recv == nil && d.Name.Name == "init" && !within(f.dir, "cmd") {
		c.at(f, d.Pos(), ruleInit, "init function")
	}
}

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// isBarePanic reports whether call is a panic whose argument is an error and nothing more.
func isBarePanic(f *file, call *ast.CallExpr) bool {
	fun, ok := call.Fun.(*ast.Ident)
	if !ok || fun.Name != "panic" || len(call.Args) != 1 {
		return false
	}
	arg, ok := call.Args[0].(*ast.Ident)
	if !ok {
		return false
	}
	if t := f.typeOf(arg); t != nil {
		return types.Implements(t, errorType)
	}
	return arg.Name == "err"
}

// checkPackages checks that every package says what it is.
func (c *checker) checkPackages() {
	for _, dir := range c.module.dirs() {
		u := c.module.units[dir]
		documented := slices.IndexFunc(u.files, func(f *file) bool { return f.syntax.Doc != nil })
		if documented < 0 {
			c.at(u.files[0], u.files[0].syntax.Package, rulePackageDoc, "package "+u.files[0].syntax.Name.Name)
			continue
		}
		f := u.files[documented]
		begins := "Package " + f.syntax.Name.Name + " "
		if f.syntax.Name.Name == "main" {
			begins = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(f.syntax.Doc.Text(), begins) {
			c.at(f, f.syntax.Package, rulePackageDoc, fmt.Sprintf("the comment does not begin with %q", begins))
		}
	}
}
