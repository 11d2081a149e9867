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
	// Text is "<- n1 RequestVote t2 last 1^1: its log is up to date -> grant".
	Text string
	// Times is how often that came, but for the numbers in it, if only the last time is told; else it is 0 or 1.
	Times int

	rank rank
}

// slice returns the slice of the first violation of r, a run that t has followed.
func (t *trail) slice(r *Report) *Slice {
	roots, operations := t.roots(r)
	for i, seq := range roots {
		switch h := t.happening(seq); {
		case h == nil || h.rank == rankNone:
		case i < operations || seq == r.Violations[0].Seq:
			h.rank = rankPlot
		case seq == t.furthestAt:
			h.rank = max(h.rank, rankTurn)
		}
	}
	in := t.past(roots)
	s := &Slice{Events: len(t.events) - 1}
	var kept []*happening
	for seq := range in {
		if in[seq] {
			s.Past++
			if t.events[seq].rank > rankNone {
				kept = append(kept, &t.events[seq])
			}
		}
	}
	t.nameFaults(r)
	s.Lines = t.lines(superseded(kept))
	if id := r.Violations[0].ID; id == Livelock || strings.HasPrefix(id, "liveness-") ||
		r.Violation == nil && operations == 0 {
		s.Lines = lastTimes(s.Lines)
	}
	s.thin()
	return s
}

// lastTimes leaves out what the same servers did again later, but for the numbers in it. That is for what never came
// about: how often it was tried in vain is no part of the cause.
func lastTimes(lines []SliceLine) []SliceLine {
	last := make(map[string]int)
	var told []SliceLine
	for _, l := range slices.Backward(lines) {
		if l.rank == rankPlot {
			told = append(told, l)
			continue
		}
		what := l.who() + " " + strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return -1
			}
			return c
		}, l.Text)
		if i, ok := last[what]; ok {
			told[i].Times++
			continue
		}
		last[what] = len(told)
		l.Times = 1
		told = append(told, l)
	}
	slices.Reverse(told)
	return told
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

// superseded leaves out decisions that the same node took again, for the same reasons, before anything else came of
// them: votes for one candidate after the other, questions to one server after the other. What was written down stays.
// Of the turns of a client to one server after the other, the last is told, whatever the reasons were; of what a server
// learned to be committed and did no more than learn, the last; and of calls those whose returns are not, since these
// say what was called.
func superseded(kept []*happening) []*happening {
	next := make(map[sim.NodeID]string)
	returned, learned := make(map[sim.NodeID]bool), make(map[sim.NodeID]bool)
	var told []*happening
	for _, h := range slices.Backward(kept) {
		again := next[h.node] == h.reason || h.node.IsClient() && next[h.node] != ""
		if h.reason != "" && h.rank <= rankDecision && again {
			continue
		}
		if h.learns && learned[h.node] && h.rank == rankDetail && len(h.said) == 1 {
			continue
		}
		learned[h.node] = learned[h.node] || h.learns
		next[h.node] = h.reason
		answered := returned[h.node] && !h.returns
		returned[h.node] = h.returns || returned[h.node] && !h.calls
		if h.calls && answered && h.rank <= rankAct {
			continue
		}
		told = append(told, h)
	}
	slices.Reverse(told)
	return told
}

// alike is what events on one line have in common.
type alike struct {
	sentBy uint64
	at     sim.Time
	text   string
}

// lines makes lines of events.
func (t *trail) lines(kept []*happening) []SliceLine {
	var lines []SliceLine
	places := make(map[alike]int)
	for _, h := range kept {
		text := strings.Join(h.said, "; ")
		if h.what != "" && text != "" {
			text = h.what + ": " + text
		}
		text = shortened(text, maxSliceText)
		key := alike{sentBy: h.sentBy, text: text}
		if h.sentBy == 0 {
			key.at = h.at
		}
		if i, ok := places[key]; ok && h.node != 0 && !h.node.IsClient() {
			lines[i].Nodes = append(lines[i].Nodes, h.node)
			lines[i].rank = max(lines[i].rank, h.rank)
			continue
		}
		places[key] = len(lines)
		l := SliceLine{Seq: h.seq, At: h.at, Text: text, rank: h.rank}
		if h.node != 0 {
			l.Nodes = []sim.NodeID{h.node}
		}
		lines = append(lines, l)
	}
	return lines
}

// maxSliceText is how many letters an event is told in at most, maxSliceCall how many of those are for the operation
// that returns.
const (
	maxSliceText = 200
	maxSliceCall = 80
)

// shortened cuts what has more letters than can be read.
func shortened(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
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
		if l.Times > 1 {
			times = fmt.Sprintf(" (%d times)", l.Times)
		}
		fmt.Fprintf(&b, "  t=%-11s %-*s  %s%s\n", l.At, width, l.who(), l.Text, times)
	}
	left := ""
	if s.Left > 0 {
		left = fmt.Sprintf("%d lines that matter less are left out; ", s.Left)
	}
	fmt.Fprintf(&b, "  (%s%d of %d events go before the violation)\n", left, s.Past, s.Events)
	return b.String()
}

// who names the nodes of a line.
func (l *SliceLine) who() string {
	return strings.Trim(fmt.Sprint(l.Nodes), "[]")
}
