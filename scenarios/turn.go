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
	// calm says that later nothing breaks any more: of the schedule only recoveries happen.
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

// gate makes faults do nothing after the turn, if it is a calm one.
func (t *turn) gate(faults []sim.Planned) {
	for i := range faults {
		if f := &faults[i]; t.calm && f.Do != sim.Action(nemesis.Recover{}) {
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
