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
		if w.proves(lazyBeam, false) || w.proves(eagerBeam, true) {
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

// Bounds of a witness: how many orders it follows at once, and how often it tries to place lost updates in one of them
// before one operation.
const (
	lazyBeam  = 32
	eagerBeam = 256
	lostTries = 4000
)

// witness makes orders of operations: by zxids, and before what does not fit those updates with an unknown outcome that
// make it fit, of those that it could tell of, and no more of them than it takes. In such an order no operation stands
// behind one that was called after it had returned, and the tree explains every reply along it; so if there is one, the
// operations are linearizable. That there is none says nothing.
//
// Often other updates would do, too, and which of them were done shows only later. So a few orders are followed side by
// side, those with the fewest lost updates. An eager witness also places lost updates that nobody misses yet, before an
// operation that takes away what they depend on.
type witness struct {
	// known are the operations with a reply, and those updates of which others are told the zxid.
	known []placed
	// lost are the updates with an unknown outcome of which nobody is told the zxid.
	lost []*sim.Op
	// beam are the orders so far.
	beam  []moment
	steps int
}

// placed is an operation with its zxid. Updates come before what has the same. Of a lost update shown is a read that
// shows what it wrote, nil of all others.
type placed struct {
	*sim.Op
	zxid  zkapi.Zxid
	rank  int
	shown *sim.Op
}

// explains reports whether s is what the read shows right after the update, as far as data and version go.
func (p *placed) explains(s State) bool {
	if p.shown == nil {
		return true
	}
	out := p.shown.Output.(*zkapi.Output)
	n := s.root.find(p.shown.Input.(*zkapi.Op).Path)
	return n != nil && n.data == out.Data && n.stat.Version == out.Stat.Version
}

// moment is the end of an order.
type moment struct {
	state State
	// latest is the latest call of what is placed.
	latest uint64
	lost   *lostOnes
}

// lostOnes are the lost updates that an order has placed, by number; nil for none.
type lostOnes struct {
	last   int
	before *lostOnes
	count  int
	digest sim.Digest // of all, in whatever order
}

func (l *lostOnes) has(n int) bool {
	for ; l != nil; l = l.before {
		if l.last == n {
			return true
		}
	}
	return false
}

func (l *lostOnes) with(n int) *lostOnes {
	more := &lostOnes{last: n, before: l, count: 1, digest: sim.Digest(0).Mix(uint64(n))}
	if l != nil {
		more.count, more.digest = more.count+l.count, more.digest+l.digest
	}
	return more
}

// newWitness returns a witness for ops. History may tell zxids.
func newWitness(ops, history []sim.Op) *witness {
	w := &witness{}
	reads := map[string]*sim.Op{} // by data
	for i := range history {
		if out, ok := history[i].Output.(*zkapi.Output); ok && out.Data != "" {
			reads[out.Data] = &history[i]
		}
	}
	for i := range ops {
		op := &ops[i]
		in := op.Input.(*zkapi.Op)
		switch shown := whoSaw(in, reads); {
		case op.Outcome == sim.OK && in.Kind.Writes():
			w.known = append(w.known, placed{op, op.Output.(*zkapi.Output).Zxid, 0, nil})
		case op.Outcome == sim.OK:
			w.known = append(w.known, placed{op, op.Output.(*zkapi.Output).Zxid, 1, nil})
		case op.Outcome != sim.Unknown || !in.Kind.Writes():
		case shown != nil:
			w.known = append(w.known, placed{op, shown.Output.(*zkapi.Output).Stat.Mzxid, 0, shown})
		default:
			w.lost = append(w.lost, op)
		}
	}
	slices.SortStableFunc(w.known, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.zxid, b.zxid), cmp.Compare(a.rank, b.rank))
	})
	return w
}

// whoSaw returns one of reads, which are by data, that shows what the update wrote, nil if none does. If data are not
// unique it may be that of another one.
func whoSaw(in *zkapi.Op, reads map[string]*sim.Op) (seen *sim.Op) {
	for _, sub := range parts(in) {
		if r := reads[sub.Data]; r != nil && sub.Data != "" {
			seen = r
		}
	}
	return seen
}

