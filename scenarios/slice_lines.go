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

// linesOf makes lines of events.
func linesOf(events []*happening) []SliceLine {
	var lines [][]*happening
	places, last, turn := make(map[alike]int), make(map[sim.NodeID]int), 0
	for _, h := range events {
		key := alike{sentBy: h.sentBy, what: h.what, text: h.text()}
		switch {
		case h.rank >= rankTurn:
			turn++
		case h.made == decides && h.reason != "":
			key.sentBy, key.turn = 0, turn
		case h.sentBy == 0:
			key.at = h.at
		}
		i, ok := places[key]
		if !ok || i < last[h.node] || h.node == 0 || h.node.IsClient() {
			i = len(lines)
			places[key], lines = i, append(lines, nil)
		}
		lines[i], last[h.node] = append(lines[i], h), i
	}
	all := make([]SliceLine, 0, len(lines))
	for _, alike := range lines {
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

// goesOn reports whether next is what the same node did without being told anything else: at the same instant, or a
// commit that had only to wait for the disk.
func (l *SliceLine) goesOn(next *SliceLine) bool {
	return len(l.Nodes) == 1 && slices.Equal(l.Nodes, next.Nodes) && next.From == nil && next.What == "" &&
		(l.At == next.At || next.made == commits)
}

// lineOf makes a line of events that are alike.
func lineOf(events []*happening) SliceLine {
	first := events[0]
	l := SliceLine{Seq: first.seq, At: first.at, What: first.what, Text: first.text(), made: first.made}
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
