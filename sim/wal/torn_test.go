package wal_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
	"schism/sim/wal"
)

// segment is the name of the i-th file of the log "log".
func segment(i int) string { return fmt.Sprintf("log-%08x", i) }

// size returns the size of a file that exists.
func size(t testing.TB, d *sim.Disk, file string) int {
	t.Helper()
	n, ok := d.Size(file)
	if !ok {
		t.Fatalf("%s does not exist; there are %v", file, d.Files())
	}
	return n
}

// rewrite makes edit(content) the content of a file, which need not exist.
func rewrite(d *sim.Disk, file string, edit func(data []byte) []byte) {
	data, _ := d.ReadFile(file)
	var out sim.Effects
	out.Replace(file, edit(bytes.Clone(data)))
	sim.Carry(d, &out)
	sim.SyncAll(d)
}

func remove(d *sim.Disk, file string) {
	var out sim.Effects
	out.Remove(file)
	sim.Carry(d, &out)
	sim.SyncAll(d)
}

// flip flips the lowest bit of the byte at offset.
func flip(offset int) func([]byte) []byte {
	return func(data []byte) []byte {
		data[offset] ^= 1
		return data
	}
}

// wantReopened opens the log and fails the test unless it replays want and reports repair. It sees that the repair
// holds: the log goes on, and opens again with nothing to repair.
func wantReopened(t *testing.T, d *sim.Disk, repair wal.Repair, want []string) {
	t.Helper()
	l, r, got := open(t, d)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("replayed (-want +got):\n%.800s", diff)
	}
	if r != repair {
		t.Fatalf("repaired %+v, want %+v", r, repair)
	}
	if r.File != "" && size(t, d, r.File) != r.Size {
		t.Fatalf("%s has %d bytes after the repair %+v", r.File, size(t, d, r.File), r)
	}
	put(d, &l, "after", "the repair")
	_, r, got = open(t, d)
	if diff := cmp.Diff(append(append([]string(nil), want...), "after", "the repair"), got); diff != "" {
		t.Fatalf("after the repair and two records more, replayed (-want +got):\n%.800s", diff)
	}
	if r != (wal.Repair{}) {
		t.Fatalf("repaired again: %+v", r)
	}
}

// wantCorrupt fails the test unless Open says where the log is corrupt, and writes nothing.
func wantCorrupt(t *testing.T, d *sim.Disk, file string, offset int) {
	t.Helper()
	var out sim.Effects
	var corrupt *wal.CorruptError
	_, _, got, err := tryOpen(d, &out)
	if !errors.As(err, &corrupt) {
		t.Fatalf("Open returned %v with %d records", err, len(got))
	}
	if corrupt.File != file || corrupt.Offset != offset {
		t.Fatalf("%v, want %s and %d", err, file, offset)
	}
	if len(out.List()) > 0 {
		t.Errorf("Open of a corrupt log asks for %d effects", len(out.List()))
	}
}

// threeSegments returns a durable log of three segments, with the number of records and the sizes of all three.
func threeSegments(t *testing.T) (*sim.Disk, []string, []int) {
	t.Helper()
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	var all []string
	for i := range 3 {
		recs := numbered(fmt.Sprint("seg", i, "-"), 4, 40)
		all = append(all, recs...)
		put(d, &l, recs...)
		if i < 2 {
			var out sim.Effects
			l.Cut(&out)
			sim.Carry(d, &out)
		}
	}
	sim.SyncAll(d)
	return d, all, []int{size(t, d, segment(1)), size(t, d, segment(2)), size(t, d, segment(3))}
}

func TestTornLastRecordIsRepairedWhereverItEnds(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	whole := numbered("r", 3, 100)
	put(d, &l, whole...)
	start := size(t, d, segment(1))
	put(d, &l, numbered("last", 1, 1300)...)
	for end := start; end < size(t, d, segment(1)); end++ {
		torn := sim.CloneDisk(d)
		rewrite(torn, segment(1), func(data []byte) []byte { return data[:end] })
		want := wal.Repair{File: segment(1), Size: start, Lost: end - start, Reason: "frame body cut short"}
		switch {
		case end == start:
			want = wal.Repair{}
		case end < start+12:
			want.Reason = "frame head cut short"
		}
		wantReopened(t, torn, want, whole)
	}
}

