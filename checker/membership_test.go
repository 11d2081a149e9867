package checker

import (
	"slices"
	"strings"
	"testing"

	"schism/sim"
)

// governed is an actor that goes by the membership as of some position of its own log.
type governed struct {
	*actor
	atApply bool
}

// GovernedUpTo implements Governed.
func (g governed) GovernedUpTo() Position {
	if g.atApply {
		return g.applied
	}
	return g.LastPosition()
}

// newGoverned returns five servers that go by their own logs, with a membership of voters at first. They have begun as
// calm says.
func newGoverned(t *testing.T, atApply bool, voters ServerSet) *stage {
	s := NewSplitBrain(func(m sim.Machine) Replica { return governed{m.(*actor), atApply} }, asReply)
	s.StartWith(MajorityOf(voters))
	st := newStage(t, s)
	calm(st)
	return st
}

// changed returns the log of calm with a change to voters behind it, and so many entries more.
func changed(voters ServerSet, more int) []entry {
	log := append(slices.Clone(entries(1, 1)), entry{reign: 1, content: 9, voters: voters})
	for i := range more {
		log = append(log, entry{reign: 1, content: sim.Digest(10 + i)})
	}
	return log
}

const all, three ServerSet = 0b11111, 0b00111

// want fails the test if the stage has not found the violation with that ID; "" is none.
func want(st *stage, id string) {
	st.t.Helper()
	switch {
	case id == "" && st.found != nil:
		st.t.Fatal(st.found)
	case id != "" && (st.found == nil || st.found.ID != id):
		st.t.Fatalf("got %v, want %s", st.found, id)
	}
}

// TestSplitBrainKnowsByWhichMembershipALeaderCommits has a change that shrinks the membership from five to three, and
// one that grows it from three to five.
func TestSplitBrainKnowsByWhichMembershipALeaderCommits(t *testing.T) {
	const bad = "commit-without-quorum"
	commits := func(p Position, log []entry, holders ...int) func(*stage) {
		return func(st *stage) {
			st.write(3, log, holders...)
			st.at(1).committed = p
			st.step(1, false)
			st.commit(p, 1) // and applies
		}
	}
	later := func(story func(*stage), p Position, log []entry, holders ...int) func(*stage) {
		return func(st *stage) {
			story(st)
			commits(p, log, holders...)(st)
		}
	}
	for name, c := range map[string]struct {
		first             ServerSet
		story             func(*stage)
		atAppend, atApply string
	}{
		"shrinks by the next alone":   {all, commits(3, changed(three, 0), 1, 2), "", bad},
		"shrinks by the one before":   {all, commits(3, changed(three, 0), 1, 4, 5), bad, ""},
		"grows by the next alone":     {three, commits(3, changed(all, 0), 1, 4, 5), "", bad},
		"grows by the one before":     {three, commits(3, changed(all, 0), 1, 2), bad, ""},
		"grows by the majority of it": {three, commits(3, changed(all, 0), 1, 2, 5), "", ""},
		"more with a change":          {three, commits(4, changed(all, 1), 1, 2), bad, ""},
		"more after a change": {three,
			later(commits(3, changed(all, 0), 1, 2, 5), 4, changed(all, 1), 1, 2), bad, bad},
		"more after a change, by a majority": {three,
			later(commits(3, changed(all, 0), 1, 2, 5), 4, changed(all, 1), 1, 4, 5), "", ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			for atApply, id := range map[bool]string{false: c.atAppend, true: c.atApply} {
				st := newGoverned(t, atApply, c.first)
				c.story(st)
				want(st, id)
			}
		})
	}
}

// A change is in force, then its entry is removed by another leader: what comes after goes by the one before.
func TestSplitBrainFallsBackToTheMembershipBefore(t *testing.T) {
	for holders, id := range map[int]string{4: "", 1: "commit-without-quorum"} {
		st := newGoverned(t, false, all)
		st.write(3, changed(three, 0), 1)
		st.leads(2, 2)
		st.write(3, entries(1, 1, 2), 1, 2, holders)
		st.commit(3, 2)
		want(st, id)
	}
}

// What was committed by one membership may be acknowledged under the next.
func TestSplitBrainAcknowledgesByTheMembershipThatCommitted(t *testing.T) {
	st := newGoverned(t, true, three)
	st.write(3, changed(all, 1), 1, 2)
	st.commit(4, 1)
	st.call(1)
	st.ack(1, 1, 4)
	want(st, "")
}

func TestSplitBrainKnowsWhoIsCutOffWhileTheMembershipChanges(t *testing.T) {
	const bad = "minority-ack"
	two := func(st *stage) { st.split([]int{1, 2}, []int{3, 4, 5}) }
	serves := func(st *stage, server int, p Position) {
		st.call(1)
		st.step(server, false) // it hears of it
		st.ack(1, server, p)
	}
	for name, c := range map[string]struct {
		atApply bool
		first   ServerSet
		story   func(st *stage)
		want    string
	}{
		"two of three that are not committed yet": {false, all, func(st *stage) {
			st.write(3, changed(three, 0), 1)
			two(st)
			serves(st, 1, 2)
		}, ""},
		"the same where nobody has asked for three": {false, all, func(st *stage) {
			two(st)
			serves(st, 1, 2)
		}, bad},
		"the same, and it does not lead": {false, all, func(st *stage) {
			st.write(3, changed(three, 0), 1, 2)
			two(st)
			serves(st, 2, 2)
		}, bad},
		"two of three that have not applied that they are five": {true, three, func(st *stage) {
			st.write(3, changed(all, 0), 1, 2, 3)
			st.at(1).committed = 3
			st.step(1, false)
			two(st)
			serves(st, 1, 2)
		}, ""},
		"the same, once applied": {true, three, func(st *stage) {
			st.write(3, changed(all, 0), 1, 2, 3)
			st.commit(3, 1)
			two(st)
			serves(st, 1, 3)
		}, bad},
		"a side loses its quorum by what it commits": {false, all, func(st *stage) {
			st.leads(3, 2)
			log := append(slices.Clone(entries(1, 1)), entry{reign: 2, content: 9, voters: three})
			st.write(3, log, 1, 2)
			two(st)
			st.write(3, log, 3)
			st.commit(3, 3)
			serves(st, 3, 3)
		}, bad},
		"a side wins a quorum by what it commits": {false, all, func(st *stage) {
			two(st)
			st.write(3, changed(three, 0), 1, 2)
			st.commit(3, 1)
			serves(st, 1, 3)
		}, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			st := newGoverned(t, c.atApply, c.first)
			c.story(st)
			want(st, c.want)
		})
	}
}

// passing is a membership that is to be left.
type passing struct{ majority }

func (passing) Passing() bool { return true }

func TestLivenessAsksMembersOnly(t *testing.T) {
	outsider := func(v *living) {
		a := v.at(5)
		a.reign, a.log, a.committed, a.applied = 9, entries(1), 1, 1
		v.wait(3)
		v.wait(2)
	}
	for name, c := range map[string]struct {
		members Membership
		want    string
	}{
		"the outsider":        {MajorityOf(0b01111), ""},
		"a member":            {MajorityOf(all), "liveness-leader"},
		"half of a change":    {passing{0b01111}, "liveness-converge"},
		"no membership known": {nil, "liveness-leader"},
	} {
		v := newLiving(t)
		v.l.Among(func() Membership { return c.members })
		outsider(v)
		if got := v.found; (got == nil) != (c.want == "") || got != nil && got.ID != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
		if settled := v.l.isSettled(v); settled != (c.want == "") {
			t.Errorf("%s: settled %v", name, settled)
		}
	}
}
