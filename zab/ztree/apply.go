package ztree

import (
	"strings"

	"schism/zab/zkapi"
)

// Change is what a transaction has done to a node, as far as watches can see it.
type Change struct {
	// Type is NodeCreated, NodeDeleted or NodeDataChanged.
	Type zkapi.EventType
	Path string
	// ACL is the access list of the node, and Parent that of its parent unless Type is NodeDataChanged; nil where
	// everybody may do everything.
	ACL, Parent []zkapi.ACL
}

// Apply does what txn says, and appends to changes what that has changed. The result is what its client is told.
//
// Transactions are applied in the order of zxids. They may be applied again: over a snapshot that was written down
// while some of them were applied, everything from the snapshot's LastProcessed on, in order, gives the state that it
// gave the first time. Until then results, and nodes, can be those of no moment.
func (t *Tree) Apply(z zkapi.Zxid, txn *zkapi.Txn, changes []Change) (zkapi.Result, []Change) {
	return t.ApplyInParts(z, txn, changes, nil)
}

// ApplyInParts is Apply, and calls between, if it is not nil, after the first part of a transaction that has more than
// one. There a snapshot may begin, as it may between any two parts.
func (t *Tree) ApplyInParts(
	z zkapi.Zxid, txn *zkapi.Txn, changes []Change, between func(),
) (zkapi.Result, []Change) {
	if len(txn.Subs) == 0 {
		return t.ApplyPart(z, txn, 0, changes)
	}
	var whole zkapi.Result
	whole.Results = make([]zkapi.Result, len(txn.Subs))
	for i := range txn.Subs {
		if i == 1 && between != nil {
			between()
		}
		whole.Results[i], changes = t.ApplyPart(z, txn, i, changes)
		if whole.Code == zkapi.OK {
			whole.Code = whole.Results[i].Code
		}
	}
	return whole, changes
}

// Parts returns in how many parts txn is applied: as many as a MultiTxn has, or 1.
func Parts(txn *zkapi.Txn) int { return max(1, len(txn.Subs)) }

// ApplyPart does what one part of txn says, from 0. Applying all in order is Apply; between them a snapshot may
// begin.
func (t *Tree) ApplyPart(z zkapi.Zxid, txn *zkapi.Txn, part int, changes []Change) (zkapi.Result, []Change) {
	x := &txn.Delta
	if len(txn.Subs) > 0 {
		x = &txn.Subs[part]
	}
	a := application{Tree: t, zxid: z, txn: txn, changes: changes}
	a.do(x)
	if t.rules.Processed(part, Parts(txn)) && z > t.last {
		t.last = z
	}
	return a.result, a.changes
}

// application is one transaction being applied.
type application struct {
	*Tree
	zxid    zkapi.Zxid
	txn     *zkapi.Txn
	result  zkapi.Result
	changes []Change
}

func (a *application) do(x *zkapi.Delta) {
	switch x.Kind {
	case zkapi.CreateTxn:
		a.result.Code = a.create(x)
	case zkapi.DeleteTxn:
		a.result.Code = a.delete(x.Path)
	case zkapi.SetDataTxn:
		a.result.Code = a.setData(x.Path, x)
	case zkapi.ReconfigTxn:
		a.result.Code, a.result.Data = a.setData(zkapi.ConfigPath, x), x.Data
	case zkapi.SetACLTxn:
		a.result.Code = a.setACL(x)
	case zkapi.ErrorTxn:
		a.result.Code = x.Code
	case zkapi.CreateSessionTxn:
		a.openSession(session{a.txn.Session, x.Timeout})
	case zkapi.CloseSessionTxn:
		for _, path := range a.rules.ClosedPaths(a.Tree, a.txn.Session, x.Paths) {
			a.delete(path)
		}
		a.dropSession(a.txn.Session)
	case zkapi.CheckTxn, zkapi.MultiTxn:
	default:
		panic("ztree: apply: no such transaction: " + x.Kind.String())
	}
}

