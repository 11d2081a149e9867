package wal

import (
	"encoding/binary"
	"fmt"

	"schism/sim"
)

// Log is the writing end of a log. It is plain data: what it does next depends on its fields and its arguments alone.
// Get one from Open; copy it with Clone only.
type Log struct {
	// name is the log's name, file that of the segment in use.
	name, file string
	// id is the segment in use, size how long it is, 0 if it has not been started. sum chains the sums of its
	// frames.
	id   SegmentID
	size int
	sum  sim.Digest
	// prev is what the segment in use continues.
	prev link
	// first is the oldest segment that may still be on the disk; base the oldest one that is needed, 0 if none
	// was dropped yet. The headers from the segment recorded on say so.
	first, base, recorded SegmentID
	scratch               scratch
}

// link says where a segment ends that another one continues.
type link struct {
	id   SegmentID
	size int
	sum  sim.Digest
}

// scratch holds the bytes of the frames appended during one step. It is no part of the state.
type scratch struct {
	bytes []byte
	// index and start are the place of the last frame among the step's effects and in bytes.
	index, start int
}

// begin returns the free end of the buffer. Bytes handed to effects of the step that is running are not touched; if
// the last of them is not among the effects any more, they have been carried out and the buffer is free.
func (s *scratch) begin(out *sim.Effects) []byte {
	list := out.List()
	if s.index >= len(list) || len(s.bytes) == 0 || len(list[s.index].Data) == 0 ||
		&list[s.index].Data[0] != &s.bytes[s.start] {
		s.bytes = s.bytes[:0]
	}
	return s.bytes
}

// end hands what has been added to b since begin to the file.
func (s *scratch) end(b []byte, file string, out *sim.Effects) {
	s.index, s.start = len(out.List()), len(s.bytes)
	out.Append(file, b[s.start:len(b):len(b)])
	s.bytes = b
}

// Append appends rec, which is copied, to the log. It panics if rec is longer than MaxRecord. It is durable when a
// sync asked for later has ended.
func (l *Log) Append(rec []byte, out *sim.Effects) {
	if len(rec) > MaxRecord {
		panic(fmt.Sprintf("wal: a record of %d bytes is longer than MaxRecord", len(rec)))
	}
	if l.size > headerSize && l.size+frameHead+len(rec) > SegmentBytes {
		l.roll(out)
	}
	b := l.scratch.begin(out)
	if l.size == 0 {
		b = l.start(b)
	}
	at := len(b)
	b = appendFrame(b, kindRecord, l.size, rec)
	l.count(b[at:])
	l.scratch.end(b, l.file, out)
}

// count adds the frame b to the segment in use.
func (l *Log) count(b []byte) {
	l.size += len(b)
	l.sum = l.sum.Mix(uint64(binary.LittleEndian.Uint32(b[8:])))
}

// start begins the segment in use: it appends its header to b.
func (l *Log) start(b []byte) []byte {
	h := header{id: l.id, base: l.base, prev: l.prev.id, prevSize: uint32(l.prev.size), prevSum: l.prev.sum}
	l.size = headerSize
	return h.append(b)
}

// roll ends the segment in use with a seal; the next one is started by what is written next.
//
// The seal is a write of its own. The disk loses the later writes to a file before the earlier ones, so where a seal
// follows a bad frame, that frame was once whole: it is corrupt, not torn.
func (l *Log) roll(out *sim.Effects) {
	l.scratch.end(appendFrame(l.scratch.begin(out), kindSeal, l.size, nil), l.file, out)
	l.follow(link{l.id, l.size, l.sum}, l.id+1)
}

// follow makes id, which has not been started, the segment in use; it continues prev.
func (l *Log) follow(prev link, id SegmentID) {
	l.prev, l.id, l.file, l.size, l.sum = prev, id, segmentFile(l.name, id), 0, 0
}

// Cut starts a new segment, so that everything appended so far can be dropped, and returns it. If nothing has been
// appended since the last Cut it returns that one.
func (l *Log) Cut(out *sim.Effects) SegmentID {
	if l.size > headerSize {
		l.roll(out)
	}
	if l.size == 0 {
		l.scratch.end(l.start(l.scratch.begin(out)), l.file, out)
	}
	return l.id
}

// RemoveBefore drops everything before the segment s, which came from Cut. What is needed of it must have been
// appended again since, and be durable: the caller waits for a Synced event first.
//
// The files are removed by the next RemoveBefore, not by this one: only then it is known that a durable header says
// that they are not needed, and a missing file can be told from a lost one. So after a crash Open may replay records
// that were dropped, before those that were not.
func (l *Log) RemoveBefore(s SegmentID, out *sim.Effects) {
	if s > l.id {
		panic(fmt.Sprintf("wal: RemoveBefore(%d): the last segment is %d", s, l.id))
	}
	if s >= l.recorded {
		for ; l.first < l.base; l.first++ {
			out.Remove(segmentFile(l.name, l.first))
		}
	}
	if s > l.base {
		l.base, l.recorded = s, l.id+1
		if l.size == 0 {
			l.recorded = l.id
		}
	}
}

// Clone returns an independent copy.
func (l *Log) Clone() Log {
	c := *l
	c.scratch = scratch{}
	return c
}

// AppendHash appends a canonical encoding of the state to b.
func (l *Log) AppendHash(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(l.name)))
	b = append(b, l.name...)
	for _, id := range [...]SegmentID{l.id, l.prev.id, l.first, l.base, l.recorded} {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	for _, v := range [...]uint64{uint64(l.size), uint64(l.sum), uint64(l.prev.size), uint64(l.prev.sum)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}
