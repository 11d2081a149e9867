package simtest

import (
	"fmt"
	"reflect"
)

// name returns how a problem names the place: its path, and what an excuse would call it.
func (s spot) name() string { return fmt.Sprintf("%s (%s)", s.path, s.places[0]) }

// around returns the places of s and those that it lies in.
func (s spot) around() []string { return append(s.within[:len(s.within):len(s.within)], s.places...) }

// change changes v, looks at what that shows, and puts v back. It reports whether the hash noticed: if it does not,
// nothing below is worth a look.
func (w *walker) change(v reflect.Value, at spot, what string, mutate func()) (noticed bool) {
	old := copyOf(v)
	return w.changeBy(at, what, mutate, func() { v.Set(old) })
}

// changeBy is change with the way back.
func (w *walker) changeBy(at spot, what string, mutate, undo func()) (noticed bool) {
	mutate()
	w.commit()
	found := w.examine()
	undo()
	w.commit()
	if found&overwritten != 0 {
		w.despoiled()
	}
	if found&unnoticed != 0 && !w.excuse(at.places, fixedLength) {
		w.problem(at.places[0]+" hash", "%s misses the hash: %s, and AppendHash appends the same", at.name(), what)
	}
	if found&aliased != 0 && !at.shared && !w.excuse(at.around(), shared, copyOnWrite) {
		w.problem(at.places[0]+" alias", "%s is aliased: %s, and that shows in %s made before", at.name(), what,
			w.kind())
	}
	if found&forgotten != 0 {
		w.problem(at.places[0]+" clone", "%s misses Clone: %s, and a clone made afterwards does not have it",
			at.name(), what)
	}
	if found&kept != 0 {
		w.problem(at.places[0]+" recycle", "%s misses CloneInto: %s, and a clone made into a machine without that "+
			"does not have it", at.name(), what)
	}
	if found&overwritten != 0 {
		w.problem(at.places[0]+" overwrite", "%s is shared with what CloneInto may use: %s, and CloneInto into a "+
			"clone changes another machine", at.name(), what)
	}
	return found&unnoticed == 0
}

// kind says what kind of clone the subject has.
func (s *subject) kind() string {
	if s.recycled {
		return "a clone by CloneInto"
	}
	return "a clone"
}

// commit puts copies back, the innermost first.
func (w *walker) commit() {
	for i := len(w.commits) - 1; i >= 0; i-- {
		w.commits[i]()
	}
}

// sharing notes that the clone has the memory at the spot, too.
func (w *walker) sharing(at spot) spot {
	if !at.shared && !w.excuse(at.around(), shared, copyOnWrite) {
		w.problem(at.places[0]+" alias", "%s is aliased: %s has the same memory", at.name(), w.kind())
	}
	at.shared = true
	return at
}

// madeUp puts something into v, where there was nothing, with the help of fill, and walks it. at is where that is.
func (w *walker) madeUp(v reflect.Value, at spot, fill func() reflect.Value) {
	t := v.Type().Elem()
	if w.making[t] {
		return
	}
	w.making[t] = true
	defer delete(w.making, t)
	old := copyOf(v)
	elem := fill()
	w.commit()
	if w.restored() {
		w.walk(elem, reflect.Value{}, at)
	} else {
		w.empty = append(w.empty, at)
	}
	v.Set(old)
	w.commit()
	w.restored()
}

// problem reports something once.
func (w *walker) problem(key, format string, args ...any) {
	if !w.reported[key] {
		w.reported[key] = true
		w.problems = append(w.problems, fmt.Sprintf(format, args...))
	}
}

// unseen reports the places where there was nothing in any machine.
func (w *walker) unseen() {
	for _, at := range w.empty {
		if !w.full[at.places[0]] {
			w.problem(at.places[0]+" empty", "%s: nothing was there in any machine; harvest one where there is",
				at.name())
		}
	}
}
