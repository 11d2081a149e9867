package wal

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"schism/sim"
)

// SegmentID numbers the segments of a log, from 1. Numbers go up and are never used twice, but some may be missing.
type SegmentID uint32

// SegmentBytes is the size in bytes at which a log goes on in a new segment. A segment is longer only to hold one
// record that does not fit.
const SegmentBytes = 16 << 10

// header is what every segment begins with. All numbers are little-endian:
//
//	| magic u32 | id u32 | base u32 | prev u32 | prevSize u32 | prevSum u64 | CRC-32C u32 |
type header struct {
	id SegmentID
	// base is the first segment that was needed when this one was started, 0 if none had been dropped yet.
	base SegmentID
	// prev is the segment that this one continues, 0 for none, prevSize how much of it belongs to the log and
	// prevSum the chained sum of its frames up to there. It may be longer: a seal follows, or a torn tail.
	prev     SegmentID
	prevSize uint32
	prevSum  sim.Digest
}

const (
	headerSize = 32
	// magic reads "wal1"; as the first word of a frame it would be of an invalid kind.
	magic = 'w' | 'a'<<8 | 'l'<<16 | '1'<<24
)

func (h *header) append(b []byte) []byte {
	at := len(b)
	for _, v := range [...]uint32{magic, uint32(h.id), uint32(h.base), uint32(h.prev), h.prevSize} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(h.prevSum))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli))
}

// parseHeader decodes the header that data begins with, if it does.
func parseHeader(data []byte) (h header, ok bool) {
	if len(data) < headerSize || binary.LittleEndian.Uint32(data) != magic {
		return h, false
	}
	if binary.LittleEndian.Uint32(data[28:]) != crc32.Checksum(data[:28], castagnoli) {
		return h, false
	}
	h.id = SegmentID(binary.LittleEndian.Uint32(data[4:]))
	h.base = SegmentID(binary.LittleEndian.Uint32(data[8:]))
	h.prev = SegmentID(binary.LittleEndian.Uint32(data[12:]))
	h.prevSize = binary.LittleEndian.Uint32(data[16:])
	h.prevSum = sim.Digest(binary.LittleEndian.Uint64(data[20:]))
	return h, true
}

// segmentFile returns the name of the file that holds a segment, "raft-0000001f".
func segmentFile(log string, id SegmentID) string {
	digits := strconv.FormatUint(1<<32|uint64(id), 16)
	return log + "-" + digits[1:]
}

// parseSegmentFile reads what segmentFile writes.
func parseSegmentFile(log, file string) (SegmentID, bool) {
	if len(file) != len(log)+9 || file[:len(log)] != log || file[len(log)] != '-' {
		return 0, false
	}
	id, err := strconv.ParseUint(file[len(log)+1:], 16, 32)
	if err != nil || id == 0 || segmentFile(log, SegmentID(id)) != file {
		return 0, false
	}
	return SegmentID(id), true
}
