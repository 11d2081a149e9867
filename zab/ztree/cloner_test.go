package ztree_test

import (
	"testing"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// machine is everything of this package that a server has.
type machine struct {
	tree     ztree.Tree
	prep     ztree.Prep
	watches  ztree.Watches
	snapshot ztree.Snapshot
}

// Step implements sim.Machine.
func (m *machine) Step(sim.Time, sim.Event, *sim.Effects) {}

// Clone implements sim.Cloner.
func (m *machine) Clone() sim.Cloner {
	return &machine{m.tree.Clone(), m.prep.Clone(), m.watches.Clone(), m.snapshot.Clone()}
}

// AppendHash implements sim.Cloner.
func (m *machine) AppendHash(b []byte) []byte {
	return m.snapshot.AppendState(m.watches.AppendState(m.prep.AppendState(m.tree.AppendState(b))))
}

// grown returns a machine after the texts.
func grown(t *testing.T, texts ...string) sim.Cloner {
	m := &machine{tree: ztree.New(nil, ""), prep: ztree.NewPrep(nil), watches: ztree.NewWatches(nil)}
	for i, text := range texts {
		op, err := zkapi.ParseOp(text)
		if err != nil {
			t.Fatal(err)
		}
		m.watches.Observe(&zkapi.Op{Kind: zkapi.Exists, Path: op.Path, Watch: true}, zkapi.OK, ztree.Watcher(i))
		z := zkapi.Zxid(i + 1)
		txn := m.prep.Prepare(&m.tree, z, &ztree.Request{Session: 1, Op: &op})
		if i < len(texts)-3 {
			m.tree.Apply(z, &txn, nil)
			m.prep.Applied(z)
		}
	}
	m.snapshot = m.tree.Begin()
	m.snapshot.Write(&m.tree, 3)
	return m
}

func TestEveryFieldReachesCloneAndHash(t *testing.T) {
	machines := []sim.Cloner{
		grown(t), grown(t, "create-session 5ms", "create /a 1", "create /b 1", "close-session"),
		grown(t, "create-session 5ms", "create /a 1 acl world:anyone:rc", "create /a/b 2 ephemeral", "create /c 3",
			"set /a 4", "create /d 5 acl ip:1:r", "set /c 6", "close-session"),
	}
	simtest.CheckCloner(t, machines,
		simtest.Ignore("ztree.Rules", "never change; clones share them"),
		simtest.Ignore("ztree.owner", "a mark by its address"),
		simtest.Ignore("ztree.Tree.mark", "says who owns the memory, which no step can tell"),
		simtest.Ignore("ztree.node.owner", "says who owns the memory, which no step can tell"),
		simtest.Ignore("ztree.node.hash", "follows from the node (node, property 2)"),
		simtest.Ignore("ztree.node.place", "follows from the names (node, property 2)"),
		simtest.Ignore("zkapi.Stat.Cversion", "follows from the rest"),
		simtest.Ignore("zkapi.Stat.DataLength", "follows from the rest"),
		simtest.Ignore("zkapi.Stat.NumChildren", "follows from the rest"),
		simtest.Ignore("ztree.Tree.sum", "follows from nodes and sessions (Tree, property 2)"),
		simtest.Ignore("ztree.Tree.nodes", "follows from the nodes (Tree, property 2)"),
		simtest.Ignore("ztree.Tree.owned", "follows from the nodes (Tree, property 2)"),
		simtest.Ignore("ztree.change.key", "follows from the path"),
		simtest.Ignore("ztree.Watches.shared", "says who owns the memory, which no step can tell"),
		simtest.Shared("ztree.Snapshot.data", "grows at its end only, and the clone has no room there"),
		simtest.CopyOnWrite("ztree.Tree.root", "copied before it is changed (Tree, property 4)"),
		simtest.CopyOnWrite("ztree.Tree.sessions", "a change makes a new slice (Tree, property 3)"),
		simtest.CopyOnWrite("ztree.Watches.list", "copied before it is changed (Watches, property 2)"))
}
