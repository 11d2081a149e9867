package zab

import (
	"encoding/binary"
	"hash/crc32"

	"schism/sim"
	"schism/sim/wal"
)

// The files of a peer: the segments of its transaction log begin with LogFile; the others hold its last snapshot and
// its two epochs.
const (
	LogFile           = "zab-log"
	SnapshotFile      = "zab-snapshot"
	AcceptedEpochFile = "zab-accepted-epoch"
	CurrentEpochFile  = "zab-current-epoch"
)

// The transaction log is a sequence of records, each of which changes what a restart finds:
//
//	txn    the transaction at its index; what is there already stays if it is the same, and goes with all that
//	       follows it if not
//	cut    everything after its index goes
//	base   the history begins after this position; it keeps what follows it if it has it, and is empty if not
//	reconfig   as txn, with an ensemble before the data
//	active     its ensemble is in force
type recordKind byte

const (
	recordTxn recordKind = iota + 1
	recordCut
	recordBase
	recordReconfig
	recordActive
)

// record is a decoded record.
type record struct {
	kind recordKind
	at   Position
	data []byte // aliases the bytes decoded
	// ensemble is that of a reconfig, or the active one.
	ensemble *Ensemble
}

// recordHead is the size of a record without data.
const recordHead = 1 + 8 + 8

// appendRecord encodes a record.
func appendRecord(b []byte, kind recordKind, at Position, data []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, byte(kind)), uint64(at.Zxid))
	return append(binary.LittleEndian.AppendUint64(b, uint64(at.Index)), data...)
}

// decodeRecord decodes what appendRecord encodes; false for anything else.
func decodeRecord(b []byte) (r record, ok bool) {
	if len(b) < recordHead {
		return r, false
	}
	r = record{kind: recordKind(b[0]), data: b[recordHead:], at: Position{
		Zxid(binary.LittleEndian.Uint64(b[1:])), Index(binary.LittleEndian.Uint64(b[9:]))}}
	switch r.kind {
	case recordTxn:
		return r, true
	case recordCut, recordBase:
		return r, len(r.data) == 0
	case recordReconfig, recordActive:
		r.ensemble, r.data, ok = decodeEnsemble(r.data)
		return r, ok && (r.kind == recordReconfig || len(r.data) == 0)
	}
	return r, false
}

// Duty is what a peer does only when everything written before is durable.
type Duty uint8

// The duties.
const (
	// DutyProposeEpoch tells everybody the epoch that this server, which is to lead it, has accepted.
	DutyProposeEpoch Duty = iota + 1
	// DutyPromise acknowledges the epoch that this server has accepted.
	DutyPromise
	// DutySnapshot goes on with a snapshot that came from the leader, DutyOwnSnapshot compacts the log.
	DutySnapshot
	DutyOwnSnapshot
	// DutyHistory makes the epoch current whose history has been written.
	DutyHistory
	// DutyCurrentEpoch accepts the leader, or this server itself, once its epoch is current.
	DutyCurrentEpoch
	// DutySegment removes the segments of the log that nobody needs any more.
	DutySegment
	// DutyAck acknowledges transactions.
	DutyAck
)

// duty is one duty that waits. It belongs to the epoch that the server was in when it took it on.
type duty struct {
	what    Duty
	epoch   Epoch
	segment wal.SegmentID
}

// lasts reports whether the duty remains when the server looks for another leader.
func (d *duty) lasts() bool { return d.what == DutyOwnSnapshot || d.what == DutySegment }

// disk is what a peer has written and what of it is durable. At most one sync is under way; writes made meanwhile
// wait for the next one (group commit).
type disk struct {
	wal     wal.Log
	scratch []byte // of the record being written; nothing is kept in it
	// logged is the last transaction written, durable the last one that is durable.
	logged, durable Index
	// dirty says that something was written that no sync has been asked for; waiting are the duties that wait for it.
	dirty   bool
	waiting []duty
	// busy says that the sync token is under way, after which everything up to covers is durable and the duties in
	// covered are due.
	busy    bool
	token   sim.Token
	covers  Index
	covered []duty
	// unfit says that the log on the disk does not fit the snapshot that was found there at the start. It is rewritten
	// when that snapshot is surely durable, since a loss of power could take the snapshot alone; until then the server
	// takes no part in anything.
	unfit bool
}

// flush asks for a sync if there is something to make durable and none is under way.
func (d *disk) flush(out *sim.Effects) {
	if !d.dirty || d.busy {
		return
	}
	d.covers, d.dirty, d.busy = d.logged, false, true
	d.covered, d.waiting = append(d.covered[:0], d.waiting...), d.waiting[:0]
	d.token++
	out.Sync(d.token)
}

