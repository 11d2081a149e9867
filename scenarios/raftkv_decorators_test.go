package scenarios

import (
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// around plants a bug by decorating the servers.
func around(decorate func(*kvserver.Server) raftDecorator) func(*raftSetup) {
	return func(s *raftSetup) { s.decorate = decorate }
}

// deafToFailure is a server that takes a sync that has failed for one that has succeeded, and a write that has failed
// for done (fsyncgate).
type deafToFailure struct{ *kvserver.Server }

func newDeafToFailure(s *kvserver.Server) raftDecorator { return deafToFailure{s} }

func (d deafToFailure) decorated() *kvserver.Server { return d.Server }

func (d deafToFailure) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.SyncFailed:
		ev.Kind, ev.Err = sim.Synced, nil
	case sim.WriteFailed:
		return
	}
	d.Server.Step(now, ev, out)
}

// obedient is a server that does what a leader of an older term says, as if that led this one: it looks at terms when
// it is too late (RATIS-1161).
type obedient struct{ *kvserver.Server }

func newObedient(s *kvserver.Server) raftDecorator { return obedient{s} }

func (o obedient) decorated() *kvserver.Server { return o.Server }

func (o obedient) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if m, ok := ev.Msg.(*raft.AppendEntries); ok && m.Term < o.Raft().Term() {
		late := *m
		late.Term = o.Raft().Term()
		ev.Msg = &late
	}
	o.Server.Step(now, ev, out)
}

// heedless is a server that hears of no watch.
type heedless struct{ *kvserver.Server }

func newHeedless(s *kvserver.Server) raftDecorator { return heedless{s} }

func (h heedless) decorated() *kvserver.Server { return h.Server }

func (h heedless) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if m, ok := ev.Msg.(*kvapi.Request); ok && m.Op.Kind == kvapi.Watch {
		return
	}
	h.Server.Step(now, ev, out)
}

// fickle is a server that cancels watches when it has told events of them.
type fickle struct{ *kvserver.Server }

func newFickle(s *kvserver.Server) raftDecorator { return fickle{s} }

func (f fickle) decorated() *kvserver.Server { return f.Server }

func (f fickle) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	from := len(out.List())
	f.Server.Step(now, ev, out)
	out.Rewrite(from, func(e sim.Effect) (sim.Effect, bool) {
		if m, ok := e.Msg.(*kvapi.WatchResponse); ok && len(m.Events) > 0 && !m.Fragment {
			last := *m
			last.Canceled = true
			e.Msg = &last
		}
		return e, true
	})
}
