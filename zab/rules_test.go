package zab

import (
	"cmp"
	"testing"

	"pgregory.net/rapid"

	"schism/sim"
)

// z returns the transaction number counter of the epoch e.
func z(e Epoch, counter uint32) Zxid { return NewZxid(e, counter) }

// LearnerHandlerTest, LearnerHandler.syncFollower: every cell of the table.
func TestChooseSync(t *testing.T) {
	// In memory are 1:5, 1:6, 2:1, 2:2, 4:1 and 4:2; before them stands a snapshot up to 1:4.
	h := LogView{Base: z(1, 4), Last: z(4, 2)}
	for _, x := range []Zxid{z(1, 5), z(1, 6), z(2, 1), z(2, 2), z(4, 1), z(4, 2)} {
		h.Txns = append(h.Txns, Txn{Zxid: x})
	}
	tests := []struct {
		name string
		last Zxid
		want SyncChoice
	}{
		{"equal", z(4, 2), SyncChoice{Diff, z(4, 2)}},
		{"ahead in the epoch", z(4, 3), SyncChoice{Trunc, z(4, 2)}},
		{"ahead in a later epoch", z(5, 1), SyncChoice{Trunc, z(4, 2)}},
		{"at the beginning of a later epoch", z(5, 0), SyncChoice{Diff, z(4, 2)}},
		{"in memory", z(2, 1), SyncChoice{Diff, z(2, 1)}},
		{"the first in memory", z(1, 5), SyncChoice{Diff, z(1, 5)}},
		{"right before the memory", z(1, 4), SyncChoice{Diff, z(1, 4)}},
		{"missing in an epoch that goes on", z(1, 9), SyncChoice{Trunc, z(1, 6)}},
		{"missing at the end of an epoch", z(2, 3), SyncChoice{Trunc, z(2, 2)}},
		{"missing in an epoch that is unknown", z(3, 1), SyncChoice{Trunc, z(2, 2)}},
		{"at the beginning of an epoch in memory", z(4, 0), SyncChoice{Diff, z(2, 2)}},
		{"at the beginning of an epoch that is unknown", z(3, 0), SyncChoice{Diff, z(2, 2)}},
		{"before the memory", z(1, 3), SyncChoice{Mode: Snap}},
		{"empty", 0, SyncChoice{Mode: Snap}},
	}
	for _, test := range tests {
		if got := chooseSync(test.last, h); got != test.want {
			t.Errorf("%s, %v: %v %v, want %v %v", test.name, test.last, got.Mode, got.Keep,
				test.want.Mode, test.want.Keep)
		}
	}
	for _, last := range []Zxid{0, z(1, 0)} { // a leader without anything, or without a snapshot
		if got := chooseSync(last, LogView{}); got.Mode != Diff || got.Keep != 0 {
			t.Errorf("%v against nothing: %v %v", last, got.Mode, got.Keep)
		}
	}
	if got := chooseSync(0, LogView{Txns: h.Txns, Last: h.Last}); got != (SyncChoice{Diff, 0}) {
		t.Errorf("nothing against a whole log: %v %v", got.Mode, got.Keep)
	}
}

// FLEPredicateTest: votes are ordered by epoch, then by transaction, then by server.
func TestVoteOrderIsLexicographic(t *testing.T) {
	vote := func(t *rapid.T, name string) Vote {
		small := rapid.IntRange(0, 2)
		return Vote{Leader: sim.Server(1 + small.Draw(t, name+" leader")),
			PeerEpoch: Epoch(small.Draw(t, name+" epoch")),
			Zxid:      z(Epoch(small.Draw(t, name+" zxid")), uint32(small.Draw(t, name+" counter")))}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := vote(t, "a"), vote(t, "b")
		order := cmp.Or(cmp.Compare(a.PeerEpoch, b.PeerEpoch), cmp.Compare(a.Zxid, b.Zxid),
			cmp.Compare(a.Leader, b.Leader))
		if got := supersedes(a, b, 1); got != (order > 0) {
			t.Fatalf("%v over %v: %v", a, b, got)
		}
		if supersedes(a, b, 0) {
			t.Fatalf("%v wins without weight", a)
		}
	})
}

