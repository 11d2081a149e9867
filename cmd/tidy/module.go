package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// file is one text file of the module.
type file struct {
	// path is relative to the root, with slashes; dir is its directory, "." for the root.
	path, dir string
	src       []byte
	// nested says that the file is in a module of its own within this one.
	nested bool

	// The rest is set for Go files only.
	syntax *ast.File
	test   bool
	// imports maps the names under which packages are known in the file to their paths.
	imports map[string]string
	// info is what the type checker knows of the package, or nil.
	info *types.Info
}

// unit is one package: the files of one directory, without tests.
type unit struct {
	dir   string
	files []*file
	// typed holds the package once it has been type-checked, even if with errors.
	typed *types.Package
}

// module is the source of a whole module.
type module struct {
	fsys  fs.FS
	path  string
	goes  string // the version of Go, "go1.26"
	fset  *token.FileSet
	files []*file
	units map[string]*unit // by directory
	// typeErrors holds what the type checker found.
	typeErrors []finding
}

// loadModule reads and type-checks the module in fsys. Code that does not type-check is no error: what can be
// known of its types is, and typeErrors says what could not. Code that does not parse is.
func loadModule(fsys fs.FS, e *exports) (*module, error) {
	m := &module{fsys: fsys, fset: token.NewFileSet(), units: map[string]*unit{}}
	if err := m.readGoMod(); err != nil {
		return nil, err
	}
	ignored, err := readIgnored(fsys)
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git" || ignored(name):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		return m.readFile(name)
	})
	if err != nil {
		return nil, err
	}
	m.markNested()
	m.group()
	m.typeCheck(e)
	return m, nil
}

var (
	modulePattern = regexp.MustCompile(`(?m)^module\s+(\S+)`)
	goPattern     = regexp.MustCompile(`(?m)^go\s+(\S+)`)
)

// readGoMod reads the name of the module and the version of its language.
func (m *module) readGoMod() error {
	src, err := fs.ReadFile(m.fsys, "go.mod")
	if err != nil {
		return err
	}
	name := modulePattern.FindSubmatch(src)
	if name == nil {
		return fmt.Errorf("go.mod names no module")
	}
	m.path = string(name[1])
	if v := goPattern.FindSubmatch(src); v != nil {
		m.goes = "go" + string(v[1])
	}
	return nil
}

// readIgnored returns a function that says what .gitignore excludes. It understands the patterns that the
// project uses: "*.ext" anywhere, "/name" and "/name/" at the root.
func readIgnored(fsys fs.FS) (func(name string) bool, error) {
	src, err := fs.ReadFile(fsys, ".gitignore")
	if err != nil {
		return func(string) bool { return false }, nil
	}
	var anywhere, atRoot []string
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if _, err := path.Match(line, ""); err != nil {
			return nil, fmt.Errorf(".gitignore: %q: %w", line, err)
		}
		if rooted, ok := strings.CutPrefix(line, "/"); ok {
			atRoot = append(atRoot, strings.TrimSuffix(rooted, "/"))
		} else {
			anywhere = append(anywhere, line)
		}
	}
	return func(name string) bool {
		if slices.Contains(atRoot, name) {
			return true
		}
		return slices.ContainsFunc(anywhere, func(pattern string) bool {
			ok, _ := path.Match(pattern, path.Base(name))
			return ok
		})
	}, nil
}

// readFile adds a file to m, unless it is not text.
func (m *module) readFile(name string) error {
	src, err := fs.ReadFile(m.fsys, name)
	if err != nil {
		return err
	}
	if bytes.IndexByte(src, 0) >= 0 {
		return nil
	}
	f := &file{path: name, dir: path.Dir(name), src: src}
	m.files = append(m.files, f)
	if path.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") {
		return nil
	}
	f.syntax, err = parser.ParseFile(m.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f.test = strings.HasSuffix(name, "_test.go")
	f.imports = map[string]string{}
	for _, spec := range f.syntax.Imports {
		p, local := importPath(spec), ""
		if spec.Name != nil {
			local = spec.Name.Name
		} else {
			local = defaultName(p)
		}
		f.imports[local] = p
	}
	return nil
}

// importPath returns what spec imports.
func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic("tidy: the parser let pass the import of " + spec.Path.Value)
	}
	return p
}

var versionPattern = regexp.MustCompile(`^v[0-9]+$`)

// defaultName guesses the name of the package with the path p: its last element that is not a version.
func defaultName(p string) string {
	base := path.Base(p)
	if versionPattern.MatchString(base) && path.Dir(p) != "." {
		return path.Base(path.Dir(p))
	}
	return base
}

// markNested notes which files are in modules of their own.
func (m *module) markNested() {
	var roots []string
	for _, f := range m.files {
		if path.Base(f.path) == "go.mod" && f.dir != "." {
			roots = append(roots, f.dir+"/")
		}
	}
	for _, f := range m.files {
		f.nested = slices.ContainsFunc(roots, func(r string) bool { return strings.HasPrefix(f.path, r) })
	}
}

// group makes packages of the files.
func (m *module) group() {
	context := build.Default
	context.OpenFile = func(name string) (io.ReadCloser, error) {
		return m.fsys.Open(strings.ReplaceAll(name, "\\", "/"))
	}
	for _, f := range m.files {
		if f.syntax == nil || f.test || f.nested {
			continue
		}
		if fits, err := context.MatchFile(f.dir, path.Base(f.path)); err != nil || !fits {
			continue
		}
		u := m.units[f.dir]
		if u == nil {
			u = &unit{dir: f.dir}
			m.units[f.dir] = u
		}
		u.files = append(u.files, f)
	}
}

// dirs returns the directories of all packages, in order.
func (m *module) dirs() []string { return slices.Sorted(maps.Keys(m.units)) }

// inModule returns the directory of the package with the path p, if it belongs to m.
func (m *module) inModule(p string) (dir string, ok bool) {
	if p == m.path {
		return ".", true
	}
	return strings.CutPrefix(p, m.path+"/")
}

// isStd reports whether p is the path of a standard package: those of others begin with a domain.
func isStd(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

// within reports whether dir is one of roots or below one of them.
func within(dir string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return dir == r || strings.HasPrefix(dir, r+"/") })
}
