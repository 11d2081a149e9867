package simtest

import (
	"bytes"
	"fmt"
	"slices"

	"schism/sim"
)

// Harvest runs c and returns clones of the machines of nodes as they are right after each of the events, by their
// numbers in the run, in ascending order. Nodes that are down are left out. It panics if the machine of a node is
// no [sim.Cloner].
func Harvest(c sim.Config, nodes []sim.NodeID, events ...uint64) []sim.Cloner {
	w := sim.NewWorld(c)
	var crop []sim.Cloner
	for _, n := range events {
		for w.View().Seq() < n && w.Step() {
		}
		for _, id := range nodes {
			if m := w.View().Machine(id); m != nil {
				crop = append(crop, m.(sim.Cloner).Clone())
			}
		}
	}
	return crop
}

// Moments runs c and returns the numbers of the first n events that match, to harvest at: the machine is seen right
// after such an event.
func Moments(c sim.Config, n int, match func(*sim.StepInfo) bool) []uint64 {
	m := &moments{n: n, match: match}
	c.Observers = append(c.Observers[:len(c.Observers):len(c.Observers)], m)
	sim.Run(c)
	return m.found
}

type moments struct {
	n     int
	match func(*sim.StepInfo) bool
	found []uint64
}

// Observe implements [sim.Observer].
func (m *moments) Observe(_ sim.View, s *sim.StepInfo) error {
	if len(m.found) < m.n && m.match(s) {
		m.found = append(m.found, s.Seq)
	}
	return nil
}

// Excuse says of a part of a machine's state that not everything that CheckCloner requires has to hold of it. A
// place is a type, "raft.mail", or a field of the type that declares it, "raft.disk.scratch"; type arguments are
// left out. An excuse that excuses nothing is reported.
type Excuse struct {
	kind   excuseKind
	place  string
	reason string
}

type excuseKind uint8

const (
	ignored excuseKind = iota
	shared
	copyOnWrite
	fixedLength
)

// Ignore leaves out what is at the place and below it: scratch memory that is written before it is read, what is
// derived from other fields, a configuration that never changes.
func Ignore(place, reason string) Excuse { return Excuse{ignored, place, reason} }

// Shared lets a machine and its clones have one memory at the place and below it: neither changes it. Of a slice the
// clone must have no room to append in. The hash has to notice changes all the same.
func Shared(place, reason string) Excuse { return Excuse{shared, place, reason} }

// CopyOnWrite is Shared where a slice may have spare room, because nobody writes or appends without copying first.
func CopyOnWrite(place, reason string) Excuse { return Excuse{copyOnWrite, place, reason} }

// FixedLength says that the slice at the place never changes its length while the machine lives, so that the hash
// need not say how long it is.
func FixedLength(place, reason string) Excuse { return Excuse{fixedLength, place, reason} }

// CheckCloner changes, by reflection, everything that can be reached from each machine, unexported fields
// included, one thing at a time, and puts it back: numbers, bits of them at both ends and in the middle; texts;
// elements and lengths of slices; entries of maps; what pointers and interfaces hold. It requires that
//
//  1. a clone appends the same hash as the machine;
//  2. every change changes what AppendHash appends (if it panics, it has noticed);
//  3. a clone made before does not change with the machine, and shares no memory with it;
//  4. a clone made after the change has it too;
//  5. if the machine is a [sim.Recycler], all this holds of CloneInto as well, into a copy of another of the machines
//     and into one of the machine before the change, and nothing else changes by it.
//
// Where a slice or map is empty or a pointer is nil, an element is made up. Each field that breaks one of these is
// reported once, by its path. Get machines with contents from [Harvest]: an interface that is nil in all of them
// is reported as well, since nobody knows what it can hold.
func CheckCloner(t T, machines []sim.Cloner, excuses ...Excuse) {
	t.Helper()
	if len(machines) == 0 {
		t.Fatalf("there is no machine to check")
	}
	w := newWalker(excuses)
	for i, m := range machines {
		w.machine(m)
		for _, step := range [...]int{1, len(machines)/2 + 1} {
			w.recycled(m, machines[(i+step)%len(machines)])
		}
	}
	w.unseen()
	for _, p := range w.problems {
		t.Errorf("%s", p)
	}
	for i, e := range w.excuses {
		if !w.used[i] {
			t.Errorf("an excuse is not needed any more: %s (%s)", e.place, e.reason)
		}
		if e.reason == "" {
			t.Errorf("an excuse gives no reason: %s", e.place)
		}
	}
}

