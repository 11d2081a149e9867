package simtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"schism/sim"
)

// Telling says how a story is told. The zero value tells every event, and none of its effects.
type Telling struct {
	// Nodes are those whose events are told, all if it is empty. A lost message is an event of the node that it
	// was sent to; faults are told always.
	Nodes []sim.NodeID
	// Kinds are the kinds of events and of messages that are told, all if it is empty; Without are those that are
	// not. Each is a name: "Timeout", "RequestVote".
	Kinds, Without []string
	// Decided leaves out events in which nothing was decided and of which no effect is told.
	Decided bool
	// Effects are the kinds of effects that are told.
	Effects []sim.EffectKind
	// Timers and Tasks are names, by number.
	Timers, Tasks []string
	// MaxLines bounds the story; what comes later is only counted. 0 is no bound.
	MaxLines int
}

// Sends returns the kinds of effects that send a message.
func Sends() []sim.EffectKind {
	return []sim.EffectKind{sim.EffectSend, sim.EffectSendSafe, sim.EffectSendOn}
}

// AllEffects returns every kind of effect.
func AllEffects() []sim.EffectKind {
	var all []sim.EffectKind
	for k := sim.EffectSend; k <= sim.EffectExit; k++ {
		all = append(all, k)
	}
	return all
}

// Story tells a run for people, and for comparison: a line for each event, with what was decided and why, and
// indented lines for what the step asked for. Times are true times in whole milliseconds, rounded down. It is a
// [sim.Tracer].
//
//	[   5ms] n1 Timeout gossip -> tell the next one (a timer ran out)
//	         to n2: Note 1
//	[  15ms] n3 Crashed
//	[  15ms] fault: crash n3
//	[  15ms] n2 <- n1 Note 1
//	         to n3: Note 0
//	[  18ms] n3 <- n2 Note 0 is lost (down)
type Story struct {
	telling Telling
	text    strings.Builder
	lines   int
	untold  int
	ending  string // told whatever the bound
}

// NewStory returns a story that has not begun.
func NewStory(o Telling) *Story { return &Story{telling: o} }

// String returns what has been told so far.
func (s *Story) String() string {
	if s.untold == 0 {
		return s.text.String() + s.ending
	}
	return s.text.String() + fmt.Sprintf("… %d more lines\n", s.untold) + s.ending
}

// indent is as wide as the time at the beginning of a line.
const indent = "         "

// Trace implements [sim.Tracer].
func (s *Story) Trace(r *sim.Record) {
	if !s.tells(r) {
		return
	}
	var decisions []string
	r.Notes(func(reason, decision string) {
		decisions = append(decisions, fmt.Sprintf("%s (%s)", decision, reason))
	})
	effects := s.effects(r.Effects)
	if s.telling.Decided && r.Lost == "" && r.Action == nil && len(decisions)+len(effects) == 0 {
		return
	}
	line := s.headline(r)
	if len(decisions) > 0 {
		line += " -> " + strings.Join(decisions, ", ")
	}
	s.line(r.At, line)
	for _, e := range effects {
		s.add(indent + e)
	}
}

// tells reports whether the event of r is of a kind and at a node that is told.
func (s *Story) tells(r *sim.Record) bool {
	o := &s.telling
	event, message := "Lost", ""
	if r.Lost == "" {
		event = r.Event.Kind.String()
	}
	if m := messageOf(r); m != nil {
		message = m.Kind()
	}
	if slices.Contains(o.Without, event) || slices.Contains(o.Without, message) {
		return false
	}
	if len(o.Kinds) > 0 && !slices.Contains(o.Kinds, event) && !slices.Contains(o.Kinds, message) {
		return false
	}
	return len(o.Nodes) == 0 || r.Action != nil || slices.Contains(o.Nodes, r.Node)
}

// messageOf returns the message that r is about, or nil.
func messageOf(r *sim.Record) sim.Message {
	if r.Lost != "" {
		return r.Msg
	}
	return r.Event.Msg
}

