package wal_test

import (
	"testing"

	"schism/sim"
	"schism/sim/wal"
)

// BenchmarkAppend appends records of 40 bytes, 16 in a step, without a disk.
func BenchmarkAppend(b *testing.B) {
	l, _, err := wal.Open(&sim.Disk{}, "log", &sim.Effects{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	rec := make([]byte, 40)
	var out sim.Effects
	b.ReportAllocs()
	for i := range b.N {
		if i%16 == 0 {
			out.Reset()
		}
		l.Append(rec, &out)
	}
}

// BenchmarkOpen opens a log of 1,000 records of 40 bytes.
func BenchmarkOpen(b *testing.B) {
	d := &sim.Disk{}
	l, _, err := wal.Open(d, "log", &sim.Effects{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	put(d, &l, numbered("r", 1000, 40)...)
	b.ReportAllocs()
	for b.Loop() {
		var out sim.Effects
		if _, _, err := wal.Open(d, "log", &out, func([]byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
