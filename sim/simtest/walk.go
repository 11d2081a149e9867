package simtest

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"schism/sim"
)

// walker visits everything that can be reached from a machine and changes it.
type walker struct {
	excuses []Excuse
	used    []bool // by excuse

	problems []string
	reported map[string]bool
	// empty are the places, in order, where there was nothing to look into; full says of which there was, later or
	// before.
	empty []spot
	full  map[string]bool

	*subject
	visited map[visit]bool
	// making are the types of the elements being made up, so that a type that contains itself comes to an end.
	making map[reflect.Type]bool
	// commits put copies that cannot be changed in place back to where they came from, the innermost last.
	commits []func()
}

// visit is a pointer that has been followed.
type visit struct {
	at unsafe.Pointer
	of reflect.Type
}

// spot is where the walk is.
type spot struct {
	path   string
	places []string // that excuses can name it by, the best one first
	within []string // the places that it lies in
	// shared says that it is known, and excused or reported, that the clone has the same memory.
	shared bool
}

func newWalker(excuses []Excuse) *walker {
	return &walker{excuses: excuses, used: make([]bool, len(excuses)),
		reported: map[string]bool{}, full: map[string]bool{}, making: map[reflect.Type]bool{}}
}

// machine checks m and its clones.
func (w *walker) machine(m sim.Cloner) {
	m, v := addressable(m)
	s, problem := newSubject(m, m.Clone())
	if problem != "" {
		w.problem(problem, "%s", problem)
		return
	}
	w.from(s, v)
}

// recycled checks the clone of m that is made with the memory of a copy of used, if m can make one.
func (w *walker) recycled(m, used sim.Cloner) {
	m, v := addressable(m)
	r, ok := m.(sim.Recycler)
	if !ok {
		return
	}
	before, usedBefore := m.AppendHash(nil), used.AppendHash(nil)
	s, problem := newSubject(m, r.CloneInto(used.Clone()))
	switch {
	case !bytes.Equal(before, s.hash):
		problem = fmt.Sprintf("%T: it changes the machine that it clones", m)
	case !bytes.Equal(usedBefore, used.AppendHash(nil)):
		problem = fmt.Sprintf("%T: it changes what shares memory with the used machine", m)
	}
	if problem != "" {
		w.problem("CloneInto "+problem, "CloneInto: %s", problem)
		return
	}
	s.recycled = true
	w.from(s, v)
}

// from walks the subject, whose value is v, from its root.
func (w *walker) from(s *subject, v reflect.Value) {
	_, c := addressable(s.clone)
	w.subject, w.visited = s, map[visit]bool{}
	w.walk(v, c, spot{path: typeName(v.Type()), places: []string{typeName(v.Type())}})
}

// addressable returns m as something whose fields can be changed: itself if it is a pointer, a copy if not.
func addressable(m sim.Cloner) (sim.Cloner, reflect.Value) {
	v := reflect.ValueOf(m)
	if v.Kind() == reflect.Pointer {
		return m, v.Elem()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface().(sim.Cloner), p.Elem()
}

// typeName returns the name of t, or of what t points to, without type arguments, "" if it has none.
func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return ""
	}
	name, _, _ := strings.Cut(t.String(), "[")
	return name
}

// open returns f, a field, as a value that may be changed although it is not exported.
func open(f reflect.Value) reflect.Value {
	if !f.IsValid() || !f.CanAddr() {
		return reflect.Value{}
	}
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

// below returns the spot of a part of what is at s.
func (s spot) below(suffix string, places ...string) spot {
	within := append(s.within[:len(s.within):len(s.within)], s.places...)
	return spot{s.path + suffix, places, within, s.shared}
}

// element returns the spot of an element of what is at s.
func (s spot) element(index any, t reflect.Type) spot {
	return s.below(fmt.Sprintf("[%v]", index), s.places[0]+"[]", typeName(t))
}

// walk changes v and what can be reached from it. c is the same in the clone, or invalid.
func (w *walker) walk(v, c reflect.Value, at spot) {
	if w.excuse(at.places, ignored) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		w.structure(v, c, at)
	case reflect.Array:
		for i := range v.Len() {
			w.walk(v.Index(i), index(c, i), at.element(i, v.Type().Elem()))
		}
	case reflect.Slice:
		w.slice(v, c, at)
	case reflect.Map:
		w.mapping(v, c, at)
	case reflect.Pointer:
		w.pointer(v, c, at)
	case reflect.Interface:
		w.inside(v, c, at)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		w.problem(at.places[0]+" kind", "%s: a %s can hold state that nobody can clone or hash", at.name(), v.Kind())
	default:
		w.scalar(v, at)
	}
}

func (w *walker) structure(v, c reflect.Value, at spot) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		field := at.below("."+f.Name, cmp.Or(typeName(t), at.places[0])+"."+f.Name, typeName(f.Type))
		var cf reflect.Value
		if c.IsValid() {
			cf = open(c.Field(i))
		}
		w.walk(open(v.Field(i)), cf, field)
	}
}

// index returns the i-th element of c, or an invalid value if there is none.
func index(c reflect.Value, i int) reflect.Value {
	if !c.IsValid() || i >= c.Len() {
		return reflect.Value{}
	}
	return c.Index(i)
}