// subject is the machine being changed and what is known of it.
type subject struct {
	machine sim.Cloner
	hash    []byte // of the machine as it was last put back
	clone   sim.Cloner
	// cloneHash is that of the clone, which was made before any change.
	cloneHash []byte
	scratch   []byte
	// recycled says that the clone was made by CloneInto, spoilt that CloneInto has changed it or the machine; then
	// CloneInto is not tried any more.
	recycled, spoilt bool
}

// newSubject makes m the subject with a clone of it. It says what is wrong with the clone already, "" if nothing is.
func newSubject(m, clone sim.Cloner) (*subject, string) {
	s := &subject{machine: m, hash: m.AppendHash(nil), clone: clone}
	s.cloneHash = s.clone.AppendHash(nil)
	switch {
	case fmt.Sprintf("%T", m) != fmt.Sprintf("%T", s.clone):
		return s, fmt.Sprintf("the clone of a %T is a %T", m, s.clone)
	case !bytes.Equal(s.hash, s.cloneHash):
		return s, fmt.Sprintf("%T: a clone appends another hash", m)
	case !bytes.Equal(s.hash, m.AppendHash(nil)):
		return s, fmt.Sprintf("%T: AppendHash appends something else the second time", m)
	}
	return s, ""
}

// finding is what a change has shown.
type finding uint8

const (
	unnoticed   finding = 1 << iota // the hash is the same
	aliased                         // the clone has changed
	forgotten                       // a clone made after the change does not have it
	kept                            // one made by CloneInto does not have it
	overwritten                     // CloneInto has changed another machine
)

// examine looks at the machine while it is changed.
func (s *subject) examine() finding {
	var found finding
	changed, ok := tryHash(s.machine, nil)
	if ok && bytes.Equal(changed, s.hash) {
		found |= unnoticed
	}
	if h, ok := tryHash(s.clone, s.scratch[:0]); !ok || !bytes.Equal(h, s.cloneHash) {
		found |= aliased
	}
	if !ok || found != 0 || s.recycled || s.spoilt {
		return found
	}
	if h, ok := tryCloneHash(s.machine); ok && !bytes.Equal(h, changed) {
		return forgotten
	}
	if r, is := s.machine.(sim.Recycler); is {
		return s.recycle(r, changed)
	}
	return 0
}

// recycle clones the machine, whose hash is changed, into a copy of the clone, which has not changed.
func (s *subject) recycle(r sim.Recycler, changed []byte) (found finding) {
	if h, ok := tryHashInto(r, s.clone.Clone()); ok && !bytes.Equal(h, changed) {
		found = kept
	}
	if h, ok := tryHash(s.machine, nil); !ok || !bytes.Equal(h, changed) {
		found |= overwritten
	}
	if h, ok := tryHash(s.clone, nil); !ok || !bytes.Equal(h, s.cloneHash) {
		found |= overwritten
	}
	return found
}

// restored makes the hash of the machine, whose change has been undone, the one to compare with. It is what it
// was before, unless an element was made up around what is changed next. It returns false if there is no hash.
func (s *subject) restored() (ok bool) {
	s.hash, ok = tryHash(s.machine, nil)
	return ok
}

// despoiled makes the best of a machine and a clone that CloneInto has changed.
func (s *subject) despoiled() {
	s.restored()
	s.cloneHash, _ = tryHash(s.clone, nil)
	s.spoilt = true
}

// tryHash returns what m appends, or false if it panics.
func tryHash(m sim.Cloner, b []byte) (h []byte, ok bool) {
	defer func() {
		if !ok {
			_ = recover()
		}
	}()
	return m.AppendHash(b), true
}

// tryCloneHash returns what a clone of m appends, or false if there is a panic.
func tryCloneHash(m sim.Cloner) (h []byte, ok bool) {
	defer func() {
		if !ok {
			_ = recover()
		}
	}()
	return m.Clone().AppendHash(nil), true
}

// tryHashInto returns what a clone of r made with the memory of old appends, or false if there is a panic.
func tryHashInto(r sim.Recycler, old sim.Machine) (h []byte, ok bool) {
	defer func() {
		if !ok {
			_ = recover()
		}
	}()
	return r.CloneInto(old).AppendHash(nil), true
}

// excuse notes that the excuse of one of the kinds for the places is needed, and reports whether there is one.
func (w *walker) excuse(places []string, kinds ...excuseKind) bool {
	found := false
	for i, e := range w.excuses {
		if slices.Contains(kinds, e.kind) && slices.Contains(places, e.place) {
			w.used[i], found = true, true
		}
	}
	return found
}
