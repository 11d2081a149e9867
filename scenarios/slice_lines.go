package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"schism/sim"
)

// alike is what events on one line have in common: the event that sent what they received, or the instant if they
// received nothing, and what came of them. Decisions that came to nothing but messages are alike whoever said what led
// to them, and whenever, as long as nothing turns meanwhile.
type alike struct {
	sentBy     uint64
	at         sim.Time
	turn       int
	what, text string
}

// lining makes lines of events.
type lining struct {
	lines [][]*happening
	// places are the lines of what is alike, events those of the events, and last the last of each node.
	places map[alike]int
	events map[uint64]int
	last   map[sim.NodeID]int
	turn   int
}

// linesOf makes lines of events.
func linesOf(events []*happening) []SliceLine {
	t := &lining{places: make(map[alike]int), events: make(map[uint64]int), last: make(map[sim.NodeID]int)}
	for _, h := range events {
		t.place(h)
	}
	all := make([]SliceLine, 0, len(t.lines))
	for _, alike := range t.lines {
		l := lineOf(alike)
		if n := len(all); n > 0 && all[n-1].goesOn(&l) {
			all[n-1].Text += "; " + l.Text
			all[n-1].rank = max(all[n-1].rank, l.rank)
			continue
		}
		all = append(all, l)
	}
	return all
}

// place puts an event on the line of those that are alike. No line has an event of a node after which something else is
// told of that node on another, or one that came of what is told on a later line.
func (t *lining) place(h *happening) {
	key := alike{sentBy: h.sentBy, what: h.what, text: h.text()}
	switch {
	case h.made == decides && h.reason != "" && h.rank < rankTurn:
		key.sentBy, key.turn = 0, t.turn
	case h.sentBy == 0:
		key.at = h.at
	}
	if h.rank >= rankTurn {
		t.turn++
	}
	i, ok := t.places[key]
	if !ok || i < t.last[h.node] || i < t.events[h.sentBy] || h.node == 0 || h.node.IsClient() {
		i = len(t.lines)
		t.places[key], t.lines = i, append(t.lines, nil)
	}
	t.lines[i], t.last[h.node], t.events[h.seq] = append(t.lines[i], h), i, i
}

// goesOn reports whether next is what the same node did without being told anything else: at the same instant, or the
// commit of what it took up, which had only to wait for the disk.
func (l *SliceLine) goesOn(next *SliceLine) bool {
	return len(l.Nodes) == 1 && slices.Equal(l.Nodes, next.Nodes) && next.From == nil && next.What == "" &&
		(l.At == next.At || next.first.made == commits && next.first.commits.to <= l.first.takes.to)
}

// lineOf makes a line of events that are alike.
func lineOf(events []*happening) SliceLine {
	first := events[0]
	l := SliceLine{Seq: first.seq, At: first.at, What: first.what, Text: first.text(), first: first}
	for _, h := range slices.Concat(events, first.others) {
		l.rank = max(l.rank, h.rank)
		if h.node != 0 {
			l.Nodes = append(l.Nodes, h.node)
		}
		if h.from != 0 {
			l.From = append(l.From, h.from)
		}
	}
	l.Nodes, l.From = union(l.Nodes, nil), union(l.From, nil)
	return l
}

// text says what came of the event.
func (h *happening) text() string {
	said := slices.Clone(h.said)
	if h.takes.to > 0 {
		said = append(said, "appends "+h.takes.String())
	}
	switch text := h.commits.String(); {
	case h.commits.to == 0:
	case len(h.with) > 0:
		said = append(said, fmt.Sprintf("commits %s with %s", text, names(h.with)))
	default:
		said = append(said, "commits "+text)
	}
	switch text := h.learns.String(); {
	case h.learns.to == 0:
	case h.learns.from == h.learns.to:
		said = append(said, fmt.Sprintf("knows that %s is committed", text))
	default:
		said = append(said, fmt.Sprintf("knows that %s are committed", text))
	}
	if h.violation != "" {
		said = append(said, "VIOLATION "+h.violation)
	}
	return strings.Join(said, "; ")
}

// names names nodes.
func names(nodes []sim.NodeID) string { return strings.Trim(fmt.Sprint(nodes), "[]") }

// How many letters a slice gives at most to what an event was told and to each thing that came of it, and how many of
// those to the operation that returns.
const (
	maxSliceText = 160
	maxSliceCall = 80
)

// shortened cuts what has more letters than can be read.
func shortened(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}
