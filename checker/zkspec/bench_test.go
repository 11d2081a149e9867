package zkspec_test

import (
	"fmt"
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// BenchmarkJudgeLongHistory judges 100,000 operations of eight clients at once, half of them reads. Floor: 60 ms.
func BenchmarkJudgeLongHistory(b *testing.B) {
	history := long(100_000)
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range zkspec.Judge(history, checker.DefaultBudget) {
			if r.Verdict != checker.Valid {
				b.Fatal(r)
			}
		}
	}
}

// long makes the history of n operations on three nodes. Operation i is called at the event 8i and returns at 8i+60,
// and takes effect in between.
func long(n int) (history []sim.Op) {
	nodes, z := map[string]*zkapi.Output{}, zkapi.Zxid(1<<32)
	for i := range n {
		path := "/" + string("xyz"[i%3])
		in, known := &zkapi.Op{Kind: zkapi.SetData, Path: path, Version: zkapi.AnyVersion}, nodes[path]
		out := &zkapi.Output{}
		switch {
		case known == nil:
			z++
			in.Kind, in.Data, out.Path = zkapi.Create, fmt.Sprint(i), path
			out.Stat.Czxid, out.Stat.Mzxid, out.Stat.Pzxid = z, z, z
			out.Stat.DataLength = int32(len(in.Data))
		case i%2 == 0:
			z++
			in.Data, out.Stat = fmt.Sprint(i), known.Stat
			out.Stat.Version, out.Stat.Mzxid, out.Stat.DataLength = out.Stat.Version+1, z, int32(len(in.Data))
		default:
			in.Kind, out.Stat, out.Data = zkapi.GetData, known.Stat, known.Data
		}
		if out.Zxid = z; in.Kind != zkapi.GetData {
			nodes[path] = &zkapi.Output{Result: zkapi.Result{Stat: out.Stat, Data: in.Data}}
		}
		call := uint64(8 * i)
		history = append(history, sim.Op{
			Client: sim.Client(i%8 + 1), Process: i % 8, Input: in, Output: out, Outcome: sim.OK,
			CallSeq: call, ReturnSeq: call + 60, Call: sim.Time(call), Return: sim.Time(call + 60),
		})
	}
	return history
}
