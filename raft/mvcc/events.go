package mvcc

import "schism/raft/kvapi"

// Window says which events are asked for: of the keys of Span, that were made at the revisions From to To.
type Window struct {
	From, To kvapi.Revision
	Span     kvapi.Span
	// Flags are those of a Watch: FlagPrevKV, FlagNoPut and FlagNoDelete count here.
	Flags kvapi.Flags
}

// Events appends the events of a window, in the order of revisions, and within one as its operations came, and reports
// whether From can still be seen: if not it appends none. With FlagPrevKV an event has what was there before, if that
// can still be seen. It costs as much as there are changes in the window, of whatever keys.
func (s *Store) Events(w Window, events []kvapi.Event) ([]kvapi.Event, bool) {
	if s.rules.Compacted(w.From, s.compacted) {
		return events, false
	}
	s.log.Ascend(placeOf(max(w.From, 0)), func(at place, c *change) bool {
		if at.revision() > w.To {
			return false
		}
		if w.shows(c) {
			events = append(events, s.event(c, w.Flags))
		}
		return true
	})
	return events, true
}

// shows reports whether c is among what w asks for, apart from its revision.
func (w *Window) shows(c *change) bool {
	filter := kvapi.FlagNoPut
	if c.deleted {
		filter = kvapi.FlagNoDelete
	}
	return w.Flags&filter == 0 && w.Span.Contains(c.kv.Key)
}

// event returns what c is for a watch.
func (s *Store) event(c *change, flags kvapi.Flags) kvapi.Event {
	e := kvapi.Event{KV: c.kv}
	if c.deleted {
		e.Type = kvapi.EventDelete
	}
	if flags&kvapi.FlagPrevKV != 0 {
		if before := s.earlier(c); before != nil && !before.deleted {
			kv := before.kv
			e.Prev = &kv
		}
	}
	return e
}
