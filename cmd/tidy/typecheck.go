package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// exports finds the compiled types of packages outside the module by asking the go command.
type exports struct {
	dir string
	// files maps the path of a package to the file with its types, "" if there is none.
	files map[string]string
	// err says that the go command could not be asked.
	err error
}

// newExports returns what the go command says in the directory dir.
func newExports(dir string) *exports { return &exports{dir: dir, files: map[string]string{}} }

// find finds the types of the packages with the given paths and of all that they import.
func (e *exports) find(paths []string) {
	missing := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { _, ok := e.files[p]; return ok })
	if len(missing) == 0 || e.err != nil {
		return
	}
	args := append([]string{"list", "-e", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "--"}, missing...)
	cmd := exec.Command("go", args...)
	cmd.Dir = e.dir
	out, err := cmd.Output()
	if err != nil {
		e.err = fmt.Errorf("go list: %w", err)
		return
	}
	for _, p := range missing {
		e.files[p] = ""
	}
	for line := range strings.Lines(string(out)) {
		if p, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			e.files[p] = name
		}
	}
}

// open opens the types of the package with the path p.
func (e *exports) open(p string) (io.ReadCloser, error) {
	if name := e.files[p]; name != "" {
		return os.Open(name)
	}
	return nil, errors.New("its types are not known")
}

// sourceImporter type-checks the packages of a module and imports others.
type sourceImporter struct {
	m       *module
	outside types.Importer
	// known says that types from outside the module are known: without them errors mean nothing.
	known bool
	// busy holds the packages being checked, to notice cycles.
	busy map[string]bool
}

// typeCheck gives the files of the deterministic packages of m their types, as far as they have any.
func (m *module) typeCheck(e *exports) {
	var dirs, outside []string
	for _, dir := range m.dirs() {
		if !within(dir, deterministic...) {
			continue
		}
		dirs = append(dirs, dir)
		for _, f := range m.units[dir].files {
			for _, spec := range f.syntax.Imports {
				p := importPath(spec)
				if _, ours := m.inModule(p); !ours && p != "unsafe" && p != "C" {
					outside = append(outside, p)
				}
			}
		}
	}
	slices.Sort(outside)
	e.find(slices.Compact(outside))
	s := &sourceImporter{m: m, outside: importer.ForCompiler(m.fset, "gc", e.open), known: e.err == nil,
		busy: map[string]bool{}}
	for _, dir := range dirs {
		s.check(m.units[dir])
	}
}

// Import implements types.Importer.
func (s *sourceImporter) Import(p string) (*types.Package, error) {
	dir, ours := s.m.inModule(p)
	switch u := s.m.units[dir]; {
	case !ours:
		return s.outside.Import(p)
	case u == nil:
		return nil, fmt.Errorf("there is no package %s", p)
	case s.busy[dir]:
		return nil, fmt.Errorf("%s imports itself", p)
	default:
		return s.check(u), nil
	}
}

// check type-checks u, once.
func (s *sourceImporter) check(u *unit) *types.Package {
	if u.typed != nil {
		return u.typed
	}
	s.busy[u.dir] = true
	defer delete(s.busy, u.dir)
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: s, GoVersion: s.m.goes, FakeImportC: true, Error: func(err error) {
		var e types.Error
		if s.known && errors.As(err, &e) {
			at := s.m.fset.Position(e.Pos)
			s.m.typeErrors = append(s.m.typeErrors, finding{at.Filename, at.Line, ruleTypes, e.Msg})
		}
	}}
	var syntax []*ast.File
	for _, f := range u.files {
		f.info = info
		syntax = append(syntax, f.syntax)
	}
	// Errors have been collected, and a package with errors is still worth having.
	u.typed, _ = config.Check(s.m.path+"/"+u.dir, s.m.fset, syntax, info)
	return u.typed
}

// typeOf returns the type of e, or nil if it is not known.
func (f *file) typeOf(e ast.Expr) types.Type {
	if f.info == nil {
		return nil
	}
	t := f.info.TypeOf(e)
	if t == nil || t == types.Typ[types.Invalid] {
		return nil
	}
	return t
}

// nameOf returns what the selector s refers to if that belongs to another package: "time.Now", with the path of
// the package, or "(reflect.Value).MapRange" for a method whose type is known; else "".
func (f *file) nameOf(s *ast.SelectorExpr) string {
	if f.info != nil {
		if m, ok := f.info.Uses[s.Sel].(*types.Func); ok {
			return m.FullName()
		}
	}
	x, ok := s.X.(*ast.Ident)
	if !ok || f.imports[x.Name] == "" {
		return ""
	}
	if f.info != nil && f.info.Uses[x] != nil {
		p, ok := f.info.Uses[x].(*types.PkgName)
		if !ok {
			return ""
		}
		return p.Imported().Path() + "." + s.Sel.Name
	}
	return f.imports[x.Name] + "." + s.Sel.Name
}

// callee returns the name of the function that call calls, as nameOf does.
func (f *file) callee(call *ast.CallExpr) string {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		return f.nameOf(fun)
	case *ast.IndexExpr: // an explicit type argument
		if s, ok := fun.X.(*ast.SelectorExpr); ok {
			return f.nameOf(s)
		}
	case *ast.IndexListExpr:
		if s, ok := fun.X.(*ast.SelectorExpr); ok {
			return f.nameOf(s)
		}
	}
	return ""
}
