package zab_test

import (
	"testing"
	"time"

	"schism/sim"
	"schism/zab"
)

// settled returns what an actor says that looks no more, in any election: it follows n3, or is it and leads.
func settled(change func(id sim.NodeID, n *zab.Notification)) talk {
	return talk{real: 1, speaks: 3, vote: func(id sim.NodeID, heard *zab.Notification) *zab.Notification {
		n := &zab.Notification{Vote: zab.Vote{Leader: 3, Zxid: zab.NewZxid(1, 3), PeerEpoch: 1}, Round: 5,
			State: zab.Following, Ensemble: heard.Ensemble}
		if id == 3 {
			n.State = zab.Leading
		}
		if change != nil {
			change(id, n)
		}
		return n
	}}
}

// joins plays a conversation and reports whether the real server goes to n3, after which nobody answers it any more.
func joins(t *testing.T, k talk) (joined bool) {
	t.Helper()
	k.lines = []line{{hears: "FollowerInfo", check: func(*witness) error { joined = true; return nil }}}
	answer := k.vote
	k.vote = func(id sim.NodeID, heard *zab.Notification) *zab.Notification {
		if joined {
			return nil
		}
		return answer(id, heard)
	}
	k.run(t)
	return joined
}

// FLETest.testJoin, FLEOutOfElectionTest: what a server that looks takes for a leader.
func TestLateServerJoinsALeaderThatAQuorumFollows(t *testing.T) {
	for _, test := range []struct {
		name   string
		want   bool
		change func(id sim.NodeID, n *zab.Notification)
	}{
		{"of another round", true, nil},
		{"of different rounds", true, func(id sim.NodeID, n *zab.Notification) { n.Round += zab.Round(id) }},
		{"with transactions that have gone on", true, func(id sim.NodeID, n *zab.Notification) {
			n.Zxid += zab.Zxid(id)
		}},
		{"of different epochs", false, func(id sim.NodeID, n *zab.Notification) { n.PeerEpoch += zab.Epoch(id) }},
		{"that does not say that it leads (ZK-131)", false, func(id sim.NodeID, n *zab.Notification) {
			n.State = zab.Following
		}},
		{"whom only itself follows", false, func(id sim.NodeID, n *zab.Notification) {
			if id != 3 {
				n.Leader = 2
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := joins(t, settled(test.change)); got != test.want {
				t.Errorf("joins it %v, want %v", got, test.want)
			}
		})
	}
}

// FastLeaderElection.checkLeader (ZK-1514): followers of an earlier life make nobody a leader.
func TestRestartedLeaderDoesNotLeadByOldVotes(t *testing.T) {
	k := settled(func(_ sim.NodeID, n *zab.Notification) { n.Leader, n.State = 1, zab.Following })
	if s, _ := k.play(t); s.led {
		t.Error("it leads")
	}
}

// FLELostMessageTest: a vote is repeated until it is heard, more and more seldom.
func TestLostVotesAreRepeated(t *testing.T) {
	heard := map[sim.NodeID]int{}
	k := settled(nil)
	answer := k.vote
	k.vote = func(id sim.NodeID, n *zab.Notification) *zab.Notification {
		if heard[id]++; heard[id] <= 3 {
			return nil
		}
		return answer(id, n)
	}
	if !joins(t, k) {
		t.Errorf("it has never joined; its vote was heard %v times", heard)
	}
}

// FLEZeroWeightTest: whose vote weighs nothing never leads, whatever its number is, and follows all the same.
func TestServerWithoutWeightNeverLeads(t *testing.T) {
	light := zab.Group{Members: 0b111}
	light.Weights[0], light.Weights[1] = 1, 1
	for seed := range uint64(20) {
		led := false
		c := cluster(3, seed, func(c *zab.Config, _ *server) { c.Ensemble.Groups = []zab.Group{light} })
		c.Limit = sim.Time(5 * time.Second)
		c.Observers = []sim.Observer{observe(func(v sim.View, _ *sim.StepInfo) error {
			s, up := v.Machine(3).(*server)
			led = led || up && s.State() == zab.Leading
			return nil
		})}
		w := sim.NewWorld(c)
		w.Run()
		if s := w.View().Machine(3).(*server); led || s.State() != zab.Following || s.CommittedIndex() == 0 {
			t.Errorf("seed %d: n3 has led %v, is %v and has committed %d", seed, led, s.State(), s.CommittedIndex())
		}
	}
}

// observe is an observer written as a function.
type observe func(sim.View, *sim.StepInfo) error

// Observe implements sim.Observer.
func (f observe) Observe(v sim.View, s *sim.StepInfo) error { return f(v, s) }
