package scenarios

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvserver"
	"schism/sim"
)

const standard = "raft/kv/standard"

// BenchmarkStandard makes runs of the standard workload, as hunts make them: with everything on, without checks,
// without the digest, and without both. Floor: 300 runs/s and 2.5 million events/s with everything on.
func BenchmarkStandard(b *testing.B) {
	for _, variant := range []struct {
		name    string
		options Options
	}{
		{"all", Options{}},
		{"nochecks", Options{NoChecks: true}},
		{"nodigest", Options{NoDigest: true}},
		{"bare", Options{NoChecks: true, NoDigest: true}},
	} {
		b.Run(variant.name, func(b *testing.B) { benchmarkRuns(b, variant.options) })
	}
}

func benchmarkRuns(b *testing.B, o Options) {
	defer debug.SetGCPercent(debug.SetGCPercent(HuntGCPercent))
	runner := NewRunner(Must(standard))
	runner.Run(0, o)
	b.ReportAllocs()
	var events, delivered uint64
	seed := uint64(0)
	for b.Loop() {
		seed++
		r := runner.Run(seed, o)
		events, delivered = events+r.Events, delivered+r.Delivered
	}
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(seed)/seconds, "runs/s")
	b.ReportMetric(float64(events)/seconds/1e6, "Mevents/s")
	b.ReportMetric(float64(delivered)/float64(seed), "msgs/run")
}

// BenchmarkSteadyState lets a cluster run for an hour, with everything on, and counts what it allocates once it has
// run for a minute. Floor: 0.1 allocations per delivered message.
func BenchmarkSteadyState(b *testing.B) {
	s := *Must("raft/kv/calm")
	workload := kvserver.StandardWorkload()
	workload.Ops = 5000
	s.Settle, s.Whole, s.system = time.Hour, true, newRaftKV(raftSetup{workload: workload, snapshotEvery: 100})
	runner := NewRunner(&s)
	var mallocs, delivered uint64
	var before, after runtime.MemStats
	for b.Loop() {
		runner.chooser.Reset(1)
		runner.system.prepare(runner.chooser, 0)
		w := sim.NewWorld(runner.config(runner.chooser, nil, Options{}))
		for w.View().Now() < sim.Time(time.Minute) && w.Step() {
		}
		runtime.ReadMemStats(&before)
		start := w.Result().Delivered
		for w.Step() {
		}
		runtime.ReadMemStats(&after)
		mallocs += after.Mallocs - before.Mallocs
		delivered += w.Result().Delivered - start
	}
	b.ReportMetric(float64(mallocs)/float64(delivered), "allocs/msg")
}

// BenchmarkJudgeStandard judges the histories of 2,000 runs of the standard workload. Floor: p99.9 5 ms and none
// unknown; aim: 0.5 ms.
func BenchmarkJudgeStandard(b *testing.B) {
	runner := NewRunner(Must(standard))
	var histories [][]sim.Op
	for seed := range uint64(2000) {
		histories = append(histories, runner.Run(seed, Options{}).History)
	}
	spec := kvspec.New()
	var took []time.Duration
	unknown := 0
	for b.Loop() {
		took = took[:0]
		for _, h := range histories {
			start := time.Now()
			if checker.Judge(spec, h, checker.DefaultBudget).Verdict == checker.Unknown {
				unknown++
			}
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e3, "µs/p50")
	b.ReportMetric(float64(took[len(took)*999/1000])/1e3, "µs/p99.9")
	b.ReportMetric(float64(unknown)/float64(b.N), "unknown")
}

// BenchmarkForkWorld forks a world of five servers and five clients in the middle of the standard workload.
// Floor: 3 µs.
func BenchmarkForkWorld(b *testing.B) {
	runner := NewRunner(Must(standard))
	s := runner.scenario
	schedule := s.Plan(runner.chooser, runner.servers, runner.clients)
	runner.system.prepare(runner.chooser, runner.healed(schedule))
	w := sim.NewWorld(runner.config(runner.chooser, schedule, Options{NoChecks: true}))
	for w.View().Now() < sim.Time(30*time.Second) && w.Step() {
	}
	into := &sim.World{}
	b.ReportAllocs()
	for b.Loop() {
		w.Fork(into, runner.chooser, nil)
	}
}

// BenchmarkHuntScaling compares hunts with one worker and with two. Floor: 1.8 times as fast.
func BenchmarkHuntScaling(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(HuntGCPercent))
	all := []*Scenario{Must(standard)}
	var took [2]time.Duration
	for b.Loop() {
		for first := uint64(1); first < 1000; first += 100 { // by turns: what else the machine does hits both alike
			for i := range took {
				o := HuntOptions{Seeds: Seeds{first, first + 99}, Workers: i + 1}
				took[i] += Hunt(context.Background(), all, o).Wall
			}
		}
	}
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "times")
}
