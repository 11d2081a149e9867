package zkspec

import (
	"cmp"
	"math"
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// linearizable judges ops, some or all operations of a history, as checker.Judge does, and names the report check.
// Where that has no cheap answer, it tries an order of its own before the search.
func linearizable(check string, ops, history []sim.Op, budget checker.Budget) checker.Report {
	report := checker.Judge(New(), ops, 1)
	if report.Verdict == checker.Unknown && report.Effort.Keys > 0 {
		w := newWitness(ops, history)
		if w.proves() {
			report.Verdict, report.Reason = checker.Valid, "the order of zxids explains every reply"
			report.Effort.Witnessed, report.Effort.Searched = 1, 0
			report.Effort.Steps += w.steps
		} else {
			report = checker.Judge(New(), ops, budget)
		}
	}
	report.Check = check
	return report
}

// lostTries bounds a witness: how often it tries to place lost updates before one operation.
const lostTries = 20_000

// witness makes an order of operations: by zxids, and before what does not fit those updates with an unknown outcome
// that make it fit, of those that it could tell of, and no more of them than it takes. In such an order no operation
// stands behind one that was called after it had returned, and the tree explains every reply along it; so if there is
// one, the operations are linearizable. That there is none says nothing.
type witness struct {
	// known are the operations with a reply, and those updates of which others are told the zxid.
	known []placed
	// lost are the updates with an unknown outcome, nil once they are placed.
	lost  []*sim.Op
	at    moment
	steps int
}

// placed is an operation with its zxid. Updates come before what has the same.
type placed struct {
	*sim.Op
	zxid zkapi.Zxid
	rank int
}

// moment is how far an order has come.
type moment struct {
	state State
	// latest is the latest call of what is placed.
	latest uint64
	// lost is the number of the lost update that was placed last, behind those of before; used is a digest of all.
	lost   int
	before *moment
	used   sim.Digest
}

// newWitness returns a witness for ops. History may tell zxids.
func newWitness(ops, history []sim.Op) *witness {
	w := &witness{at: moment{state: New().Init()}}
	written := map[string]zkapi.Zxid{} // when what was read was written
	for i := range history {
		if out, ok := history[i].Output.(*zkapi.Output); ok && out.Data != "" {
			written[out.Data] = out.Stat.Mzxid
		}
	}
	for i := range ops {
		op := &ops[i]
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
		if !w.fit(op.Op) {
			return false
		}
	}
	return true
}

// fit puts op last, behind as few lost updates as possible. Which of them came in which order matters only as far as
// it can be seen: of moments with the same tree and the same lost updates the first is enough.
func (w *witness) fit(op *sim.Op) bool {
	type view struct{ tree, used sim.Digest }
	seen, tries := map[view]bool{}, lostTries
	for layer := []moment{w.at}; len(layer) > 0; {
		for i := range layer {
			if m, right := w.place(&layer[i], op, -1); right {
				w.take(m)
				return true
			}
		}
		var deeper []moment
		for i := range layer {
			for n, u := range w.lost {
				if u == nil || layer[i].has(n) || u.CallSeq >= op.ReturnSeq ||
					!Observes(u.Input.(*zkapi.Op), op.Input.(*zkapi.Op), nil) {
					continue
				}
				if tries--; tries < 0 {
					return false
				}
				m, right := w.place(&layer[i], u, n)
				if v := (view{m.state.root.hash, m.used}); right && !seen[v] {
					seen[v] = true
					deeper = append(deeper, m)
				}
			}
		}
		layer = deeper
	}
	return false
}

// place returns the moment when op, the lost update of the number lost or -1 for none, was put last, and whether it may
// stand there, and does something there or has a reply.
func (w *witness) place(at *moment, op *sim.Op, lost int) (m moment, right bool) {
	w.steps++
	out, returned := (*zkapi.Output)(nil), uint64(math.MaxUint64)
	if op.Outcome == sim.OK {
		out, returned = op.Output.(*zkapi.Output), op.ReturnSeq
	}
	next, right := Step(at.state, op.Input.(*zkapi.Op), out)
	if !right || returned <= at.latest || out == nil && next.root == at.state.root {
		return *at, false
	}
	m = moment{state: next, latest: max(at.latest, op.CallSeq), lost: lost, before: at, used: at.used}
	if lost >= 0 {
		m.used += sim.Digest(0).Mix(uint64(lost))
	}
	return m, true
}

// has reports whether the lost update of the number n is placed since the last operation was.
func (m *moment) has(n int) bool {
	for ; m.before != nil; m = m.before {
		if m.lost == n {
			return true
		}
	}
	return false
}

// take makes m the moment from which the order goes on.
func (w *witness) take(m moment) {
	for b := &m; b.before != nil; b = b.before {
		if b.lost >= 0 {
			w.lost[b.lost] = nil
		}
	}
	w.at = moment{state: m.state, latest: m.latest}
}
