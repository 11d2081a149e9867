package scenarios

import (
	"fmt"
	"slices"

	"schism/checker"
	"schism/sim"
)

// rank says how much an event matters to those who are told of a run. What is of the lowest rank is not told: what
// changed nothing, such as most heartbeats, timers that are set again, and syncs.
type rank uint8

const (
	rankNone rank = iota
	// rankDetail: a client turned elsewhere, a server turned one away that has called something, or learned that
	// something is committed which others knew.
	rankDetail
	// rankStep: a server took up entries, or was the first to commit some.
	rankStep
	// rankAct: a client called, or was answered.
	rankAct
	// rankDecision: a server decided something, with a reason.
	rankDecision
	// rankTurn: a server began or ceased to lead, stopped, started again, or lost entries.
	rankTurn
	// rankPlot: a fault, an operation that the violation is about, or the event at which it was seen.
	rankPlot
)

// words is what is particular to a system in what is told of it.
type words struct {
	// reign is what the protocol calls a reign, marks are words for those that are worth telling; all are if it is nil.
	reign string
	marks map[string]string
}

// replicaOf is the [checker.Adapter] of all systems.
func replicaOf(m sim.Machine) checker.Replica {
	if r := raftReplicaOf(m); r != nil {
		return r
	}
	return zabReplicaOf(m)
}

// serverState is what was last seen of a server.
type serverState struct {
	starts          int
	reign           sim.Reign
	leads           bool
	last, committed checker.Position
	// reigns are those of the entries, by position.
	reigns []sim.Reign
}

// tell says in words what came of an event, and how much that matters.
func (t *trail) tell(h *happening, r *sim.Record) {
	say := func(k rank, format string, args ...any) {
		h.rank = max(h.rank, k)
		h.said = append(h.said, fmt.Sprintf(format, args...))
	}
	client, decided := r.Node, rankDetail
	if r.Node.IsClient() {
		t.tellClient(h, r, say)
	} else if client = r.Event.From; !client.IsClient() {
		decided = rankDecision
	}
	if decided == rankDecision || t.open[client] != "" {
		r.Notes(func(reason, decision string) {
			say(decided, "%s -> %s", reason, decision)
			h.reason += reason + "\n"
		})
	}
	notes := len(h.said)
	if !r.Node.IsClient() {
		t.tellServer(h, r, say)
	}
	if r.Violation != nil {
		say(rankPlot, "VIOLATION %s", r.Violation.ID)
	}
	if len(h.said) > notes || writes(r.Effects) {
		h.reason = ""
	}
	if h.rank > rankNone {
		h.what = told(r)
	}
}

// writes reports whether a step writes something.
func writes(effects []sim.Effect) bool {
	for i := range effects {
		switch effects[i].Kind {
		case sim.EffectAppend, sim.EffectReplace, sim.EffectTruncate, sim.EffectRemove:
			return true
		}
	}
	return false
}

// told says what a node was told, "" if that goes without saying.
func told(r *sim.Record) string {
	switch r.Event.Kind {
	case sim.Receive:
		if slices.ContainsFunc(r.Effects, func(f sim.Effect) bool { return f.Kind == sim.EffectReturn }) {
			return "<- " + r.Event.From.String() // what it says is what the operation returns
		}
		return fmt.Sprintf("<- %s %s %s", r.Event.From, r.Event.Msg.Kind(), r.Event.Msg)
	case sim.SyncFailed, sim.WriteFailed, sim.Closed:
		return r.Event.String()
	}
	return ""
}

// sayer adds to what is said of an event.
type sayer func(k rank, format string, args ...any)

// tellClient tells of the operations of a client.
func (t *trail) tellClient(h *happening, r *sim.Record, say sayer) {
	for i := range r.Effects {
		switch f := &r.Effects[i]; f.Kind {
		case sim.EffectInvoke:
			h.calls = true
			t.open[r.Node] = fmt.Sprint(f.Value)
			say(rankAct, "calls %v", f.Value)
		case sim.EffectReturn:
			h.returns = true
			var got any = f.Outcome
			if f.Outcome == sim.OK {
				got = f.Value
			}
			say(rankAct, "%s -> %v", shortened(t.open[r.Node], maxSliceCall), got)
			t.open[r.Node] = ""
		}
	}
}

