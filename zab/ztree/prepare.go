package ztree

import (
	"fmt"
	"slices"
	"strings"

	"schism/zab/zkapi"
)

// create prepares a Create.
func (q *preparation) create(op *zkapi.Op) (zkapi.Delta, zkapi.Code) {
	path := op.Path
	acl, valid := []zkapi.ACL(nil), true
	if op.ACL != nil {
		acl, valid = settle(op.ACL, q.request.Identities)
	}
	slash := strings.LastIndexByte(path, '/')
	parent := q.view(parentOf(path, slash))
	switch {
	case op.Mode.IsTTL() && (op.TTL <= 0 || op.TTL > zkapi.MaxTTL):
		return zkapi.Delta{}, zkapi.BadArguments
	case q.expired():
		return zkapi.Delta{}, zkapi.SessionExpired
	case slash < 0 || strings.IndexByte(path, 0) >= 0:
		return zkapi.Delta{}, zkapi.BadArguments
	case !valid:
		return zkapi.Delta{}, zkapi.InvalidACL
	case !parent.exists:
		return zkapi.Delta{}, zkapi.NoNode
	case !Permits(parent.acl, zkapi.PermCreate, q.request.Identities):
		return zkapi.Delta{}, zkapi.NoAuth
	}
	if op.Mode.IsSequential() {
		path += fmt.Sprintf("%010d", q.rules.Number(parent.creates, zkapi.Version(parent.children)))
	}
	switch {
	case zkapi.CheckPath(path) != nil:
		return zkapi.Delta{}, zkapi.BadArguments
	case q.view(path).exists:
		return zkapi.Delta{}, zkapi.NodeExists
	case parent.owner.IsSession():
		return zkapi.Delta{}, zkapi.NoChildrenForEphemerals
	}
	parent.creates++
	parent.children++
	q.add(parentOf(path, slash), parent)
	owner := ownerOf(op, q.request.Session)
	q.add(path, view{exists: true, owner: owner, acl: acl})
	return zkapi.Delta{
		Kind: zkapi.CreateTxn, Path: path, Data: op.Data, ACL: acl, Owner: owner, ParentCversion: parent.creates,
	}, zkapi.OK
}

// ownerOf returns the EphemeralOwner of what op creates for session.
func ownerOf(op *zkapi.Op, session zkapi.SessionID) zkapi.SessionID {
	switch {
	case op.Mode == zkapi.Container:
		return zkapi.ContainerOwner
	case op.Mode.IsTTL():
		return zkapi.TTLOwner(op.TTL)
	case op.Mode.IsEphemeral():
		return session
	}
	return 0
}

// parentOf returns the path above the slash at i, "/" for the first one.
func parentOf(path string, i int) string {
	if i <= 0 {
		return "/"
	}
	return path[:i]
}

// delete prepares a Delete or a DeleteContainer.
func (q *preparation) delete(op *zkapi.Op) (zkapi.Delta, zkapi.Code) {
	path, ids := op.Path, q.request.Identities
	slash := strings.LastIndexByte(path, '/')
	if op.Kind == zkapi.Delete && q.expired() {
		return zkapi.Delta{}, zkapi.SessionExpired
	}
	if slash < 0 || zkapi.IsSpecial(path) || strings.IndexByte(path, 0) >= 0 {
		return zkapi.Delta{}, zkapi.BadArguments
	}
	parent, n := q.view(parentOf(path, slash)), q.view(path)
	switch {
	case !parent.exists:
		return zkapi.Delta{}, zkapi.NoNode
	case op.Kind == zkapi.Delete && !Permits(parent.acl, zkapi.PermDelete, ids):
		return zkapi.Delta{}, zkapi.NoAuth
	case !n.exists:
		return zkapi.Delta{}, zkapi.NoNode
	case op.Kind == zkapi.Delete && !expected(op.Version, n.version):
		return zkapi.Delta{}, zkapi.BadVersion
	case n.children > 0:
		return zkapi.Delta{}, zkapi.NotEmpty
	case op.Kind == zkapi.DeleteContainer && n.owner.IsSession():
		return zkapi.Delta{}, zkapi.BadVersion
	}
	q.gone(path)
	return zkapi.Delta{Kind: zkapi.DeleteTxn, Path: path}, zkapi.OK
}

