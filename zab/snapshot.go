package zab

import (
	"encoding/binary"
	"hash/crc32"

	"schism/sim"
)

// snapshots is what a peer knows of snapshots.
type snapshots struct {
	// last is the snapshot that is durable; zero if there is none. saving is the one that has been written and is
	// not durable yet, if its file is not nil.
	last, saving image
	// restore says that the application has to load last.
	restore bool
}

// Saving reports whether a snapshot has been written and is not durable yet.
func (p *Peer) Saving() bool { return p.snapshots.saving.file != nil }

// image is a snapshot as the bytes of its file, which is also what is sent. The file is immutable.
type image struct {
	at   Position
	file []byte
}

// The file: a checksum of the rest, the position of the last transaction, the ensemble if there was a reconfig, the
// state. withEnsemble in the index says that there is one.
const (
	imageHead    = 4 + 8 + 8
	withEnsemble = 1 << 63
)

// newImage returns the image of a snapshot. The ensemble e may be newer than at: it is known to be committed.
func newImage(at Position, e *Ensemble, state []byte) image {
	b := make([]byte, imageHead, imageHead+len(state))
	binary.LittleEndian.PutUint64(b[4:], uint64(at.Zxid))
	binary.LittleEndian.PutUint64(b[12:], uint64(at.Index))
	if e.Version != 0 {
		binary.LittleEndian.PutUint64(b[12:], uint64(at.Index)|withEnsemble)
		b = appendEnsemble(b, e)
	}
	b = append(b, state...)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return image{at, b}
}

// openImage checks the file of a snapshot; false if it is damaged.
func openImage(file []byte) (image, bool) {
	if len(file) < imageHead || binary.LittleEndian.Uint32(file) != crc32.Checksum(file[4:], castagnoli) {
		return image{}, false
	}
	return image{Position{
		Zxid(binary.LittleEndian.Uint64(file[4:])), Index(binary.LittleEndian.Uint64(file[12:]) &^ withEnsemble),
	}, file}, true
}

// state is the application's part.
func (m *image) state() []byte {
	if e, rest, ok := m.parts(); ok && e != nil {
		return rest
	}
	return m.file[imageHead:]
}

// parts returns the ensemble, nil if there was no reconfig, and the state; false if the file makes no sense.
func (m *image) parts() (*Ensemble, []byte, bool) {
	if binary.LittleEndian.Uint64(m.file[12:])&withEnsemble == 0 {
		return nil, m.file[imageHead:], true
	}
	return decodeEnsemble(m.file[imageHead:])
}

// ensemble returns the ensemble that was in force, nil if there was no reconfig.
func (m *image) ensemble() *Ensemble {
	e, _, _ := m.parts()
	return e
}

// Snapshot saves state, the application's state after the transaction i, which it has applied, and then compacts the
// log. It does nothing if a snapshot is being saved or i is before the last one. The peer copies state. Only what
// is committed is ever in a snapshot, so that no synchronization has to take one back (ZK-1549, ZK-4837).
func (p *Peer) Snapshot(i Index, state []byte, out *sim.Effects) {
	s := &p.snapshots
	if s.saving.file != nil || i < s.last.at.Index || i > p.history.LastIndex() {
		return
	}
	if i > p.applied {
		panic("zab: snapshot of a state that was not applied")
	}
	s.saving = newImage(p.history.position(i), p.ensemble, state)
	out.Replace(SnapshotFile, s.saving.file)
	p.after(duty{what: DutyOwnSnapshot}, out)
	p.disk.flush(out)
}

// snapshotSaved handles that this server's own snapshot is durable.
func (p *Peer) snapshotSaved(out *sim.Effects) {
	s := &p.snapshots
	if s.saving.file == nil {
		return // replaced by the leader's meanwhile
	}
	s.last, s.saving = s.saving, image{}
	if keep := Index(p.SnapshotTrailing); s.last.at.Index > p.history.base.Index+keep {
		p.history.compact(s.last.at.Index - keep)
		p.rewriteLog(out)
	}
}

// rewriteLog writes the whole history into a new segment. The older ones are removed once that is durable.
func (p *Peer) rewriteLog(out *sim.Effects) {
	d := &p.disk
	segment := d.wal.Cut(out)
	d.write(recordBase, p.history.base, nil, out)
	for i := range p.history.txns {
		t := &p.history.txns[i]
		p.writeTxn(t, Position{t.Zxid, p.history.base.Index + Index(i) + 1}, out)
	}
	p.logActive(out)
	d.logged = p.history.LastIndex()
	p.after(duty{what: DutySegment, segment: segment}, out)
}

// SnapshotUnderWay reports whether the peer is saving a snapshot, or gets its leader's history by one.
func (p *Peer) SnapshotUnderWay() bool {
	n := &p.learn
	return p.snapshots.saving.file != nil || n.stage == syncing && n.sync.Mode == Snap
}

// HasRestore reports whether TakeRestore has a snapshot.
func (p *Peer) HasRestore() bool { return p.snapshots.restore }

// TakeRestore returns the snapshot that the application must load before it applies further transactions, if there is
// one: after a restart, or after one has arrived.
func (p *Peer) TakeRestore() (Snapshot, bool) {
	s := &p.snapshots
	if !s.restore {
		return Snapshot{}, false
	}
	s.restore = false
	p.applied = s.last.at.Index
	return Snapshot{s.last.at, s.last.state()}, true
}
