package zab

import (
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
)

// found is a server that writes what it is told to and stops. After that its disk is found by a peer.
type found struct {
	*Peer
	accepted, current Epoch
	last              Zxid
}

// Step implements sim.Machine.
func (f *found) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	if ev.Kind != sim.Start {
		return
	}
	if err := f.load(ev.Disk, out); err != nil {
		panic(err)
	}
	f.writeEpoch(AcceptedEpochFile, f.accepted, out)
	f.writeEpoch(CurrentEpochFile, f.current, out)
	if f.last != 0 {
		f.logTxn(Txn{Zxid: f.last}, out)
	}
	out.Exit("it is written")
}

// Zab1_0Test.testInitialAcceptedCurrent, ZK-1653: with what epochs and transactions a server starts. A history of an
// epoch that is accepted and not current is what a crash leaves between the two writes; every other disorder is damage.
func TestStartRefusesEpochsThatContradictEachOther(t *testing.T) {
	for _, test := range []struct {
		name              string
		accepted, current Epoch
		last              Zxid
		starts            bool
	}{
		{"nothing yet", 0, 0, 0, true},
		{"a promise", 2, 1, z(1, 5), true},
		{"a current epoch without transactions", 2, 2, z(1, 5), true},
		{"transactions of the current epoch", 2, 2, z(2, 5), true},
		{"transactions of an epoch that is not current yet", 2, 1, z(2, 5), true},
		{"transactions of an epoch that was not accepted", 1, 1, z(2, 5), false},
		{"a current epoch that was not accepted", 1, 2, z(1, 5), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			id, lives := sim.Server(1), 0
			c := DefaultConfig(id, []sim.NodeID{id, sim.Server(2)})
			w := sim.NewWorld(sim.Config{
				Servers: 1, Limit: sim.Time(time.Second), Chooser: sim.NewSeeded(1),
				NewServer: func(sim.NodeID) sim.Machine {
					if lives++; lives == 1 {
						return &found{New(c), test.accepted, test.current, test.last}
					}
					return New(c)
				},
				Faults: []sim.Planned{simtest.At(time.Millisecond, "restart", func(f sim.Faults) { f.Restart(id) })},
			})
			if r := w.Run(); r.Violation != nil {
				t.Fatal(r.Violation)
			}
			p, starts := w.View().Machine(id).(*Peer)
			if starts != test.starts {
				t.Fatalf("starts %v, want %v", starts, test.starts)
			}
			if starts && (p.State() != Looking || p.AcceptedEpoch() != test.accepted ||
				p.CurrentEpoch() != test.current || p.History().Last().Zxid != test.last) {
				t.Errorf("starts %v in the epochs %d and %d with a history up to %v", p.State(), p.AcceptedEpoch(),
					p.CurrentEpoch(), p.History().Last())
			}
		})
	}
}
