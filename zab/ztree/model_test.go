package ztree

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"schism/zab/zkapi"
)

// model is the tree as one would write it for one client after another: no transactions, nothing outstanding, no
// sharing. It shares no code with what it is the model of.
type model struct {
	nodes    map[string]*modelNode
	sessions map[zkapi.SessionID]bool
}

type modelNode struct {
	data    string
	acl     []zkapi.ACL // nil is open
	stat    zkapi.Stat  // without what is counted
	creates int32
}

func newModel() *model {
	return &model{map[string]*modelNode{
		"/": {}, "/zookeeper": {},
		"/zookeeper/config": {acl: []zkapi.ACL{{Identity: zkapi.Anyone, Perms: zkapi.PermRead}}},
	}, map[zkapi.SessionID]bool{}}
}

func (m *model) clone() *model {
	c := &model{map[string]*modelNode{}, maps.Clone(m.sessions)}
	for path, n := range m.nodes {
		copied := *n
		c.nodes[path] = &copied
	}
	return c
}

// children returns the names of the children of path, sorted.
func (m *model) children(path string) []string {
	prefix := strings.TrimSuffix(path, "/") + "/"
	var names []string
	for _, p := range slices.Sorted(maps.Keys(m.nodes)) {
		if name, found := strings.CutPrefix(p, prefix); found && name != "" && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	return names
}

func (m *model) stat(path string) zkapi.Stat {
	n := m.nodes[path]
	s, children := n.stat, m.children(path)
	s.DataLength, s.NumChildren = int32(len(n.data)), int32(len(children))
	s.Cversion = zkapi.Version(n.creates*2 - int32(len(children)))
	return s
}

// may reports whether the request may do what the letter stands for.
func (m *model) may(n *modelNode, letter string, r *Request) bool {
	if n.acl == nil {
		return true
	}
	for _, a := range n.acl {
		if !strings.Contains(a.Perms.String(), letter) {
			continue
		}
		if a.Scheme == "world" {
			return true
		}
		for _, id := range r.Identities {
			if id == a.Identity {
				return true
			}
		}
	}
	return false
}

// do does the request as the transaction z.
func (m *model) do(z zkapi.Zxid, r *Request) zkapi.Result {
	op := r.Op
	switch {
	case r.Refused != zkapi.OK:
		return zkapi.Result{Code: r.Refused}
	case op.Kind == zkapi.CreateSession:
		m.sessions[r.Session] = true
		return zkapi.Result{}
	case op.Kind == zkapi.CloseSession:
		delete(m.sessions, r.Session)
		for _, path := range slices.Sorted(maps.Keys(m.nodes)) {
			if m.nodes[path].stat.EphemeralOwner == r.Session {
				m.delete(path, z)
			}
		}
		return zkapi.Result{}
	case op.Kind == zkapi.Check:
		return zkapi.Result{Code: zkapi.Unimplemented}
	case op.Kind == zkapi.Reconfig && !m.sessions[r.Session]:
		return zkapi.Result{Code: zkapi.SessionExpired}
	case op.Kind == zkapi.Reconfig:
		n := m.nodes["/zookeeper/config"]
		n.data = r.Config
		n.stat.Version++
		n.stat.Mzxid, n.stat.Mtime = z, r.Time
		return zkapi.Result{Data: r.Config, Stat: m.stat("/zookeeper/config")}
	case op.Kind != zkapi.Multi:
		return m.one(op, z, r)
	}
	before := m.clone()
	var whole zkapi.Result
	for i := range op.Ops {
		sub := zkapi.Result{Code: zkapi.RuntimeInconsistency}
		if whole.Code == zkapi.OK {
			sub = m.one(&op.Ops[i], z, r)
			whole.Code = sub.Code
		}
		whole.Results = append(whole.Results, sub)
	}
	if whole.Code != zkapi.OK {
		*m = *before
		for i := range whole.Results {
			whole.Results[i] = zkapi.Result{Code: whole.Results[i].Code}
		}
	}
	return whole
}

func (m *model) delete(path string, z zkapi.Zxid) {
	delete(m.nodes, path)
	m.nodes[zkapi.Parent(path)].stat.Pzxid = z
}

func (m *model) one(op *zkapi.Op, z zkapi.Zxid, r *Request) zkapi.Result {
	fail := func(c zkapi.Code) zkapi.Result { return zkapi.Result{Code: c} }
	if op.Mode.IsTTL() && (op.TTL < 1 || op.TTL >= 1<<40) {
		return fail(zkapi.BadArguments)
	}
	if !m.sessions[r.Session] && op.Kind != zkapi.DeleteContainer {
		return fail(zkapi.SessionExpired)
	}
	if op.Kind == zkapi.Create {
		return m.create(op, z, r)
	}
	deletes := op.Kind == zkapi.Delete || op.Kind == zkapi.DeleteContainer
	stays := slices.Contains([]string{"/", "/zookeeper", "/zookeeper/config"}, op.Path)
	if !deletes && zkapi.CheckPath(op.Path) != nil || deletes && (stays || !strings.Contains(op.Path, "/")) {
		return fail(zkapi.BadArguments)
	}
	if op.Kind == zkapi.SetACL && len(op.ACL) == 0 {
		return fail(zkapi.InvalidACL)
	}
	n, there := m.nodes[op.Path]
	parent, above := m.nodes[zkapi.Parent(op.Path)]
	current, guarded, letter := zkapi.Version(0), n, ""
	if there {
		current = n.stat.Version
	}
	switch op.Kind {
	case zkapi.Delete:
		guarded, letter = parent, "d"
		if !above {
			return fail(zkapi.NoNode)
		}
	case zkapi.SetData:
		letter = "w"
	case zkapi.SetACL:
		letter = "a"
		if there {
			current = n.stat.Aversion
		}
	case zkapi.Check:
		letter = "r"
	}
	if !there && op.Kind != zkapi.Delete {
		return fail(zkapi.NoNode)
	}
	switch {
	case letter != "" && !m.may(guarded, letter, r):
		return fail(zkapi.NoAuth)
	case !there:
		return fail(zkapi.NoNode)
	case op.Kind != zkapi.DeleteContainer && op.Version != -1 && op.Version != current:
		return fail(zkapi.BadVersion)
	}
	switch op.Kind {
	case zkapi.Delete, zkapi.DeleteContainer:
		if len(m.children(op.Path)) > 0 {
			return fail(zkapi.NotEmpty)
		}
		if op.Kind == zkapi.DeleteContainer && n.stat.EphemeralOwner.IsSession() {
			return fail(zkapi.BadVersion)
		}
		m.delete(op.Path, z)
		return zkapi.Result{}
	case zkapi.SetData:
		n.data = op.Data
		n.stat.Version++
		n.stat.Mzxid, n.stat.Mtime = z, r.Time
	case zkapi.SetACL:
		n.acl = op.ACL
		n.stat.Aversion++
	case zkapi.Check:
		return zkapi.Result{}
	}
	return zkapi.Result{Stat: m.stat(op.Path)}
}

func (m *model) create(op *zkapi.Op, z zkapi.Zxid, r *Request) zkapi.Result {
	fail := func(c zkapi.Code) zkapi.Result { return zkapi.Result{Code: c} }
	path := op.Path
	slash := strings.LastIndex(path, "/")
	if slash < 0 {
		return fail(zkapi.BadArguments)
	}
	above := path[:slash]
	if above == "" {
		above = "/"
	}
	parent, there := m.nodes[above]
	switch {
	case !there:
		return fail(zkapi.NoNode)
	case !m.may(parent, "c", r):
		return fail(zkapi.NoAuth)
	}
	if strings.Contains(op.Mode.String(), "sequential") {
		path = fmt.Sprintf("%s%010d", path, parent.creates)
	}
	if zkapi.CheckPath(path) != nil {
		return fail(zkapi.BadArguments)
	}
	if _, exists := m.nodes[path]; exists {
		return fail(zkapi.NodeExists)
	}
	if parent.stat.EphemeralOwner.IsSession() {
		return fail(zkapi.NoChildrenForEphemerals)
	}
	parent.creates++
	parent.stat.Pzxid = z
	n := &modelNode{data: op.Data, acl: op.ACL}
	n.stat = zkapi.Stat{Czxid: z, Mzxid: z, Pzxid: z, Ctime: r.Time, Mtime: r.Time}
	switch {
	case op.Mode.IsEphemeral():
		n.stat.EphemeralOwner = r.Session
	case op.Mode.IsTTL():
		n.stat.EphemeralOwner = 0xff<<56 | zkapi.SessionID(op.TTL)
	case op.Mode == zkapi.Container:
		n.stat.EphemeralOwner = 1 << 63
	}
	m.nodes[path] = n
	return zkapi.Result{Path: path, Stat: m.stat(path)}
}

// read answers a read.
func (m *model) read(op *zkapi.Op, r *Request) zkapi.Result {
	n, there := m.nodes[op.Path]
	switch {
	case zkapi.CheckPath(op.Path) != nil:
		return zkapi.Result{Code: zkapi.BadArguments}
	case !there:
		return zkapi.Result{Code: zkapi.NoNode}
	case !m.may(n, "r", r) && !(op.Kind == zkapi.GetACL && m.may(n, "a", r)):
		return zkapi.Result{Code: zkapi.NoAuth}
	}
	res := zkapi.Result{Stat: m.stat(op.Path)}
	switch op.Kind {
	case zkapi.GetData:
		res.Data = n.data
	case zkapi.GetChildren:
		res.Children = m.children(op.Path)
	case zkapi.GetACL:
		res.ACL = []zkapi.ACL{{Identity: zkapi.Identity{Scheme: "world", ID: "anyone"}, Perms: 31}}
		if n.acl != nil {
			res.ACL = slices.Clone(n.acl)
		}
		for i, a := range res.ACL {
			if a.Scheme == "digest" && !m.may(n, "a", r) {
				res.ACL[i].ID = a.ID[:strings.Index(a.ID, ":")] + ":x"
			}
		}
	}
	return res
}
