package zkspec

import (
	"schism/sim"
	"schism/zab/zkapi"
)

// WatchOrder is the ID of the violation that a client is told of a transaction after an answer has shown it, or after
// it was told of a later one (watches.mdx).
const WatchOrder = "watch-order"

// Events is a [sim.Observer] of what clients are told by their watches. It belongs to one run at a time; Reset makes it
// ready for the next.
//
// Only the order is judged: whether a client is told of everything that it watches is not.
type Events struct {
	// shown is the highest zxid that an answer on a channel has shown, told that of its events.
	shown, told map[sim.ChanID]zkapi.Zxid
	// Told counts the events, Missed those that make up for what a client has missed while it was away.
	Told, Missed int
}

// NewEvents returns an observer for one run.
func NewEvents() *Events {
	e := &Events{shown: map[sim.ChanID]zkapi.Zxid{}, told: map[sim.ChanID]zkapi.Zxid{}}
	return e
}

// Reset forgets everything.
func (e *Events) Reset() {
	clear(e.shown)
	clear(e.told)
	e.Told, e.Missed = 0, 0
}

// Observe implements sim.Observer.
func (e *Events) Observe(_ sim.View, s *sim.StepInfo) error {
	if s.Event.Kind != sim.Receive || !s.Node.IsClient() {
		return nil
	}
	channel := s.Event.Chan
	switch m := s.Event.Msg.(type) {
	case *zkapi.Reply:
		e.shown[channel] = max(e.shown[channel], m.Out.Zxid)
	case *zkapi.PingReply:
		e.shown[channel] = max(e.shown[channel], m.Zxid)
	case *zkapi.WatchEvent:
		return e.event(s.Node, channel, m)
	}
	return nil
}

// event judges what a client is told.
func (e *Events) event(client sim.NodeID, channel sim.ChanID, m *zkapi.WatchEvent) error {
	e.Told++
	if m.Zxid == 0 {
		e.Missed++
		return nil
	}
	if shown := e.shown[channel]; m.Zxid <= shown {
		return sim.Violatef(WatchOrder, "%s is told %v after an answer at %v", client, m, shown)
	}
	if told := e.told[channel]; m.Zxid < told {
		return sim.Violatef(WatchOrder, "%s is told %v after it was told of %v", client, m, told)
	}
	e.told[channel] = m.Zxid
	return nil
}
