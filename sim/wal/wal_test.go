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

// open opens the log "log" on d and returns it with its records. The writes of the opening are carried out.
func open(t testing.TB, d *sim.Disk) (wal.Log, wal.Repair, []string) {
	t.Helper()
	var out sim.Effects
	l, repair, got, err := tryOpen(d, &out)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	sim.Carry(d, &out)
	return l, repair, got
}

func tryOpen(d *sim.Disk, out *sim.Effects) (l wal.Log, r wal.Repair, got []string, err error) {
	l, r, err = wal.Open(d, "log", out, func(rec []byte) error {
		got = append(got, string(rec))
		return nil
	})
	return l, r, got, err
}

// put appends the records, each in a step of its own.
func put(d *sim.Disk, l *wal.Log, recs ...string) {
	var out sim.Effects
	for _, rec := range recs {
		l.Append([]byte(rec), &out)
		sim.Carry(d, &out)
	}
}

// numbered returns n records of the given size, each different.
func numbered(prefix string, n, size int) []string {
	var recs []string
	for i := range n {
		rec := fmt.Sprintf("%s%d.", prefix, i)
		recs = append(recs, rec+string(bytes.Repeat([]byte{'x'}, max(0, size-len(rec)))))
	}
	return recs
}

func TestLogReplaysWhatWasAppended(t *testing.T) {
	d := &sim.Disk{}
	l, repair, got := open(t, d)
	if len(got) != 0 || repair != (wal.Repair{}) {
		t.Fatalf("a new log has records %q, repair %+v", got, repair)
	}
	want := append(numbered("a", 100, 1000), "", "end")
	put(d, &l, want...)
	_, repair, got = open(t, d)
	if diff := cmp.Diff(want, got); diff != "" || repair != (wal.Repair{}) {
		t.Errorf("replayed (-want +got):\n%s\nrepair %+v", diff, repair)
	}
	if n := len(d.Files()); n < 6 {
		t.Errorf("100 KB of records are in %d segments: %v", n, d.Files())
	}
}

func TestLogGoesOnAfterOpen(t *testing.T) {
	d := &sim.Disk{}
	var want []string
	for life := range 20 {
		l, _, got := open(t, d)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("life %d (-want +got):\n%s", life, diff)
		}
		recs := numbered(fmt.Sprint("life", life, "-"), 10, 700)
		put(d, &l, recs...)
		want = append(want, recs...)
	}
}

func TestSeveralAppendsInOneStepDoNotShareBytes(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	var out sim.Effects
	var want []string
	for step := range 50 {
		for i := range step % 7 {
			rec := fmt.Sprintf("step %d record %d", step, i)
			want = append(want, rec)
			l.Append([]byte(rec), &out)
			out.Mark("between")
		}
		sim.Carry(d, &out)
	}
	if _, _, got := open(t, d); !cmp.Equal(want, got) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestErrorOfReplayEndsOpen(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	put(d, &l, "a", "b")
	stop := errors.New("stop")
	var out sim.Effects
	if _, _, err := wal.Open(d, "log", &out, func([]byte) error { return stop }); err != stop {
		t.Errorf("Open returned %v", err)
	}
}

func TestRemoveBeforeDropsWhatWasCut(t *testing.T) {
	d := &sim.Disk{}
	l, _, _ := open(t, d)
	var out sim.Effects
	for round := range 10 {
		put(d, &l, numbered(fmt.Sprint("old", round, "-"), 40, 1000)...)
		start := l.Cut(&out)
		l.Append(fmt.Appendf(nil, "state %d", round), &out)
		sim.Carry(d, &out)
		sim.SyncAll(d)
		l.RemoveBefore(start, &out)
		sim.Carry(d, &out)
		sim.SyncAll(d)
	}
	if n := len(d.Files()); n > 8 {
		t.Errorf("%d files are left: %v", n, d.Files())
	}
	_, _, got := open(t, d)
	if got[0] != "state 8" || got[len(got)-1] != "state 9" {
		t.Errorf("replayed %.20q … %.20q", got[0], got[len(got)-1])
	}
}
