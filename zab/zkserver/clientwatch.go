package zkserver

import (
	"slices"

	"schism/zab/zkapi"
)

// observe notes the watch that op has left, after it ended with the code code.
func (c *Client) observe(op *zkapi.Op, code zkapi.Code) {
	w := &c.watches
	switch {
	case op.Kind == zkapi.AddWatch && code == zkapi.OK && op.WatchMode == zkapi.PersistentRecursiveWatch:
		add(&w.Recursive, op.Path)
	case op.Kind == zkapi.AddWatch && code == zkapi.OK:
		add(&w.Persistent, op.Path)
	case !op.Watch:
	case op.Kind == zkapi.Exists && code == zkapi.NoNode:
		add(&w.Exist, op.Path)
	case code != zkapi.OK:
	case op.Kind == zkapi.GetChildren:
		add(&w.Child, op.Path)
	default:
		add(&w.Data, op.Path)
	}
}

// fired forgets the one-shot watches that an event was about.
func (c *Client) fired(m *zkapi.WatchEvent) {
	w := &c.watches
	if m.Type != zkapi.NodeChildrenChanged {
		drop(&w.Data, m.Path)
		drop(&w.Exist, m.Path)
	}
	if m.Type == zkapi.NodeChildrenChanged || m.Type == zkapi.NodeDeleted {
		drop(&w.Child, m.Path)
	}
}

// watchList returns what to bring along to another server, nil if there is nothing.
func (c *Client) watchList() *zkapi.WatchList {
	w := &c.watches
	if len(w.Data)+len(w.Exist)+len(w.Child)+len(w.Persistent)+len(w.Recursive) == 0 {
		return nil
	}
	list := zkapi.WatchList{
		Relative: c.link.seen, Data: slices.Clone(w.Data), Exist: slices.Clone(w.Exist), Child: slices.Clone(w.Child),
		Persistent: slices.Clone(w.Persistent), Recursive: slices.Clone(w.Recursive),
	}
	if c.cfg.Brings != nil {
		list = c.cfg.Brings(list)
	}
	return &list
}

// add adds path to a sorted list.
func add(list *[]string, path string) {
	if i, found := slices.BinarySearch(*list, path); !found {
		*list = slices.Insert(*list, i, path)
	}
}

// drop removes path from a sorted list, which is nil when it is empty.
func drop(list *[]string, path string) {
	i, found := slices.BinarySearch(*list, path)
	if !found {
		return
	}
	if *list = slices.Delete(*list, i, i+1); len(*list) == 0 {
		*list = nil
	}
}