// drawEnsemble draws voters, and for half of the ensembles groups with weights.
func drawEnsemble(t *rapid.T) Ensemble {
	n := rapid.IntRange(1, 9).Draw(t, "voters")
	e := Ensemble{Voters: Servers(1<<n - 1)}
	if !rapid.Bool().Draw(t, "hierarchical") {
		return e
	}
	e.Groups = make([]Group, rapid.IntRange(1, 3).Draw(t, "groups"))
	for s := range Slot(n) {
		g := &e.Groups[rapid.IntRange(0, len(e.Groups)-1).Draw(t, "group")]
		g.Members = g.Members.With(s)
		g.Weights[s] = uint8(rapid.IntRange(0, 3).Draw(t, "weight"))
	}
	return e
}

// plainQuorum says in the plainest way what a quorum is.
func plainQuorum(e *Ensemble, have Servers) bool {
	if e.Groups == nil {
		yes, no := 0, 0
		for s := range Slot(MaxServers) {
			switch {
			case e.Voters.Has(s) && have.Has(s):
				yes++
			case e.Voters.Has(s):
				no++
			}
		}
		return yes > no
	}
	won, lost := 0, 0
	for _, g := range e.Groups {
		yes, no := 0, 0
		for s := range Slot(MaxServers) {
			switch w := int(g.Weights[s]); {
			case g.Members.Has(s) && have.Has(s):
				yes += w
			case g.Members.Has(s):
				no += w
			}
		}
		switch {
		case yes+no == 0: // weighs nothing
		case yes > no:
			won++
		default:
			lost++
		}
	}
	return won > lost
}

// HierarchicalQuorumTest: a quorum is what it is said to be, and any two share a server.
func TestQuorumsAreWhatTheyAreAndIntersect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEnsemble(t)
		set := rapid.Uint32Range(0, 1<<10-1)
		a, b := Servers(set.Draw(t, "a")), Servers(set.Draw(t, "b"))
		if got, want := e.Quorum(a), plainQuorum(&e, a); got != want {
			t.Fatalf("%b of %b: %v, want %v", a, e.Voters, got, want)
		}
		if e.Quorum(a) && e.Quorum(b) && a&b&e.Voters == 0 {
			t.Fatalf("the quorums %b and %b share nobody", a, b)
		}
	})
}

// TestCommittedIsTheHighestThatAQuorumHas compares with trying every index.
func TestCommittedIsTheHighestThatAQuorumHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEnsemble(t)
		acked := make([]Index, 9)
		for i := range acked {
			acked[i] = Index(rapid.IntRange(0, 5).Draw(t, "acked"))
		}
		want := Index(0)
		for i := Index(1); i <= 5; i++ {
			var have Servers
			for s, a := range acked {
				if a >= i {
					have = have.With(Slot(s))
				}
			}
			if plainQuorum(&e, have) {
				want = i
			}
		}
		if got := committed(&e, acked); got != want {
			t.Fatalf("%v of %+v: %d, want %d", acked, e, got, want)
		}
	})
}

// Zab1_0Test.testLeaderInConnectingFollowers, testLeaderInElectingFollowers: followers alone do not settle an epoch,
// however many they are.
func TestLeaderIsPartOfTheQuorumOfItsEpoch(t *testing.T) {
	e := &Ensemble{Voters: 0b11111}
	const self = 4
	for have, want := range map[Servers]bool{
		0b01111: false, 0b00111: false, 0b10001: false, 0b10011: true, 0b11100: true, 0b10000: false, 0b11111: true,
	} {
		if got := DefaultRules().EpochOpen(e, have, self); got != want {
			t.Errorf("%05b with the leader %d: %v, want %v", have, self, got, want)
		}
	}
}
