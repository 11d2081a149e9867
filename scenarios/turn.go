package scenarios

import (
	"schism/nemesis"
	"schism/sim"
)

// turn is where a run leaves the one that it repeats: after so many events.
type turn struct {
	after uint64
	// next decides what comes later.
	next sim.Chooser
	// calm says that later nothing breaks any more, see gate.
	calm bool

	chooser *sim.Switch
	passed  bool
}

// wait lets w go on until the turn, and takes it.
func (t *turn) wait(w *sim.World) {
	for v := w.View(); v.Seq() < t.after && w.Step(); {
	}
	t.chooser.To(t.next)
	t.passed = true
}

// gate makes faults, which are in order, do nothing after the turn, if it is a calm one. Recoveries happen, and so does
// what is outside of a core: nobody asks anything of that.
func (t *turn) gate(faults []sim.Planned) {
	for i := range faults {
		f := &faults[i]
		if _, ends := f.Do.(nemesis.Core); ends || !t.calm {
			return
		}
		if f.Do != sim.Action(nemesis.Recover{}) {
			f.Do = gated{f.Do, t}
		}
	}
}

// gated is an action that does nothing after a turn.
type gated struct {
	sim.Action
	turn *turn
}

// Apply implements [sim.Action].
func (g gated) Apply(f sim.Faults) {
	if !g.turn.passed {
		g.Action.Apply(f)
	}
}
