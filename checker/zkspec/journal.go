package zkspec

import (
	"cmp"
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// Log shows the transactions that a server has committed.
type Log interface {
	// CommittedPosition is the place of the last one; the first has the place 1.
	CommittedPosition() checker.Position
	// TxnAt returns the zxid and the encoding of the one at a place, false if the server does not have it any more.
	TxnAt(p checker.Position) (zkapi.Zxid, []byte, bool)
}

// LogOf returns the log of a server, nil for anything else.
type LogOf func(m sim.Machine) Log

// journal is what the committed transactions have done to nodes, as far as watches can see it. That is derived from
// the words of package zkapi: no server is asked what a transaction has changed.
//
//  1. place is that of the last transaction that was read, zxid its name. None was left out.
//  2. changes are in the order of zxids, and within a transaction in the order of its parts.
//  3. nodes has the stages of each path in the order of zxids; one without is as in the beginning.
//  4. owned are the paths that a session has created ephemeral nodes at, whether or not they are still there.
type journal struct {
	place   checker.Position
	zxid    zkapi.Zxid
	changes []change
	nodes   map[string][]stage
	owned   map[zkapi.SessionID][]string
}

// change is what was done to a node.
type change struct {
	zxid zkapi.Zxid
	// what is NodeCreated, NodeDeleted or NodeDataChanged.
	what zkapi.EventType
	path string
}

// stage is a node as it was from the transaction since on.
type stage struct {
	since, mzxid, pzxid zkapi.Zxid
	there               bool
	// guarded says that at this path there was ever a node that not everybody may read.
	guarded bool
	owner   zkapi.SessionID
}

// reset forgets everything.
func (j *journal) reset() {
	if j.nodes == nil {
		j.nodes, j.owned = map[string][]stage{}, map[zkapi.SessionID][]string{}
	}
	clear(j.nodes)
	clear(j.owned)
	*j = journal{changes: j.changes[:0], nodes: j.nodes, owned: j.owned}
}

// follow reads what a server has committed and the journal does not have yet. It returns false if that cannot be done.
func (j *journal) follow(l Log) bool {
	for last := l.CommittedPosition(); j.place < last; {
		z, data, ok := l.TxnAt(j.place + 1)
		if !ok {
			return false
		}
		txn, err := zkapi.DecodeTxn(data)
		if err != nil {
			return false
		}
		j.read(z, &txn)
	}
	return true
}

// read adds the next transaction.
func (j *journal) read(z zkapi.Zxid, txn *zkapi.Txn) {
	j.place++
	j.zxid = z
	if txn.Kind == zkapi.CloseSessionTxn {
		j.closeSession(txn.Session)
		return
	}
	j.do(&txn.Delta)
}

// do does what one delta says, if it can be done.
func (j *journal) do(x *zkapi.Delta) {
	now := j.now(x.Path)
	switch x.Kind {
	case zkapi.CreateTxn:
		if now.there || !j.now(zkapi.Parent(x.Path)).there {
			return
		}
		if x.Owner.IsSession() {
			j.owned[x.Owner] = append(j.owned[x.Owner], x.Path)
		}
		j.change(zkapi.NodeCreated, x.Path, stage{mzxid: j.zxid, pzxid: j.zxid, there: true, owner: x.Owner,
			guarded: now.guarded || guards(x.ACL)})
		j.changeParent(x.Path)
	case zkapi.DeleteTxn:
		if now.there && x.Path != "/" {
			j.delete(x.Path, now)
		}
	case zkapi.SetDataTxn:
		j.setData(x.Path)
	case zkapi.ReconfigTxn:
		j.setData(zkapi.ConfigPath)
	case zkapi.SetACLTxn:
		now.guarded = now.guarded || guards(x.ACL)
		j.note(x.Path, now)
	case zkapi.MultiTxn:
		for i := range x.Subs {
			j.do(&x.Subs[i])
		}
	}
}

func (j *journal) setData(path string) {
	if now := j.now(path); now.there {
		now.mzxid = j.zxid
		j.change(zkapi.NodeDataChanged, path, now)
	}
}

// closeSession deletes the ephemeral nodes of a session: all that it has, whatever the transaction lists.
func (j *journal) closeSession(s zkapi.SessionID) {
	paths := j.owned[s]
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		if now := j.now(path); now.there && now.owner == s {
			j.delete(path, now)
		}
	}
	delete(j.owned, s)
}

func (j *journal) delete(path string, now stage) {
	j.change(zkapi.NodeDeleted, path, stage{guarded: now.guarded})
	j.changeParent(path)
}

// change notes that something was done to a node, which is now as m says.
func (j *journal) change(what zkapi.EventType, path string, m stage) {
	j.changes = append(j.changes, change{j.zxid, what, path})
	j.note(path, m)
}

// changeParent notes that the parent of path has another list of children.
func (j *journal) changeParent(path string) {
	parent := zkapi.Parent(path)
	m := j.now(parent)
	m.pzxid = j.zxid
	j.note(parent, m)
}

// note adds a stage of a path.
func (j *journal) note(path string, m stage) {
	m.since = j.zxid
	j.nodes[path] = append(j.nodes[path], m)
}

// now returns what is at path after everything that was read.
func (j *journal) now(path string) stage {
	if all := j.nodes[path]; len(all) > 0 {
		return all[len(all)-1]
	}
	return original(path)
}

// original returns what is at path in the beginning.
func original(path string) stage { return stage{there: zkapi.IsSpecial(path)} }

// at returns what was at path after the transaction z.
func (j *journal) at(path string, z zkapi.Zxid) stage {
	all := j.nodes[path]
	n, _ := slices.BinarySearchFunc(all, z+1, func(m stage, z zkapi.Zxid) int { return cmp.Compare(m.since, z) })
	if n == 0 {
		return original(path)
	}
	return all[n-1]
}

// between returns the changes of the transactions after from and up to to.
func (j *journal) between(from, to zkapi.Zxid) []change {
	place := func(z zkapi.Zxid) int {
		n, _ := slices.BinarySearchFunc(j.changes, z+1, func(c change, z zkapi.Zxid) int {
			return cmp.Compare(c.zxid, z)
		})
		return n
	}
	if from >= to {
		return nil
	}
	return j.changes[place(from):place(to)]
}