func TestTornFirstWriteOfALogLeavesAnEmptyOne(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	put(d, &l, "only")
	for end := range size(t, d, segment(1)) {
		torn := sim.CloneDisk(d)
		rewrite(torn, segment(1), func(data []byte) []byte { return data[:end] })
		want := wal.Repair{Segments: 1, Reason: "segment does not continue the log"}
		if end >= 32 { // the header is whole
			want = wal.Repair{File: segment(1), Size: 32, Lost: end - 32, Reason: "frame head cut short"}
		}
		if end >= 44 {
			want.Reason = "frame body cut short"
		}
		if end == 32 {
			want = wal.Repair{}
		}
		wantReopened(t, torn, want, nil)
	}
}

func TestTornHeaderOfTheLastSegmentIsRepaired(t *testing.T) {
	d, all, _ := threeSegments(t)
	for end := range 32 {
		torn := sim.CloneDisk(d)
		rewrite(torn, segment(3), func(data []byte) []byte { return data[:end] })
		wantReopened(t, torn, wal.Repair{Segments: 1, Reason: "segment does not continue the log"}, all[:8])
	}
}

func TestWhatACrashPutsBehindTheEndIsCutOff(t *testing.T) {
	garbage := make([]byte, 1500)
	for i := range garbage {
		garbage[i] = byte(i*i*31 + i>>3)
	}
	for name, tail := range map[string][]byte{
		"a sector of zeros":        make([]byte, sim.SectorSize),
		"three sectors of zeros":   make([]byte, 3*sim.SectorSize),
		"one zero":                 {0},
		"garbage":                  garbage,
		"zeros, then garbage":      append(make([]byte, sim.SectorSize), garbage...),
		"a frame from elsewhere":   nil, // below
		"the beginning of a frame": {5, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d, all, sizes := threeSegments(t)
			reason := "frame checksum wrong"
			rewrite(d, segment(3), func(data []byte) []byte {
				switch name {
				case "a frame from elsewhere":
					tail, reason = data[32:84], "frame in the wrong place"
				case "one zero", "the beginning of a frame":
					reason = "frame head cut short"
				case "garbage":
					reason = "frame head invalid"
				}
				return append(data, tail...)
			})
			wantReopened(t, d, wal.Repair{File: segment(3), Size: sizes[2], Lost: len(tail), Reason: reason}, all)
		})
	}
}

func TestEmptyFilesAreNoSegments(t *testing.T) {
	empty := func([]byte) []byte { return nil }
	d, all, _ := threeSegments(t)
	rewrite(d, segment(3), empty)
	rewrite(d, segment(4), empty)
	wantReopened(t, d, wal.Repair{Segments: 2, Reason: "segment does not continue the log"}, all[:8])
	d = &sim.Disk{}
	rewrite(d, segment(1), empty)
	rewrite(d, segment(7), empty)
	wantReopened(t, d, wal.Repair{Segments: 2, Reason: "segment does not continue the log"}, nil)
	d = &sim.Disk{}
	rewrite(d, "log-0000000A", empty) // not how segments are named
	rewrite(d, "log-00000000", empty)
	rewrite(d, "other-00000001", empty)
	wantReopened(t, d, wal.Repair{}, nil)
}

func TestTornTailTakesTheSegmentsWithItThatContinueIt(t *testing.T) {
	d, all, sizes := threeSegments(t)
	const frame = 52 // of each record, behind it a seal of 12
	for end := 32; end < sizes[1]-12; end++ {
		torn := sim.CloneDisk(d)
		rewrite(torn, segment(2), func(data []byte) []byte { return data[:end] })
		whole, cut := (end-32)/frame, (end-32)%frame
		want := wal.Repair{Segments: 1, Reason: "end missing"}
		if cut > 0 {
			want = wal.Repair{File: segment(2), Size: end - cut, Lost: cut, Segments: 1,
				Reason: "frame body cut short"}
		}
		if cut > 0 && cut < 12 {
			want.Reason = "frame head cut short"
		}
		wantReopened(t, torn, want, all[:4+whole])
	}
}

