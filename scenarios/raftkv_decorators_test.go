package scenarios

import (
	"cmp"
	"slices"

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

// retelling is a server that tells watches something else.
type retelling struct {
	*kvserver.Server
	tell func(m *kvapi.WatchResponse)
}

// newRetelling returns what makes such servers. What tell is given is its own.
func newRetelling(tell func(m *kvapi.WatchResponse)) func(*kvserver.Server) raftDecorator {
	return func(s *kvserver.Server) raftDecorator { return retelling{s, tell} }
}

func (r retelling) decorated() *kvserver.Server { return r.Server }

func (r retelling) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	from := len(out.List())
	r.Server.Step(now, ev, out)
	out.Rewrite(from, func(e sim.Effect) (sim.Effect, bool) {
		if m, ok := e.Msg.(*kvapi.WatchResponse); ok {
			other := *m
			other.Events = slices.Clone(m.Events)
			r.tell(&other)
			e.Msg = &other
		}
		return e, true
	})
}

// byKey brings events into the order of their keys.
func byKey(m *kvapi.WatchResponse) {
	slices.SortStableFunc(m.Events, func(a, b kvapi.Event) int { return cmp.Compare(a.KV.Key, b.KV.Key) })
}

// unfiltered is a server that does not hear which events a watch does not want.
type unfiltered struct{ *kvserver.Server }

func newUnfiltered(s *kvserver.Server) raftDecorator { return unfiltered{s} }

func (u unfiltered) decorated() *kvserver.Server { return u.Server }

func (u unfiltered) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if m, ok := ev.Msg.(*kvapi.Request); ok && m.Op.Kind == kvapi.Watch {
		other := *m
		other.Op.Flags &^= kvapi.FlagNoPut | kvapi.FlagNoDelete
		ev.Msg = &other
	}
	u.Server.Step(now, ev, out)
}

// answering is a server that gives clients other answers.
type answering struct {
	*kvserver.Server
	// answer changes an answer, which is its own.
	answer func(s *kvserver.Server, m *kvapi.Response)
}

func (a answering) decorated() *kvserver.Server { return a.Server }

func (a answering) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	from := len(out.List())
	a.Server.Step(now, ev, out)
	out.Rewrite(from, func(e sim.Effect) (sim.Effect, bool) {
		if m, ok := e.Msg.(*kvapi.Response); ok && m.Out.Code == kvapi.OK {
			other := *m
			a.answer(a.Server, &other)
			e.Msg = &other
		}
		return e, true
	})
}

// newTearing returns a server that reads a range in two pieces, of which the first is what the read before has seen.
func newTearing(s *kvserver.Server) raftDecorator {
	var before []kvapi.KeyValue
	return answering{s, func(_ *kvserver.Server, m *kvapi.Response) {
		now := m.Out.KVs
		if m.Op != kvapi.Range || len(now) < 2 {
			return
		}
		middle := now[len(now)/2].Key
		inFirst := func(kv kvapi.KeyValue) bool { return kv.Key < middle }
		second := slices.DeleteFunc(slices.Clone(now), inFirst)
		first := slices.DeleteFunc(before, func(kv kvapi.KeyValue) bool { return !inFirst(kv) })
		if before != nil {
			m.Out.KVs, m.Out.Count = slices.Concat(first, second), int64(len(first)+len(second))
		}
		before = slices.Clone(now)
	}}
}

// newHashingLog returns a server whose hash covers where its log begins, which each server decides by itself.
func newHashingLog(s *kvserver.Server) raftDecorator {
	return answering{s, func(s *kvserver.Server, m *kvapi.Response) {
		if m.Op == kvapi.HashKV {
			m.Out.Hash += uint64(s.Raft().Log().Base().Index)
		}
	}}
}

// forgetful is a server that begins anew, with an empty disk, when it cannot read its own.
type forgetful struct{ *kvserver.Server }

func newForgetful(s *kvserver.Server) raftDecorator { return forgetful{s} }

func (f forgetful) decorated() *kvserver.Server { return f.Server }

func (f forgetful) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if ev.Kind == sim.Start {
		ev.Disk = readable(ev.Disk)
	}
	f.Server.Step(now, ev, out)
}

// readable returns d, or an empty disk if a file of d cannot be read.
func readable(d *sim.Disk) *sim.Disk {
	for _, file := range d.Files() {
		if _, err := d.ReadFile(file); err != nil {
			return &sim.Disk{}
		}
	}
	return d
}

// wallTimed is a server that measures time by its wall clock.
type wallTimed struct{ *kvserver.Server }

func newWallTimed(s *kvserver.Server) raftDecorator { return wallTimed{s} }

func (w wallTimed) decorated() *kvserver.Server { return w.Server }

func (w wallTimed) Step(_ sim.Time, ev sim.Event, out *sim.Effects) { w.Server.Step(ev.Wall, ev, out) }
