package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"schism/checker"
	"schism/sim"
)

// rank says how much an event matters to those who are told of a run. What is of the lowest rank is not told: what
// changed nothing, such as most heartbeats, timers that are set again, and syncs.
type rank uint8

const (
	rankNone rank = iota
	rankDetail
	rankStep
	rankAct
	rankDecision
	rankTurn
	// rankPlot: a fault, an operation that the violation is about, or the event at which it was seen.
	rankPlot
)

// made says of which kinds that is which came of an event.
type made uint16

const (
	// turnsAway: a client turned elsewhere, or a server turned one away.
	turnsAway made = 1 << iota
	// learns: a server learned that something is committed which others knew.
	learns
	// takesUp: a server took up entries, or wrote something if nobody knows what entries it has.
	takesUp
	// commits: a server was the first to commit something.
	commits
	// calls, returns: an operation of a client began, and ended.
	calls
	returns
	// decides: a server decided something, with a reason.
	decides
	// turns: a server began or ceased to lead, stopped, started again, or lost entries.
	turns
	// violates: the run ended there.
	violates
)

// rank says how much matters what is made of one kind.
func (m made) rank() rank {
	switch m {
	case turnsAway, learns:
		return rankDetail
	case takesUp, commits:
		return rankStep
	case calls, returns:
		return rankAct
	case decides:
		return rankDecision
	case turns:
		return rankTurn
	}
	return rankPlot
}

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
	down            bool
	reign           sim.Reign
	leads           bool
	last, committed checker.Position
	// reigns are those of the entries, by position.
	reigns []sim.Reign
}

// tell says in words what came of an event, and how much that matters.
func (t *trail) tell(h *happening, r *sim.Record) {
	say := func(m made, format string, args ...any) {
		h.is(m)
		if text := shortened(fmt.Sprintf(format, args...), maxSliceText); !slices.Contains(h.said, text) {
			h.said = append(h.said, text)
		}
	}
	client, decided := r.Node, turnsAway
	if r.Node.IsClient() {
		t.tellClient(r, say)
	} else if client = r.Event.From; !client.IsClient() {
		decided = decides
	}
	if decided == decides || t.open[client] != "" {
		r.Notes(func(reason, decision string) {
			say(decided, "%s -> %s", reason, decision)
			h.reason += reason + "\n"
		})
	}
	if !r.Node.IsClient() {
		t.tellServer(h, r, say)
	}
	if r.Violation != nil {
		h.is(violates)
		h.violation = r.Violation.ID
	}
	h.writes = writes(r.Effects)
	if h.writes || h.made&^(turnsAway|decides|calls|returns) != 0 {
		h.reason = ""
	}
	if h.rank > rankNone || r.Node.IsClient() {
		h.what = shortened(told(r), maxSliceText)
	}
}

// is notes that what is made of an event is of a kind, too.
func (h *happening) is(m made) {
	h.made |= m
	h.rank = max(h.rank, m.rank())
}

// restarts reports whether a server starts because of a fault that says so.
func (t *trail) restarts(h *happening) bool {
	return slices.ContainsFunc(h.faults, func(f uint64) bool {
		return strings.HasPrefix(t.events[f].said[0], "restart")
	})
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
			return "" // what it says is what the operation returns
		}
		return fmt.Sprintf("%s %s", r.Event.Msg.Kind(), r.Event.Msg)
	case sim.Opened, sim.Closed:
		return r.Event.Kind.String() + " channel"
	case sim.SyncFailed, sim.WriteFailed:
		return r.Event.String()
	}
	return ""
}

// sayer adds to what is said of an event.
type sayer func(m made, format string, args ...any)

