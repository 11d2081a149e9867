package kvserver_test

import (
	"testing"

	"schism/raft/kvserver"
	"schism/sim"
)

// BenchmarkStandardWorkload runs the standard workload in fine weather, unjudged.
func BenchmarkStandardWorkload(b *testing.B) {
	b.ReportAllocs()
	var delivered, events uint64
	for seed := uint64(0); b.Loop(); seed++ {
		r := sim.Run(world(seed, drawn(seed, kvserver.StandardWorkload(), 5), nil))
		delivered += r.Delivered
		events += r.Events
	}
	b.ReportMetric(float64(delivered)/float64(b.N), "msgs/op")
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
