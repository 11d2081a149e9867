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
	at := n.find(op.Path)
	if at == nil || !at.allows(&out.Stat, out.Zxid) || op.Kind == zkapi.GetData && !at.says(out) {
		return n, false
	}
	told, learns := at.told(&out.Stat), op.Kind == zkapi.GetData && at.untold
	if learns || told != at.stat {
		n = n.edit(op.Path, func(at *node) {
			if at.stat = told; learns {
				at.data, at.untold = out.Data, false
			}
		})
	}
	if op.Kind == zkapi.GetChildren {
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
