package wal_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
	"schism/sim/wal"
)

// drops is a chooser that drops, of the writes that are not durable, those with these numbers, from 0.
type drops struct {
	numbers []int
	asked   int
}

func (c *drops) Index(sim.Key, int) int { return 0 }
func (c *drops) Chance(sim.Key, sim.Ratio) bool {
	c.asked++
	return slices.Contains(c.numbers, c.asked-1)
}
func (c *drops) Span(_ sim.Key, lo, _ time.Duration) time.Duration { return lo }

func powerCut(d *sim.Disk, dropped ...int) {
	sim.PowerCut(d, sim.PowerLoss{Drop: sim.Percent}, &drops{numbers: dropped})
}

// A repair is not durable by itself. Here a process opens the log after another one had repaired it and exited, and
// the crash that follows brings back the segment that the repair had removed:
//
//	log-1  first | again | new        log-2, which continued the end that the first crash took away,
//	log-2          lost               must not be taken for what follows "again"
func TestSegmentThatARepairRemovedMayComeBack(t *testing.T) {
	for _, again := range []string{"again", "other", "longer than before"} {
		d := &sim.Disk{}
		l, _, _ := open(t, d)
		put(d, &l, "first")
		sim.SyncAll(d)
		put(d, &l, "again")
		var out sim.Effects
		l.Cut(&out)
		sim.Carry(d, &out)
		put(d, &l, "lost")
		powerCut(d, 0) // what continued log-1
		open(t, d)
		l, _, got := open(t, d)
		if !slices.Equal(got, []string{"first"}) {
			t.Fatalf("after the repair %q", got)
		}
		put(d, &l, again, "new")
		powerCut(d, 0) // the removal of log-2
		if _, _, got = open(t, d); !slices.Equal(got, []string{"first", again, "new"}) {
			t.Errorf("after the second crash %q", got)
		}
	}
}

// A header that says what is not needed any more counts even before it is durable; what it makes needless must stay
// until it is.
func TestOpenKeepsWhatWasDroppedUntilThatIsDurable(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	put(d, &l, "old")
	var out sim.Effects
	start := l.Cut(&out)
	l.Append([]byte("state"), &out)
	sim.Carry(d, &out)
	sim.SyncAll(d)
	l.RemoveBefore(start, &out)
	l.Cut(&out)
	sim.Carry(d, &out)
	open(t, d)        // the process restarts and reads the header of log-3,
	powerCut(d, 0, 1) // which the crash takes away, and with it the seal of log-2
	if _, _, got := open(t, d); len(got) == 0 || got[len(got)-1] != "state" {
		t.Errorf("replayed %q", got)
	}
}

func TestSegmentsDroppedInAnEarlierLifeAreRemoved(t *testing.T) {
	d := &sim.Disk{}
	for life := range 10 {
		l, _, _ := open(t, d)
		var out sim.Effects
		start := l.Cut(&out)
		l.Append(fmt.Appendf(nil, "state %d", life), &out)
		sim.Carry(d, &out)
		sim.SyncAll(d)
		l.RemoveBefore(start, &out)
		l.Cut(&out)
		sim.Carry(d, &out)
		sim.SyncAll(d)
	}
	if n := len(d.Files()); n > 6 {
		t.Errorf("%d files are left: %v", n, d.Files())
	}
}

// twoLogs returns two logs of equal sizes and different records, of three segments each.
func twoLogs(t *testing.T) (a, b *sim.Disk) {
	t.Helper()
	var disks [2]*sim.Disk
	for i := range disks {
		d := &sim.Disk{}
		l, _, _ := open(t, d)
		for range 3 {
			var out sim.Effects
			put(d, &l, numbered(fmt.Sprint("log", i, "-"), 4, 40)...)
			l.Cut(&out)
			sim.Carry(d, &out)
		}
		sim.SyncAll(d)
		disks[i] = d
	}
	return disks[0], disks[1]
}

func TestSegmentThatContinuesOtherRecordsIsCorruption(t *testing.T) {
	for _, seal := range []int{0, 12} {
		a, b := twoLogs(t)
		end := size(t, a, segment(2)) - 12
		other, _ := b.ReadFile(segment(3))
		rewrite(a, segment(3), func([]byte) []byte { return other })
		rewrite(a, segment(2), func(data []byte) []byte { return data[:end+seal] })
		wantCorrupt(t, a, segment(2), end)
	}
}

func TestDamageOfALastFrameAndItsSealIsCorruption(t *testing.T) {
	d, _, sizes := threeSegments(t)
	rewrite(d, segment(2), flip(sizes[1]-1))  // the seal
	rewrite(d, segment(2), flip(sizes[1]-20)) // the record before it
	wantCorrupt(t, d, segment(2), sizes[1]-12-52)
}

func TestSegmentUnderAnotherNameIsCorruption(t *testing.T) {
	d, _, _ := threeSegments(t)
	data, _ := d.ReadFile(segment(2))
	rewrite(d, segment(5), func([]byte) []byte { return data })
	wantCorrupt(t, d, segment(5), 0)
}

func TestBlankedRecordsAreSkippedAndNothingElse(t *testing.T) {
	d, all, _ := threeSegments(t)
	for i := range 3 {
		rewrite(d, segment(i+1), func(data []byte) []byte {
			return wal.Blank(data, func(rec []byte) bool { return bytes.HasSuffix(rec[:7], []byte("2.")) })
		})
	}
	want := slices.DeleteFunc(all, func(rec string) bool { return rec[5:7] == "2." })
	if len(want) != 9 {
		t.Fatalf("%d records are left", len(want))
	}
	if _, repair, got := open(t, d); !slices.Equal(got, want) || repair != (wal.Repair{}) {
		t.Errorf("repaired %+v, replayed (-want +got):\n%s", repair, cmp.Diff(want, got))
	}
	for i := range 3 {
		rewrite(d, segment(i+1), func(data []byte) []byte {
			return wal.Blank(data, func([]byte) bool { return true })
		})
	}
	if _, repair, got := open(t, d); len(got) > 0 || repair != (wal.Repair{}) {
		t.Errorf("repaired %+v, replayed %q, and all records are blanked out", repair, got)
	}
}

// A log that is opened, copied and written on goes on in both copies alike.
func TestClonesOfALogGoOnAlike(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	put(d, &l, "shared")
	other, copied := sim.CloneDisk(d), l.Clone()
	if !bytes.Equal(l.AppendHash(nil), copied.AppendHash(nil)) {
		t.Error("a copy has another hash")
	}
	put(d, &l, "one", "two")
	put(other, &copied, "one")
	if bytes.Equal(l.AppendHash(nil), copied.AppendHash(nil)) {
		t.Error("different logs have one hash")
	}
	put(other, &copied, "two")
	a, _ := d.ReadFile(segment(1))
	b, _ := other.ReadFile(segment(1))
	if !bytes.Equal(a, b) || !bytes.Equal(l.AppendHash(nil), copied.AppendHash(nil)) {
		t.Error("the copies went apart")
	}
}
