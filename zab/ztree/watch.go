package ztree

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"schism/sim/wire"
	"schism/zab/zkapi"
)

// Watcher is who watches: a number that the server chooses for a connection.
type Watcher uint32

// Event is what a watcher is to be told.
type Event struct {
	To Watcher
	zkapi.WatchEvent
	// ACL is the access list of the node; nil if everybody may do everything. Who may not read the node must not be
	// told, though a one-shot watch is gone all the same.
	ACL []zkapi.ACL
}

// Watches are the watches of the clients that are connected to a server (WatchManager).
//
//  1. list is sorted by path, then watcher, without duplicates, and no kinds are 0.
//  2. While shared, list lies in memory that a clone reads too, and is copied before it is changed.
type Watches struct {
	rules  *Rules
	list   []watch
	shared bool
}

// watch is all that a watcher watches at a path.
type watch struct {
	path    string
	watcher Watcher
	kinds   kinds
}

// kinds is a set of kinds of watches.
type kinds uint8

const (
	// onceData is left by Exists and GetData, onceChild by GetChildren.
	onceData kinds = 1 << iota
	onceChild
	persistent
	recursive
)

// NewWatches returns an empty set. Where rules has a nil field, or is nil, the right rule holds.
func NewWatches(rules *Rules) Watches { return Watches{rules: rules.complete()} }

// Len returns the number of pairs of a path and somebody who watches it.
func (w *Watches) Len() int { return len(w.list) }

// Observe leaves the watch that op asks for, if it asks for one, after it ended with the code c: Exists leaves it
// also where there is no node.
func (w *Watches) Observe(op *zkapi.Op, c zkapi.Code, who Watcher) {
	switch {
	case op.Kind == zkapi.AddWatch && c == zkapi.OK && op.WatchMode == zkapi.PersistentRecursiveWatch:
		w.add(op.Path, who, recursive)
	case op.Kind == zkapi.AddWatch && c == zkapi.OK:
		w.add(op.Path, who, persistent)
	case !op.Watch:
	case op.Kind == zkapi.Exists && (c == zkapi.OK || c == zkapi.NoNode), op.Kind == zkapi.GetData && c == zkapi.OK:
		w.add(op.Path, who, onceData)
	case op.Kind == zkapi.GetChildren && c == zkapi.OK:
		w.add(op.Path, who, onceChild)
	}
}

// Set takes over the watches of a client that has reconnected, and appends to events what those of them have missed
// that fire once, in the order in which they are listed (DataTree.setWatches). What happened to persistent watches
// is lost, and so is a node that was created and deleted while the client was away.
func (w *Watches) Set(t *Tree, l *zkapi.WatchList, who Watcher, events []Event) []Event {
	tell := func(e zkapi.EventType, path string) {
		events = append(events, Event{To: who, WatchEvent: zkapi.WatchEvent{
			Type: e, State: zkapi.SyncConnected, Path: path}})
	}
	keep := func(path string, k kinds) {
		if w.rules.Rejoins() {
			w.add(path, who, k)
		}
	}
	for _, path := range l.Data {
		switch n := t.find(path); {
		case n == nil:
			tell(zkapi.NodeDeleted, path)
		case w.rules.Missed(l.Relative, n.stat.Mzxid):
			tell(zkapi.NodeDataChanged, path)
		default:
			keep(path, onceData)
		}
	}
	for _, path := range l.Exist {
		if t.find(path) != nil {
			tell(zkapi.NodeCreated, path)
		} else {
			keep(path, onceData)
		}
	}
	for _, path := range l.Child {
		switch n := t.find(path); {
		case n == nil:
			tell(zkapi.NodeDeleted, path)
		case w.rules.Missed(l.Relative, n.stat.Pzxid):
			tell(zkapi.NodeChildrenChanged, path)
		default:
			keep(path, onceChild)
		}
	}
	for _, path := range l.Persistent {
		keep(path, persistent)
	}
	for _, path := range l.Recursive {
		keep(path, recursive)
	}
	return events
}

// Remove removes the watches of who.
func (w *Watches) Remove(who Watcher) {
	w.own()
	w.list = slices.DeleteFunc(w.list, func(x watch) bool { return x.watcher == who })
}

