package scenarios

import (
	"testing"

	"schism/checker"
	"schism/raft"
	"schism/raft/quorum"
	"schism/sim"
)

// TestChangesOfTheMembershipAreThoseOfRaft lets both make the same changes, and compares the memberships and what is a
// quorum of them.
func TestChangesOfTheMembershipAreThoseOfRaft(t *testing.T) {
	const servers = 4
	draws, key := sim.NewSeeded(1), sim.Key{Decision: sim.DecidePlan}
	theirs, ours := raft.Membership{Voters: quorum.Joint{Incoming: 0b0111}}, raftMembership{incoming: 0b0111}
	made, refused := map[raft.Transition]int{}, 0
	for range 20_000 {
		c := raft.Change{Transition: raft.Transition(draws.Index(key, 4))}
		if c.Transition != raft.Leave {
			c.Voters = quorum.Members(draws.Index(key, 1<<servers))
			c.Learners = quorum.Members(draws.Index(key, 1<<servers)) &^ c.Voters
			c.Removed = quorum.Members(draws.Index(key, 1<<servers)) &^ (c.Voters | c.Learners)
		}
		next, err := theirs.Next(c)
		mine, ok := ours.after(&c)
		if ok != (err == nil) {
			t.Fatalf("%v makes of %v: %v %v, of %+v: %+v %v", c, theirs, next, err, ours, mine, ok)
		}
		if !ok {
			refused++
			continue
		}
		made[c.Transition]++
		theirs, ours = next, mine.(raftMembership)
		if ours.Members() != checker.ServerSet(theirs.All()) || ours.Passing() != theirs.AutoLeave {
			t.Fatalf("%v makes %v and %+v", c, theirs, ours)
		}
		for have := range quorum.Members(1 << servers) {
			won := theirs.Voters.VoteResult(have, 0) == quorum.Won
			if ours.Quorum(checker.ServerSet(have)) != won {
				t.Fatalf("%v of %v are a quorum: %v", have, theirs, won)
			}
		}
	}
	if len(made) != 4 || refused == 0 {
		t.Errorf("made %v, refused %d", made, refused)
	}
}
