package scenarios

import (
	"slices"
	"strings"

	"schism/checker"
	"schism/sim"
)

// telling makes of the events that a violation needed those that are told of it, from the last to the first. What
// later ones imply is left out:
//
//   - decisions that the same node took again, for the same reasons, before more than decisions came of it, or anything
//     was written: votes for one candidate after the other, campaigns in vain;
//   - of the turns of a client to one server after the other all but the last, whatever the reasons were;
//   - that a server turned a client away, if anything is told of that client later on;
//   - decisions on a message that came to no more than questions to others, or to an answer that gives the reason, if
//     it is told that these have arrived: whoever hears a candidate knows that it goes on;
//   - of what a server learned to be committed, and did no more than learn, all but the last, and that, too, if it
//     commits more itself;
//   - that servers took up entries, if it is told of the commit that they had them, and that a server appended
//     something of its own accord, if it is told that it commits it;
//   - all but the last of the commits of one server between which there is nothing to be told, and of the entries that
//     it took up when it was told the same;
//   - calls whose returns are told, since these say what was called.
type telling struct {
	trail *trail
	// events are last to first.
	events []*happening
	nodes  map[sim.NodeID]*toldOf
	// arrived is by event what is told to have arrived of what it had sent.
	arrived map[uint64]arrivals
}

// arrivals are whether any question arrived, and what answer.
type arrivals struct {
	question bool
	answer   string
}

// toldOf is what is told of a node later on.
type toldOf struct {
	// any is whether anything is.
	any bool
	// reasons are those of the decisions that it takes before anything else comes of it.
	reasons []string
	// learns is whether it learns of commits or commits itself, returns whether an operation returns whose call is to
	// come.
	learns, returns bool
	// has is the highest entry that a commit tells it to have, and commits the highest that it commits itself, before
	// it loses any.
	has, commits checker.Position
}

// worthTelling returns which events are told, in order. Those of the lowest rank are none of them. Of those that are
// told it changes the ones that stand for others, too.
func (t *trail) worthTelling(events []*happening) []*happening {
	all := &telling{trail: t, nodes: make(map[sim.NodeID]*toldOf), arrived: make(map[uint64]arrivals)}
	for _, h := range slices.Backward(events) {
		if !all.implied(h) {
			all.events = append(all.events, h)
		}
	}
	slices.Reverse(all.events)
	return all.events
}

// implied reports whether h is implied by what is told already, and notes what h implies if it is not.
func (t *telling) implied(h *happening) bool {
	later := t.of(h.node)
	switch {
	case h.rank == rankNone: // it writes
		later.decides(h)
		return true
	case h.rank > rankDecision:
	case h.reason != "" && (slices.Contains(later.reasons, h.reason) || h.node.IsClient() && later.reasons != nil):
		return true
	case h.made == turnsAway && !h.node.IsClient() && t.of(h.from).any, h.made == learns && later.learns,
		t.hasTaken(h), t.joins(h):
		return true
	case t.hasArrived(h):
		later.decides(h)
		return true
	}
	answered := later.returns && h.made&returns == 0
	if h.made&(calls|returns) != 0 {
		later.returns = h.made&returns != 0
	}
	later.decides(h)
	if h.made&calls != 0 && answered && h.rank <= rankAct {
		return true
	}
	later.any, later.learns = true, later.learns || h.made&(learns|commits) != 0
	if h.made&turns != 0 {
		later.has, later.commits = 0, 0
	}
	later.commits = max(later.commits, h.commits.to)
	for _, n := range h.with {
		t.of(n).has = max(t.of(n).has, h.commits.to)
	}
	t.receives(h)
	return false
}

// decides notes what h has decided, if it has done no more.
func (later *toldOf) decides(h *happening) {
	if h.reason == "" {
		later.reasons = nil
	} else {
		later.reasons = append(later.reasons, h.reason)
	}
}

// hasTaken reports whether h took up entries, and did no more, of which it is told that its server had them.
func (t *telling) hasTaken(h *happening) bool {
	later := t.of(h.node)
	if h.made&^learns != takesUp || h.takes.to == 0 {
		return false
	}
	return h.takes.to <= later.has || h.from == 0 && h.takes.to <= later.commits
}

// hasArrived reports whether h decided to say something, and did no more, of which it is told that it has arrived.
func (t *telling) hasArrived(h *happening) bool {
	if h.made != decides && h.made != turnsAway || h.from == 0 {
		return false
	}
	arrived, reason := t.arrived[h.seq], strings.TrimSpace(h.reason)
	return arrived.question || reason != "" && strings.Contains(arrived.answer, reason)
}

// receives notes what is told of the message that h received. Whoever takes over what the sender has decided, for the
// same reason, tells nothing of it.
func (t *telling) receives(h *happening) {
	sent := t.trail.happening(h.sentBy)
	if sent == nil || h.what == sent.what && h.reason == sent.reason {
		return
	}
	a := t.arrived[sent.seq]
	if h.answers {
		a.answer = h.what
	} else {
		a.question = true
	}
	t.arrived[sent.seq] = a
}

// of returns what is told of a node later on.
func (t *telling) of(n sim.NodeID) *toldOf {
	if t.nodes[n] == nil {
		t.nodes[n] = &toldOf{}
	}
	return t.nodes[n]
}

// joins reports whether h is just before what the same server did likewise, and makes that stand for both: commits, or
// entries that it took up because it was told the same.
func (t *telling) joins(h *happening) bool {
	if len(t.events) == 0 {
		return false
	}
	next := t.events[len(t.events)-1]
	switch {
	case h.node != next.node || h.made != next.made:
		return false
	case h.made == commits:
		next.commits.from = h.commits.from
		return true
	case h.made == takesUp && h.what != "" && h.what == next.what:
		next.takes.from = h.takes.from
		next.others = append(next.others, h)
		return true
	}
	return false
}
