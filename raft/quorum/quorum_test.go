package quorum_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"schism/raft/quorum"
)

func set(slots ...quorum.Slot) (m quorum.Members) {
	for _, s := range slots {
		m = m.With(s)
	}
	return m
}

func TestQuorumIsMoreThanHalf(t *testing.T) {
	for n, want := range []int{1: 1, 2, 2, 3, 3, 4, 4} {
		if got := quorum.First(n).Quorum(); n > 0 && got != want {
			t.Errorf("quorum of %d members is %d, want %d", n, got, want)
		}
	}
}

func TestVoteResult(t *testing.T) {
	three, four := quorum.First(3), quorum.First(4)
	for _, c := range []struct {
		name    string
		j       quorum.Joint
		yes, no quorum.Members
		want    quorum.Result
	}{
		{"nobody voted", quorum.Joint{Incoming: three}, 0, 0, quorum.Pending},
		{"two of three", quorum.Joint{Incoming: three}, set(0, 2), 0, quorum.Won},
		{"two of four", quorum.Joint{Incoming: four}, set(0, 2), 0, quorum.Pending},
		{"two of four against", quorum.Joint{Incoming: four}, 0, set(1, 3), quorum.Lost},
		{"strangers do not count", quorum.Joint{Incoming: three}, set(1, 5, 6), 0, quorum.Pending},
		{"both halves", quorum.Joint{Incoming: three, Outgoing: set(2, 3, 4)}, set(1, 2, 3), 0, quorum.Won},
		{"one half", quorum.Joint{Incoming: three, Outgoing: set(2, 3, 4)}, set(0, 1), 0, quorum.Pending},
		{"one half against", quorum.Joint{Incoming: three, Outgoing: set(2, 3, 4)}, set(0, 1), set(3, 4), quorum.Lost},
		{"one alone", quorum.Joint{Incoming: set(4)}, set(4), 0, quorum.Won},
	} {
		if got := c.j.VoteResult(c.yes, c.no); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCommittedIndexNeedsBothHalves(t *testing.T) {
	acked := []uint64{9, 9, 9, 1, 1}
	j := quorum.Joint{Incoming: quorum.First(3), Outgoing: set(2, 3, 4)}
	if got := quorum.CommittedIndex(j, acked); got != 1 {
		t.Errorf("committed %d, want 1", got)
	}
	if got := quorum.CommittedIndex(quorum.Joint{}, acked); got != 0 {
		t.Errorf("committed %d by nobody", got)
	}
}

// The dumb alternative: the largest index that wins a vote of those who acknowledged it.
func TestCommittedIndexIsTheLargestThatWinsAVote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		acked := rapid.SliceOfN(rapid.Uint64Range(0, 9), 1, 8).Draw(t, "acked")
		all := uint32(quorum.First(len(acked)))
		j := quorum.Joint{
			Incoming: quorum.Members(rapid.Uint32Range(1, all).Draw(t, "incoming")),
			Outgoing: quorum.Members(rapid.Uint32Range(0, all).Draw(t, "outgoing")),
		}
		want := uint64(0)
		for i := uint64(1); i <= 9; i++ {
			var yes quorum.Members
			for s, a := range acked {
				if a >= i {
					yes = yes.With(quorum.Slot(s))
				}
			}
			if j.VoteResult(yes, 0) == quorum.Won {
				want = i
			}
		}
		if got := quorum.CommittedIndex(j, acked); got != want {
			t.Fatalf("committed %d, want %d", got, want)
		}
	})
}

func ExampleCommittedIndex() {
	five := quorum.Joint{Incoming: quorum.First(5)}
	yes := quorum.Members(0).With(0).With(2).With(3)
	fmt.Println(five.VoteResult(yes, 0), quorum.CommittedIndex(five, []uint64{7, 3, 7, 6, 2}))
	// Output: won 6
}

func BenchmarkCommittedIndex(b *testing.B) {
	five, acked := quorum.Joint{Incoming: quorum.First(5)}, []uint64{7, 3, 7, 6, 2}
	for b.Loop() {
		quorum.CommittedIndex(five, acked)
	}
}
