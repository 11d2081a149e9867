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
	"schism/checker/zkspec"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/zab/zkserver"
)

// A measured protocol is benchmarked in its standard workload, and in calm for a long time.
type measured struct {
	name           string
	standard, calm *Scenario
	// long makes the system that steady runs of calm have, of many operations.
	long func(*Scenario) system
	// judge judges the history of a run, and reports whether it could tell.
	judge func(history []sim.Op) bool
}

// protocols are those that are measured. Floors of the standard workload, with everything on: 300 runs/s and 2.5
// million events/s over Raft, 250 and 2 million over ZAB.
func protocols() []measured {
	raft, zab := kvserver.StandardWorkload(), zkserver.StandardWorkload()
	raft.Ops, zab.Ops = 5000, 5000
	return []measured{
		{"raft", Must("raft/kv/standard"), Must("raft/kv/calm"),
			newRaftKV(raftSetup{workload: raft, snapshotEvery: 100, sessions: true}),
			func(h []sim.Op) bool {
				return !slices.ContainsFunc(kvspec.Judge(h, checker.DefaultBudget), func(r checker.Report) bool {
					return r.Verdict == checker.Unknown
				})
			}},
		{"zab", Must("zab/zk/standard"), Must("zab/zk/calm"),
			newZabZK(zabSetup{workload: zab, snapshotEvery: 100}),
			func(h []sim.Op) bool {
				return !slices.ContainsFunc(zkspec.Judge(h, checker.DefaultBudget), func(r checker.Report) bool {
					return r.Verdict == checker.Unknown
				})
			}},
	}
}

// BenchmarkStandard makes runs of the standard workload, as hunts make them: with everything on, without checks,
// without the digest, and without both.
func BenchmarkStandard(b *testing.B) {
	for _, m := range protocols() {
		for _, variant := range []struct {
			name    string
			options Options
		}{
			{"all", Options{}},
			{"nochecks", Options{NoChecks: true}},
			{"nodigest", Options{NoDigest: true}},
			{"bare", Options{NoChecks: true, NoDigest: true}},
		} {
			b.Run(m.name+"/"+variant.name, func(b *testing.B) { benchmarkRuns(b, m.standard, variant.options) })
		}
	}
}

func benchmarkRuns(b *testing.B, s *Scenario, o Options) {
	defer debug.SetGCPercent(debug.SetGCPercent(HuntGCPercent))
	runner := NewRunner(s)
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
// run for a minute. Floors: 0.1 allocations per delivered message over Raft, 0.2 over ZAB.
func BenchmarkSteadyState(b *testing.B) {
	for _, m := range protocols() {
		b.Run(m.name, func(b *testing.B) {
			s := *m.calm
			s.Settle, s.Whole, s.system = time.Hour, true, m.long
			benchmarkSteadyState(b, NewRunner(&s))
		})
	}
}

func benchmarkSteadyState(b *testing.B, runner *Runner) {
	var mallocs, delivered uint64
	var before, after runtime.MemStats
	for b.Loop() {
		runner.chooser.Reset(1)
		runner.draw(runner.chooser)
		runner.system.prepare(forecast{probe: true})
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
	for _, m := range protocols() {
		b.Run(m.name, func(b *testing.B) { benchmarkJudge(b, &m) })
	}
}

func benchmarkJudge(b *testing.B, m *measured) {
	runner := NewRunner(m.standard)
	var histories [][]sim.Op
	for seed := range uint64(2000) {
		histories = append(histories, runner.Run(seed, Options{}).History)
	}
	var took []time.Duration
	unknown := 0
	for b.Loop() {
		took = took[:0]
		for _, h := range histories {
			start := time.Now()
			if !m.judge(h) {
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
	runner := NewRunner(Must("raft/kv/standard"))
	s := runner.scenario
	schedule := s.Plan(runner.chooser, runner.servers, runner.clients)
	runner.draw(runner.chooser)
	runner.system.prepare(runner.forecast(schedule))
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
	all := []*Scenario{Must("raft/kv/standard")}
	var took [2]time.Duration
	for b.Loop() {
		for first := uint64(1); first < 1000; first += 100 { // by turns: what else the machine does hits both alike
			for i := range took {
				o := HuntOptions{Seeds: Seeds{First: first, Last: first + 99}, Workers: i + 1}
				took[i] += HuntAll(context.Background(), all, o).Wall
			}
		}
	}
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "times")
}
