package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"schism/checker"
	"schism/nemesis"
	"schism/sim"
)

// happening is an event of a run as a [trail] keeps it.
type happening struct {
	seq  uint64
	at   sim.Time
	node sim.NodeID
	rank rank
	// what is what the node was told, "RequestVote t2 last 1^1", of a kind, by from if that is not 0; said is what it
	// made of that, but for what is below, and made of which kinds that is. These are empty if the rank is the lowest.
	// The reason is that of its decisions, if they are all and nothing was written.
	what   string
	kind   sim.EventKind
	from   sim.NodeID
	said   []string
	made   made
	reason string
	// writes is whether something was written.
	writes bool
	// answers is whether the node was told what it was because of what it had sent.
	answers bool
	// The entries that its server took up, those that it was the first to commit, with the other servers that had them
	// then, and those that it learned to be committed; none if the last is 0.
	takes, commits, learns span
	with                   []sim.NodeID
	// others are events for which this one stands.
	others []*happening
	// violation is the ID of what ended the run at the event.
	violation string
	// met says whom a fault has met that does not name it.
	met string

	// The causes, by their numbers, 0 for none: the event of the node before, the one that sent what this one brings,
	// and the faults that have touched the node or its links since the one before.
	before, sentBy uint64
	faults         []uint64
}

// trail is a tracer that keeps of each event what came of it and what it came of. One event is a cause of another
//
//   - if both are of one node, and it comes before: so timers, tasks, syncs and calls go before what they end in;
//   - if it sent the message that the other receives, or opened or closed the channel that the other is told of;
//   - if it is a fault that touched the node of the other, or a link to it, and comes before: what does not arrive
//     leaves no other trace. What stops or slows a node touches all: its silence is what they notice.
//
// A message that leaves only when a disk has synced is sent by the step that asked for it.
type trail struct {
	words words
	// events are by number, from 1.
	events []happening
	// last is the last event of each node.
	last map[sim.NodeID]uint64
	// hands are the faults by which messages are lost, on links and at nodes; waiting are the faults that the next
	// event of a node has among its causes.
	hands   map[hand]uint64
	waiting map[sim.NodeID][]uint64
	// lost counts by fault the messages that were lost where it was the last to touch something.
	lost map[uint64]int
	// states is what is known of each server.
	states map[sim.NodeID]*serverState
	// open is what each client has called.
	open map[sim.NodeID]string
	// furthest is the highest position that anybody has committed, first by the event furthestAt.
	furthest   checker.Position
	furthestAt uint64
}

// newTrail returns a trail of no run yet.
func newTrail(w words) *trail {
	return &trail{
		words: w, events: make([]happening, 1), last: make(map[sim.NodeID]uint64), hands: make(map[hand]uint64),
		waiting: make(map[sim.NodeID][]uint64), lost: make(map[uint64]int),
		states: make(map[sim.NodeID]*serverState), open: make(map[sim.NodeID]string),
	}
}

// Trace implements [sim.Tracer].
func (t *trail) Trace(r *sim.Record) {
	if r.Lost != "" {
		t.traceLoss(r)
		return
	}
	h := happening{seq: r.Seq, at: r.At, node: r.Node, sentBy: r.SentBy}
	if r.Action != nil {
		t.traceFault(&h, r)
	} else {
		h.kind, h.from = r.Event.Kind, r.Event.From
		h.before, t.last[r.Node] = t.last[r.Node], r.Seq
		h.faults, t.waiting[r.Node] = t.waiting[r.Node], nil
		if sent := t.happening(r.SentBy); sent != nil {
			h.answers = sent.from == r.Node && !sent.answers
		}
		t.tell(&h, r)
	}
	t.events = append(t.events, h)
}

// traceFault notes what a fault touches. Whoever it silences, it touches everybody.
func (t *trail) traceFault(h *happening, r *sim.Record) {
	h.rank, h.said = rankPlot, []string{r.Action.String()}
	takes := takenBy(r.Action)
	var nodes []sim.NodeID
	for _, touch := range r.Touched {
		t.layHands(touch, takes, r.Seq)
		switch {
		case touch.To != 0:
			t.waits(touch.To, r.Seq)
			continue
		case takes&(nemesis.TakesProcesses|nemesis.TakesSpeed) != 0:
			for n := range t.last { // order: each waits for itself
				t.waits(n, r.Seq)
			}
		}
		t.waits(touch.From, r.Seq)
		if !slices.Contains(nodes, touch.From) {
			nodes = append(nodes, touch.From)
		}
	}
	if text := r.Action.String(); len(nodes) == 1 && !strings.Contains(text, nodes[0].String()) {
		h.met = " (" + nodes[0].String() + ")"
	}
}

