package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// statesAwaited is how many faults at most wait for states, for each kind, and nthStates which of the times that a
// state comes they may wait for: some come once in a run, others with every write.
const statesAwaited = 6

var nthStates = [...]int{1, 2, 3, 5, 10, 30, 100, 300}

// awaitStates draws the faults that hit a server in a state.
func (s *swarm) awaitStates() {
	states := slices.Concat([]string{sim.StateWritePending, sim.StateSyncPending, sim.StateSendPending}, s.States)
	for kind := KindStateCrash; kind <= KindStatePause; kind++ {
		if !s.on[kind] {
			continue
		}
		d := aspectOf(s.chooser, aspectStates, sim.NodeID(kind))
		for range statesAwaited {
			if d.coin() {
				s.awaitState(d, kind, states[d.index(len(states))])
			}
		}
	}
}

// awaitState draws one fault that hits a server in a state, or soon after it has come into it.
func (s *swarm) awaitState(d draw, kind Kind, state string) {
	on := s.servers[d.index(len(s.servers))]
	var do, undo Fault
	switch kind {
	case KindStateCrash:
		do, undo = Crash{Nodes(on), d.powerLoss()}, Restart{Nodes(on)}
	case KindStateIsolate:
		do, undo = Isolate{Nodes(on)}, Mend{All, All}
	default:
		do, undo = Pause{Nodes(on)}, Resume{Nodes(on)}
	}
	when := sim.Trigger{State: state, On: on, Nth: nthStates[d.index(len(nthStates))]}
	if d.coin() {
		when.After = d.span(0, 50*time.Millisecond)
	}
	s.drawn[kind]++
	s.schedule = append(s.schedule, Entry{when, Before{s.end(), do}})
	when.After += d.span(s.MinFor, s.MaxFor)
	s.schedule = append(s.schedule, Entry{when, undo})
}
