package zkspec

import (
	"fmt"
	"slices"

	"schism/zab/zkapi"
)

// update returns the tree after an update at z with the result r, and whether the tree allows it. If r is nil nobody
// knows it: the update is done if it can be.
func (n *node) update(op *zkapi.Op, r *zkapi.Result, z zkapi.Zxid) (*node, bool) {
	switch {
	case r != nil && r.Code == zkapi.SessionExpired:
		return n, true
	case op.Kind == zkapi.CreateSession || op.Kind == zkapi.CloseSession:
		return n, r == nil || r.Code == zkapi.OK
	case op.Kind == zkapi.Reconfig:
		return n.reconfig(op.Change, r, z)
	case op.Kind == zkapi.Multi:
		return n.multi(op.Ops, r, z)
	case op.Kind == zkapi.Check || op.Kind == zkapi.DeleteContainer:
		return n, r == nil
	}
	return n.one(op, r, z)
}

// multi does all operations or none.
func (n *node) multi(ops []zkapi.Op, r *zkapi.Result, z zkapi.Zxid) (*node, bool) {
	if r != nil && len(r.Results) != len(ops) {
		return n, false
	}
	next := n
	for i := range ops {
		var sub *zkapi.Result
		if r != nil {
			sub = &r.Results[i]
		}
		if sub != nil && r.Code != zkapi.OK {
			if sub.Code != zkapi.OK {
				_, right := next.refuse(&ops[i], sub.Code)
				return n, right && sub.Code == r.Code && inconsistent(r.Results[i+1:])
			}
			if sub.Path != "" || sub.Stat != (zkapi.Stat{}) {
				return n, false
			}
			sub = nil // as it would have been
		}
		var right bool
		if next, right = next.one(&ops[i], sub, z); !right {
			return n, false
		}
	}
	return next, r == nil || r.Code == zkapi.OK
}

// inconsistent reports whether rest may be the results after the one that has failed.
func inconsistent(rest []zkapi.Result) bool {
	return !slices.ContainsFunc(rest, func(r zkapi.Result) bool { return r.Code != zkapi.RuntimeInconsistency })
}

// one does one operation, alone or in a Multi.
func (n *node) one(op *zkapi.Op, r *zkapi.Result, z zkapi.Zxid) (*node, bool) {
	if r != nil && r.Code != zkapi.OK {
		return n.refuse(op, r.Code)
	}
	if op.Kind == zkapi.Create {
		return n.create(op, r, z)
	}
	at := n.find(op.Path)
	if at == nil || !at.expected(op) {
		return n, false
	}
	next, right := n, true
	switch op.Kind {
	case zkapi.Check:
		return n, true
	case zkapi.Delete:
		if zkapi.IsSpecial(op.Path) || !at.mayBeEmpty() {
			return n, false
		}
		return n.without(op.Path, z), true
	case zkapi.SetData:
		if op.Path == zkapi.ConfigPath {
			return n, false
		}
		next = n.edit(op.Path, func(at *node) {
			at.data, at.stat.Version, at.stat.Mzxid = op.Data, following(at.stat.Version), z
			right = at.learn(r, z)
		})
	case zkapi.SetACL:
		next = n.edit(op.Path, func(at *node) {
			at.stat.Aversion, at.guarded = following(at.stat.Aversion), at.guarded || guards(op.ACL)
			right = at.learn(r, z)
		})
	default:
		return n, false
	}
	return next, right
}

// expected reports whether the node has the version that op expects.
func (n *node) expected(op *zkapi.Op) bool {
	have := n.stat.Version
	if op.Kind == zkapi.SetACL {
		have = n.stat.Aversion
	}
	return op.Version == zkapi.AnyVersion || op.Version == have
}

// following returns the version after v.
func following(v zkapi.Version) zkapi.Version {
	if v == zkapi.AnyVersion-1 {
		return 0
	}
	return v + 1
}

