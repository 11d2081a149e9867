package scenarios

import (
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/raft/mvcc"
	"schism/sim"
)

// raftWitness is an observer that keeps what happens to the keys, in the order of revisions, as the store of the first
// server has it that applies it: compactions forget it.
type raftWitness struct {
	seen   kvapi.Revision
	events []kvapi.Event
}

// reset makes w ready for another run.
func (w *raftWitness) reset() { w.seen, w.events = 0, w.events[:0] }

// Observe implements [sim.Observer].
func (w *raftWitness) Observe(v sim.View, s *sim.StepInfo) error {
	if s.Node == 0 || s.Node.IsClient() {
		return nil
	}
	server := raftServerOf(v.Machine(s.Node))
	if server == nil || server.Store().Revision() <= w.seen {
		return nil
	}
	store := server.Store()
	news := mvcc.Window{From: max(w.seen, store.Compacted()) + 1, To: store.Revision(), Span: everyKey}
	w.events, _ = store.Events(news, w.events)
	w.seen = news.To
	return nil
}

// everyKey is all keys.
var everyKey = kvapi.Span{Key: "\x00", End: "\x00"}

// told returns what it has seen, as if a watch had been told of it.
func (w *raftWitness) told() []kvspec.Told {
	return []kvspec.Told{{Seq: sim.StillOpen, Response: &kvapi.WatchResponse{Events: w.events}}}
}
