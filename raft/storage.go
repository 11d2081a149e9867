package raft

import (
	"encoding/binary"

	"schism/sim"
	"schism/sim/wal"
)

// LogFile and SnapshotFile name the files of a node: the segments of its write-ahead log begin with
// the one, the other is its last snapshot.
const (
	LogFile      = "raft-log"
	SnapshotFile = "raft-snapshot"
)

// The write-ahead log is a sequence of records, each of which changes what a restart finds:
//
//	state  term, vote
//	entry  replaces the entry at its index and removes all that follow, unless one of the same term
//	       is there already
//	base   the log begins after this position; it keeps what follows it if it has an entry there,
//	       and is empty if not
type recordKind byte

const (
	recordState recordKind = iota + 1
	recordEntry
	recordBase
)

// record is a decoded record.
type record struct {
	kind  recordKind
	term  Term
	vote  sim.NodeID
	base  Position
	entry Entry // Data aliases the bytes decoded
}

// appendState encodes the record of a term and a vote.
func appendState(b []byte, t Term, vote sim.NodeID) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, byte(recordState)), uint64(t))
	return binary.LittleEndian.AppendUint16(b, uint16(vote))
}

// appendEntry encodes the record of an entry.
func appendEntry(b []byte, e *Entry) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, byte(recordEntry)), uint64(e.Term))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Index))
	return append(append(b, byte(e.Type)), e.Data...)
}

// appendBase encodes the record of a new beginning of the log.
func appendBase(b []byte, p Position) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, byte(recordBase)), uint64(p.Term))
	return binary.LittleEndian.AppendUint64(b, uint64(p.Index))
}

// decodeRecord decodes what the three functions above encode; false for anything else.
func decodeRecord(b []byte) (r record, ok bool) {
	if len(b) < 11 {
		return r, false
	}
	r.kind = recordKind(b[0])
	r.term = Term(binary.LittleEndian.Uint64(b[1:]))
	switch {
	case r.kind == recordState && len(b) == 11:
		r.vote = sim.NodeID(binary.LittleEndian.Uint16(b[9:]))
	case r.kind == recordBase && len(b) == 17:
		r.base = Position{r.term, Index(binary.LittleEndian.Uint64(b[9:]))}
	case r.kind == recordEntry && len(b) >= 18:
		i := Index(binary.LittleEndian.Uint64(b[9:]))
		r.entry = Entry{r.term, i, EntryType(b[17]), b[18:]}
	default:
		return r, false
	}
	return r, true
}

// disk is what a node has written and what of it is durable. At most one sync is under way; writes
// made meanwhile wait for the next one (group commit).
type disk struct {
	wal     wal.Log
	scratch []byte // of the record being written; nothing is kept in it
	// durable is the last entry that is durable.
	durable Index
	// dirty says that something was written that no sync has been asked for.
	dirty bool
	// snapshot and segment are what the writes since the last sync were also about: that a snapshot
	// file was written, and that the log was rewritten into this segment.
	snapshot bool
	segment  wal.SegmentID
	// unfit says that the log on the disk does not fit the snapshot that was found there at the start. It
	// is rewritten when that snapshot is surely durable, since a loss of power could take the snapshot
	// alone; until then the node is deaf, so that nothing is written behind what does not fit.
	unfit bool

	// busy says that the sync token is under way; covers is what will be durable after it.
	busy   bool
	token  sim.Token
	covers covered
}

// covered is what a sync makes durable.
type covered struct {
	last     Index
	term     Term
	snapshot bool
	segment  wal.SegmentID
}

// flush asks for a sync if there is something to make durable and none is under way.
func (d *disk) flush(last Index, t Term, out *sim.Effects) {
	if !d.dirty || d.busy {
		return
	}
	d.covers = covered{last, t, d.snapshot, d.segment}
	d.dirty, d.snapshot, d.segment = false, false, 0
	d.busy = true
	d.token++
	out.Sync(d.token)
}

// write writes the record rec.
func (d *disk) write(rec []byte, out *sim.Effects) {
	d.scratch = rec[:0]
	d.wal.Append(rec, out)
	d.dirty = true
}

// saveState writes the term and the vote.
func (n *Node) saveState(out *sim.Effects) {
	n.disk.write(appendState(n.disk.scratch[:0], n.rules.TermSaved(n.role, n.term), n.vote), out)
}

// appendLog adds e to the log, in memory and on the disk.
func (n *Node) appendLog(e Entry, out *sim.Effects) {
	n.log.append(e)
	n.disk.write(appendEntry(n.disk.scratch[:0], &e), out)
	if e.Type == EntryConfig {
		n.addConfig(&e)
	}
}

// cutLog removes every entry after last from the log in memory. The disk learns of it by the next
// entry; until then a restart finds the old ones, which is as if the message that conflicts with
// them had not arrived. What a sync under way makes durable after last is not in the log any more.
func (n *Node) cutLog(last Index) {
	n.log.cut(last)
	if len(n.configs.list) > 1 {
		n.cutConfigs(last)
	}
	n.disk.durable = n.rules.DurableAfterCut(n.disk.durable, last)
	n.disk.covers.last = n.rules.DurableAfterCut(n.disk.covers.last, last)
}

// synced handles the end of the sync t.
func (n *Node) synced(t sim.Token, out *sim.Effects) {
	d := &n.disk
	if !d.busy || t != d.token {
		return
	}
	d.busy = false
	done := d.covers
	d.durable = max(d.durable, done.last)
	if d.unfit {
		d.unfit = false
		n.rewriteLog(out)
	}
	if done.segment != 0 {
		d.wal.RemoveBefore(done.segment, out)
		d.dirty = true // what is promised from now on waits for the removal too
	}
	if done.snapshot {
		n.snapshotSaved(out)
	}
	switch {
	case n.role == Candidate && done.term == n.term:
		n.countVote(n.self, true, out)
	case n.role == Leader:
		n.ownAck(out)
	}
}
