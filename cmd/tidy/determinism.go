package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"strings"
)

// deterministic lists the directories, with all below them, whose code may depend on nothing but its input. They
// are those that are type-checked.
var deterministic = []string{"sim", "raft", "zab", "nemesis", "checker", "scenarios"}

// exact lists those in which nothing may be computed in floating point: what decides, and what judges. Scenarios
// only print it.
var exact = []string{"sim", "raft", "zab", "nemesis", "checker"}

// bannedImports lists packages; one with a slash at its end stands for all below it.
var bannedImports = []string{
	"C", "context", "crypto/rand", "hash/maphash", "log", "log/", "math/rand", "math/rand/", "net", "net/",
	"os", "os/", "path/filepath", "plugin", "runtime", "runtime/", "sync", "sync/", "syscall", "testing", "testing/",
	"unique", "unsafe", "weak",
}

// bannedNames lists functions, methods and variables of packages that may be imported, by the rule that they break.
var bannedNames = map[string]rule{
	// They read or wait for a real clock, or ask where the machine is.
	"time.Now": ruleClock, "time.Since": ruleClock, "time.Until": ruleClock, "time.Sleep": ruleClock,
	"time.After": ruleClock, "time.Tick": ruleClock, "time.NewTimer": ruleClock, "time.NewTicker": ruleClock,
	"time.AfterFunc": ruleClock,
	"time.Local":     ruleClock, "time.LoadLocation": ruleClock, "(time.Time).Local": ruleClock,
	// They run on a goroutine of their own.
	"iter.Pull": ruleGoroutine, "iter.Pull2": ruleGoroutine,
	// They are channels in disguise.
	"reflect.Select": ruleChannel, "reflect.MakeChan": ruleChannel, "(reflect.Value).Send": ruleChannel,
	"(reflect.Value).Recv": ruleChannel, "(reflect.Value).TrySend": ruleChannel, "(reflect.Value).TryRecv": ruleChannel,
	// They are addresses.
	"(reflect.Value).Pointer": rulePointerText, "(reflect.Value).UnsafePointer": rulePointerText,
	"(reflect.Value).UnsafeAddr": rulePointerText,
}

// checkDeterminism checks one file against the determinism law.
func (c *checker) checkDeterminism(f *file) {
	if !within(f.dir, deterministic...) {
		return
	}
	for _, spec := range f.syntax.Imports {
		if p := importPath(spec); isBanned(p) {
			c.at(f, spec.Pos(), ruleImport, p)
		}
	}
	o := c.newOrderCheck(f)
	floats := within(f.dir, exact...)
	ast.PreorderStack(f.syntax, nil, func(n ast.Node, stack []ast.Node) bool {
		c.checkConcurrency(f, n)
		c.checkPointerText(f, n)
		o.check(n, stack)
		if floats {
			c.checkFloat(f, n)
		}
		if s, ok := n.(*ast.SelectorExpr); ok {
			if r, banned := bannedNames[f.nameOf(s)]; banned {
				c.at(f, n.Pos(), r, f.nameOf(s))
			}
		}
		return true
	})
	o.finish()
}

// isBanned reports whether the package with the path p is banned.
func isBanned(p string) bool {
	for _, b := range bannedImports {
		if p == b || strings.HasSuffix(b, "/") && strings.HasPrefix(p, b) {
			return true
		}
	}
	return false
}

// checkConcurrency finds goroutines and channels.
func (c *checker) checkConcurrency(f *file, n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.at(f, n.Pos(), ruleGoroutine, "go statement")
	case *ast.ChanType:
		c.at(f, n.Pos(), ruleChannel, "channel type")
	case *ast.SendStmt:
		c.at(f, n.Pos(), ruleChannel, "send")
	case *ast.SelectStmt:
		c.at(f, n.Pos(), ruleChannel, "select")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			c.at(f, n.Pos(), ruleChannel, "receive")
		}
	case *ast.RangeStmt:
		if hasUnderlying[*types.Chan](f.typeOf(n.X)) {
			c.at(f, n.Pos(), ruleChannel, "range over a channel")
		}
	case *ast.CallExpr:
		id, ok := n.Fun.(*ast.Ident)
		if ok && id.Name == "close" && len(n.Args) == 1 && hasUnderlying[*types.Chan](f.typeOf(n.Args[0])) {
			c.at(f, n.Pos(), ruleChannel, "close")
		}
	}
}

