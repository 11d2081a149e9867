package zkspec

import (
	"slices"

	"schism/sim"
	"schism/zab/zkapi"
)

// audience is a client, on the channel that it uses.
type audience struct {
	id      sim.NodeID
	channel sim.ChanID
	session zkapi.SessionID
	// shown is the highest zxid that an answer on the channel has shown, told that of its events.
	shown, told zkapi.Zxid
	watches     watches
	// asked are the requests on the channel that are about watches and not answered.
	asked []*zkapi.Request
	// armed says that the server knows the watches. Up to the transaction at the client was told of everything, but
	// the events in due, which belong to at.
	armed bool
	at    zkapi.Zxid
	due   []due
	// madeUp are the events without a zxid before the answer to SetWatches, seen is the last zxid that an answer has
	// shown while the watches were in force.
	madeUp []zkapi.WatchEvent
	seen   zkapi.Zxid
}

// use begins with a channel if it is a new one.
func (a *audience) use(channel sim.ChanID) {
	if a.channel != channel {
		a.channel, a.shown, a.told, a.armed = channel, 0, 0, false
		a.asked, a.due, a.madeUp, a.at = nil, a.due[:0], nil, 0
	}
}

// connect handles that the client has the session s, or none, on its channel.
func (a *audience) connect(s zkapi.SessionID) {
	if s != a.session {
		a.watches = nil
	}
	a.session = s
	a.armed = len(a.watches) == 0
}

// answer handles an answer, and the watch that it leaves.
func (e *Events) answer(a *audience, m *zkapi.Reply) *sim.Violation {
	var op *zkapi.Op
	if len(a.asked) > 0 && a.asked[0].Xid == m.Xid {
		op = &a.asked[0].Op
		a.asked = a.asked[1:]
	}
	if op != nil && op.Kind == zkapi.SetWatches && m.Out.Code == zkapi.OK {
		if found := e.rejoin(a, op.Watches, m.Out.Zxid); found != nil {
			return found
		}
	}
	if found := e.show(a, m.Out.Zxid); found != nil || op == nil {
		return found
	}
	if k := left(op, m.Out.Code); k != 0 {
		if a.watches == nil {
			a.watches = watches{}
		}
		a.watches[op.Path] |= k
	}
	return nil
}

// show handles that an answer shows what the server has applied up to z.
func (e *Events) show(a *audience, z zkapi.Zxid) *sim.Violation {
	a.shown = max(a.shown, z)
	if !a.armed || !e.complete() {
		return nil
	}
	if d := e.owed(a, z); d != nil {
		return sim.Violatef(WatchLost, "%s is not told %s %s before an answer at %v", a.id, d.what, d.path, z)
	}
	a.at, a.due, a.seen = max(a.at, z), a.due[:0], z
	return nil
}

// owed returns an event that the client has to be told of before it is shown the transaction z, nil if there is none.
func (e *Events) owed(a *audience, z zkapi.Zxid) *due {
	if len(a.watches) == 0 {
		return nil
	}
	list := a.due
	changes := e.journal.between(a.at, z)
	for i := range changes {
		list = a.watches.fire(&changes[i], &e.journal, list)
	}
	if i := slices.IndexFunc(list, func(d due) bool { return d.must }); i >= 0 {
		return &list[i]
	}
	return nil
}

