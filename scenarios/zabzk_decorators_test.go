package scenarios

import (
	"encoding/binary"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// wrapped is what every decorator is made of.
type wrapped struct{ *zkserver.Server }

func (w wrapped) decorated() *zkserver.Server { return w.Server }

// tailSaver is a server that, when it is elected, and long before a quorum has accepted it, saves a snapshot in which
// its whole history is applied, as Leader.lead does by ZooKeeperServer.loadData (ZK-1549, ZK-4837). What is never
// committed is there to stay then: cutting the log does not touch the snapshot.
type tailSaver struct{ wrapped }

func newTailSaver(s *zkserver.Server) decorator { return tailSaver{wrapped{s}} }

func (t tailSaver) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	before := t.Zab().State()
	t.Server.Step(now, ev, out)
	if before == zab.Looking && t.Zab().State() == zab.Leading {
		t.saveTail(out)
	}
}

// saveTail saves the tree as it will be after the last transaction. As with every snapshot during which transactions
// are applied, it counts as one of the state in which it began.
func (t tailSaver) saveTail(out *sim.Effects) {
	peer, tree := t.Zab(), t.Tree().Clone()
	applied, last := peer.AppliedIndex(), peer.History().LastIndex()
	for _, logged := range peer.History().Txns(applied, last) {
		txn, err := zkapi.DecodeTxn(logged.Data)
		if err != nil {
			panic(err)
		}
		tree.Apply(zkapi.Zxid(logged.Zxid), &txn, nil)
	}
	peer.Snapshot(applied, append(binary.AppendUvarint(nil, uint64(last)), tree.Encode()...), out)
}

// hasty is a server that says of what it reads that it is as of the last transaction that is committed, though the
// tree shows only those that it has applied.
type hasty struct{ wrapped }

func newHasty(s *zkserver.Server) decorator { return hasty{wrapped{s}} }

func (h hasty) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	before := len(out.List())
	h.Server.Step(now, ev, out)
	committed, _ := h.Zab().History().At(h.Zab().CommittedIndex())
	out.Rewrite(before, func(f sim.Effect) (sim.Effect, bool) {
		if m, ok := f.Msg.(*zkapi.Reply); ok && !m.Op.Writes() {
			changed := *m
			changed.Out.Zxid = max(m.Out.Zxid, zkapi.Zxid(committed.Zxid))
			f.Msg = &changed
		}
		return f, true
	})
}
