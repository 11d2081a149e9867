package zkspec

import (
	"fmt"
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// Durable is the ID of the violation that something was shown to a client that is not in the log in the end: an update
// that was acknowledged, or a transaction that a read has seen.
const Durable = "durable"

// JudgeDurable judges Durable: every zxid that a reply shows is that of a transaction in log, or below all that log
// still has. The log must be one to which nothing is added any more. What was not acknowledged may be in it or not.
func JudgeDurable(history []sim.Op, log Log) checker.Report {
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(Durable, err.Error())
	}
	var kept []zkapi.Zxid // ascending
	for p := log.CommittedPosition(); ; p-- {
		z, _, ok := log.TxnAt(p)
		if !ok {
			break
		}
		kept = append(kept, z)
	}
	slices.Reverse(kept)
	whole := int(log.CommittedPosition()) == len(kept)
	report := checker.Passed(Durable, len(replies))
	report.Reason = fmt.Sprintf("what %d replies show is among the last %d transactions, or forgotten", len(replies),
		len(kept))
	for i := range replies {
		r := &replies[i]
		there := func(z zkapi.Zxid) bool {
			at, found := slices.BinarySearch(kept, z)
			return found || z == 0 || at == 0 && !whole
		}
		if z, ok := shownBut(r.out, there); ok {
			report.Verdict, report.Core, report.Blocked = checker.Invalid, []sim.Op{*r.op}, 0
			report.Seen = sim.StillOpen
			report.Reason = fmt.Sprintf("%s shows %v, which is not in the log", r, z)
			break
		}
	}
	return report
}

// shownBut returns the first zxid that out shows and that is not there, false if all are.
func shownBut(out *zkapi.Output, there func(zkapi.Zxid) bool) (zkapi.Zxid, bool) {
	if !there(out.Zxid) {
		return out.Zxid, true
	}
	if z, ok := statBut(&out.Stat, there); ok {
		return z, true
	}
	for i := range out.Results {
		if z, ok := statBut(&out.Results[i].Stat, there); ok {
			return z, true
		}
	}
	return 0, false
}

func statBut(s *zkapi.Stat, there func(zkapi.Zxid) bool) (zkapi.Zxid, bool) {
	for _, z := range [...]zkapi.Zxid{s.Czxid, s.Mzxid, s.Pzxid} {
		if !there(z) {
			return z, true
		}
	}
	return 0, false
}
