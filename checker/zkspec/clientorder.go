package zkspec

import (
	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// ClientOrder: the updates of one client are done in the order in which it asked for them, also those to which it has
// lost the answer: one whose data somebody reads has a lower zxid than every later one of its client (FIFO client
// order, QuorumTest.testSessionMoved).
const ClientOrder = "client-order"

// JudgeClientOrder judges ClientOrder. Data that are written must be unique.
func JudgeClientOrder(history []sim.Op) checker.Report {
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(ClientOrder, err.Error())
	}
	report, known := checker.Passed(ClientOrder, 0), 0
	reads := map[string]*reply{}
	for i := range replies {
		if r := &replies[i]; r.in.Kind == zkapi.GetData && r.out.Data != "" {
			reads[r.out.Data] = r
		}
	}
	for i := range history {
		op := &history[i]
		if op.Outcome != sim.Unknown {
			continue
		}
		for _, part := range parts(op.Input.(*zkapi.Op)) {
			if shown := reads[part.Data]; shown != nil && part.Kind.Writes() {
				known++
				lateUpdate(&report, op, shown, replies)
			}
		}
	}
	report.Examined(known, "updates without an answer that somebody has read")
	return report
}

// lateUpdate looks for an update of the client of lost, called after it and done before what the read shows of it.
func lateUpdate(report *checker.Report, lost *sim.Op, shown *reply, replies []reply) {
	for i := range replies {
		r := &replies[i]
		if r.op.Client == lost.Client && r.op.CallSeq > lost.CallSeq && r.updates() &&
			r.out.Zxid < shown.out.Stat.Mzxid {
			broken(report, r, shown, "shows what was asked for before, and is done after,")
			return
		}
	}
}
