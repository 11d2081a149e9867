package zkspec

import (
	"slices"

	"schism/zab/zkapi"
)

// read returns the tree after a reply to what changes nothing, which may tell what was not known yet, and whether the
// reply is right. Only replies about nodes are judged.
func (n *node) read(op *zkapi.Op, out *zkapi.Output) (*node, bool) {
	if op.Kind < zkapi.Exists || op.Kind > zkapi.GetChildren {
		return n, true
	}
	switch out.Code {
	case zkapi.OK:
	case zkapi.NoNode, zkapi.NoAuth, zkapi.BadArguments:
		return n.refuse(op, out.Code)
	default:
		return n, false
	}
	if zkapi.CheckPath(op.Path) != nil {
		return n, false
	}
	n, right := n.shows(op.Path, &out.Stat, out.Zxid)
	switch {
	case !right:
		return n, false
	case op.Kind == zkapi.GetData:
		return n.tells(op.Path, out.Data)
	case op.Kind == zkapi.GetChildren:
		return n.lists(op.Path, out)
	}
	return n, true
}

// lists returns the tree in which the children of path are those of the reply, and whether they may be.
func (n *node) lists(path string, out *zkapi.Output) (*node, bool) {
	at, listed := n.find(path), 0
	var kept []*node
	for _, c := range at.children {
		if listed < len(out.Children) && c.name == out.Children[listed] {
			kept = append(kept, c)
			listed++
		} else if !c.mayGo() {
			return n, false
		}
	}
	if listed != len(out.Children) || listed != int(out.Stat.NumChildren) {
		return n, false
	}
	if len(kept) == len(at.children) {
		return n, true
	}
	return n.edit(path, func(at *node) { at.children = slices.Clip(kept) }), true
}