// forget drops the duties that belong to a leader or a learner.
func (d *disk) forget() {
	d.waiting = lasting(d.waiting)
	d.covered = lasting(d.covered)
}

func lasting(all []duty) []duty {
	kept := all[:0]
	for i := range all {
		if all[i].lasts() {
			kept = append(kept, all[i])
		}
	}
	return kept
}

// cut says that everything after last is gone from the history: what a sync under way makes durable after it is not
// in the history any more.
func (d *disk) cut(last Index) {
	d.logged, d.durable, d.covers = min(d.logged, last), min(d.durable, last), min(d.covers, last)
}

// write writes a record of the log.
func (d *disk) write(kind recordKind, at Position, data []byte, out *sim.Effects) {
	d.scratch = appendRecord(d.scratch[:0], kind, at, data)
	d.wal.Append(d.scratch, out)
	d.dirty = true
}

// after does what the duty is once everything written so far is durable.
func (p *Peer) after(d duty, out *sim.Effects) {
	if !p.rules.Waits(d.what) {
		p.do(d, out)
		return
	}
	w := &p.disk.waiting
	if n := len(*w); n == 0 || (*w)[n-1] != d {
		*w = append(*w, d)
	}
	p.disk.dirty = true
}

// synced handles the end of the sync t.
func (p *Peer) synced(t sim.Token, out *sim.Effects) {
	d := &p.disk
	if !d.busy || t != d.token {
		return
	}
	d.busy = false
	d.durable = max(d.durable, d.covers)
	if d.unfit {
		d.unfit = false
		p.rewriteLog(out)
		p.startElection(out)
	}
	due := d.covered
	d.covered = nil
	for _, x := range due {
		p.do(x, out)
	}
	d.covered = due[:0]
}

// do does a duty.
func (p *Peer) do(d duty, out *sim.Effects) {
	switch d.what {
	case DutyOwnSnapshot:
		p.snapshotSaved(out)
		return
	case DutyAck:
		p.acknowledge(out)
		return
	case DutySegment:
		p.disk.wal.RemoveBefore(d.segment, out)
		p.disk.dirty = true // what is promised from now on waits for the removal too
		return
	}
	switch {
	case p.state == Leading && d.epoch == p.lead.epoch:
		p.leaderDuty(d.what, out)
	case p.isLearner() && d.epoch == p.learn.epoch:
		p.learnerDuty(d.what, out)
	}
}

// logTxn appends t to the history, in memory and on the disk.
func (p *Peer) logTxn(t Txn, out *sim.Effects) {
	p.history.append(t)
	last := p.history.Last()
	p.writeTxn(&t, last, out)
	p.disk.logged = last.Index
	p.seen(t.Ensemble)
}

// writeTxn writes the record of t, whose place is at.
func (p *Peer) writeTxn(t *Txn, at Position, out *sim.Effects) {
	if t.Ensemble == nil {
		p.disk.write(recordTxn, at, t.Data, out)
		return
	}
	p.disk.write(recordReconfig, at, append(appendEnsemble(nil, t.Ensemble), t.Data...), out)
}

// cutHistory removes everything after last, in memory and on the disk.
func (p *Peer) cutHistory(last Index, out *sim.Effects) {
	if last >= p.history.LastIndex() {
		return
	}
	if last < p.committed {
		panic("zab: a committed transaction is cut off")
	}
	p.history.cut(last)
	p.unseen()
	p.disk.cut(last)
	p.disk.write(recordCut, p.history.Last(), nil, out)
	out.Mark("history-truncated")
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// epochFileSize is the size of an epoch file: the epoch and a checksum.
const epochFileSize = 8

// acceptEpoch accepts e. From now on this server takes part in no earlier epoch, whatever becomes of this one; it tells
// nobody before that is durable.
func (p *Peer) acceptEpoch(e Epoch, out *sim.Effects) {
	p.acceptedEpoch = e
	p.writeEpoch(AcceptedEpochFile, e, out)
}

// writeEpoch replaces an epoch file.
func (p *Peer) writeEpoch(file string, e Epoch, out *sim.Effects) {
	b := binary.LittleEndian.AppendUint32(nil, uint32(e))
	out.Replace(file, binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)))
	p.disk.dirty = true
}

// decodeEpoch reads what writeEpoch writes.
func decodeEpoch(b []byte) (Epoch, bool) {
	if len(b) != epochFileSize || binary.LittleEndian.Uint32(b[4:]) != crc32.Checksum(b[:4], castagnoli) {
		return 0, false
	}
	return Epoch(binary.LittleEndian.Uint32(b)), true
}
