package simtest

import (
	"fmt"
	"time"

	"schism/sim"
)

// How many crashes are tried: after each of the first events of a node, and after events spread over the rest of
// its run.
const (
	firstCrashes = 32
	laterCrashes = 16
	maxFailures  = 3
)

// crashMark is what a run reaches when the node is to crash; it is down for downtime.
const (
	crashMark = "simtest-crash"
	downtime  = 20 * time.Millisecond
)

// checkCrashes lets a node crash at one event after the other.
func checkCrashes(t T, make Make) {
	t.Helper()
	seed := checkSeeds[0]
	events := countEvents(t, make, seed)
	failures := 0
	for _, id := range victims(make(seed), events) {
		for _, k := range crashPoints(events[id]) {
			for _, loss := range [...]sim.PowerLoss{{}, {Drop: sim.Always}} {
				s := &sweep{id: id, at: k, loss: loss}
				r := s.run(t, make(seed))
				if r.Violation == nil {
					continue
				}
				t.Errorf("seed %d, %s crashes after its event number %d (%s), %s: %v", seed, id, k, s.event,
					lossText(loss), r.Violation)
				if failures++; failures == maxFailures {
					return
				}
			}
		}
	}
}

func lossText(l sim.PowerLoss) string {
	if l == (sim.PowerLoss{}) {
		return "nothing is lost"
	}
	return "everything not synced is lost"
}

// countEvents returns how many events each node is stepped with.
func countEvents(t T, make Make, seed uint64) map[sim.NodeID]int {
	t.Helper()
	n := map[sim.NodeID]int{}
	c := make(seed)
	wrapAll(&c, func(id sim.NodeID, m sim.Machine) sim.Machine {
		return wrap(m, func(now sim.Time, ev sim.Event, out *sim.Effects) {
			n[id]++
			m.Step(now, ev, out)
		})
	})
	run(t, sim.NewWorld(c))
	return n
}

// victims returns the busiest server and the first client.
func victims(c sim.Config, events map[sim.NodeID]int) []sim.NodeID {
	var ids []sim.NodeID
	if c.Servers > 0 {
		busiest := sim.Server(1)
		for i := range c.Servers {
			if id := sim.Server(i + 1); events[id] > events[busiest] {
				busiest = id
			}
		}
		ids = append(ids, busiest)
	}
	if c.Clients > 0 {
		ids = append(ids, sim.Client(1))
	}
	return ids
}

// crashPoints returns the numbers of the events, of n, after which a node is to crash.
func crashPoints(n int) []int {
	var points []int
	for k := 1; k <= min(n, firstCrashes); k++ {
		points = append(points, k)
	}
	step := max(1, (n-firstCrashes)/laterCrashes)
	for k := firstCrashes + step; k <= n; k += step {
		points = append(points, k)
	}
	return points
}

// sweep is one run with one crash.
type sweep struct {
	id   sim.NodeID
	at   int // the number of the event of id after which it crashes, before anything else happens
	loss sim.PowerLoss

	seen  int
	event sim.Event
	sim.Chooser
	// due says that the crash is due now: it is the last in the world's list of what is.
	due bool
}

// run runs c with the crash. It may have more events than without it, but not many more.
func (s *sweep) run(t T, c sim.Config) *sim.Result {
	t.Helper()
	s.Chooser, c.Chooser = c.Chooser, s
	wrapAll(&c, func(id sim.NodeID, m sim.Machine) sim.Machine {
		if id != s.id {
			return m
		}
		return wrap(m, func(now sim.Time, ev sim.Event, out *sim.Effects) {
			m.Step(now, ev, out)
			s.after(ev, out)
		})
	})
	restart := action{fmt.Sprintf("restart %s", s.id), func(f sim.Faults) { f.Restart(s.id) }}
	crash := action{fmt.Sprintf("crash %s", s.id), func(f sim.Faults) {
		s.due = false
		f.Crash(s.id, s.loss)
	}}
	c.Faults = append(c.Faults[:len(c.Faults):len(c.Faults)],
		sim.Planned{When: sim.Trigger{Mark: crashMark}, Do: crash},
		sim.Planned{When: sim.Trigger{Mark: crashMark, After: downtime}, Do: restart})
	return run(t, sim.NewWorld(c))
}

// after counts the events of the node and reaches the mark after the right one. A process that exits needs no
// crash.
func (s *sweep) after(ev sim.Event, out *sim.Effects) {
	if s.seen++; s.seen != s.at {
		return
	}
	s.event = ev
	for i := range out.List() {
		if out.List()[i].Kind == sim.EffectExit {
			return
		}
	}
	s.due = true
	out.Mark(crashMark)
}

// Index implements [sim.Chooser]. What was scheduled last comes first while the crash is due.
func (s *sweep) Index(k sim.Key, n int) int {
	if s.due && k.Decision == sim.DecideTie {
		return n - 1
	}
	return s.Chooser.Index(k, n)
}
