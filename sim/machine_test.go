package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"schism/sim"
)

// stepFunc is a machine without state of its own.
type stepFunc func(now sim.Time, ev sim.Event, out *sim.Effects)

func (f stepFunc) Step(now sim.Time, ev sim.Event, out *sim.Effects) { f(now, ev, out) }

// note is a message that carries a number.
type note struct{ n int }

func (m *note) Kind() string                     { return "Note" }
func (m *note) Fold(d sim.Digest) sim.Digest     { return d.Mix(uint64(m.n)) }
func (m *note) String() string                   { return fmt.Sprint(m.n) }
func ms(n int) time.Duration                     { return time.Duration(n) * time.Millisecond }
func at(n int) sim.Time                          { return sim.Time(ms(n)) }
func dull() sim.Chooser                          { return sim.NewStrictReplay(nil) }
func everyMessageTakes(d time.Duration) sim.Link { return sim.Link{Min: d, Max: d} }

// action is a fault written as a function.
type action struct {
	name string
	do   func(sim.Faults)
}

func (a action) Apply(f sim.Faults) { a.do(f) }
func (a action) String() string     { return a.name }

// plan is a fault at an instant in milliseconds.
func plan(millis int, name string, do func(sim.Faults)) sim.Planned {
	return sim.Planned{When: sim.Trigger{After: ms(millis)}, Do: action{name, do}}
}

// diary is what the machines of a test write down, with the true time.
type diary struct {
	lines []string
	view  func() sim.Time
}

func (d *diary) add(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf("%d ", int64(d.view())/1e6)+fmt.Sprintf(format, args...))
}

// run runs c with machines that write a diary and returns it.
func run(t *testing.T, c sim.Config, step func(d *diary, id sim.NodeID, now sim.Time, ev sim.Event,
	out *sim.Effects)) (*diary, *sim.Result) {
	t.Helper()
	var w *sim.World
	d := &diary{view: func() sim.Time { return w.View().Now() }}
	make := func(id sim.NodeID) sim.Machine {
		return stepFunc(func(now sim.Time, ev sim.Event, out *sim.Effects) { step(d, id, now, ev, out) })
	}
	if c.Chooser == nil {
		c.Chooser = dull()
	}
	if c.Limit == 0 {
		c.Limit = at(10_000)
	}
	c.NewServer, c.NewClient, c.CheckMessages = make, make, true
	w = sim.NewWorld(c)
	r := w.Run()
	return d, r
}

// want fails the test unless the diary says exactly these lines.
func (d *diary) want(t *testing.T, lines ...string) {
	t.Helper()
	if got, want := strings.Join(d.lines, "\n"), strings.Join(lines, "\n"); got != want {
		t.Errorf("the diary says\n%s\nwant\n%s", got, want)
	}
}

const (
	n1 = sim.NodeID(1)
	n2 = sim.NodeID(2)
	n3 = sim.NodeID(3)
)
