package wal_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/sim"
	"schism/sim/wal"
)

// drawn is a chooser whose answers rapid draws.
type drawn struct{ t *rapid.T }

func (c drawn) Index(_ sim.Key, n int) int     { return rapid.IntRange(0, n-1).Draw(c.t, "index") }
func (c drawn) Chance(sim.Key, sim.Ratio) bool { return rapid.Bool().Draw(c.t, "chance") }
func (c drawn) Span(_ sim.Key, lo, _ time.Duration) time.Duration {
	return lo
}

// story is a log on a disk, and what is known of it.
type story struct {
	t *rapid.T
	d *sim.Disk
	l wal.Log
	// recs are all records from the first one on, as far as they are not known to be lost. Those before needed may
	// have been dropped, all up to durable must be there; needed ≤ durable ≤ len(recs).
	recs            []string
	needed, durable int
	// cuts are the places where the log was cut in this life.
	cuts []cut
	// broken says that a write has failed, so that no sync promises anything; careful that none does.
	broken, careful bool
	// count is the number of records ever written.
	count int
}

type cut struct {
	id      wal.SegmentID
	before  int // records
	durable bool
}

// step is one step of a machine, in which a write may fail.
func (s *story) step() {
	var out sim.Effects
	for range rapid.IntRange(1, 4).Draw(s.t, "writes") {
		switch rapid.IntRange(0, 9).Draw(s.t, "write") {
		case 0:
			s.cuts = append(s.cuts, cut{s.l.Cut(&out), len(s.recs), false})
		case 1:
			s.drop(&out)
		default:
			s.append(&out)
		}
	}
	if n := len(out.List()); n > 0 && !s.careful && rapid.IntRange(0, 40).Draw(s.t, "fails") == 1 {
		failed, i := rapid.IntRange(0, n-1).Draw(s.t, "failed"), 0
		out.Rewrite(0, func(e sim.Effect) (sim.Effect, bool) { i++; return e, i-1 != failed })
		s.broken = true
	}
	sim.Carry(s.d, &out)
}

func (s *story) append(out *sim.Effects) {
	size := rapid.OneOf(rapid.IntRange(0, 60), rapid.IntRange(400, 1700), rapid.IntRange(0, 20_000))
	s.count++
	rec := fmt.Sprintf("%d:%s", s.count, strings.Repeat("x", size.Draw(s.t, "size")))
	s.recs = append(s.recs, rec)
	s.l.Append([]byte(rec), out)
}

// drop drops everything before the first cut that is durable.
func (s *story) drop(out *sim.Effects) {
	if i := slices.IndexFunc(s.cuts, func(c cut) bool { return c.durable }); i >= 0 {
		s.l.RemoveBefore(s.cuts[i].id, out)
		s.needed = max(s.needed, s.cuts[i].before)
		s.cuts = s.cuts[i+1:]
	}
}

// sync ends a sync well.
func (s *story) sync() {
	sim.SyncAll(s.d)
	if s.broken {
		return
	}
	s.durable = len(s.recs)
	for i := range s.cuts {
		s.cuts[i].durable = true
	}
}

// crash loses power, and starts again; what is left is durable.
func (s *story) crash() {
	share := rapid.SampledFrom([]sim.Ratio{0, sim.Percent, sim.Always})
	loss := sim.PowerLoss{Drop: share.Draw(s.t, "drop"), Tear: share.Draw(s.t, "tear"),
		Garbage: share.Draw(s.t, "garbage")}
	sim.PowerCut(s.d, loss, drawn{s.t})
	s.reopen()
	s.durable = len(s.recs)
}

// reopen opens the log as a new process does, and checks what it replays: consecutive records, from one that may be
// dropped or is needed to one that is durable or comes after it.
func (s *story) reopen() {
	var out sim.Effects
	l, _, got, err := tryOpen(s.d, &out)
	if err != nil {
		s.t.Fatalf("Open: %v", err)
	}
	sim.Carry(s.d, &out)
	s.l, s.cuts, s.broken = l, nil, false
	from := s.needed
	if len(got) > 0 {
		from = slices.Index(s.recs, got[0])
	}
	upto := from + len(got)
	if from < 0 || from > s.needed || upto > len(s.recs) || !slices.Equal(got, s.recs[from:upto]) {
		s.t.Fatalf("replayed %d records from %.20q on, which is %d in the log; %d is needed",
			len(got), append(got, "")[0], from, s.needed)
	}
	if upto < s.durable {
		s.t.Fatalf("replayed up to %d, durable are %d", upto, s.durable)
	}
	s.recs = s.recs[:upto]
}

// TestCrashLeavesAPrefixWithAllThatIsDurable is what machines build on.
func TestCrashLeavesAPrefixWithAllThatIsDurable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &story{t: t, d: &sim.Disk{}}
		s.reopen()
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 15).Draw(t, "step") {
			case 0, 1, 2:
				s.sync()
			case 3, 4:
				s.crash()
			case 5: // the process alone; some of what it wrote is still on its way
				s.reopen()
			case 6:
				sim.FailSync(s.d)
				s.reopen()
				s.durable = len(s.recs)
			default:
				s.step()
			}
		}
		s.crash()
		s.crash() // in the middle of the repair
		s.reopen()
	})
}

// harmed returns the content of a file after some damage.
func harmed(t *rapid.T, data []byte) []byte {
	at := rapid.IntRange(0, max(0, len(data)-1)).Draw(t, "at")
	switch rapid.IntRange(0, 4).Draw(t, "harm") {
	case 0:
		return data[:at]
	case 1:
		return append(data, make([]byte, at)...)
	case 2:
		return append(data, data[at:]...)
	case 3:
		return append(data[:at], data[min(len(data), at+rapid.IntRange(1, 600).Draw(t, "gap")):]...)
	}
	if len(data) > 0 {
		data[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	}
	return data
}

// TestDamageNeverInventsRecords harms files in ways that no crash does: Open says that the log is corrupt, or replays
// a part of what was written, without gaps, and does so again after its repair.
func TestDamageNeverInventsRecords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &story{t: t, d: &sim.Disk{}, careful: true}
		s.reopen()
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			s.step()
			s.sync()
		}
		all := s.recs
		for range rapid.IntRange(1, 3).Draw(t, "damages") {
			files := append(s.d.Files(), "log-00000009")
			rewrite(s.d, rapid.SampledFrom(files).Draw(t, "file"), func(b []byte) []byte { return harmed(t, b) })
		}
		var out sim.Effects
		_, _, got, err := tryOpen(s.d, &out)
		var corrupt *wal.CorruptError
		if err != nil && !errors.As(err, &corrupt) {
			t.Fatalf("Open: %v", err)
		}
		if len(got) > 0 {
			from := slices.Index(all, got[0])
			if from < 0 || from+len(got) > len(all) || !slices.Equal(got, all[from:from+len(got)]) {
				t.Fatalf("replayed %.20q … %.20q", got[0], got[len(got)-1])
			}
		}
		if err == nil && s.needed == 0 { // the segment that says what is needed may be among the damaged
			sim.Carry(s.d, &out)
			wantSame(t, s.d, got)
		}
	})
}

// wantSame opens a log that was just repaired, and wants the same records and nothing to repair.
func wantSame(t rapid.TB, d *sim.Disk, want []string) {
	t.Helper()
	var out sim.Effects
	_, repair, got, err := tryOpen(d, &out)
	if err != nil || repair != (wal.Repair{}) || !slices.Equal(got, want) {
		t.Fatalf("after the repair: %v, repaired %+v, records (-want +got):\n%.500s", err, repair,
			cmp.Diff(want, got))
	}
}