func (w *walker) slice(v, c reflect.Value, at spot) {
	n := v.Len()
	if c.IsValid() && overlap(v, c) {
		if c.Cap() > c.Len() && !at.shared && !w.excuse(at.around(), copyOnWrite) {
			w.problem(at.places[0]+" room", "%s: the clone can append into memory that the machine uses", at.name())
		}
		at = w.sharing(at)
	}
	noticed := w.change(v, at, "an element is appended", func() {
		longer := reflect.MakeSlice(v.Type(), n+1, n+1)
		reflect.Copy(longer, v)
		v.Set(longer)
	})
	if n == 0 && !noticed {
		return
	}
	if n == 0 {
		w.madeUp(v, at.element("made up", v.Type().Elem()), func() reflect.Value {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			return v.Index(0)
		})
		return
	}
	w.full[at.places[0]+"[]"] = true
	w.change(v, at, "the last element is removed", func() { v.Set(v.Slice(0, n-1)) })
	for _, i := range slices.Compact([]int{0, n / 2, n - 1}) {
		w.walk(v.Index(i), index(c, i), at.element(i, v.Type().Elem()))
	}
}

// overlap reports whether the arrays under two slices have an element in common.
func overlap(a, b reflect.Value) bool {
	size := a.Type().Elem().Size()
	if size == 0 || a.Cap() == 0 || b.Cap() == 0 {
		return false
	}
	from, other := uintptr(a.UnsafePointer()), uintptr(b.UnsafePointer())
	return from < other+uintptr(b.Cap())*size && other < from+uintptr(a.Cap())*size
}

// maxKeys bounds the keys of one map that are looked at.
const maxKeys = 3

func (w *walker) mapping(v, c reflect.Value, at spot) {
	t := v.Type()
	if c.IsValid() && !v.IsNil() && v.UnsafePointer() == c.UnsafePointer() {
		at = w.sharing(at)
	}
	keys := v.MapKeys() // order: sorted below
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	if len(keys) == 0 {
		old := v
		w.change(v, at, "an entry is added", func() {
			fresh := reflect.MakeMap(t)
			fresh.SetMapIndex(reflect.Zero(t.Key()), reflect.Zero(t.Elem()))
			old.Set(fresh)
		})
		return
	}
	for _, k := range keys[:min(len(keys), maxKeys)] {
		was := v.MapIndex(k)
		w.changeBy(at, "an entry is removed", func() { v.SetMapIndex(k, reflect.Value{}) },
			func() { v.SetMapIndex(k, was) })
		var cv reflect.Value
		if c.IsValid() && c.MapIndex(k).IsValid() {
			cv = copyOf(c.MapIndex(k))
		}
		tmp := copyOf(was)
		w.commits = append(w.commits, func() { v.SetMapIndex(k, tmp) })
		w.walk(tmp, cv, at.element(k, t.Elem()))
		w.commits = w.commits[:len(w.commits)-1]
	}
}

// copyOf returns a copy of v that can be changed.
func copyOf(v reflect.Value) reflect.Value {
	tmp := reflect.New(v.Type()).Elem()
	tmp.Set(v)
	return tmp
}

func (w *walker) pointer(v, c reflect.Value, at spot) {
	if v.IsNil() {
		t := v.Type().Elem()
		if !w.change(v, at, "it points to something", func() { v.Set(reflect.New(t)) }) {
			return
		}
		w.madeUp(v, at, func() reflect.Value {
			v.Set(reflect.New(t))
			return v.Elem()
		})
		return
	}
	p := visit{v.UnsafePointer(), v.Type()}
	if w.visited[p] {
		return
	}
	w.visited[p], w.full[at.places[0]] = true, true
	if c.IsValid() && v.UnsafePointer() == c.UnsafePointer() && v.Type().Elem().Size() > 0 {
		at = w.sharing(at)
	}
	if !w.change(v, at, "it points to nothing", func() { v.SetZero() }) {
		return
	}
	var ce reflect.Value
	if c.IsValid() && !c.IsNil() {
		ce = c.Elem()
	}
	w.walk(v.Elem(), ce, at)
}

// inside walks what an interface holds.
func (w *walker) inside(v, c reflect.Value, at spot) {
	if v.IsNil() {
		w.empty = append(w.empty, at)
		return
	}
	w.full[at.places[0]] = true
	tmp := copyOf(v.Elem())
	var ctmp reflect.Value
	if c.IsValid() && !c.IsNil() && c.Elem().Type() == tmp.Type() {
		ctmp = copyOf(c.Elem())
	}
	at.places = append(at.places, typeName(tmp.Type()))
	w.change(v, at, "it holds nothing", func() { v.SetZero() })
	w.commits = append(w.commits, func() { v.Set(tmp) })
	w.walk(tmp, ctmp, at)
	w.commits = w.commits[:len(w.commits)-1]
}

func (w *walker) scalar(v reflect.Value, at spot) {
	switch v.Kind() {
	case reflect.Bool:
		w.change(v, at, "it is the opposite", func() { v.SetBool(!v.Bool()) })
	case reflect.String:
		s := v.String()
		w.change(v, at, "it is longer", func() { v.SetString(s + "x") })
		if s != "" {
			w.change(v, at, "it is shorter", func() { v.SetString(s[1:]) })
			w.change(v, at, "its first byte differs", func() { v.SetString(string(s[0]^1) + s[1:]) })
		}
	case reflect.Float32, reflect.Float64:
		w.change(v, at, "it is another number", func() { v.SetFloat(v.Float() + 1) })
	case reflect.Complex64, reflect.Complex128:
		w.change(v, at, "it is another number", func() { v.SetComplex(v.Complex() + 1) })
	default:
		n := v.Type().Bits()
		for _, bit := range [...]int{0, n / 2, n - 1} { // the last is the sign, if there is one
			w.change(v, at, fmt.Sprintf("bit %d is flipped", bit), func() {
				if v.CanInt() {
					v.SetInt(v.Int() ^ 1<<bit)
				} else {
					v.SetUint(v.Uint() ^ 1<<bit)
				}
			})
		}
	}
}
