package raft

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"schism/raft/quorum"
	"schism/sim/wire"
)

// majority returns the membership of the voters in.
func majority(in quorum.Members) Membership { return Membership{Voters: quorum.Joint{Incoming: in}} }

func TestNextMembership(t *testing.T) {
	three := majority(0b00111)
	joint := Membership{Voters: quorum.Joint{Incoming: 0b11100, Outgoing: 0b00111}, LearnersNext: 0b00001}
	learning := Membership{Voters: quorum.Joint{Incoming: 0b00111}, Learners: 0b01000}
	auto := joint
	auto.AutoLeave = true
	for _, c := range []struct {
		name string
		from Membership
		by   Change
		want Membership
		err  error
	}{
		{"a voter joins", three, Change{Voters: 0b01000}, majority(0b01111), nil},
		{"a voter goes", three, Change{Removed: 0b00001}, majority(0b00110), nil},
		{"a learner joins", three, Change{Learners: 0b01000}, learning, nil},
		{"two learners join", three, Change{Learners: 0b11000},
			Membership{Voters: three.Voters, Learners: 0b11000}, nil},
		{"a learner is promoted", learning, Change{Voters: 0b01000}, majority(0b01111), nil},
		{"a learner goes", learning, Change{Removed: 0b01000}, three, nil},
		{"a voter is demoted", three, Change{Learners: 0b00100},
			Membership{Voters: quorum.Joint{Incoming: 0b00011}, Learners: 0b00100}, nil},
		{"a stranger goes", three, Change{Removed: 0b10000}, three, nil},
		{"one joins and one goes", three, Change{Voters: 0b01000, Removed: 0b00001}, three, ErrManyVoters},
		{"two voters join", three, Change{Voters: 0b11000}, three, ErrManyVoters},
		{"the last voter goes", majority(1), Change{Removed: 1}, majority(1), ErrNoVoter},
		{"the last voter learns", majority(1), Change{Learners: 1}, majority(1), ErrNoVoter},
		{"two things at once", three, Change{Voters: 0b01000, Removed: 0b01000}, three, ErrOverlap},
		{"many at once", three, Change{Transition: Joint, Voters: 0b11000, Learners: 0b00001, Removed: 0b00010},
			joint, nil},
		{"many at once, by itself", three,
			Change{Transition: JointAuto, Voters: 0b11000, Learners: 0b00001, Removed: 0b00010}, auto, nil},
		{"all are replaced", three, Change{Transition: Joint, Voters: 0b11000, Removed: 0b00111},
			Membership{Voters: quorum.Joint{Incoming: 0b11000, Outgoing: 0b00111}}, nil},
		{"all go", three, Change{Transition: Joint, Removed: 0b00111}, three, ErrNoVoter},
		{"the change is left", joint, Change{Transition: Leave},
			Membership{Voters: quorum.Joint{Incoming: 0b11100}, Learners: 0b00001}, nil},
		{"no change is left", three, Change{Transition: Leave}, three, ErrNotJoint},
		{"a change in a change", joint, Change{Voters: 0b00001}, joint, ErrJoint},
		{"a joint change in a change", joint, Change{Transition: Joint, Voters: 0b00001}, joint, ErrJoint},
	} {
		got, err := c.from.Next(c.by)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, got, err, c.want, c.err)
		}
	}
}

// drawMembers draws a set among the first n slots.
func drawMembers(t *rapid.T, n int, name string) quorum.Members {
	return quorum.Members(rapid.Uint32Range(0, uint32(quorum.First(n))).Draw(t, name))
}

// drawChange draws a change among n servers, mostly one that makes sense.
func drawChange(t *rapid.T, n int) Change {
	transitions := []Transition{Simple, Simple, Joint, JointAuto, Leave}
	c := Change{Transition: rapid.SampledFrom(transitions).Draw(t, "transition")}
	if c.Transition == Leave {
		return c
	}
	c.Voters = drawMembers(t, n, "voters")
	c.Learners = drawMembers(t, n, "learners") &^ c.Voters
	c.Removed = drawMembers(t, n, "removed") &^ c.Voters &^ c.Learners
	if c.Transition == Simple {
		keep := quorum.Members(1) << rapid.IntRange(0, n-1).Draw(t, "server")
		c.Voters, c.Learners, c.Removed = c.Voters&keep, c.Learners&keep, c.Removed&keep
	}
	return c
}