func TestSealMayBeTorn(t *testing.T) {
	d, all, sizes := threeSegments(t)
	for end := sizes[1] - 12; end < sizes[1]; end++ {
		torn := sim.CloneDisk(d)
		rewrite(torn, segment(2), func(data []byte) []byte { return data[:end] })
		wantReopened(t, torn, wal.Repair{}, all)
		remove(torn, segment(3)) // and so may be what follows it, altogether
		torn = sim.CloneDisk(d)
		remove(torn, segment(3))
		rewrite(torn, segment(2), func(data []byte) []byte { return data[:end] })
		want := wal.Repair{File: segment(2), Size: sizes[1] - 12, Lost: end - sizes[1] + 12,
			Reason: "frame head cut short"}
		if end == sizes[1]-12 {
			want = wal.Repair{}
		}
		wantReopened(t, torn, want, all[:8])
	}
}

// A crash can lose a segment and keep a later one, since files are independent; only a segment that is known to have
// been durable is missed.
func TestMissingSegmentEndsTheLog(t *testing.T) {
	d, all, _ := threeSegments(t)
	remove(d, segment(2))
	wantReopened(t, d, wal.Repair{Segments: 1, Reason: "segment does not continue the log"}, all[:4])
	d, _, _ = threeSegments(t)
	remove(d, segment(1))
	wantReopened(t, d, wal.Repair{Segments: 2, Reason: "segment does not continue the log"}, nil)
}

func TestMissingSegmentThatWasDurableIsCorruption(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	var out sim.Effects
	for range 3 { // only the header of a later segment says what is needed
		put(d, &l, numbered("old", 4, 40)...)
		start := l.Cut(&out)
		l.Append([]byte("state"), &out)
		sim.Carry(d, &out)
		sim.SyncAll(d)
		l.RemoveBefore(start, &out)
		sim.Carry(d, &out)
	}
	sim.SyncAll(d)
	remove(d, segment(3))
	wantCorrupt(t, d, segment(3), 0)
}

// TestFlippedBitIsCorruptionUnlessItLooksTorn flips a bit in every byte of a log, and wants it found: only in the
// last frame it cannot be told from what a crash leaves.
func TestFlippedBitIsCorruptionUnlessItLooksTorn(t *testing.T) {
	d, all, sizes := threeSegments(t)
	const frame = 52
	for i := range 3 {
		for at := range sizes[i] {
			file, data := segment(i+1), sim.CloneDisk(d)
			rewrite(data, file, flip(at))
			start := 32 + (at-32)/frame*frame
			switch {
			case at < 32: // the header
				wantCorrupt(t, data, file, 0)
			case i < 2 && at >= sizes[i]-12: // the seal, which says only that a segment follows
				wantReopened(t, data, wal.Repair{}, all)
			case i == 2 && start == sizes[2]-frame:
				_, repair, got := open(t, data)
				if repair.File != file || repair.Size != start || !cmp.Equal(got, all[:11]) {
					t.Fatalf("a bit at %d of %s: %+v, %d records", at, file, repair, len(got))
				}
			default:
				wantCorrupt(t, data, file, start)
			}
		}
	}
}

func TestUnreadableSectorIsADiskError(t *testing.T) {
	d, _, _ := threeSegments(t)
	sim.BreakSector(d, segment(2), 0)
	var out sim.Effects
	var broken *sim.DiskError
	if _, _, _, err := tryOpen(d, &out); !errors.As(err, &broken) || broken.File != segment(2) {
		t.Errorf("Open returned %v", err)
	}
}

func TestCorruptErrorSaysWhereAndWhat(t *testing.T) {
	err := &wal.CorruptError{File: segment(3), Offset: 512, Reason: "frame checksum wrong"}
	if got, want := err.Error(), "log-00000003 is corrupt at 512: frame checksum wrong"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A failed write leaves a hole that later writes move into.
func TestWritesBehindAFailedOneAreNotReplayed(t *testing.T) {
	for failed := range 6 {
		d := &sim.Disk{}
		l, _, _ := open(t, d)
		recs := numbered("r", 6, 40)
		for i, rec := range recs {
			var out sim.Effects
			l.Append([]byte(rec), &out)
			if i == failed {
				out.Reset()
			}
			sim.Carry(d, &out)
		}
		_, _, got := open(t, d)
		if diff := cmp.Diff(recs[:failed], got); len(got) != failed || diff != "" && failed > 0 {
			t.Errorf("write %d failed, replayed (-want +got):\n%s", failed, diff)
		}
	}
}