// tell judges an event.
func (e *Events) tell(a *audience, m *zkapi.WatchEvent) *sim.Violation {
	e.Told++
	if m.Zxid == 0 {
		e.Missed++
		return e.makeUp(a, m)
	}
	if m.Zxid <= a.shown {
		return sim.Violatef(WatchOrder, "%s is told %v after an answer at %v", a.id, m, a.shown)
	}
	if m.Zxid < a.told {
		return sim.Violatef(WatchOrder, "%s is told %v after it was told of %v", a.id, m, a.told)
	}
	a.told = m.Zxid
	if !e.complete() {
		return nil
	}
	if m.Zxid > a.at && a.armed {
		if d := e.owed(a, m.Zxid-1); d != nil {
			return sim.Violatef(WatchLost, "%s is told %v, and was not told %s %s before", a.id, m, d.what, d.path)
		}
		a.at, a.due = m.Zxid, a.due[:0]
		changes := e.journal.between(m.Zxid-1, m.Zxid)
		for i := range changes {
			a.due = a.watches.fire(&changes[i], &e.journal, a.due)
		}
	}
	i := slices.IndexFunc(a.due, func(d due) bool { return d.what == m.Type && d.path == m.Path })
	if i < 0 {
		return sim.Violatef(WatchUnasked, "%s is told %v, which nothing that it watches has seen", a.id, m)
	}
	a.due = slices.Delete(a.due, i, i+1)
	a.watches.spend(m.Type, m.Path)
	return nil
}

// makeUp handles an event that makes up for what was missed. It is judged with the answer to SetWatches.
func (e *Events) makeUp(a *audience, m *zkapi.WatchEvent) *sim.Violation {
	switch {
	case !e.complete():
		return nil
	case a.armed || len(a.asked) == 0 || a.asked[0].Op.Kind != zkapi.SetWatches:
		return sim.Violatef(WatchUnasked, "%s is told %v, and has asked for nothing that was missed", a.id, m)
	}
	a.madeUp = append(a.madeUp, *m)
	a.watches.spend(m.Type, m.Path)
	return nil
}

// rejoin judges what was made up for by a server that had applied up to z, before it answered that it has taken over
// the watches in l.
func (e *Events) rejoin(a *audience, l *zkapi.WatchList, z zkapi.Zxid) *sim.Violation {
	if a.armed || !e.complete() {
		return nil
	}
	list := missed(l, &e.journal, a.seen, z)
	for i := range list {
		d := &list[i]
		if made, _ := a.count(list, d.what, d.path); made == 0 && d.must {
			return sim.Violatef(WatchLost, "%s, which has seen all up to %v, is not told %s %s by a server at %v",
				a.id, a.seen, d.what, d.path, z)
		}
	}
	for i := range a.madeUp {
		m := &a.madeUp[i]
		if made, owed := a.count(list, m.Type, m.Path); made > owed {
			return sim.Violatef(WatchUnasked, "%s, which has seen all up to %v, is told %v by a server at %v",
				a.id, a.seen, m, z)
		}
	}
	a.armed, a.at, a.madeUp = true, z, nil
	return nil
}

// count returns how often an event without a zxid was told, and how often it is in list.
func (a *audience) count(list []due, what zkapi.EventType, path string) (made, owed int) {
	for i := range a.madeUp {
		if a.madeUp[i].Type == what && a.madeUp[i].Path == path {
			made++
		}
	}
	for i := range list {
		if list[i].what == what && list[i].path == path {
			owed++
		}
	}
	return made, owed
}

// ask notes what a client asks for.
func (e *Events) ask(a *audience, s *sim.StepInfo) *sim.Violation {
	brings := false
	for i := range s.Effects {
		f := &s.Effects[i]
		if f.Kind == sim.EffectCloseChan && f.Chan == a.channel {
			a.channel = 0
		}
		m, ok := f.Msg.(*zkapi.Request)
		if !ok || !m.Op.Watch && m.Op.Kind != zkapi.AddWatch && m.Op.Kind != zkapi.SetWatches {
			continue
		}
		a.asked = append(a.asked, m)
		if m.Op.Kind == zkapi.SetWatches {
			if brings = true; !a.watches.listed(m.Op.Watches) {
				return sim.Violatef(WatchList, "%s takes up its session and brings along %v, but watches %s",
					a.id, &m.Op, a.watches)
			}
		}
	}
	m, connected := s.Event.Msg.(*zkapi.ConnectResponse)
	if connected && m.Session != 0 && !a.armed && !brings {
		return sim.Violatef(WatchList, "%s takes up its session and brings along nothing, but watches %s",
			a.id, a.watches)
	}
	return nil
}
