package simtest

import (
	"slices"
	"time"

	"schism/sim"
)

// Play runs c to its end, tells the run as a story and compares that with the golden file of that path under
// testdata. It returns what the run has left. A story of a run that ends with a violation says so.
func Play(t T, c sim.Config, path string, o Telling) *sim.Result {
	t.Helper()
	s := NewScript(t, c, o)
	r := s.world.Run()
	s.story.end(r)
	s.Golden(path)
	return r
}

// Script drives a world by hand and writes its story.
//
//	s := simtest.NewScript(t, config, simtest.Telling{Decided: true})
//	s.Say("somebody has to lead")
//	s.UntilMark("leader-elected")
//	s.Golden("election.txt")
type Script struct {
	t     T
	world *sim.World
	story *Story
	marks []string // passed since UntilMark was called
}

// NewScript returns the script of the world that c describes, before its first event. The story takes the place
// of c.Trace.
func NewScript(t T, c sim.Config, o Telling) *Script {
	s := &Script{t: t, story: NewStory(o)}
	c.Trace = s
	s.world = sim.NewWorld(c)
	return s
}

// Trace implements [sim.Tracer].
func (s *Script) Trace(r *sim.Record) {
	for i := range r.Effects {
		if r.Effects[i].Kind == sim.EffectMark {
			s.marks = append(s.marks, r.Effects[i].Name)
		}
	}
	s.story.Trace(r)
}

// View is what can be seen of the world.
func (s *Script) View() sim.View { return s.world.View() }

// Result returns what the run has left so far.
func (s *Script) Result() *sim.Result { return s.world.Result() }

// Say puts a line of prose into the story.
func (s *Script) Say(format string, args ...any) { s.story.Say(format, args...) }

// Step lets n events happen, or fewer if the run ends. It reports whether the run goes on.
func (s *Script) Step(n int) bool {
	for range n {
		if !s.world.Step() {
			return false
		}
	}
	return true
}

// Until lets events happen until done says so after one. The test fails if the run ends before; what says what
// was waited for.
func (s *Script) Until(what string, done func(sim.View) bool) {
	s.t.Helper()
	for !done(s.View()) {
		if !s.world.Step() {
			if done(s.View()) {
				return
			}
			r := s.world.Result()
			s.story.end(r)
			s.t.Fatalf("the run ended before %s:\n%s", what, s.story)
		}
	}
}

// UntilMark lets events happen until the run reaches the mark again.
func (s *Script) UntilMark(mark string) {
	s.t.Helper()
	s.marks = s.marks[:0]
	s.Until("the mark "+mark, func(sim.View) bool { return slices.Contains(s.marks, mark) })
}

// UntilTime lets everything happen that is due by then, and one event more, since nobody knows when the next one
// is due before it has happened.
func (s *Script) UntilTime(at time.Duration) {
	s.t.Helper()
	s.Until(at.String(), func(v sim.View) bool { return v.Now() >= sim.Time(at) })
}

// Golden compares the story so far with the golden file of that path under testdata.
func (s *Script) Golden(path string) {
	s.t.Helper()
	Golden(s.t, path, s.story.String())
}

// Line is what a puppet says: at a time after its start it sends a message.
type Line struct {
	After time.Duration
	From  sim.NodeID
	To    sim.NodeID
	Msg   sim.Message
}

// Puppet returns the machine of id in a play: it sends the lines that are From id, in order, and does nothing
// else. Lines that are due before the one in front of them wait for it.
func Puppet(id sim.NodeID, lines ...Line) sim.Machine {
	p := &puppet{}
	for _, l := range lines {
		if l.From == id {
			p.lines = append(p.lines, l)
		}
	}
	return p
}

type puppet struct {
	start sim.Time
	lines []Line
}

// Step implements [sim.Machine].
func (p *puppet) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		p.start = now
	case sim.Timeout:
	default:
		return
	}
	for len(p.lines) > 0 && p.start.Add(p.lines[0].After) <= now {
		out.Send(p.lines[0].To, p.lines[0].Msg)
		p.lines = p.lines[1:]
	}
	if len(p.lines) > 0 {
		wait := p.start.Add(p.lines[0].After).Sub(now)
		out.SetTimer(0, wait, wait)
	}
}

// Alone returns the configuration of a world in which make makes the machine of the server n1, and the other
// servers and the clients are puppets that say the lines. Messages arrive at once, writes succeed at once, timers
// run out as early as they may, and the run ends after limit. Tell only n1 for a story about the machine alone.
func Alone(servers, clients int, limit time.Duration, make func() sim.Machine, lines ...Line) sim.Config {
	puppet := func(id sim.NodeID) sim.Machine { return Puppet(id, lines...) }
	return sim.Config{
		Servers: servers, Clients: clients, Limit: sim.Time(limit), CheckMessages: true,
		NewServer: func(id sim.NodeID) sim.Machine {
			if id == sim.Server(1) {
				return make()
			}
			return puppet(id)
		},
		NewClient: puppet,
		Chooser:   sim.NewStrictReplay(nil), // the dullest answers
	}
}