// Trigger appends to events what the changes of the transaction z fire, in the order of the changes, the node before
// its parent, and watchers in ascending order. Whatever it watches, a watcher is told once of one thing: a node was
// created, deleted or has other data, or its list of children is another.
func (w *Watches) Trigger(z zkapi.Zxid, changes []Change, events []Event) []Event {
	for i := range changes {
		c := &changes[i]
		e := Event{WatchEvent: zkapi.WatchEvent{Type: c.Type, State: zkapi.SyncConnected, Path: c.Path, Zxid: z}}
		e.ACL = c.ACL
		events = w.fire(e, events)
		if c.Type != zkapi.NodeDataChanged {
			e.Type, e.Path, e.ACL = zkapi.NodeChildrenChanged, zkapi.Parent(c.Path), c.Parent
			events = w.fire(e, events)
		}
	}
	return events
}

// fire appends e for everybody who watches for it.
func (w *Watches) fire(e Event, events []Event) []Event {
	if len(w.list) == 0 {
		return events
	}
	first := len(events)
	sees := onceData | persistent | recursive
	switch e.Type {
	case zkapi.NodeDeleted:
		sees |= onceChild
	case zkapi.NodeChildrenChanged:
		sees = onceChild | persistent
	}
	for i := w.at(e.Path); i < len(w.list) && w.list[i].path == e.Path; i++ {
		if w.list[i].kinds&sees != 0 {
			e.To = w.list[i].watcher
			events = append(events, e)
		}
	}
	if len(events) > first && w.rules.Once() {
		w.spend(e.Path, sees&(onceData|onceChild))
	}
	if e.Type != zkapi.NodeChildrenChanged {
		events = w.above(e, events, first)
	}
	return events
}

// above appends e for everybody who watches a node above with all below it and is not told yet.
func (w *Watches) above(e Event, events []Event, first int) []Event {
	direct := len(events)
	for path := e.Path; path != "/"; {
		path = zkapi.Parent(path)
		for i := w.at(path); i < len(w.list) && w.list[i].path == path; i++ {
			e.To = w.list[i].watcher
			told := slices.ContainsFunc(events[first:], func(x Event) bool { return x.To == e.To })
			if w.list[i].kinds&recursive != 0 && !told {
				events = append(events, e)
			}
		}
	}
	if len(events) > direct {
		slices.SortFunc(events[first:], func(a, b Event) int { return cmp.Compare(a.To, b.To) })
	}
	return events
}

// spend removes the kinds spent from all watches at path.
func (w *Watches) spend(path string, spent kinds) {
	from := w.at(path)
	to := from
	kept := true
	for ; to < len(w.list) && w.list[to].path == path; to++ {
		kept = kept && w.list[to].kinds&spent == 0
	}
	if kept {
		return
	}
	w.own()
	n := from
	for _, x := range w.list[from:to] {
		if x.kinds &^= spent; x.kinds != 0 {
			w.list[n] = x
			n++
		}
	}
	w.list = slices.Delete(w.list, n, to)
}

// at returns where the watches of path begin.
func (w *Watches) at(path string) int {
	i, _ := w.find(path, 0)
	return i
}

// find returns where the watch of who at path is, or where it belongs.
func (w *Watches) find(path string, who Watcher) (int, bool) {
	return slices.BinarySearchFunc(w.list, watch{path: path, watcher: who}, func(a, b watch) int {
		return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(a.watcher, b.watcher))
	})
}

// add adds k to what who watches at path.
func (w *Watches) add(path string, who Watcher, k kinds) {
	w.own()
	i, found := w.find(path, who)
	if !found {
		w.list = slices.Insert(w.list, i, watch{path: path, watcher: who})
	}
	w.list[i].kinds |= k
}

// own makes list the set's alone.
func (w *Watches) own() {
	if w.shared {
		w.list, w.shared = slices.Clone(w.list), false
	}
}

// Clone returns an independent copy, which shares memory with w until either is changed.
func (w *Watches) Clone() Watches {
	w.shared = true
	return *w
}

// AppendState appends everything that the set consists of.
func (w *Watches) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(w.list)))
	for i := range w.list {
		x := &w.list[i]
		b = wire.AppendText(append(b, byte(x.kinds)), x.path)
		b = binary.AppendUvarint(b, uint64(x.watcher))
	}
	return b
}