// waits makes a fault a cause of the next event of a node.
func (t *trail) waits(n sim.NodeID, fault uint64) {
	if !slices.Contains(t.waiting[n], fault) {
		t.waiting[n] = append(t.waiting[n], fault)
	}
}

// takenBy returns what a fault takes, everything if it does not say so.
func takenBy(a sim.Action) nemesis.Takes {
	if f, ok := a.(nemesis.Fault); ok {
		return f.Takes()
	}
	return ^nemesis.Takes(0)
}

// hand is what a fault has laid hands on: where, and whether messages that arrive there find nobody.
type hand struct {
	sim.Touch
	down bool
}

// layHands notes that messages are lost by the fault there from now on, or by none if it takes nothing.
func (t *trail) layHands(touch sim.Touch, takes nemesis.Takes, fault uint64) {
	if takes == 0 {
		delete(t.hands, hand{touch, false})
		delete(t.hands, hand{touch, true})
	}
	if takes&(nemesis.TakesDelivery|nemesis.TakesStreams|nemesis.TakesLatency) != 0 {
		t.hands[hand{touch, false}] = fault
	}
	if takes&nemesis.TakesProcesses != 0 {
		t.hands[hand{touch, true}] = fault
	}
}

// traceLoss notes by which fault a message was lost, if it was by one.
func (t *trail) traceLoss(r *sim.Record) {
	f := max(t.hands[hand{sim.Touch{From: r.From, To: r.To}, false}], t.hands[hand{sim.Touch{From: r.To}, false}])
	if r.Lost == "down" {
		f = t.hands[hand{sim.Touch{From: r.To}, true}]
	}
	if f != 0 {
		t.lost[f]++
	}
}

// past returns by number which events are among the roots and their causes, the causes of these, and so on.
func (t *trail) past(roots map[uint64]rank) []bool {
	in := make([]bool, len(t.events))
	var todo []uint64
	add := func(seq uint64) {
		if seq > 0 && seq < uint64(len(in)) && !in[seq] {
			in[seq] = true
			todo = append(todo, seq)
		}
	}
	for seq := range roots { // order: a set
		add(seq)
	}
	for len(todo) > 0 {
		h := &t.events[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		add(h.before)
		add(h.sentBy)
		for _, f := range h.faults {
			add(f)
		}
	}
	return in
}

// roots returns the events that the first violation of r is about, and how much they matter. What ended the run is
// about the event at which it was seen, about the last event of every server that it names, and about the first commit
// of all that had been committed until then: few invariants are about one server, and what contradicts it is often not
// in its past. What was judged afterwards is about the calls and returns that contradict each other, if the judge names
// any, and the event at which it was seen; and about how everybody ended if there are none, or if something was missing
// then.
func (t *trail) roots(r *Report) map[uint64]rank {
	roots := make(map[uint64]rank)
	if v := r.Violation; v != nil {
		for word := range strings.FieldsFuncSeq(v.Detail, notOfAName) {
			if n, ok := sim.ParseNodeID(word); ok {
				roots[t.last[n]] = rankNone
			}
		}
		if h := t.happening(v.Seq); h != nil && v.ID == Livelock {
			h.is(violates)
			h.said = append(h.said, fmt.Sprintf("goes on without end, by %s", h.kind))
		}
		roots[t.furthestAt], roots[v.Seq] = rankTurn, rankPlot
		return roots
	}
	judged := r.judged()
	if len(judged.Core) == 0 || judged.Seen == sim.StillOpen {
		for _, seq := range t.last { // order: a set
			roots[seq] = rankNone
		}
	}
	for _, op := range judged.Core {
		roots[op.CallSeq] = rankPlot
		if op.ReturnSeq != sim.StillOpen {
			roots[op.ReturnSeq] = rankPlot
		}
	}
	if h := t.happening(judged.Seen); h != nil {
		t.tellLike(h)
		roots[h.seq] = rankPlot
	}
	return roots
}

// tellLike makes h worth telling, and what the same client has received of the same kind before.
func (t *trail) tellLike(h *happening) {
	kind, _, _ := strings.Cut(h.what, " ")
	for seq := h.seq; seq > 0; seq = t.events[seq].before {
		if e := &t.events[seq]; strings.HasPrefix(e.what, kind+" ") {
			e.rank = max(e.rank, rankStep)
		}
	}
}

// notOfAName reports whether a letter is none of the name of a node.
func notOfAName(c rune) bool {
	return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

// judged returns the judgement that is the first violation, an empty one if the run was ended by it.
func (r *Report) judged() checker.Report {
	for i := range r.judgements {
		if j := &r.judgements[i]; j.Verdict == checker.Invalid && j.Check == r.Violations[0].ID {
			return j.Report
		}
	}
	return checker.Report{}
}
