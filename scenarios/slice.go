package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"schism/sim"
)

// maxSliceLines is how many lines a slice has at most.
const maxSliceLines = 30

// Slice is what a violation needed: the events without which it would not have been, as far as the order of events and
// messages tells, thinned to those that decided or changed something.
type Slice struct {
	// Lines are in order of their first events.
	Lines []SliceLine
	// Events counts the events of the run, Past those among the causes of the violation, and Left the lines that there
	// were too many of: of those that matter least the first.
	Events, Past, Left int
}

// SliceLine is one event, or several that are alike: servers that were told the same and did the same.
type SliceLine struct {
	Seq   uint64
	At    sim.Time
	Nodes []sim.NodeID
	// From are those who sent what the nodes received, and What is that: "RequestVote t2 last 1^1". It is also what
	// else they were told, by nobody: that the disk fails, for instance. It is "" where it goes without saying.
	From []sim.NodeID
	What string
	// Text is what came of it: "its log is up to date -> grant".
	Text string
	// Times is how often that came if only the last time is told; else it is 0 or 1. Varied is whether there were other
	// numbers in it.
	Times  int
	Varied bool

	rank rank
	// first is its first event.
	first *happening
}

// slice returns the slice of the first violation of r, a run that t has followed.
func (t *trail) slice(r *Report) *Slice {
	roots := t.roots(r)
	for seq, k := range roots { // order: each is another event
		if h := t.happening(seq); h != nil && h.rank > rankNone {
			h.rank = max(h.rank, k)
		}
	}
	in := t.past(roots)
	s := &Slice{Events: len(t.events) - 1}
	var kept []*happening
	for seq := range in {
		if in[seq] {
			s.Past++
			if h := &t.events[seq]; h.rank > rankNone || h.writes {
				kept = append(kept, h)
			}
		}
	}
	t.nameFaults(r)
	s.Lines = linesOf(t.worthTelling(kept))
	if r.neverCame() {
		s.Lines = lastTimes(s.Lines, func(k rank) bool { return k < rankPlot })
	} else {
		s.Lines = lastTimes(s.Lines, func(k rank) bool { return k == rankAct })
	}
	s.thin()
	return s
}

// neverCame reports whether the first violation of r is that something did not come about.
func (r *Report) neverCame() bool {
	if v := r.Violation; v != nil {
		return v.ID == Livelock || strings.HasPrefix(v.ID, "liveness-")
	}
	judged := r.judged()
	return len(judged.Core) == 0 || judged.Seen == sim.StillOpen
}

// lastTimes leaves out, of lines that matter so much, those that came again later but for the numbers in them. That is
// for operations that the violation is not about: that a client read every now and then is enough. And it is for what
// never came about: how often it was tried in vain, and by whom in turn, is no part of the cause. Who led, and which
// client was answered, is.
func lastTimes(lines []SliceLine, folds func(k rank) bool) []SliceLine {
	last := make(map[string]int)
	var told []SliceLine
	for _, l := range slices.Backward(lines) {
		if !folds(l.rank) {
			told = append(told, l)
			continue
		}
		what := strings.Map(noDigit, l.text())
		if l.rank == rankTurn || l.Nodes[0].IsClient() {
			what = l.who() + what
		}
		if i, ok := last[what]; ok {
			told[i].Times++
			told[i].Varied = told[i].Varied || l.What != told[i].What || l.Text != told[i].Text
			told[i].Nodes, told[i].From = union(told[i].Nodes, l.Nodes), union(told[i].From, l.From)
			continue
		}
		last[what] = len(told)
		l.Times = 1
		told = append(told, l)
	}
	slices.Reverse(told)
	return told
}

// noDigit leaves digits out.
func noDigit(c rune) rune {
	if c >= '0' && c <= '9' {
		return -1
	}
	return c
}

// union returns all nodes of both lists, in order.
func union(a, b []sim.NodeID) []sim.NodeID {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// happening returns an event, nil if there is none of that number.
func (t *trail) happening(seq uint64) *happening {
	if seq == 0 || seq >= uint64(len(t.events)) {
		return nil
	}
	return &t.events[seq]
}

// nameFaults says of the faults also what they came to: whom they have cut off, and how much was lost by them.
func (t *trail) nameFaults(r *Report) {
	i := 0
	for _, f := range r.Applied {
		h := t.happening(f.Seq)
		for i < len(r.Moments) && (r.Moments[i].Node != 0 || r.Moments[i].At < f.At) {
			i++
		}
		if h == nil {
			continue
		}
		if i < len(r.Moments) && strings.HasPrefix(r.Moments[i].Text, f.What.String()) {
			h.said[0] = r.Moments[i].Text
			i++
		}
		h.said[0] += h.met
		switch n := t.lost[f.Seq]; {
		case n == 1:
			h.said = append(h.said, "a message is lost")
		case n > 1:
			h.said = append(h.said, fmt.Sprintf("%d messages are lost", n))
		}
	}
}

// thin leaves out what matters least, as much as there is too much.
func (s *Slice) thin() {
	excess := max(0, len(s.Lines)-maxSliceLines)
	s.Left = excess
	for k := rankNone; excess > 0; k++ {
		s.Lines = slices.DeleteFunc(s.Lines, func(l SliceLine) bool {
			if l.rank != k || excess == 0 {
				return false
			}
			excess--
			return true
		})
	}
}

// String returns the lines, and how much they stand for.
func (s *Slice) String() string {
	var b strings.Builder
	width := 2
	for i := range s.Lines {
		width = max(width, len(s.Lines[i].who()))
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		times := ""
		switch {
		case l.Times > 1 && l.Varied:
			times = fmt.Sprintf(" (%d times, with other numbers)", l.Times)
		case l.Times > 1:
			times = fmt.Sprintf(" (%d times)", l.Times)
		}
		fmt.Fprintf(&b, "  t=%-11s %-*s  %s%s\n", l.At, width, l.who(), l.text(), times)
	}
	left := ""
	if s.Left > 0 {
		left = fmt.Sprintf("%d lines that matter less are left out; ", s.Left)
	}
	fmt.Fprintf(&b, "  (%s%d of %d events go before the violation)\n", left, s.Past, s.Events)
	return b.String()
}

// text is what the nodes of the line received, from whom, and what came of it.
func (l *SliceLine) text() string {
	told := l.What
	if len(l.From) > 0 {
		told = strings.TrimSpace("<- " + names(l.From) + " " + told)
	}
	if told == "" || l.Text == "" {
		return told + l.Text
	}
	return told + ": " + l.Text
}

// who names the nodes of a line.
func (l *SliceLine) who() string { return names(l.Nodes) }