// gone adds the changes that deleting path makes.
func (q *preparation) gone(path string) {
	above := zkapi.Parent(path)
	parent := q.view(above)
	parent.children--
	q.add(above, parent)
	q.add(path, view{})
}

// setData prepares a SetData.
func (q *preparation) setData(op *zkapi.Op) (zkapi.Delta, zkapi.Code) {
	n, c := q.target(op.Path, zkapi.PermWrite)
	switch {
	case c != zkapi.OK:
		return zkapi.Delta{}, c
	case !expected(op.Version, n.version):
		return zkapi.Delta{}, zkapi.BadVersion
	}
	n.version = next(n.version)
	q.add(op.Path, n)
	return zkapi.Delta{Kind: zkapi.SetDataTxn, Path: op.Path, Data: op.Data, Version: n.version}, zkapi.OK
}

// reconfig prepares a Reconfig that nothing speaks against but, perhaps, the session.
func (q *preparation) reconfig() zkapi.Delta {
	if q.expired() {
		return failure(zkapi.SessionExpired)
	}
	n := q.view(zkapi.ConfigPath)
	n.version = next(n.version)
	q.add(zkapi.ConfigPath, n)
	return zkapi.Delta{Kind: zkapi.ReconfigTxn, Data: q.request.Config, Version: n.version}
}

// setACL prepares a SetACL.
func (q *preparation) setACL(op *zkapi.Op) (zkapi.Delta, zkapi.Code) {
	acl, valid := settle(op.ACL, q.request.Identities)
	n, c := q.target(op.Path, zkapi.PermAdmin)
	switch {
	case !valid && c != zkapi.SessionExpired && c != zkapi.BadArguments:
		return zkapi.Delta{}, zkapi.InvalidACL
	case c != zkapi.OK:
		return zkapi.Delta{}, c
	case !expected(op.Version, n.aversion):
		return zkapi.Delta{}, zkapi.BadVersion
	}
	n.aversion, n.acl = next(n.aversion), acl
	q.add(op.Path, n)
	return zkapi.Delta{Kind: zkapi.SetACLTxn, Path: op.Path, ACL: acl, Version: n.aversion}, zkapi.OK
}

// check prepares a Check.
func (q *preparation) check(op *zkapi.Op) (zkapi.Delta, zkapi.Code) {
	n, c := q.target(op.Path, zkapi.PermRead)
	if c == zkapi.OK && !expected(op.Version, n.version) {
		c = zkapi.BadVersion
	}
	return zkapi.Delta{Kind: zkapi.CheckTxn, Path: op.Path}, c
}

// target returns the node at path, which the client needs perms for.
func (q *preparation) target(path string, perms zkapi.Perms) (view, zkapi.Code) {
	switch {
	case q.expired():
		return view{}, zkapi.SessionExpired
	case zkapi.CheckPath(path) != nil:
		return view{}, zkapi.BadArguments
	}
	n := q.view(path)
	switch {
	case !n.exists:
		return n, zkapi.NoNode
	case !Permits(n.acl, perms, q.request.Identities):
		return n, zkapi.NoAuth
	}
	return n, zkapi.OK
}

// closeSession prepares a CloseSession: it lists what the session owns, and will own when everything before is
// applied. From here on the session is closing.
func (q *preparation) closeSession() zkapi.Delta {
	id := q.request.Session
	paths := q.tree.Ephemerals(id)
	for i := range q.changes {
		if q.changes[i].owner == id {
			paths = append(paths, q.changes[i].path)
		}
	}
	slices.SortFunc(paths, strings.Compare)
	paths = slices.Compact(paths)
	paths = slices.DeleteFunc(paths, func(path string) bool { return q.view(path).owner != id })
	for _, path := range paths {
		q.gone(path)
	}
	q.sessions = append(q.sessions, sessionChange{q.zxid, id, true})
	if len(paths) == 0 {
		paths = nil
	}
	return zkapi.Delta{Kind: zkapi.CloseSessionTxn, Paths: paths}
}

// expected reports whether an operation that expects the version want may change what has the version have.
func expected(want, have zkapi.Version) bool { return want == zkapi.AnyVersion || want == have }

// next returns the version after v, which is never AnyVersion (ZK-4743).
func next(v zkapi.Version) zkapi.Version {
	if v+1 == zkapi.AnyVersion {
		return 0
	}
	return v + 1
}