// overlap reports whether every quorum of a and every quorum of b have a member in common, by trying all.
func overlap(a, b quorum.Joint) bool {
	all := a.Members() | b.Members()
	for s := all; ; s = (s - 1) & all {
		if a.VoteResult(s, 0) == quorum.Won && b.VoteResult(all&^s, 0) == quorum.Won {
			return false
		}
		if s == 0 {
			return true
		}
	}
}

func TestOverlapIsNotAlwaysTrue(t *testing.T) {
	for _, c := range []struct {
		a, b quorum.Joint
		want bool
	}{
		{quorum.Joint{Incoming: 0b0011}, quorum.Joint{Incoming: 0b1100}, false},
		{quorum.Joint{Incoming: 0b0111}, quorum.Joint{Incoming: 0b11111}, false},
		{quorum.Joint{Incoming: 0b0111}, quorum.Joint{Incoming: 0b1111}, true},
		{quorum.Joint{Incoming: 0b0111, Outgoing: 0b111000}, quorum.Joint{Incoming: 0b111000}, true},
	} {
		if got := overlap(c.a, c.b); got != c.want {
			t.Errorf("%v and %v overlap: %v", c.a, c.b, got)
		}
	}
}

// Thesis §4.1, §4.3: whatever changes follow each other, no two consecutive memberships can decide separately.
func TestConsecutiveMembershipsOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const servers = 6
		m := majority(quorum.Members(rapid.Uint32Range(1, uint32(quorum.First(servers))).Draw(t, "first")))
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			c := drawChange(t, servers)
			next, err := m.Next(c)
			switch {
			case err != nil && next != m:
				t.Fatalf("%v is refused in %v and makes it %v", c, m, next)
			case !next.valid(servers):
				t.Fatalf("%v makes of %v: %v", c, m, next)
			case !overlap(m.Voters, next.Voters):
				t.Fatalf("%v and %v can decide separately", m, next)
			case err == nil && c.Transition != Leave && (c.Voters&^next.Voters.Incoming != 0 ||
				c.Learners&^(next.Learners|next.LearnersNext) != 0 ||
				c.Removed&(next.Learners|next.LearnersNext|next.Voters.Incoming) != 0):
				t.Fatalf("%v is not done: %v", c, next)
			}
			m = next
		}
	})
}

func TestMembershipsAndChangesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawChange(t, quorum.MaxMembers)
		context := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "context")
		got, rest, ok := DecodeChange(append(c.Append(nil), context...))
		if !ok || got != c || !bytes.Equal(rest, context) {
			t.Fatalf("%v with % x reads back as %v with % x, %v", c, context, got, rest, ok)
		}
		m, _ := majority(1 | drawMembers(t, quorum.MaxMembers, "voters")).Next(c)
		d := wire.NewDecoder(m.append(nil))
		if got := decodeMembership(&d); !d.Done() || got != m {
			t.Fatalf("%v reads back as %v", m, got)
		}
	})
}

// FuzzDecodeChange wants every change that is read to be one that is written.
func FuzzDecodeChange(f *testing.F) {
	c := Change{Transition: JointAuto, Voters: 0b11000, Learners: 1, Removed: 0b10}
	f.Add(c.Append(nil))
	f.Add([]byte{3, 0, 0, 0})
	f.Add([]byte{0, 1, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, context, ok := DecodeChange(data); ok && !bytes.Equal(append(c.Append(nil), context...), data) {
			t.Errorf("% x reads as %v", data, c)
		}
	})
}

// FuzzDecodeMembership wants every membership that is read to be valid, and one that is written.
func FuzzDecodeMembership(f *testing.F) {
	m := Membership{Voters: quorum.Joint{Incoming: 0b11100, Outgoing: 0b00111}, LearnersNext: 1, AutoLeave: true}
	f.Add(m.append(nil))
	f.Add([]byte{0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		d := wire.NewDecoder(data)
		m := decodeMembership(&d)
		if d.Done() && (!bytes.Equal(m.append(nil), data) || !m.valid(quorum.MaxMembers)) {
			t.Errorf("% x reads as %v", data, m)
		}
	})
}

func TestMembershipsReadWell(t *testing.T) {
	m := Membership{Voters: quorum.Joint{Incoming: 0b11100, Outgoing: 0b00111}, LearnersNext: 1, Learners: 1 << 5,
		AutoLeave: true}
	if got, want := m.String(), "{2 3 4} and {0 1 2}, learners {5}, {0} to learn, leaves"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c := Change{Transition: Joint, Voters: 0b11000, Removed: 1}
	if got, want := c.String(), "joint voters {3 4} learners {} removed {0}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