// create creates a node. The number of children that the parent has ever had, and its Pzxid, never go back, even
// if the node is there already or has been deleted since.
func (a *application) create(x *zkapi.Delta) zkapi.Code {
	parent := a.own(zkapi.Parent(x.Path))
	if parent == nil {
		return zkapi.NoNode
	}
	if x.ParentCversion-parent.creates > 0 {
		parent.creates = x.ParentCversion
		parent.stat.Pzxid = max(parent.stat.Pzxid, a.zxid)
		a.renew(parent)
	}
	i, found := parent.child(zkapi.Base(x.Path))
	if found {
		return zkapi.NodeExists
	}
	n := &node{name: zkapi.Base(x.Path), data: x.Data, acl: x.ACL}
	n.stat = zkapi.Stat{
		Czxid: a.zxid, Mzxid: a.zxid, Pzxid: a.zxid, Ctime: a.txn.Time, Mtime: a.txn.Time, EphemeralOwner: x.Owner,
	}
	a.insert(parent, n, i)
	a.result.Path, a.result.Stat = x.Path, n.status()
	a.changes = append(a.changes, Change{zkapi.NodeCreated, x.Path, n.acl, parent.acl})
	return zkapi.OK
}

// delete deletes the node at path, and all below it: if there is anything below it, it was created later and will be
// again. The Pzxid of the parent never goes back.
func (a *application) delete(path string) zkapi.Code {
	parent := a.own(zkapi.Parent(path))
	if parent == nil {
		return zkapi.NoNode
	}
	if a.zxid > parent.stat.Pzxid {
		parent.stat.Pzxid = a.zxid
		a.renew(parent)
	}
	i, found := parent.child(zkapi.Base(path))
	if !found {
		return zkapi.NoNode
	}
	a.changes = append(a.changes, Change{zkapi.NodeDeleted, path, parent.children[i].acl, parent.acl})
	a.remove(parent, i)
	return zkapi.OK
}

// setData sets the data of the node at path.
func (a *application) setData(path string, x *zkapi.Delta) zkapi.Code {
	n := a.own(path)
	if n == nil {
		return zkapi.NoNode
	}
	n.data = x.Data
	n.stat.Mzxid, n.stat.Mtime, n.stat.Version = a.zxid, a.txn.Time, x.Version
	a.renew(n)
	a.result.Stat = n.status()
	a.changes = append(a.changes, Change{Type: zkapi.NodeDataChanged, Path: path, ACL: n.acl})
	return zkapi.OK
}

// setACL sets the access list of a node. No watch sees it.
func (a *application) setACL(x *zkapi.Delta) zkapi.Code {
	n := a.own(x.Path)
	if n == nil {
		return zkapi.NoNode
	}
	n.acl, n.stat.Aversion = x.ACL, x.Version
	a.renew(n)
	a.result.Stat = n.status()
	return zkapi.OK
}

// Read answers Exists, GetData, GetACL or GetChildren for a client with the identities ids.
func (t *Tree) Read(op *zkapi.Op, ids []zkapi.Identity) zkapi.Result {
	var r zkapi.Result
	n := t.find(op.Path)
	if n == nil {
		r.Code = zkapi.NoNode
		if zkapi.CheckPath(op.Path) != nil {
			r.Code = zkapi.BadArguments
		}
		return r
	}
	need := zkapi.PermRead
	if op.Kind == zkapi.GetACL {
		need |= zkapi.PermAdmin
	}
	if !Permits(n.acl, need, ids) {
		r.Code = zkapi.NoAuth
		return r
	}
	r.Stat = n.status()
	switch op.Kind {
	case zkapi.Exists:
	case zkapi.GetData:
		r.Data = n.data
	case zkapi.GetACL:
		r.ACL = shown(n.acl, ids)
	case zkapi.GetChildren:
		for _, c := range n.children {
			r.Children = append(r.Children, c.name)
		}
	default:
		panic("ztree: read: " + op.Kind.String() + " reads nothing")
	}
	return r
}

// shown returns the access list as it is shown to ids: digests only to who may administer the node.
func shown(acl []zkapi.ACL, ids []zkapi.Identity) []zkapi.ACL {
	if acl == nil {
		return zkapi.OpenACL()
	}
	list := append([]zkapi.ACL(nil), acl...)
	if Permits(acl, zkapi.PermAdmin, ids) {
		return list
	}
	for i := range list {
		if user, _, found := strings.Cut(list[i].ID, ":"); found && list[i].Scheme == "digest" {
			list[i].ID = user + ":x"
		}
	}
	return list
}