// proves reports whether it finds such an order among width at a time.
func (w *witness) proves(width int, eager bool) bool {
	w.beam = []moment{{state: New().Init()}}
	for i := range w.known {
		w.advance(&w.known[i], width, eager)
	}
	return len(w.beam) > 0
}

// advance puts op last in every order in which it can be, and keeps up to width.
func (w *witness) advance(op *placed, width int, eager bool) {
	var next []moment
	seen := views{}
	add := func(list []moment) {
		for i := range list {
			if seen.add(&list[i]) {
				next = append(next, list[i])
			}
		}
	}
	for _, m := range w.beam {
		then := w.fit(m, op)
		add(then)
		if eager && len(then) > 0 {
			for _, earlier := range w.lastChances(m, &then[0]) {
				add(w.fit(earlier, op))
			}
		}
	}
	if len(next) == 0 && op.Outcome != sim.OK {
		return // it need not have happened
	}
	slices.SortStableFunc(next, func(a, b moment) int { return cmp.Compare(a.placedLost(), b.placedLost()) })
	w.beam = next[:min(len(next), width)]
}

// chances bounds the moments that lastChances tells apart.
const chances = 16

// lastChances returns moments in which lost updates follow m that could not follow then, the moment after that.
func (w *witness) lastChances(m moment, then *moment) []moment {
	moments := []moment{m}
	for n, u := range w.lost {
		if then.lost.has(n) {
			continue
		}
		if _, right := w.place(then, u); right {
			continue
		}
		for i := 0; i < len(moments) && len(moments) < chances; i++ {
			if moments[i].lost.has(n) {
				continue
			}
			if next, right := w.place(&moments[i], u); right {
				next.lost = next.lost.with(n)
				moments = append(moments, next)
			}
		}
	}
	return moments[1:]
}

func (m *moment) placedLost() int {
	if m.lost == nil {
		return 0
	}
	return m.lost.count
}

// view is what matters of a moment: which lost updates came in which order does not, but as far as the tree shows it.
type view struct{ tree, lost sim.Digest }

type views map[view]bool

// add reports whether m is none that v has.
func (v views) add(m *moment) bool {
	key := view{tree: m.state.root.hash}
	if m.lost != nil {
		key.lost = m.lost.digest
	}
	if v[key] {
		return false
	}
	v[key] = true
	return true
}

// fit returns the moments when op follows from, with as few lost updates between them as possible.
func (w *witness) fit(from moment, op *placed) (fitting []moment) {
	seen, tries := views{}, lostTries
	for layer := []moment{from}; len(layer) > 0; {
		for i := range layer {
			if m, right := w.place(&layer[i], op.Op); right && op.explains(m.state) {
				fitting = append(fitting, m)
			}
		}
		if len(fitting) > 0 {
			break
		}
		var deeper []moment
		for i := range layer {
			for n, u := range w.lost {
				if u.CallSeq >= op.ReturnSeq || layer[i].lost.has(n) ||
					!Observes(u.Input.(*zkapi.Op), op.Input.(*zkapi.Op)) {
					continue
				}
				if tries--; tries < 0 {
					return nil
				}
				m, right := w.place(&layer[i], u)
				if m.lost = m.lost.with(n); right && seen.add(&m) {
					deeper = append(deeper, m)
				}
			}
		}
		layer = deeper
	}
	return fitting
}

// place returns the moment when op follows at, and whether it may stand there, and does something there or has a reply.
func (w *witness) place(at *moment, op *sim.Op) (m moment, right bool) {
	w.steps++
	out, returned := (*zkapi.Output)(nil), uint64(math.MaxUint64)
	if op.Outcome == sim.OK {
		out, returned = op.Output.(*zkapi.Output), op.ReturnSeq
	}
	next, right := Step(at.state, op.Input.(*zkapi.Op), out)
	if !right || returned <= at.latest || out == nil && next.root == at.state.root {
		return *at, false
	}
	return moment{state: next, latest: max(at.latest, op.CallSeq), lost: at.lost}, true
}
