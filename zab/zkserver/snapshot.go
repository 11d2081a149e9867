package zkserver

import (
	"encoding/binary"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/ztree"
)

// saving is a snapshot that is being written down, of the tree after the transaction at, and of some of what came
// later; at is 0 if there is none.
type saving struct {
	at   zab.Index
	tree ztree.Snapshot
}

// save saves the tree, at once or bit by bit (SyncRequestProcessor, ZooKeeperServer.takeSnapshot).
func (s *Server) save(out *sim.Effects) {
	s.saved = s.applied
	switch {
	case s.policy.snapshotStep == 0:
		s.peer.Snapshot(s.applied, frame(s.applied, s.tree.Encode()), out)
	case s.saving.at == 0:
		s.saving = saving{s.applied, s.tree.Begin()}
		out.Run(taskSave)
	}
}

// takeSnapshot saves the tree if the server serves, has something new, and is not saving already.
func (s *Server) takeSnapshot(out *sim.Effects) {
	if s.epoch != 0 && s.applied > s.saved && s.saving.at == 0 {
		s.save(out)
	}
}

// savesWithin reports whether a fuzzy snapshot begins in the middle of txn, as it can where snapshots are the work of
// a thread of their own: it is due, and txn has several parts.
func (s *Server) savesWithin(txn *zkapi.Txn) bool {
	n := s.policy.snapshotEvery
	return s.policy.snapshotStep > 0 && len(txn.Subs) > 1 && n > 0 && s.applied+1-s.saved >= n && s.saving.at == 0
}

// saveWithin begins a fuzzy snapshot in the middle of the transaction z, which is not applied yet unless the tree says
// so.
func (s *Server) saveWithin(z zkapi.Zxid, out *sim.Effects) {
	at := s.applied
	if s.tree.LastProcessed() == z {
		at++
	}
	if at == 0 {
		return
	}
	s.saved, s.saving = at, saving{at, s.tree.Begin()}
	s.saving.tree.Write(&s.tree, s.policy.snapshotStep)
	out.Run(taskSave)
}

// saveMore writes down more of a snapshot, and hands it over when it is complete.
func (s *Server) saveMore(out *sim.Effects) {
	x := &s.saving
	switch {
	case x.at == 0:
	case x.tree.Write(&s.tree, s.policy.snapshotStep):
		s.peer.Snapshot(x.at, frame(s.applied, x.tree.Bytes()), out)
		s.saving = saving{}
	default:
		out.Run(taskSave)
	}
}

// frame returns a snapshot of the tree with the index of the last transaction of which it has something.
func frame(exact zab.Index, tree []byte) []byte {
	b := make([]byte, 0, binary.MaxVarintLen64+len(tree))
	return append(binary.AppendUvarint(b, uint64(exact)), tree...)
}

// restore replaces the tree by that of a snapshot. If it is fuzzy, what it has seen of later transactions is in the
// history of every leader, since it was applied: it is applied again, in order, before anybody is served.
func (s *Server) restore(snap *zab.Snapshot) {
	exact, n := binary.Uvarint(snap.State)
	if n <= 0 {
		panic("zkserver: restore: no index")
	}
	t, err := ztree.Decode(snap.State[n:], s.policy.tree)
	if err != nil {
		panic("zkserver: restore: " + err.Error())
	}
	s.tree, s.applied, s.saved = t, snap.Position.Index, snap.Position.Index
	s.exact, s.saving = zab.Index(exact), saving{}
}
