package wal_test

import (
	"bytes"
	"errors"
	"testing"

	"schism/sim"
	"schism/sim/wal"
)

// FuzzOpen opens logs of up to three files of any content.
func FuzzOpen(f *testing.F) {
	d := &sim.Disk{}
	l, _, err := wal.Open(d, "log", &sim.Effects{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	var out sim.Effects
	var files [3][]byte
	for i := range files {
		put(d, &l, numbered("r", 2+i, 30)...)
		l.Cut(&out)
		sim.Carry(d, &out)
		files[i], _ = d.ReadFile(segment(i + 1))
	}
	f.Add(files[0], files[1], files[2])
	f.Add(files[1], files[2], files[0])
	f.Add(files[0], files[2], []byte(nil))
	f.Add(files[0][:len(files[0])-1], files[1], files[2])
	f.Add(files[0], append(bytes.Clone(files[1]), make([]byte, 512)...), files[2])
	f.Add(files[0][:32], files[1][:31], files[2][32:])
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		if len(a)+len(b)+len(c) > 1<<16 {
			t.Skip("longer than what is worth the time")
		}
		d := &sim.Disk{}
		for i, data := range [][]byte{a, b, c} {
			rewrite(d, segment(i+1), func([]byte) []byte { return data })
		}
		var out sim.Effects
		_, _, got, err := tryOpen(d, &out)
		var corrupt *wal.CorruptError
		switch {
		case errors.As(err, &corrupt):
			return
		case err != nil:
			t.Fatalf("Open: %v", err)
		case len(got) > (len(a)+len(b)+len(c))/12:
			t.Fatalf("%d records in %d bytes", len(got), len(a)+len(b)+len(c))
		}
		sim.Carry(d, &out)
		wantSame(t, d, got)
	})
}

// FuzzRecords decodes any bytes as what a log writes.
func FuzzRecords(f *testing.F) {
	d := &sim.Disk{}
	l, _, err := wal.Open(d, "log", &sim.Effects{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	put(d, &l, "", "one", "two and three")
	data, _ := d.ReadFile(segment(1))
	f.Add(data, byte(0))
	f.Add(data[32:], byte('o'))
	f.Add(data[:len(data)-1], byte('t'))
	f.Fuzz(func(t *testing.T, data []byte, first byte) {
		before := bytes.Clone(data)
		chosen := func(rec []byte) bool { return len(rec) > 0 && rec[0] == first }
		count := func(data []byte) (all, some int, n int) {
			n = wal.Records(data, func(rec []byte) bool {
				all++
				if chosen(rec) {
					some++
				}
				return true
			})
			return all, some, n
		}
		all, some, n := count(data)
		blank := wal.Blank(data, chosen)
		left, still, m := count(blank)
		switch {
		case n < 0 || n > len(data) || all > len(data)/12:
			t.Errorf("decoded %d of %d bytes as %d records", n, len(data), all)
		case m != n || left != all-some || still != 0:
			t.Errorf("%d of %d records blanked out, %d are left, of %d bytes for %d", some, all, left, m, n)
		case !bytes.Equal(data, before) || len(blank) != len(data):
			t.Error("Blank changed what it was given, or its length")
		}
	})
}
