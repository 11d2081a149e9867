package zab

import (
	"encoding/binary"
	"strings"

	"schism/sim"
	"schism/sim/wal"
)

// effects reads what the step writes and sends.
func (g *Ghost) effects(s *shadow, p *Peer, info *sim.StepInfo) {
	for i := range info.Effects {
		f := &info.Effects[i]
		switch f.Kind {
		case sim.EffectAppend:
			g.number(s)
			if strings.HasPrefix(f.Name, LogFile) {
				wal.Records(f.Data, g.visit)
			}
		case sim.EffectReplace:
			g.number(s)
			g.replaced(s, f)
		case sim.EffectTruncate, sim.EffectRemove:
			g.number(s)
		case sim.EffectSendOn:
			g.sent(s, p, f)
		}
	}
}

// number gives the next write of the step its number.
func (g *Ghost) number(s *shadow) {
	if g.seq == 0 {
		g.seq = g.world.Written(s.id)
	}
	g.seq++
}

// replaced takes notice of an epoch file, or of a snapshot.
func (g *Ghost) replaced(s *shadow, f *sim.Effect) {
	if f.Name == SnapshotFile {
		g.snapshot(s, f.Data)
	}
	if f.Name != AcceptedEpochFile && f.Name != CurrentEpochFile {
		return
	}
	w := written{seq: g.seq, kind: wroteAccepted, epoch: Epoch(binary.LittleEndian.Uint32(f.Data))}
	if f.Name == CurrentEpochFile {
		w.kind = wroteCurrent
		end := s.written.history.end()
		if !s.durable.history.holds(end.Index, s.written.history.links[len(s.written.history.links)-1]) {
			g.fail(HistoryFirst, "%s makes epoch %d current with a history up to %v, its disk has one up to %v", s.id,
				w.epoch, end, s.durable.history.end())
		}
	}
	g.write(s, w)
	if h := &s.written; h.current > h.accepted {
		g.fail(EpochSanity, "%s writes the current epoch %d, which it has not accepted", s.id, h.current)
	}
}

// write takes notice of a write.
func (g *Ghost) write(s *shadow, w written) {
	before := s.written.accepted + s.written.current
	s.written.apply(&w, nil)
	if s.written.accepted+s.written.current < before {
		g.fail(EpochSanity, "%s goes back to epoch %d", s.id, w.epoch)
	}
	s.pending = append(s.pending, w)
}

// record takes notice of one record of the log that the current server writes.
func (g *Ghost) record(rec []byte) bool {
	s := g.cur
	r, ok := decodeRecord(rec)
	if !ok {
		return true
	}
	w := written{seq: g.seq, at: r.at.Index, link: link2{zxid: r.at.Zxid}}
	h := &s.written.history
	switch r.kind {
	case recordActive:
		g.activated = r.ensemble // checked when the commits of this step are known
		return true
	case recordTxn, recordReconfig:
		w.kind = wroteTxn
		if !g.logged(s, &r, &w.link) {
			return false
		}
	case recordCut:
		w.kind = wroteCut
		if r.at.Index < s.committed {
			g.fail(CommittedKept, "%s cuts its history back to %v and knew that %d are committed",
				s.id, r.at, s.committed)
		}
	case recordBase:
		w.kind = wroteBase
		if s.durable.snapshot < r.at.Index {
			g.fail(SnapshotFirst, "%s begins its log after %v, its disk has a snapshot up to %d", s.id, r.at,
				s.durable.snapshot)
		}
		if i := r.at.Index; i > g.Committed() || g.at(i).zxid != r.at.Zxid {
			g.fail(CommittedKept, "%s begins its log after %v, which is not committed", s.id, r.at)
			return false
		}
		w.link = g.at(r.at.Index)
	}
	g.write(s, w)
	if h.last() < s.committed {
		g.fail(CommittedKept, "%s has a history up to %v and knew that %d are committed", s.id, h.end(), s.committed)
	}
	return g.err == nil
}

// logged checks a transaction that s writes, and completes its link.
func (g *Ghost) logged(s *shadow, r *record, l *link2) bool {
	h := &s.written.history
	if r.at.Index <= h.base || r.at.Index > h.last()+1 {
		g.fail(Contiguous, "%s writes %v into a history of %d..%d", s.id, r.at, h.base+1, h.last())
		return false
	}
	prev := h.links[r.at.Index-1-h.base]
	if !r.at.Zxid.follows(prev.zxid) {
		g.fail(Contiguous, "%s writes %v after %v", s.id, r.at, prev.zxid)
	}
	t := Txn{r.at.Zxid, r.data, r.ensemble}
	if r.ensemble != nil {
		g.reconfigs[t.Zxid] = r.ensemble
	}
	l.hash = t.Fold(prev.hash)
	first, known := g.made[t.Zxid]
	switch {
	case !known:
		g.created(s, t.Zxid, l.hash)
	case first != l.hash:
		g.fail(SameTransaction, "%s has another history up to %v", s.id, t.Zxid)
	}
	return true
}

// created checks a transaction that nobody wrote before.
func (g *Ghost) created(s *shadow, z Zxid, h sim.Digest) {
	g.made[z] = h
	e := z.Epoch()
	if int(e) >= len(g.leaderOf) || g.leaderOf[e] != s.id {
		g.fail(Integrity, "%s writes %v, which no leader has proposed", s.id, z)
		return
	}
	if z.Counter() != g.lastOf[e]+1 {
		g.fail(Contiguous, "%s proposes %v, the last one of the epoch was %d", s.id, z, g.lastOf[e])
	}
	g.lastOf[e] = z.Counter()
}

// snapshot takes notice of a snapshot.
func (g *Ghost) snapshot(s *shadow, file []byte) {
	m, ok := openImage(file)
	if !ok {
		return
	}
	g.saved = m.at // checked when the commits of this step are known
	g.write(s, written{seq: g.seq, kind: wroteSnapshot, at: m.at.Index})
}

// holdsCommitted checks that a snapshot up to at, zero for none, holds only what is committed.
func (g *Ghost) holdsCommitted(s *shadow, does string, at Position) {
	if at.Index > g.Committed() || g.at(at.Index).zxid != at.Zxid {
		g.fail(SnapshotCommitted, "%s %s a snapshot up to %v, which is not committed", s.id, does, at)
	}
}
