package wal

import (
	"encoding/binary"
	"hash/crc32"
)

// A frame is a head of 12 bytes and a body, all numbers little-endian:
//
//	| kind, length u32 | position u32 | CRC-32C u32 | body … |
//
// The upper four bits of the first word are the kind. The position is the frame's offset in its segment: if an
// earlier write failed, later frames are found where they do not belong, and are not taken for valid. The checksum
// covers everything but itself.
const (
	frameHead  = 12
	kindRecord = 0 // the body is a record
	kindSeal   = 1 // the last frame of a segment that has a successor; no body
	kindBlank  = 2 // a record that has been blanked out, see Blank
	kindShift  = 28
)

// MaxRecord is the length in bytes of the longest record.
const MaxRecord = 1<<26 - 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is a decoded frame.
type frame struct {
	kind uint32
	pos  uint32
	crc  uint32
	body []byte
}

// size is the number of bytes that f occupies.
func (f *frame) size() int { return frameHead + len(f.body) }

// chained is what f adds to the sum of its segment: its checksum; for a record that was blanked out the checksum that
// it had, since the segment that follows was told that one.
func (f *frame) chained() uint32 {
	if f.kind != kindBlank {
		return f.crc
	}
	return binary.LittleEndian.Uint32(appendFrame(nil, kindRecord, int(f.pos), f.body)[8:])
}

// appendFrame appends a frame to b.
func appendFrame(b []byte, kind uint32, pos int, body []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, kind<<kindShift|uint32(len(body)))
	b = binary.LittleEndian.AppendUint32(b, uint32(pos))
	crc := crc32.Update(crc32.Checksum(b[len(b)-8:], castagnoli), castagnoli, body)
	b = binary.LittleEndian.AppendUint32(b, crc)
	return append(b, body...)
}

// parseFrame decodes the frame that data begins with. If there is none, it says why.
func parseFrame(data []byte) (f frame, bad string) {
	if len(data) < frameHead {
		return f, "frame head cut short"
	}
	word := binary.LittleEndian.Uint32(data)
	f.kind = word >> kindShift
	length := int(word & (1<<kindShift - 1))
	switch {
	case f.kind > kindBlank || length > MaxRecord || f.kind == kindSeal && length > 0:
		return f, "frame head invalid"
	case length > len(data)-frameHead:
		return f, "frame body cut short"
	}
	f.pos = binary.LittleEndian.Uint32(data[4:])
	f.crc = binary.LittleEndian.Uint32(data[8:])
	f.body = data[frameHead : frameHead+length : frameHead+length]
	if crc32.Update(crc32.Checksum(data[:8], castagnoli), castagnoli, f.body) != f.crc {
		return f, "frame checksum wrong"
	}
	return f, ""
}

// Records calls f with every record in data, which is what one or several Appends of a Log handed to the disk, or
// a whole segment, until f returns false. It skips segment headers and returns the number of bytes that it decoded:
// len(data), unless f stopped it or there was something else than whole frames.
//
// Records is for observers. It does not look at positions, so data may begin at any frame.
func Records(data []byte, f func(rec []byte) bool) (n int) {
	for n < len(data) {
		if _, ok := parseHeader(data[n:]); ok {
			n += headerSize
			continue
		}
		fr, bad := parseFrame(data[n:])
		if bad != "" {
			return n
		}
		n += fr.size()
		if fr.kind == kindRecord && !f(fr.body) {
			return n
		}
	}
	return n
}

// Blank returns data with every record for which f returns true blanked out: Open and Records skip it, and nothing
// else changes. Data is what one or several Appends handed to the disk; it is not changed itself. Blank is for
// decorators that re-introduce the bug of a record that was never written.
func Blank(data []byte, f func(rec []byte) bool) []byte {
	out := append([]byte(nil), data...)
	for n := 0; n < len(out); {
		if _, ok := parseHeader(out[n:]); ok {
			n += headerSize
			continue
		}
		fr, bad := parseFrame(out[n:])
		if bad != "" {
			break
		}
		if fr.kind == kindRecord && f(fr.body) {
			appendFrame(out[:n], kindBlank, int(fr.pos), fr.body)
		}
		n += fr.size()
	}
	return out
}
