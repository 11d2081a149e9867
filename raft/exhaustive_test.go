package raft_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/raft/quorum"
	"schism/sim"
)

// tiny is a cluster of three in which everything takes no time, so that every order of events is possible, and in which
// elections begin at once or later. Messages may be lost.
func tiny(e *sim.Exhaust, rules *raft.Rules) sim.Config {
	return sim.Config{
		Servers: 3, Chooser: e, Limit: sim.Time(time.Second), MaxEvents: 30, NoDigest: true,
		Peers: sim.Link{Loss: sim.Percent},
		NewServer: func(id sim.NodeID) sim.Machine {
			c := raft.DefaultConfig(id, voters(3))
			plain(&c)
			c.Rules = rules
			c.ElectionMin, c.ElectionMax, c.Heartbeat = 2*time.Millisecond, 3*time.Millisecond, time.Millisecond
			return &server{Node: raft.New(c)}
		},
	}
}

// explore runs every sequence of the first depth choices of a tiny cluster, and returns how many there are, in how many
// a leader was elected, and the first violation.
func explore(depth int, rules *raft.Rules) (runs, elected int, found *sim.Violation) {
	e := sim.NewExhaust(2)
	e.Bound(depth)
	ghost := raft.NewGhost()
	c := tiny(e, rules)
	c.Observers = []sim.Observer{ghost}
	w := sim.NewWorld(c)
	for more := true; more; more = e.Next() {
		ghost.Reset()
		w.Reset(c)
		r := w.Run()
		runs++
		if len(r.Reached) > 0 {
			elected++
		}
		if r.Violation != nil {
			return runs, elected, r.Violation
		}
	}
	return runs, elected, nil
}

// TestEveryRunOfATinyElectionIsSafe goes through all orders of the first events, and all losses among them.
func TestEveryRunOfATinyElectionIsSafe(t *testing.T) {
	runs, elected, found := explore(12, nil)
	if found != nil {
		t.Fatalf("run %d: %v", runs, found)
	}
	if runs != 22_896 || elected != 13_176 {
		t.Errorf("%d runs, a leader in %d; pinned are 22,896 and 13,176", runs, elected)
	}
}

// TestTinyElectionsShowWrongRules sees that the runs above reach what breaks a wrong rule.
func TestTinyElectionsShowWrongRules(t *testing.T) {
	for _, test := range []struct {
		name, want string
		rules      raft.Rules
	}{
		{"one vote elects", raft.ElectionSafety, raft.Rules{
			VoteResult: func(quorum.Joint, quorum.Members, quorum.Members) quorum.Result { return quorum.Won }}},
		{"everybody who asks gets the vote", raft.OneVote, raft.Rules{
			VoteFree: func(_, _ sim.NodeID) bool { return true }}},
		{"votes leave before the disk has them", raft.OneVote, raft.Rules{
			WaitsForDisk: func(sim.Message) bool { return false }}},
		{"one acknowledgement commits", raft.CommitQuorum, raft.Rules{
			Committed: func(_ quorum.Joint, acked []raft.Index) raft.Index { return slices.Max(acked) }}},
		{"followers commit what they have", raft.CommitQuorum, raft.Rules{
			FollowerCommit: func(_, _, last raft.Index) raft.Index { return last }}},
		{"followers acknowledge more than they have", raft.MatchSanity, raft.Rules{
			AckIndex: func(_, last raft.Index) raft.Index { return last + 1 }}},
	} {
		if runs, _, found := explore(12, &test.rules); found == nil || found.ID != test.want {
			t.Errorf("%s: after %d runs %v, want %s", test.name, runs, found, test.want)
		}
	}
}
