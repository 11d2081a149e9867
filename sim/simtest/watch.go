package simtest

import (
	"fmt"

	"schism/sim"
)

// checkMessages lets the world look at every message when it arrives, and looks by itself after every step that
// was given one and at the end of the run.
func checkMessages(t T, make Make) {
	t.Helper()
	for _, seed := range checkSeeds {
		w := &watcher{sums: map[sim.Message]sim.Digest{}}
		c := make(seed)
		c.CheckMessages = true
		c.Observers = append(c.Observers[:len(c.Observers):len(c.Observers)], w)
		r := run(t, sim.NewWorld(c))
		if r.Violation != nil {
			t.Errorf("seed %d: %v", seed, r.Violation)
			return
		}
		w.atEnd(t, seed)
	}
}

// watcher remembers the sum of every message and of every value of an operation.
type watcher struct {
	sums  map[sim.Message]sim.Digest
	given []handout // in order
}

// handout is a message or a value when it was handed to an effect.
type handout struct {
	what string
	seq  uint64
	node sim.NodeID
	sum  func() sim.Digest
	was  sim.Digest
}

// Observe implements [sim.Observer].
func (w *watcher) Observe(_ sim.View, s *sim.StepInfo) error {
	if m := s.Event.Msg; m != nil && s.Event.Kind == sim.Receive {
		if was, ok := w.sums[m]; ok && was != m.Fold(0) {
			return sim.Violatef("message-changed",
				"event %d: %s changed the %s from %s that it received: it says %s now",
				s.Seq, s.Node, m.Kind(), s.Event.From, m)
		}
	}
	for i := range s.Effects {
		f := &s.Effects[i]
		h := handout{what: f.String(), seq: s.Seq, node: s.Node}
		switch {
		case f.Msg != nil:
			m := f.Msg
			if _, ok := w.sums[m]; !ok {
				w.sums[m] = m.Fold(0)
			}
			h.sum = func() sim.Digest { return m.Fold(0) }
		case f.Value != nil:
			v := f.Value
			h.sum = func() sim.Digest { return valueSum(v) }
		default:
			continue
		}
		h.was = h.sum()
		if was, ok := w.sums[f.Msg]; f.Msg != nil && ok && was != h.was {
			return sim.Violatef("message-changed",
				"event %d: %s sends a %s anew that is in use, and has changed it: %s",
				s.Seq, s.Node, f.Msg.Kind(), f.Msg)
		}
		w.given = append(w.given, h)
	}
	return nil
}

// valueSum returns the digest of an input or output: by its own Fold if it has one, of its text if not.
func valueSum(v any) sim.Digest {
	if f, ok := v.(interface{ Fold(sim.Digest) sim.Digest }); ok {
		return f.Fold(0)
	}
	return sim.Digest(0).MixString(fmt.Sprint(v))
}

// atEnd reports the first message or value that is not what it was.
func (w *watcher) atEnd(t T, seed uint64) {
	t.Helper()
	for i := range w.given {
		if h := &w.given[i]; h.sum() != h.was {
			t.Errorf("seed %d, event %d: %s asked to %s; that was changed afterwards", seed, h.seq, h.node, h.what)
			return
		}
	}
}
