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

// lateEpoch is a follower that makes the epoch current when it may serve, and has accepted its leader long before
// (ZK-1282).
type lateEpoch struct {
	wrapped
	epoch []byte // what has not been written yet
}

func newLateEpoch(s *zkserver.Server) decorator { return &lateEpoch{wrapped: wrapped{s}} }

func (l *lateEpoch) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	l.Server.Step(now, ev, out)
	if l.Zab().State() == zab.Following {
		out.Rewrite(0, func(f sim.Effect) (sim.Effect, bool) {
			if f.Kind == sim.EffectReplace && f.Name == zab.CurrentEpochFile {
				l.epoch = f.Data
				return f, false
			}
			return f, true
		})
	}
	if _, serves := ev.Msg.(*zab.UpToDate); serves && l.epoch != nil {
		out.Replace(zab.CurrentEpochFile, l.epoch)
		l.epoch = nil
	}
}

// noTrunc is a learner that cannot cut its log, and goes on as if it had (ZK-3701).
type noTrunc struct{ wrapped }

func newNoTrunc(s *zkserver.Server) decorator { return noTrunc{wrapped{s}} }

func (n noTrunc) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if m, ok := ev.Msg.(*zab.Sync); ok && m.Mode == zab.Trunc {
		ev.Msg = &zab.Sync{Mode: zab.Diff, At: n.Zab().History().Last()}
	}
	n.Server.Step(now, ev, out)
}

// lateForwarding is a leader that sends new proposals to a learner only after it has accepted the history (ZK-962).
type lateForwarding struct {
	wrapped
	// syncing are the learners' channels on which NewLeader was sent and not acknowledged yet.
	syncing map[sim.ChanID]bool
}

func newLateForwarding(s *zkserver.Server) decorator {
	return &lateForwarding{wrapped{s}, map[sim.ChanID]bool{}}
}

func (l *lateForwarding) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if m, ok := ev.Msg.(*zab.Ack); ok && m.Zxid.Counter() == 0 {
		delete(l.syncing, ev.Chan)
	}
	l.Server.Step(now, ev, out)
	out.Rewrite(0, func(f sim.Effect) (sim.Effect, bool) {
		if f.Kind != sim.EffectSendOn {
			return f, true
		}
		switch f.Msg.(type) {
		case *zab.NewLeader:
			l.syncing[f.Chan] = true
		case *zab.Propose:
			return f, !l.syncing[f.Chan]
		}
		return f, true
	})
}

// hasty is a follower that takes what is proposed for committed.
type hasty struct{ wrapped }

func newHasty(s *zkserver.Server) decorator { return hasty{wrapped{s}} }

func (h hasty) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	h.Server.Step(now, ev, out)
	m, ok := ev.Msg.(*zab.Propose)
	if ok && h.Zab().Serving() && h.Zab().History().Last().Zxid == m.Txn.Zxid {
		ev.Msg = &zab.Commit{Zxid: m.Txn.Zxid}
		h.Server.Step(now, ev, out)
	}
}

// foreteller is a server that says of what it reads that it is as of the last transaction that is committed, though the
// tree shows only those that it has applied.
type foreteller struct{ wrapped }

func newForeteller(s *zkserver.Server) decorator { return foreteller{wrapped{s}} }

func (h foreteller) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
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

// forgetfulZK is a server that begins anew, with an empty disk, when it cannot read its own.
type forgetfulZK struct{ wrapped }

func newForgetfulZK(s *zkserver.Server) decorator { return forgetfulZK{wrapped{s}} }

func (f forgetfulZK) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if ev.Kind == sim.Start {
		ev.Disk = readable(ev.Disk)
	}
	f.Server.Step(now, ev, out)
}

// wallTimedZK is a server that measures time by its wall clock (ZK-1366).
type wallTimedZK struct{ wrapped }

func newWallTimedZK(s *zkserver.Server) decorator { return wallTimedZK{wrapped{s}} }

func (w wallTimedZK) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	w.Server.Step(ev.Wall, ev, out)
}