// tellClient tells of the operations of a client.
func (t *trail) tellClient(r *sim.Record, say sayer) {
	for i := range r.Effects {
		switch f := &r.Effects[i]; f.Kind {
		case sim.EffectInvoke:
			t.open[r.Node] = fmt.Sprint(f.Value)
			say(calls, "calls %v", f.Value)
		case sim.EffectReturn:
			var got any = f.Outcome
			if f.Outcome == sim.OK {
				got = f.Value
			}
			say(returns, "%s -> %v", shortened(t.open[r.Node], maxSliceCall), got)
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
		s.leads, s.committed, s.down = false, 0, true
		return
	case sim.Start:
		s.down = false
		if s.starts++; s.starts > 1 && !t.restarts(h) {
			say(turns, "starts again")
		}
	case sim.SyncFailed, sim.WriteFailed:
		say(turns, "is told that its disk fails")
	}
	for i := range r.Effects {
		switch f := &r.Effects[i]; f.Kind {
		case sim.EffectMark:
			if w, ok := t.words.marks[f.Name]; ok {
				say(turns, "%s", w)
			} else if t.words.marks == nil {
				say(turns, "reaches %s", f.Name)
			}
		case sim.EffectExit:
			say(turns, "stops: %s", f.Name)
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
		t.tellLog(s, replica, h, say)
		t.tellCommit(s, replica, h)
	case writes(r.Effects): // what it writes down is all that is seen of a machine that nobody knows
		say(takesUp, "writes")
	}
}

// tellLead tells of a server that begins or ceases to lead.
func (t *trail) tellLead(s *serverState, leader sim.Leader, say sayer) {
	reign, leads := leader.Reign()
	switch {
	case leads && (!s.leads || reign != s.reign):
		say(turns, "leads %s %d", t.words.reign, reign)
	case s.leads && !leads:
		say(turns, "no longer leads %s %d", t.words.reign, s.reign)
	}
	s.leads, s.reign = leads, reign
}

// tellLog tells of entries that came and went. Two logs that agree at an entry agree below it.
func (t *trail) tellLog(s *serverState, replica checker.Replica, h *happening, say sayer) {
	last := replica.LastPosition()
	kept := min(last, s.last)
	for ; kept > 0; kept-- {
		if reign, _, ok := replica.EntryAt(kept); !ok || reign == s.reigns[kept] {
			break
		}
	}
	if kept < s.last {
		say(turns, "loses %s", span{kept + 1, s.last})
	}
	if last > kept {
		h.is(takesUp)
		h.takes = span{kept + 1, last}
	}
	for ; kept < last; kept++ {
		for checker.Position(len(s.reigns)) <= kept+1 {
			s.reigns = append(s.reigns, 0)
		}
		s.reigns[kept+1], _, _ = replica.EntryAt(kept + 1)
	}
	s.last = last
}

// tellCommit tells of what a server knows to be committed.
func (t *trail) tellCommit(s *serverState, replica checker.Replica, h *happening) {
	c := replica.CommittedPosition()
	switch {
	case c > t.furthest:
		h.is(commits)
		h.commits, h.with = span{t.furthest + 1, c}, t.holders(s, c, h.node)
		t.furthest, t.furthestAt = c, h.seq
	case c > s.committed:
		h.is(learns)
		h.learns = span{s.committed + 1, c}
	}
	s.committed = c
}

// holders returns the running servers but one that have the entry at p, as the state s of that one has.
func (t *trail) holders(s *serverState, p checker.Position, but sim.NodeID) (all []sim.NodeID) {
	for id, other := range t.states { // order: sorted below
		if id != but && !other.down && other.has(p, s) {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all
}

// has reports whether a server has the entry at p that another one has.
func (s *serverState) has(p checker.Position, other *serverState) bool {
	return p <= min(s.last, other.last) && s.reigns[p] == other.reigns[p]
}

// span are entries from one to another.
type span struct{ from, to checker.Position }

// String names the entries, "3" or "3…5".
func (s span) String() string {
	if s.from >= s.to {
		return fmt.Sprint(s.to)
	}
	return fmt.Sprintf("%d…%d", s.from, s.to)
}
