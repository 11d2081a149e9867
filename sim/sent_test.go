package sim_test

import (
	"fmt"
	"slices"
	"testing"

	"schism/sim"
)

// senders is a tracer that looks up, for every message that arrives or is lost, the step that sent it.
type senders struct {
	t *testing.T
	// sent lists by event what its step sent; by whom is in nodes.
	sent           map[uint64][]sim.Message
	nodes          map[uint64]sim.NodeID
	arrived, lost  int
	opened, closed int
	touched        map[string][]sim.Touch
}

// Trace implements [sim.Tracer].
func (s *senders) Trace(r *sim.Record) {
	switch {
	case r.Lost != "":
		s.lost++
		s.check(r, r.From, r.Msg)
		return
	case r.Action != nil:
		s.touched[r.Action.String()] = slices.Clone(r.Touched)
	case r.Event.Kind == sim.Receive:
		s.arrived++
		s.check(r, r.Event.From, r.Event.Msg)
	case r.Event.Kind == sim.Opened && s.nodes[r.SentBy] == r.Event.From:
		s.opened++
	case r.Event.Kind == sim.Closed && s.nodes[r.SentBy] == r.Event.From:
		s.closed++
	case r.SentBy != 0 && r.Event.Kind != sim.Closed:
		s.t.Errorf("event %d, %v, is said to be sent by event %d", r.Seq, r.Event, r.SentBy)
	}
	s.nodes[r.Seq] = r.Node
	for i := range r.Effects {
		if m := r.Effects[i].Msg; m != nil {
			s.sent[r.Seq] = append(s.sent[r.Seq], m)
		}
	}
}

func (s *senders) check(r *sim.Record, from sim.NodeID, m sim.Message) {
	if s.nodes[r.SentBy] != from || !slices.Contains(s.sent[r.SentBy], m) {
		s.t.Errorf("after event %d: %s has not sent %v by event %d", r.Seq, from, m, r.SentBy)
	}
}

func TestTraceSaysWhoSentWhatArrivesAndWhatIsLost(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		s := &senders{t: t, sent: make(map[uint64][]sim.Message), nodes: make(map[uint64]sim.NodeID),
			touched: make(map[string][]sim.Touch)}
		c := gossipConfig(seed, nil)
		c.Trace = s
		r := sim.Run(c)
		if s.arrived != int(r.Delivered) || s.lost != int(r.Dropped) || s.opened == 0 || s.lost == 0 {
			t.Errorf("seed %d: %d arrived, %d lost, %d opened, %d closed", seed, s.arrived, s.lost, s.opened, s.closed)
		}
	}
}

func TestTraceSaysAtWhichEventAViolationIsFound(t *testing.T) {
	c := gossipConfig(1, nil)
	c.Observers = []sim.Observer{observer(func(v sim.View, _ *sim.StepInfo) error {
		if v.Seq() == 100 {
			return sim.Violatef("hundred", "enough")
		}
		return nil
	})}
	var found []uint64
	c.Trace = tracer(func(r *sim.Record) {
		if r.Violation != nil {
			found = append(found, r.Seq)
		}
	})
	sim.Run(c)
	if !slices.Equal(found, []uint64{100}) {
		t.Errorf("it is found at the events %v", found)
	}
}

// tracer is a function as a tracer.
type tracer func(r *sim.Record)

// Trace implements [sim.Tracer].
func (f tracer) Trace(r *sim.Record) { f(r) }

func TestTraceSaysWhatAFaultTouches(t *testing.T) {
	s := &senders{t: t, sent: make(map[uint64][]sim.Message), nodes: make(map[uint64]sim.NodeID),
		touched: make(map[string][]sim.Touch)}
	c := gossipConfig(1, nil)
	c.Faults = append(c.Faults,
		plan(50, "rule", func(f sim.Faults) { f.AddRule(sim.Rule{From: n1, Action: sim.RuleDrop, Count: 1}) }))
	c.Trace = s
	sim.Run(c)
	for fault, want := range map[string]string{
		"crash n1": "[{n1 -}]", "pause n2": "[{n2 -}]", "hold": "[{n2 n3}]", "rule": "[{n1 n2} {n1 n3} {n1 n4}]",
	} {
		if got := fmt.Sprint(s.touched[fault]); got != want {
			t.Errorf("%s touches %s, want %s", fault, got, want)
		}
	}
}
