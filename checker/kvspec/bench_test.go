package kvspec_test

import (
	"fmt"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// BenchmarkJudgeLongHistory judges 100,000 operations of eight clients at once, half of them reads, some of them
// transactions. Floor: 100 ms.
func BenchmarkJudgeLongHistory(b *testing.B) { benchmarkJudge(b, 0) }

// BenchmarkJudgeLostReplies is the same with one of a hundred replies lost, of operations that were done or not.
func BenchmarkJudgeLostReplies(b *testing.B) { benchmarkJudge(b, 100) }

func benchmarkJudge(b *testing.B, lost int) {
	history := long(b, 100_000, lost)
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range kvspec.Judge(history, checker.DefaultBudget) {
			if r.Verdict != checker.Valid {
				b.Fatal(r)
			}
		}
	}
}

// long makes the history of n operations on ten keys, of which one of every lost has no reply, and of these every
// second is not done. Operation i is called at the event 8i and returns at 8i+60, and takes effect in between.
func long(b *testing.B, n, lost int) (history []sim.Op) {
	s := kvspec.New().Init()
	process := [8]int{}
	for i := range n {
		key := "k" + string("0123456789"[i*7%10])
		text := fmt.Sprintf("put %s %d", key, i)
		switch i % 8 {
		case 0, 1, 2:
			text = "get " + key
		case 3:
			text = "get " + key + " serializable"
		case 4:
			text = fmt.Sprintf("txn {version %s > 0} then {put %s %d; get k0} else {put k1 %d}", key, key, i, i)
		}
		op := parse(b, text)
		call := uint64(8 * i)
		h := sim.Op{Client: sim.Client(i%8 + 1), Process: 8*process[i%8] + i%8, Input: op,
			CallSeq: call, ReturnSeq: sim.StillOpen}
		gone := lost > 0 && i%lost == 5
		if !gone || i/lost%2 == 0 {
			var out *kvapi.Output
			if s, out = kvspec.Do(s, op); !gone {
				h.Output, h.Outcome, h.ReturnSeq = out, sim.OK, call+60
			}
		}
		if gone {
			process[i%8]++
		}
		history = append(history, h)
	}
	return history
}