// guards reports whether an access list does not allow everything to everybody.
func guards(acl []zkapi.ACL) bool { return acl != nil && !slices.Equal(acl, zkapi.OpenACL()) }

// create creates a node.
func (n *node) create(op *zkapi.Op, r *zkapi.Result, z zkapi.Zxid) (*node, bool) {
	above, path := zkapi.Parent(op.Path), n.named(op)
	parent := n.find(above)
	if zkapi.CheckPath(path) != nil || path == "/" || badTTL(op) || parent == nil || parent.lifetime == ephemeral {
		return n, false
	}
	next := n
	if old := n.find(path); old != nil {
		if !old.mayGo() {
			return n, false
		}
		next = n.without(path, 0)
	}
	c := &node{name: zkapi.Base(path), data: op.Data, guarded: guards(op.ACL)}
	c.stat.Czxid, c.stat.Mzxid, c.stat.Pzxid = z, z, z
	switch {
	case op.Mode.IsEphemeral():
		c.lifetime = ephemeral
	case op.Mode.IsTTL():
		c.lifetime, c.stat.EphemeralOwner = emptied, zkapi.TTLOwner(op.TTL)
	case op.Mode == zkapi.Container:
		c.lifetime, c.stat.EphemeralOwner = emptied, zkapi.ContainerOwner
	}
	if r != nil && r.Path != path || !c.learn(r, z) {
		return n, false
	}
	c.seal()
	next = next.edit(above, func(parent *node) {
		i, _ := parent.child(c.name)
		parent.children = slices.Insert(slices.Clone(parent.children), i, c)
		parent.creates++
		parent.stat.Pzxid = max(parent.stat.Pzxid, z)
	})
	return next, true
}

// named returns the path of what the Create op creates.
func (n *node) named(op *zkapi.Op) string {
	if !op.Mode.IsSequential() {
		return op.Path
	}
	number := zkapi.Version(0)
	if parent := n.find(zkapi.Parent(op.Path)); parent != nil {
		number = parent.creates
	}
	return op.Path + fmt.Sprintf("%010d", number)
}

// badTTL reports whether op creates a node with a time to live that there is not.
func badTTL(op *zkapi.Op) bool { return op.Mode.IsTTL() && (op.TTL <= 0 || op.TTL > zkapi.MaxTTL) }

// refuse returns the tree after op has failed with the code c, which may show that a node has gone, and whether there
// is such a reason.
func (n *node) refuse(op *zkapi.Op, c zkapi.Code) (*node, bool) {
	path, needed := op.Path, op.Path
	if op.Kind == zkapi.Create {
		path, needed = n.named(op), zkapi.Parent(op.Path)
	}
	if c == zkapi.BadArguments || zkapi.CheckPath(path) != nil {
		return n, c == zkapi.BadArguments && (zkapi.CheckPath(path) != nil || badTTL(op) ||
			op.Kind == zkapi.Delete && zkapi.IsSpecial(path))
	}
	at, above := n.find(path), n.find(zkapi.Parent(path))
	switch c {
	case zkapi.NoNode:
		return n.lacks(needed)
	case zkapi.NoAuth:
		return n, at != nil && at.guarded || above != nil && above.guarded
	case zkapi.InvalidACL:
		return n, op.ACL != nil
	case zkapi.NodeExists:
		return n, op.Kind == zkapi.Create && at != nil
	case zkapi.NoChildrenForEphemerals:
		return n, op.Kind == zkapi.Create && above != nil && above.lifetime == ephemeral
	case zkapi.NotEmpty:
		return n, op.Kind == zkapi.Delete && at != nil && len(at.children) > 0
	case zkapi.BadVersion:
		return n, op.Kind != zkapi.Create && at != nil && !at.expected(op)
	}
	return n, false
}

// lacks returns the tree without the node at path, and whether it may be so.
func (n *node) lacks(path string) (*node, bool) {
	at := n.find(path)
	switch {
	case at == nil:
		return n, true
	case path == "/" || !at.mayGo():
		return n, false
	}
	return n.without(path, 0), true
}