// headline says what happened.
func (s *Story) headline(r *sim.Record) string {
	if r.Lost != "" {
		return fmt.Sprintf("%s <- %s %s is lost (%s)", r.To, r.From, message(r.Msg), r.Lost)
	}
	e := r.Event
	switch {
	case r.Action != nil:
		return "fault: " + r.Action.String()
	case e.Kind == sim.Receive && e.Chan != 0:
		return fmt.Sprintf("%s <- %s on channel %d: %s", r.Node, e.From, e.Chan, message(e.Msg))
	case e.Kind == sim.Receive:
		return fmt.Sprintf("%s <- %s %s", r.Node, e.From, message(e.Msg))
	case e.Kind == sim.Timeout:
		return fmt.Sprintf("%s Timeout %s", r.Node, name(s.telling.Timers, int(e.Timer)))
	case e.Kind == sim.TaskRun:
		return fmt.Sprintf("%s TaskRun %s", r.Node, name(s.telling.Tasks, int(e.Task)))
	}
	return fmt.Sprintf("%s %s", r.Node, e)
}

// message returns the kind of m and what it says.
func message(m sim.Message) string { return strings.TrimSuffix(m.Kind()+" "+m.String(), " ") }

// name returns the i-th name, or the number itself if it has none.
func name(names []string, i int) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return fmt.Sprint(i)
}

// effects returns a line for each effect that is told. A message sent to several nodes in a row takes one.
func (s *Story) effects(list []sim.Effect) []string {
	var lines []string
	var last *sim.Effect
	var to string
	for i := range list {
		f := &list[i]
		if !slices.Contains(s.telling.Effects, f.Kind) {
			continue
		}
		if f.Kind != sim.EffectSend && f.Kind != sim.EffectSendSafe {
			lines, last = append(lines, s.effect(f)), nil
			continue
		}
		if last != nil && last.Kind == f.Kind && last.Msg == f.Msg {
			to += ", " + f.To.String()
			lines = lines[:len(lines)-1]
		} else {
			to = f.To.String()
		}
		when := ""
		if f.Kind == sim.EffectSendSafe {
			when = " once durable"
		}
		lines, last = append(lines, fmt.Sprintf("to %s%s: %s", to, when, message(f.Msg))), f
	}
	return lines
}

// effect says what f is, which is no datagram.
func (s *Story) effect(f *sim.Effect) string {
	timer := name(s.telling.Timers, int(f.Timer))
	switch f.Kind {
	case sim.EffectSetTimer:
		lo, hi := time.Duration(f.Min), time.Duration(f.Max)
		if lo == hi {
			return fmt.Sprintf("set timer %s to %v", timer, lo)
		}
		return fmt.Sprintf("set timer %s to %v … %v", timer, lo, hi)
	case sim.EffectStopTimer:
		return "stop timer " + timer
	case sim.EffectRun:
		return "run task " + name(s.telling.Tasks, int(f.Task))
	}
	return f.String()
}

// Say puts a line of prose into the story.
func (s *Story) Say(format string, args ...any) { s.add("# " + fmt.Sprintf(format, args...)) }

// line tells what happened at the time at.
func (s *Story) line(at sim.Time, what string) { s.add(timed(at, what)) }

// timed puts the time before what happened.
func timed(at sim.Time, what string) string {
	return fmt.Sprintf("[%4dms] %s", int64(at)/int64(time.Millisecond), what)
}

func (s *Story) add(line string) {
	if s.telling.MaxLines > 0 && s.lines >= s.telling.MaxLines {
		s.untold++
		return
	}
	s.lines++
	s.text.WriteString(line)
	s.text.WriteByte('\n')
}

// end tells how the run ended.
func (s *Story) end(r *sim.Result) {
	how := "the run ends: " + r.Stop.String()
	if v := r.Violation; v != nil {
		how = fmt.Sprintf("violation at %s: %s", v.Node, v)
	}
	s.ending = timed(r.End, how) + "\n"
}