// tellServer tells what a step has made of a server.
func (t *trail) tellServer(h *happening, r *sim.Record, say sayer) {
	s := t.states[r.Node]
	if s == nil {
		s = &serverState{}
		t.states[r.Node] = s
	}
	switch r.Event.Kind {
	case sim.Crashed:
		s.leads, s.committed = false, 0
		return
	case sim.Start:
		if s.starts++; s.starts > 1 {
			say(rankTurn, "starts again")
		}
	case sim.SyncFailed, sim.WriteFailed:
		say(rankTurn, "is told that its disk fails")
	}
	for i := range r.Effects {
		switch f := &r.Effects[i]; f.Kind {
		case sim.EffectMark:
			if w, ok := t.words.marks[f.Name]; ok {
				say(rankTurn, "%s", w)
			} else if t.words.marks == nil {
				say(rankTurn, "reaches %s", f.Name)
			}
		case sim.EffectExit:
			say(rankTurn, "stops: %s", f.Name)
		}
	}
	leader, _ := r.Machine.(sim.Leader)
	replica := replicaOf(r.Machine)
	if replica != nil {
		leader = replica
	}
	if leader != nil {
		t.tellLead(s, leader, say)
	}
	switch {
	case replica != nil:
		t.tellLog(s, replica, say)
		h.learns = t.tellCommit(s, replica, r.Seq, say)
	case writes(r.Effects): // what it writes down is all that is seen of a machine that nobody knows
		say(rankStep, "writes")
	}
}

// tellLead tells of a server that begins or ceases to lead.
func (t *trail) tellLead(s *serverState, leader sim.Leader, say sayer) {
	reign, leads := leader.Reign()
	switch {
	case leads && (!s.leads || reign != s.reign):
		say(rankTurn, "leads %s %d", t.words.reign, reign)
	case s.leads && !leads:
		say(rankTurn, "no longer leads %s %d", t.words.reign, s.reign)
	}
	s.leads, s.reign = leads, reign
}

// tellLog tells of entries that came and went. Two logs that agree at an entry agree below it.
func (t *trail) tellLog(s *serverState, replica checker.Replica, say sayer) {
	last := replica.LastPosition()
	kept := min(last, s.last)
	for ; kept > 0; kept-- {
		if reign, _, ok := replica.EntryAt(kept); !ok || reign == s.reigns[kept] {
			break
		}
	}
	if kept < s.last {
		say(rankTurn, "loses %s", span(kept+1, s.last))
	}
	if last > kept {
		say(rankStep, "appends %s", span(kept+1, last))
	}
	for ; kept < last; kept++ {
		for checker.Position(len(s.reigns)) <= kept+1 {
			s.reigns = append(s.reigns, 0)
		}
		s.reigns[kept+1], _, _ = replica.EntryAt(kept + 1)
	}
	s.last = last
}

// tellCommit tells of what a server knows to be committed, and reports whether that is more than before.
func (t *trail) tellCommit(s *serverState, replica checker.Replica, seq uint64, say sayer) bool {
	c := replica.CommittedPosition()
	switch {
	case c > t.furthest:
		say(rankStep, "commits %s", span(t.furthest+1, c))
		t.furthest, t.furthestAt = c, seq
	case c > s.committed:
		say(rankDetail, "knows that %s committed", is(s.committed+1, c))
	}
	more := c > s.committed
	s.committed = c
	return more
}

// span names entries, "3" or "3…5".
func span(from, to checker.Position) string {
	if from >= to {
		return fmt.Sprint(to)
	}
	return fmt.Sprintf("%d…%d", from, to)
}

// is says of entries that they are.
func is(from, to checker.Position) string {
	if from >= to {
		return span(from, to) + " is"
	}
	return span(from, to) + " are"
}
