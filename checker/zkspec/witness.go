package zkspec

import (
	"cmp"
	"math"
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// linearizable judges a history as checker.Judge does, and names the report check. Where that has no cheap answer, it
// tries an order of its own before the search.
func linearizable(check string, history []sim.Op, budget checker.Budget) checker.Report {
	report := checker.Judge(New(), history, 1)
	if report.Verdict == checker.Unknown && report.Effort.Keys > 0 {
		w := newWitness(history)
		if w.proves() {
			report.Verdict, report.Reason = checker.Valid, "the order of zxids explains every reply"
			report.Effort.Witnessed, report.Effort.Searched = 1, 0
			report.Effort.Steps += w.steps
		} else {
			report = checker.Judge(New(), history, budget)
		}
	}
	report.Check = check
	return report
}

// Bounds of a witness: at most lostDepth lost updates before one reply, lostTries tries for each reply.
const (
	lostDepth = 4
	lostTries = 2000
)

// witness makes an order of the operations of a history: by zxids, and before a reply that does not fit those
// updates with an unknown outcome that make it fit, of those that the operation could tell of. In such an order no
// operation stands behind one that was called after it had returned, and the tree explains every reply along it; so
// if there is one, the history is linearizable. That there is none says nothing.
type witness struct {
	// known are the operations with a reply, and those updates of which others are told the zxid.
	known []placed
	// lost are the updates with an unknown outcome, nil once they are placed.
	lost  []*sim.Op
	state State
	// latest is the latest call of what is placed.
	latest       uint64
	tries, steps int
}

// placed is an operation with its zxid. Updates come before what has the same.
type placed struct {
	*sim.Op
	zxid zkapi.Zxid
	rank int
}

func newWitness(history []sim.Op) *witness {
	w := &witness{state: New().Init()}
	written := map[string]zkapi.Zxid{} // when what was read was written
	for i := range history {
		if out, ok := history[i].Output.(*zkapi.Output); ok && out.Data != "" {
			written[out.Data] = out.Stat.Mzxid
		}
	}
	for i := range history {
		op := &history[i]
		in := op.Input.(*zkapi.Op)
		switch z := wrote(in, written); {
		case op.Outcome == sim.OK && in.Kind.Writes():
			w.known = append(w.known, placed{op, op.Output.(*zkapi.Output).Zxid, 0})
		case op.Outcome == sim.OK:
			w.known = append(w.known, placed{op, op.Output.(*zkapi.Output).Zxid, 1})
		case op.Outcome != sim.Unknown || !in.Kind.Writes():
		case z != 0:
			w.known = append(w.known, placed{op, z, 0})
		default:
			w.lost = append(w.lost, op)
		}
	}
	slices.SortStableFunc(w.known, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.zxid, b.zxid), cmp.Compare(a.rank, b.rank))
	})
	return w
}

// wrote returns the zxid of an update whose data somebody has read, 0 if nobody has. If data are not unique it may be
// that of another one.
func wrote(in *zkapi.Op, written map[string]zkapi.Zxid) (z zkapi.Zxid) {
	for _, sub := range parts(in) {
		z = max(z, written[sub.Data])
	}
	return z
}

// proves reports whether there is such an order.
func (w *witness) proves() bool {
	for _, op := range w.known {
		w.tries = lostTries
		done := false
		for depth := 0; !done && depth <= lostDepth; depth++ {
			done = w.fit(op.Op, depth)
		}
		if !done {
			return false
		}
	}
	return true
}

// place puts op last, if it may stand there, and if it does something there or has a reply.
func (w *witness) place(op *sim.Op) bool {
	w.steps++
	out, returned := (*zkapi.Output)(nil), uint64(math.MaxUint64)
	if op.Outcome == sim.OK {
		out, returned = op.Output.(*zkapi.Output), op.ReturnSeq
	}
	next, right := Step(w.state, op.Input.(*zkapi.Op), out)
	if !right || returned <= w.latest || out == nil && next.root == w.state.root {
		return false
	}
	w.state, w.latest = next, max(w.latest, op.CallSeq)
	return true
}

// fit puts op last, behind depth lost updates.
func (w *witness) fit(op *sim.Op, depth int) bool {
	if depth == 0 {
		return w.place(op)
	}
	state, latest := w.state, w.latest
	for i, u := range w.lost {
		if u == nil || u.CallSeq >= op.ReturnSeq || !Observes(u.Input.(*zkapi.Op), op.Input.(*zkapi.Op), nil) {
			continue
		}
		if w.tries--; w.tries < 0 {
			return false
		}
		if w.place(u) {
			w.lost[i] = nil
			if w.fit(op, depth-1) {
				return true
			}
			w.lost[i] = u
		}
		w.state, w.latest = state, latest
	}
	return false
}
