package wal

import (
	"encoding/binary"
	"fmt"
	"slices"

	"schism/sim"
)

// Repair says what Open cut off because a crash had torn it. The zero value is nothing.
type Repair struct {
	// File is the segment that was cut, empty if none was.
	File string
	// Size is how long it is now, Lost how many bytes were cut.
	Size, Lost int
	// Segments counts the segments that were removed because they continued what is lost.
	Segments int
	// Reason says what was wrong.
	Reason string
}

// CorruptError says that something is damaged that was durable once, as no crash does it. The log cannot be used.
type CorruptError struct {
	File   string
	Offset int
	Reason string
}

// Error returns "wal-00000003 is corrupt at 512: frame checksum wrong".
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is corrupt at %d: %s", e.File, e.Offset, e.Reason)
}

// segment is a file of the log as Open finds it.
type segment struct {
	header
	id   SegmentID
	file string
	data []byte
	// headed says that the header is valid; err that the file cannot be read.
	headed bool
	err    error
	// chained says that it is part of the log.
	chained bool
}

// Open reads the log of that name from d, as the machine finds it at Start, and returns it ready for writing. It calls
// replay with every record in order, those dropped by RemoveBefore but still there included; records are the disk's
// own bytes, which do not change and must not be changed. An error of replay ends Open and is returned as it is.
//
// What a crash has torn off the end, Open cuts off through out, and says so in the Repair. What damages the log in
// the middle is a *CorruptError; a sector that cannot be read is a *sim.DiskError. How they are told apart:
//
//	[frame][frame][bad  ][frame]    corrupt: a crash leaves nothing behind what it tore
//	[frame][frame][bad  ]           torn, and so is every segment that claims to continue it further
//	[frame][frame][bad  ] longer than the next segment says it was: corrupt
//
// Like every log, it cannot tell a last frame that rotted from one that was torn.
func Open(d *sim.Disk, name string, out *sim.Effects, replay func(rec []byte) error) (Log, Repair, error) {
	o := opening{segments: load(d, name), out: out, replay: replay}
	at, err := o.begin()
	if err != nil {
		return Log{}, Repair{}, err
	}
	l := Log{name: name, base: o.base}
	if at == nil {
		o.removeStale()
		l.follow(link{}, o.next())
	} else if err := o.walk(at, &l); err != nil {
		return Log{}, Repair{}, err
	}
	l.first = l.id
	if len(o.segments) > 0 && o.base > 0 {
		l.first = min(l.first, o.segments[0].id)
	} else if at != nil {
		l.first = at.id
	}
	if o.repair != (Repair{}) {
		l.Cut(out)
	}
	return l, o.repair, nil
}

// load reads the segments of the log from d, in order.
func load(d *sim.Disk, name string) []segment {
	var found []segment
	for _, file := range d.Files() {
		id, ok := parseSegmentFile(name, file)
		if !ok {
			continue
		}
		s := segment{id: id, file: file}
		s.data, s.err = d.ReadFile(file)
		s.header, s.headed = parseHeader(s.data)
		s.headed = s.headed && s.header.id == id
		found = append(found, s)
	}
	return found
}

// opening is one call of Open.
type opening struct {
	segments []segment
	base     SegmentID
	out      *sim.Effects
	replay   func(rec []byte) error
	repair   Repair
}

// next returns a number that no segment has.
func (o *opening) next() SegmentID {
	if len(o.segments) == 0 {
		return 1
	}
	return o.segments[len(o.segments)-1].id + 1
}

// begin finds the base and the segment with which the log begins, nil if the log is empty.
func (o *opening) begin() (*segment, error) {
	for i := range o.segments {
		if s := &o.segments[i]; s.headed {
			o.base = max(o.base, s.base)
		}
	}
	var first *segment
	for i := range o.segments {
		s := &o.segments[i]
		switch {
		case s.id < o.base:
		case s.err != nil:
			return nil, s.err
		case !s.headed:
			if at := laterFrame(s.data, 0); at >= 0 {
				return nil, &CorruptError{s.file, 0, "segment header invalid"}
			}
		case s.id == o.base, o.base == 0 && s.prev == 0:
			first = s
		}
	}
	if first == nil && o.base > 0 {
		return nil, &CorruptError{segmentFile(o.logName(), o.base), 0, "segment missing"}
	}
	return first, nil
}

// logName returns the name of the log, of which there is a segment.
func (o *opening) logName() string {
	file := o.segments[0].file
	return file[:len(file)-9]
}