// checkFloat finds floating-point types, literals and results.
func (c *checker) checkFloat(f *file, n ast.Node) {
	switch n := n.(type) {
	case *ast.Ident:
		switch n.Name {
		case "float32", "float64", "complex64", "complex128":
			if f.info == nil || f.info.Uses[n] == nil || f.info.Uses[n].Pkg() == nil {
				c.at(f, n.Pos(), ruleFloat, n.Name)
			}
		}
	case *ast.BasicLit:
		// 1e9 as a constant of an integer type is exact.
		exact := f.typeOf(n) != nil && !isFloat(f.typeOf(n))
		if (n.Kind == token.FLOAT || n.Kind == token.IMAG) && !exact {
			c.at(f, n.Pos(), ruleFloat, n.Value)
		}
	case *ast.CallExpr:
		if isFloat(f.typeOf(n)) {
			what := f.callee(n)
			if what == "" {
				what = "float64"
			}
			c.at(f, n.Pos(), ruleFloat, what)
		}
	}
}

// isFloat reports whether t is a floating-point or complex type.
func isFloat(t types.Type) bool {
	if t == nil {
		return false
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsFloat|types.IsComplex) != 0
}

// hasUnderlying reports whether values of t are of the kind K, such as *types.Map, or can be if t is a type parameter.
func hasUnderlying[K types.Type](t types.Type) bool {
	if t == nil {
		return false
	}
	p, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		_, is := t.Underlying().(K)
		return is
	}
	constraint, ok := p.Constraint().Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for i := range constraint.NumEmbeddeds() {
		switch e := constraint.EmbeddedType(i).(type) {
		case *types.Union:
			for j := range e.Len() {
				if _, is := e.Term(j).Type().Underlying().(K); is {
					return true
				}
			}
		default:
			if _, is := e.Underlying().(K); is {
				return true
			}
		}
	}
	return false
}

// orderCheck finds iterations over maps in one file.
type orderCheck struct {
	c *checker
	f *file
	// excuses holds the lines with an order comment, and whether it was needed.
	excuses map[int]bool
}

// orderPattern matches the comment that excuses an iteration, which needs a reason.
var orderPattern = regexp.MustCompile(`^// order: \pL`)

func (c *checker) newOrderCheck(f *file) *orderCheck {
	o := &orderCheck{c: c, f: f, excuses: map[int]bool{}}
	for _, group := range f.syntax.Comments {
		for _, comment := range group.List {
			if orderPattern.MatchString(comment.Text) {
				o.excuses[c.module.fset.Position(comment.Pos()).Line] = false
			}
		}
	}
	return o
}

// report reports an iteration at n, unless a comment excuses it, at its line or right above.
func (o *orderCheck) report(n ast.Node, what string) {
	line := o.c.module.fset.Position(n.Pos()).Line
	for _, l := range []int{line, line - 1} {
		if _, excused := o.excuses[l]; excused {
			o.excuses[l] = true
			return
		}
	}
	o.c.report(o.f, line, ruleOrder, what)
}

// mapIterators lists the functions that go through a map in no order, and whether sorting what they give helps.
var mapIterators = map[string]bool{
	"maps.Keys": true, "maps.Values": true, "maps.All": true,
	"maps.DeleteFunc": false, "maps.EqualFunc": false, // what they call sees the order
	"(reflect.Value).MapRange": false, "(reflect.Value).MapKeys": false,
	"(reflect.Value).Seq": false, "(reflect.Value).Seq2": false,
}

// orderless lists the functions that take an iterator and whose result does not depend on its order.
var orderless = map[string]bool{
	"slices.Sorted": true, "slices.SortedFunc": true, "slices.SortedStableFunc": true,
	"maps.Collect": true, "maps.Insert": true,
}

// check looks at one node; stack holds those around it.
func (o *orderCheck) check(n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.RangeStmt:
		if hasUnderlying[*types.Map](o.f.typeOf(n.X)) {
			o.report(n, "range over a map")
		}
	case *ast.SelectorExpr:
		name := o.f.nameOf(n)
		sortable, iterates := mapIterators[name]
		if iterates && !(sortable && o.isSorted(n, stack)) {
			o.report(n, name)
		}
	}
}

// isSorted reports whether the function fun, with stack around it, is called as an argument of one that does not care
// for the order. A function that is not called where it is named may be called anywhere.
func (o *orderCheck) isSorted(fun ast.Expr, stack []ast.Node) bool {
	for i := len(stack) - 1; i > 0; i-- {
		switch n := stack[i].(type) {
		case *ast.ParenExpr, *ast.IndexExpr, *ast.IndexListExpr: // explicit type arguments
			fun = n.(ast.Expr)
		case *ast.CallExpr:
			outer, ok := stack[i-1].(*ast.CallExpr)
			return ok && n.Fun == fun && orderless[o.f.callee(outer)]
		default:
			return false
		}
	}
	return false
}

// finish reports the comments that excuse nothing.
func (o *orderCheck) finish() {
	for line, needed := range o.excuses { // order: findings are sorted
		if !needed {
			o.c.report(o.f, line, ruleStaleOrder, "this comment excuses nothing")
		}
	}
}
