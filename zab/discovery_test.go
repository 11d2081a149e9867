package zab

import (
	"testing"

	"schism/sim"
)

// A leader whose epoch is decided gives way to a voter that has promised a later one, which would never follow it.
func TestLeaderYieldsToALaterPromise(t *testing.T) {
	stays := &Rules{Yields: func(Epoch, Epoch) bool { return false }}
	for _, test := range []struct {
		name     string
		rules    *Rules
		promised Epoch
		want     ServerState
	}{
		{"an earlier one", nil, 0, Leading},
		{"the same", nil, 1, Leading},
		{"a later one", nil, 2, Looking},
		{"a later one, as in ZooKeeper", stays, 2, Leading},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := DefaultConfig(sim.Server(3), []sim.NodeID{sim.Server(1), sim.Server(2), sim.Server(3)})
			c.Rules = test.rules
			p, out := New(c), &sim.Effects{}
			p.Step(0, sim.Event{Kind: sim.Start, Disk: &sim.Disk{}}, out)
			p.startLeading(out)
			join := func(n int, accepted Epoch) {
				p.Step(0, sim.Event{Kind: sim.Receive, From: sim.Server(n), Chan: sim.ChanID(n),
					Msg: &FollowerInfo{AcceptedEpoch: accepted}}, out)
			}
			if join(1, 0); !p.lead.decided || p.lead.epoch != 1 {
				t.Fatalf("a quorum has not decided on epoch 1, but on %d", p.lead.epoch)
			}
			if join(2, test.promised); p.state != test.want {
				t.Errorf("the leader of epoch 1 is %v after a voter that has promised %d", p.state, test.promised)
			}
		})
	}
}
