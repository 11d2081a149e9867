package scenarios

import (
	"testing"

	"schism/raft/kvapi"
	"schism/sim"
)

// TestTheWitnessSeesEveryRevision: also of what is compacted by the end of the run.
func TestTheWitnessSeesEveryRevision(t *testing.T) {
	for seed := range uint64(5) {
		r := NewRunner(Must("etcd/figure-8"))
		r.Run(seed+1, Options{})
		before := r.system.(*raftKV).witness.told()[0].Response.Events[0]
		r.Run(seed, Options{})
		w := &r.system.(*raftKV).witness
		next := kvapi.FirstRevision + 1
		if w.events[0] == before {
			t.Errorf("seed %d: the events of the run before are still there", seed)
		}
		for _, e := range w.told()[0].Response.Events {
			switch at := e.KV.ModRevision; at {
			case next - 1: // one more of a revision
			case next:
				next++
			default:
				t.Fatalf("seed %d: r%d comes when r%d is next", seed, at, next)
			}
		}
		if next <= kvapi.FirstRevision+10 || next != w.seen+1 {
			t.Errorf("seed %d: events are seen up to r%d, and the last revision is r%d", seed, next-1, w.seen)
		}
	}
}

// TestTheWitnessPlacesWhatHasNoAnswer: dozens of operations without one, among which a search finds no way.
func TestTheWitnessPlacesWhatHasNoAnswer(t *testing.T) {
	r := Must("etcd/figure-8").Run(204462318931686, Options{})
	if _, _, unknown := r.Outcomes(); r.ID() != Clean || unknown < 40 {
		t.Errorf("the run comes to %s with %d operations without an answer: %s", r.ID(), unknown, r.reasons())
	}
}

var _ sim.Observer = (*raftWitness)(nil)
