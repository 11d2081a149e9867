package zkspec

import (
	"fmt"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// What Events checks, and the IDs of the violations.
const (
	// Watches is the name of the report on watches with which nothing is wrong.
	Watches = "watches"
	// WatchOrder: a client is told of a transaction before an answer shows it, and before it is told of a later one
	// (watches.mdx).
	WatchOrder = "watch-order"
	// WatchLost: on one channel, a client is told of everything that it watches before an answer shows a transaction
	// as late; and on the next one of what its one-shot watches have missed (DataTree.setWatches).
	WatchLost = "watch-lost"
	// WatchUnasked: a client is told of nothing else, and of nothing twice.
	WatchUnasked = "watch-unasked"
	// WatchList: a client that takes up its session brings along the watches that it has, and no others.
	WatchList = "watch-list"
)

// Events is a [sim.Observer] of what clients are told by their watches. It belongs to one run at a time; Reset makes it
// ready for the next. It judges the order of events. If it follows a log it also judges whether they are complete:
//
//  1. A watch is in force from the answer that has left it, which shows how far its server is. Each later transaction
//     that it sees must be told, before an answer or a ping that shows that transaction or a later one; a one-shot
//     watch is spent with that.
//  2. When a channel ends nothing more is due on it. On the next one the client brings along what it watches. Its
//     one-shot watches have seen all up to the last answer, and what has changed since is made up for with an event
//     without a zxid, before the answer to that request. What persistent watches have missed is lost.
//  3. Nothing else is told.
//
// Of a node that was ever given an access list which does not allow everything to everybody, a client may be told or
// not.
type Events struct {
	audience []audience
	logOf    LogOf
	journal  journal
	// blind says that a transaction was committed that no server could show.
	blind bool
	// Told counts the events, Missed those that make up for what a client has missed while it was away.
	Told, Missed int
}

// NewEvents returns an observer for one run.
func NewEvents() *Events { return &Events{} }

// Follow makes e judge completeness, too, from the next run on: by what the servers have committed.
func (e *Events) Follow(log LogOf) {
	e.logOf = log
	e.Reset()
}

// Reset forgets everything.
func (e *Events) Reset() {
	e.audience = e.audience[:0]
	e.blind, e.Told, e.Missed = false, 0, 0
	if e.logOf != nil {
		e.journal.reset()
	}
}

// Observe implements sim.Observer.
func (e *Events) Observe(v sim.View, s *sim.StepInfo) error {
	if !s.Node.IsClient() {
		if e.complete() && s.Node != 0 {
			e.read(e.logOf(v.Machine(s.Node)))
		}
		return nil
	}
	a := e.of(s.Node)
	found := e.hear(a, s.Event)
	if found == nil && e.complete() {
		found = e.ask(a, s)
	}
	if found != nil { // a nil *Violation must not become a non-nil error
		return found
	}
	return nil
}

// complete reports whether e can judge whether events are complete.
func (e *Events) complete() bool { return e.logOf != nil && !e.blind }

// read reads what a server has committed; l is nil if it is down.
func (e *Events) read(l Log) {
	if l != nil {
		e.blind = !e.journal.follow(l)
	}
}

// of returns what is known of a client.
func (e *Events) of(id sim.NodeID) *audience {
	for n := len(e.audience); n < id.Number(); n++ {
		e.audience = append(e.audience, audience{id: sim.Client(n + 1)})
	}
	return &e.audience[id.Number()-1]
}

// hear handles what a client is stepped with.
func (e *Events) hear(a *audience, ev *sim.Event) *sim.Violation {
	switch {
	case ev.Kind == sim.Start:
		*a = audience{id: a.id}
	case ev.Kind == sim.Closed && ev.Chan == a.channel:
		a.channel = 0
	case ev.Kind == sim.Receive:
		switch m := ev.Msg.(type) {
		case *zkapi.ConnectResponse:
			a.use(ev.Chan)
			a.connect(m.Session)
		case *zkapi.Reply:
			a.use(ev.Chan)
			return e.answer(a, m)
		case *zkapi.PingReply:
			a.use(ev.Chan)
			return e.show(a, m.Zxid)
		case *zkapi.WatchEvent:
			a.use(ev.Chan)
			return e.tell(a, m)
		}
	}
	return nil
}

// Owes says what some client that is connected has to be told of next, "" if nothing.
func (e *Events) Owes() string {
	for i := range e.audience {
		a := &e.audience[i]
		switch {
		case a.channel == 0 || !e.complete():
		case !a.armed:
			return fmt.Sprintf("%s waits for its watches to be taken over", a.id)
		default:
			if d := e.owed(a, e.journal.zxid); d != nil {
				return fmt.Sprintf("%s is not told %s %s yet", a.id, d.what, d.path)
			}
		}
	}
	return ""
}

// Report returns what is to be said at the end of a run. It is Unknown if somebody has yet to be told something: a
// run must not end before.
func (e *Events) Report() checker.Report {
	r := checker.Report{Check: Watches, Verdict: checker.Valid, Blocked: -1,
		Reason: fmt.Sprintf("%d events, %d of them make up for what was missed", e.Told, e.Missed)}
	r.Effort.Operations = e.Told
	owes := e.Owes()
	if e.blind {
		owes = "no server could show a transaction"
	}
	if owes != "" {
		r.Verdict, r.Reason = checker.Unknown, "not to be told: "+owes
	}
	return r
}