// laterFrame returns the offset of a valid frame behind the offset from, -1 if there is none. It looks at positions
// first, which keeps the work proportional to the length.
func laterFrame(data []byte, from int) int {
	for at := from + 1; at+frameHead <= len(data); at++ {
		if int(binary.LittleEndian.Uint32(data[at+4:])) != at {
			continue
		}
		if _, bad := parseFrame(data[at:]); bad == "" {
			return at
		}
	}
	return -1
}

// extent says how far a segment is good.
type extent struct {
	link
	sealed bool
	// bad says why it is not good any further, empty if it ends there.
	bad string
}

// scan reads the frames of s up to the offset limit, and hands its records to each.
func (s *segment) scan(limit int, each func(rec []byte) error) (extent, error) {
	e := extent{link: link{id: s.id, size: headerSize}}
	for e.size < min(limit, len(s.data)) {
		f, bad := parseFrame(s.data[e.size:])
		switch {
		case bad != "":
			e.bad = bad
			return e, nil
		case int(f.pos) != e.size:
			e.bad = "frame in the wrong place"
			return e, nil
		case f.kind == kindSeal:
			e.sealed = true
			if e.size+frameHead < len(s.data) {
				e.bad = "bytes after the seal"
			}
			return e, nil
		case f.kind == kindRecord && each != nil:
			if err := each(f.body); err != nil {
				return e, err
			}
		}
		e.size += f.size()
		e.sum = e.sum.Mix(uint64(f.chained()))
	}
	return e, nil
}

// walk replays the log from the segment s on, and makes l ready to continue it.
func (o *opening) walk(s *segment, l *Log) error {
	for {
		s.chained = true
		next := o.successor(s)
		limit := len(s.data)
		if next != nil {
			limit = int(next.prevSize)
		}
		e, err := s.scan(limit, nil)
		if err == nil && next == nil {
			err = o.end(s, e)
		}
		if err == nil {
			_, err = s.scan(e.size, o.replay)
		}
		if err != nil {
			return err
		}
		if next == nil {
			o.resume(s, e, l)
			return nil
		}
		s = next
	}
}

// successor returns the segment that continues s, nil if there is none. Of two, the newer counts: a crash may bring
// back the older, which a repair had removed.
func (o *opening) successor(s *segment) *segment {
	for i := range slices.Backward(o.segments) {
		n := &o.segments[i]
		if !n.headed || n.id <= s.id || n.prev != s.id {
			continue
		}
		if e, _ := s.scan(int(n.prevSize), nil); e.size == int(n.prevSize) && e.sum == n.prevSum {
			return n
		}
	}
	return nil
}

// end judges the end of the last segment s, which is good as far as e says, and cuts off what is torn.
func (o *opening) end(s *segment, e extent) error {
	if e.bad != "" && laterFrame(s.data, e.size) >= 0 {
		return &CorruptError{s.file, e.size, e.bad}
	}
	for i := range o.segments {
		n := &o.segments[i]
		if !n.headed || n.id <= s.id || n.prev != s.id {
			continue
		}
		if size := int(n.prevSize); size <= e.size || size < len(s.data) {
			return &CorruptError{s.file, e.size, "not what " + n.file + " continues"}
		}
		o.repair.Reason = "end missing"
	}
	if e.bad != "" {
		o.repair = Repair{File: s.file, Size: e.size, Lost: len(s.data) - e.size, Reason: e.bad}
		o.out.Truncate(s.file, e.size)
	}
	return nil
}

// resume makes l continue after s: in s itself if it is whole and the newest, else in a new segment. A segment that
// was cut is never continued, so that nothing which a crash brings back can be taken for its continuation. That holds
// even if the next process opens the log before the repair is durable, since Open starts the new segment with it.
func (o *opening) resume(s *segment, e extent, l *Log) {
	o.removeStale()
	l.recorded = o.next()
	if s.base == o.base {
		l.recorded = s.id
	}
	if e.bad != "" || e.sealed || s.id+1 != o.next() {
		l.follow(e.link, o.next())
		return
	}
	l.id, l.file, l.size, l.sum = s.id, s.file, e.size, e.sum
	l.prev = link{s.prev, int(s.prevSize), s.prevSum}
}

// removeStale removes the segments that are not part of the log, but not those before the base: a crash could bring
// back the older of them, without the newer.
func (o *opening) removeStale() {
	for i := range o.segments {
		if s := &o.segments[i]; !s.chained && s.id >= o.base {
			o.out.Remove(s.file)
			o.repair.Segments++
			if o.repair.Reason == "" {
				o.repair.Reason = "segment does not continue the log"
			}
		}
	}
}
