package kvserver

import (
	"slices"

	"schism/raft/kvapi"
	"schism/raft/mvcc"
	"schism/sim"
)

// stream is a channel with a client, over which the server tells it what it watches (mvcc.WatchStream).
type stream struct {
	channel sim.ChanID
	// watches are in the order in which they began.
	watches []watch
	// asked says that the client waits for a progress notification, which comes when all watches are synced.
	asked bool
}

// watch is what one watch has to be told.
//
//  1. The client has been told everything that it wants of revisions below next, and nothing of next or later ones.
type watch struct {
	// op belongs to the client's message and is shared.
	op   *kvapi.Op
	next kvapi.Revision
	// quiet says that nothing was told since timerProgress ran out last.
	quiet bool
}

// accept handles a new channel with a client.
func (s *Server) accept(ev *sim.Event) { s.streams = append(s.streams, stream{channel: ev.Chan}) }

// stream returns where the stream over a channel is, -1 if there is none.
func (s *Server) stream(c sim.ChanID) int {
	return slices.IndexFunc(s.streams, func(x stream) bool { return x.channel == c })
}

// hangUp closes a stream for a reason.
func (s *Server) hangUp(i int, reason string, out *sim.Effects) {
	out.Decide(reason, "close the stream")
	out.Close(s.streams[i].channel)
	s.forgetStream(i)
}

// forgetStream forgets a stream and its watches.
func (s *Server) forgetStream(i int) { s.streams = slices.Delete(s.streams, i, i+1) }

// handleStream handles a request that comes over a stream.
func (s *Server) handleStream(ev *sim.Event, r *kvapi.Request, out *sim.Effects) {
	i := s.stream(ev.Chan)
	switch op := &r.Op; {
	case i < 0: // closed meanwhile
	case op.Check() != nil:
		s.hangUp(i, "the client makes no sense", out)
	case s.learns():
		s.hangUp(i, "learners tell no watches", out)
	case s.raft.Leader() == 0:
		s.hangUp(i, "there is no leader", out) // ErrNoLeader, as for WithRequireLeader
	case op.Kind == kvapi.Watch:
		s.begin(i, op, out)
	case op.Kind == kvapi.CancelWatch:
		s.cancel(i, op.WatchID, out)
	case op.Kind == kvapi.ProgressRequest:
		s.streams[i].asked = true
		s.answerProgress(&s.streams[i], out)
	default:
		s.hangUp(i, "the client makes no sense", out)
	}
}

// begin begins a watch, or refuses one that would never be told anything. From a revision that is still to come it
// waits for that.
func (s *Server) begin(i int, op *kvapi.Op, out *sim.Effects) {
	st := &s.streams[i]
	if op.WatchID == 0 || st.find(op.WatchID) >= 0 {
		s.hangUp(i, "the watch has no name of its own", out)
		return
	}
	m := s.told(op.WatchID)
	m.Created, m.Canceled = true, op.Span.Empty() // ErrEmptyWatcherRange
	out.SendOn(st.channel, m)
	if m.Canceled {
		return
	}
	next := s.policy.rules.Begins(op.Revision, s.store.Revision())
	st.watches = append(st.watches, watch{op: op, next: next, quiet: true})
	s.tell(out)
	s.armProgress(out)
}

// find returns where a watch is, -1 if there is none.
func (st *stream) find(id kvapi.WatchID) int {
	return slices.IndexFunc(st.watches, func(w watch) bool { return w.op.WatchID == id })
}

// cancel ends a watch at the client's request.
func (s *Server) cancel(i int, id kvapi.WatchID, out *sim.Effects) {
	st := &s.streams[i]
	k := st.find(id)
	if k < 0 {
		return // canceled already
	}
	st.watches = slices.Delete(st.watches, k, k+1)
	m := s.told(id)
	m.Canceled = true
	out.SendOn(st.channel, m)
}

// tell tells every watch what it has to be told, each a batch of revisions at most. Who is still behind then is told
// more by a task.
func (s *Server) tell(out *sim.Effects) {
	behind := false
	for i := range s.streams {
		st := &s.streams[i]
		kept := st.watches[:0]
		for _, w := range st.watches {
			if s.tellWatch(st, &w, out) {
				kept = append(kept, w)
				behind = behind || w.next <= s.store.Revision()
			}
		}
		clear(st.watches[len(kept):])
		st.watches = kept
		s.answerProgress(st, out)
	}
	if behind && !s.telling {
		s.telling = true
		out.Run(taskTell)
	}
}

// tellWatch tells a watch the next batch, and reports whether it goes on: if what it needs is compacted it is over
// (watchableStore.syncWatchers).
func (s *Server) tellWatch(st *stream, w *watch, out *sim.Effects) bool {
	revision := s.store.Revision()
	if w.next > revision {
		return true
	}
	to := min(revision, w.next+s.policy.watchBatch-1)
	events, seen := s.store.Events(mvcc.Window{From: w.next, To: to, Span: w.op.Span, Flags: w.op.Flags}, nil)
	if !seen {
		out.Mark("watch-compacted")
		m := s.told(w.op.WatchID)
		m.Canceled, m.Compacted = true, s.store.Compacted()
		out.SendOn(st.channel, m)
		return false
	}
	if to < revision {
		out.Mark("watch-behind")
	}
	s.sendEvents(st, w, events, out)
	w.next = s.policy.rules.Continues(to, revision)
	return true
}

// sendEvents sends events, in fragments if they are many and the client takes fragments.
func (s *Server) sendEvents(st *stream, w *watch, events []kvapi.Event, out *sim.Effects) {
	for len(events) > 0 {
		n := len(events)
		if w.op.Flags&kvapi.FlagFragment != 0 {
			n = min(n, s.policy.fragment)
		}
		m := s.told(w.op.WatchID)
		m.Events, m.Fragment = events[:n:n], n < len(events)
		out.SendOn(st.channel, m)
		events, w.quiet = events[n:], false
	}
}

// answerProgress tells a client that asked for it that all its watches are synced, if they are.
func (s *Server) answerProgress(st *stream, out *sim.Effects) {
	if !st.asked {
		return
	}
	for i := range st.watches {
		if !s.policy.rules.Progresses(st.watches[i].next, s.store.Revision()) {
			return
		}
	}
	st.asked = false
	out.SendOn(st.channel, s.told(0))
}

// armProgress sets the timer of progress notifications, if it does not run and a watch wants them.
func (s *Server) armProgress(out *sim.Effects) {
	wanted := slices.ContainsFunc(s.streams, func(st stream) bool {
		return slices.ContainsFunc(st.watches, func(w watch) bool { return w.op.Flags&kvapi.FlagProgress != 0 })
	})
	if wanted && !s.notifying {
		s.notifying = true
		out.SetTimer(timerProgress, s.policy.progressEvery, s.policy.progressEvery)
	}
}

// notify sends progress notifications for the watches that want them, are synced, and were told nothing for a while.
func (s *Server) notify(out *sim.Effects) {
	s.notifying = false
	for i := range s.streams {
		st := &s.streams[i]
		for k := range st.watches {
			w := &st.watches[k]
			if w.quiet && w.op.Flags&kvapi.FlagProgress != 0 &&
				s.policy.rules.Progresses(w.next, s.store.Revision()) {
				out.SendOn(st.channel, s.told(w.op.WatchID))
			}
			w.quiet = true
		}
	}
	s.armProgress(out)
}

// told returns a new message about a watch, 0 for all of a stream.
func (s *Server) told(id kvapi.WatchID) *kvapi.WatchResponse {
	m := &kvapi.WatchResponse{WatchID: id}
	m.Header = s.header()
	return m
}
