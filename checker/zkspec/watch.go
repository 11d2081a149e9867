package zkspec

import (
	"maps"
	"slices"
	"strings"

	"schism/zab/zkapi"
)

// kinds is a set of kinds of watches.
type kinds uint8

const (
	// dataWatch is left by Exists and GetData at a node that is there, existWatch by Exists where there is none. They
	// see the same, but are made up for in different ways.
	dataWatch kinds = 1 << iota
	existWatch
	// childWatch is left by GetChildren.
	childWatch
	// persistentWatch and recursiveWatch are left by AddWatch.
	persistentWatch
	recursiveWatch
)

// watches are what a client watches, by path, as far as it knows: from the answer that leaves a watch to the event that
// spends it.
type watches map[string]kinds

// due is an event that a client has to be told of; must is false if it may have to be kept from it.
type due struct {
	what zkapi.EventType
	path string
	must bool
}

// left returns the watch that a request leaves which was answered with the code c.
func left(op *zkapi.Op, c zkapi.Code) kinds {
	switch {
	case op.Kind == zkapi.AddWatch && c == zkapi.OK && op.WatchMode == zkapi.PersistentRecursiveWatch:
		return recursiveWatch
	case op.Kind == zkapi.AddWatch && c == zkapi.OK:
		return persistentWatch
	case op.Watch && op.Kind == zkapi.Exists && c == zkapi.NoNode:
		return existWatch
	case !op.Watch || c != zkapi.OK:
		return 0
	case op.Kind == zkapi.GetChildren:
		return childWatch
	}
	return dataWatch
}

// once returns the kinds of watches that an event of that type spends, all that see it but the lasting ones.
func once(what zkapi.EventType) kinds {
	switch what {
	case zkapi.NodeDeleted:
		return dataWatch | existWatch | childWatch
	case zkapi.NodeChildrenChanged:
		return childWatch
	}
	return dataWatch | existWatch
}

// spend takes away what an event spends.
func (w watches) spend(what zkapi.EventType, path string) {
	if k := w[path] &^ once(what); k != 0 {
		w[path] = k
	} else {
		delete(w, path)
	}
}

// fire returns list, which has what the client has to be told of already, with what the change c adds to it. A client
// is told once of one thing, whatever it watches.
func (w watches) fire(c *change, j *journal, list []due) []due {
	list = w.fireOne(due{what: c.what, path: c.path}, j, list)
	if c.what != zkapi.NodeDataChanged {
		list = w.fireOne(due{what: zkapi.NodeChildrenChanged, path: zkapi.Parent(c.path)}, j, list)
	}
	return list
}

func (w watches) fireOne(d due, j *journal, list []due) []due {
	have := w[d.path]
	for i := range list {
		if list[i].path == d.path {
			have &^= once(list[i].what)
		}
	}
	if have&(once(d.what)|persistentWatch) == 0 && (d.what == zkapi.NodeChildrenChanged || !w.above(d.path)) {
		return list
	}
	d.must = !j.now(d.path).guarded
	return append(list, d)
}

// above reports whether a recursive watch is left at path or above it.
func (w watches) above(path string) bool {
	for ; ; path = zkapi.Parent(path) {
		if w[path]&recursiveWatch != 0 {
			return true
		}
		if path == "/" {
			return false
		}
	}
}

// missed returns the events that make up for what the one-shot watches in l have missed after seen, told by a server
// that has applied up to z (DataTree.setWatches). A node that was created and deleted meanwhile goes unnoticed.
func missed(l *zkapi.WatchList, j *journal, seen, z zkapi.Zxid) (list []due) {
	add := func(what zkapi.EventType, path string, m *stage) {
		list = append(list, due{what, path, !m.guarded})
	}
	for _, path := range l.Data {
		switch m := j.at(path, z); {
		case !m.there:
			add(zkapi.NodeDeleted, path, &m)
		case m.mzxid > seen:
			add(zkapi.NodeDataChanged, path, &m)
		}
	}
	for _, path := range l.Exist {
		if m := j.at(path, z); m.there {
			add(zkapi.NodeCreated, path, &m)
		}
	}
	for _, path := range l.Child {
		switch m := j.at(path, z); {
		case !m.there:
			add(zkapi.NodeDeleted, path, &m)
		case m.pzxid > seen:
			add(zkapi.NodeChildrenChanged, path, &m)
		}
	}
	return list
}

// listed reports whether l lists exactly the watches w, each once.
func (w watches) listed(l *zkapi.WatchList) bool {
	brought := watches{}
	for _, part := range []struct {
		kind  kinds
		paths []string
	}{{dataWatch, l.Data}, {existWatch, l.Exist}, {childWatch, l.Child}, {persistentWatch, l.Persistent},
		{recursiveWatch, l.Recursive}} {
		for _, path := range part.paths {
			if brought[path]&part.kind != 0 {
				return false
			}
			brought[path] |= part.kind
		}
	}
	return maps.Equal(w, brought)
}

// String returns what is watched, sorted by path: "/x data, /y child persistent".
func (w watches) String() string {
	paths := slices.Sorted(maps.Keys(w))
	if len(paths) == 0 {
		return "nothing"
	}
	names := [...]string{"data", "exist", "child", "persistent", "recursive"}
	for i, path := range paths {
		for k, name := range names {
			if w[path]&(1<<k) != 0 {
				paths[i] += " " + name
			}
		}
	}
	return strings.Join(paths, ", ")
}
