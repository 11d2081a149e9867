package raft_test

import (
	"errors"
	"testing"

	"schism/raft"
	"schism/raft/quorum"
	"schism/sim"
)

// asked returns a RefusesConfig that judges proposals after tamper has changed them.
func asked(tamper func(p *raft.ConfigProposal)) func(p *raft.ConfigProposal) raft.Refusal {
	right := raft.DefaultRules().RefusesConfig
	return func(p *raft.ConfigProposal) raft.Refusal {
		q := *p
		tamper(&q)
		return right(&q)
	}
}

// atOnce is the bug that changes any number of voters without a joint membership.
func atOnce(m raft.Membership, c raft.Change) (raft.Membership, error) {
	next, err := m.Next(c)
	if !errors.Is(err, raft.ErrJoint) && c.Transition != raft.Leave {
		c.Transition = raft.Joint
		if joint, err := m.Next(c); err == nil {
			return joint.Next(raft.Change{Transition: raft.Leave})
		}
	}
	return next, err
}

// withoutOutgoing is m without its outgoing half.
func withoutOutgoing(m raft.Membership) raft.Membership {
	return raft.Membership{Voters: quorum.Joint{Incoming: m.Voters.Incoming}, Learners: m.Learners}
}

// membershipBugs are bugs of changes of the membership, with what they violate.
func membershipBugs() []membershipBug {
	noTerm := asked(func(p *raft.ConfigProposal) { p.Committed = p.Term })
	several := asked(func(p *raft.ConfigProposal) { p.Pending = false })
	return []membershipBug{
		{"changes before a commit in the term (M01)", raft.ConfigSafety, raft.AtAppend,
			raft.Rules{RefusesConfig: noTerm}},
		{"several changes at a time (M02)", raft.ConfigSafety, raft.AtAppend, raft.Rules{RefusesConfig: several}},
		{"several changes at a time (M02)", raft.ConfigSafety, raft.AtApply, raft.Rules{RefusesConfig: several}},
		{"any change at once (M03)", raft.ConfigSafety, raft.AtAppend, raft.Rules{Next: atOnce}},
		{"any change at once (M03)", raft.ConfigSafety, raft.AtApply, raft.Rules{Next: atOnce}},
		{"a change stays in force when its entry is removed (M04)", raft.ConfigSafety, raft.AtAppend,
			raft.Rules{ConfigKept: func(raft.Index, raft.Index) bool { return true }}},
		{"a snapshot does not change the membership (M05)", raft.ConfigSafety, raft.AtAppend,
			raft.Rules{ConfigRestored: func(_, have raft.Membership) raft.Membership { return have }}},
		{"a snapshot does not change the membership (M05)", raft.ConfigSafety, raft.AtApply,
			raft.Rules{ConfigRestored: func(_, have raft.Membership) raft.Membership { return have }}},
		{"snapshots have no joint memberships (M06)", raft.ConfigSafety, raft.AtApply,
			raft.Rules{ConfigRestored: func(m, _ raft.Membership) raft.Membership { return withoutOutgoing(m) }}},
		{"a removed leader goes on (M10)", raft.ConfigSafety, raft.AtAppend,
			raft.Rules{Retires: func(bool) bool { return false }}},
		{"a removed leader goes on (M10)", raft.ConfigSafety, raft.AtApply,
			raft.Rules{Retires: func(bool) bool { return false }}},
		{"the incoming half commits (C04)", raft.CommitQuorum, raft.AtAppend, raft.Rules{
			Committed: func(j quorum.Joint, acked []raft.Index) raft.Index {
				return quorum.CommittedIndex(quorum.Joint{Incoming: j.Incoming}, acked)
			}}},
		{"the outgoing half commits", raft.CommitQuorum, raft.AtApply, raft.Rules{
			Committed: func(j quorum.Joint, acked []raft.Index) raft.Index {
				if j.Outgoing != 0 {
					j.Incoming = j.Outgoing
				}
				return quorum.CommittedIndex(quorum.Joint{Incoming: j.Incoming}, acked)
			}}},
		{"learners count (E13)", raft.CommitQuorum, raft.AtApply, raft.Rules{
			Counts: func(m *raft.Membership) quorum.Joint {
				return quorum.Joint{Incoming: m.Voters.Incoming | m.Learners, Outgoing: m.Voters.Outgoing}
			}}},
		{"learners campaign (E14)", raft.ConfigSafety, raft.AtAppend,
			raft.Rules{MayCampaign: func(_, unapplied bool) bool { return !unapplied }}},
		// At apply a learner steps down in the step in which it is elected, and has written its first entry.
		{"learners campaign (E14)", raft.LeaderSublog, raft.AtApply,
			raft.Rules{MayCampaign: func(_, unapplied bool) bool { return !unapplied }}},
	}
}

// membershipBug is a bug that shows by the violation want where changes take effect at.
type membershipBug struct {
	name  string
	want  string
	at    raft.ConfigTime
	rules raft.Rules
}

// wantFound runs worlds until one has the violation want.
func wantFound(t *testing.T, want string, world func(seed uint64) sim.Config) {
	t.Helper()
	counts := map[string]int{}
	for seed := range uint64(400) {
		r := sim.Run(world(seed))
		if r.Violation == nil {
			continue
		}
		if counts[r.Violation.ID]++; r.Violation.ID == want {
			t.Logf("seed %d: %v", seed, r.Violation)
			return
		}
	}
	t.Errorf("no seed shows %s; found: %v", want, counts)
}

func TestMembershipChangesBreakInvariants(t *testing.T) {
	for _, bug := range membershipBugs() {
		t.Run(bug.name, func(t *testing.T) {
			wantFound(t, bug.want, func(seed uint64) sim.Config { return changing(seed, bug.at, &bug.rules) })
		})
	}
}

// Where changes take effect when they are applied, a server must not campaign by a membership that is two changes old:
// because it applies late (E23), or because it has forgotten what was committed.
func TestOldMembershipsBreakInvariants(t *testing.T) {
	rules := &raft.Rules{MayCampaign: func(voter, _ bool) bool { return voter }}
	for _, want := range []string{raft.ConfigSafety, raft.LeaderCompleteness} {
		wantFound(t, want, func(seed uint64) sim.Config { return lazily(seed, rules) })
	}
	rules = &raft.Rules{CommitAtStart: func(commit, _ raft.Index) raft.Index { return commit }}
	wantFound(t, raft.ConfigSafety, func(seed uint64) sim.Config { return changing(seed, raft.AtApply, rules) })
}

// A new leader that leaves no joint membership but its own leaves the cluster in it (M07).
func TestJointMembershipThatNobodyLeavesStays(t *testing.T) {
	rules := &raft.Rules{LeavesJoint: func(own bool) bool { return own }}
	for seed := range uint64(400) {
		w := sim.NewWorld(changing(seed, raft.AtApply, rules))
		w.Run()
		if leader := leaderOf(w.View()); leader != nil {
			if m, _ := leader.Membership(); m.AutoLeave {
				t.Logf("seed %d: %v leads in %v", seed, leader.ID(), m)
				return
			}
		}
	}
	t.Error("every joint membership is left")
}
