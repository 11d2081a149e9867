package scenarios

import (
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft"
	"schism/raft/kvserver"
	"schism/raft/quorum"
	"schism/sim"
)

// proposing returns the rule by which a leader judges changes of the membership after tamper has changed what it knows.
func proposing(tamper func(p *raft.ConfigProposal)) raft.Rules {
	right := raft.DefaultRules().RefusesConfig
	return raft.Rules{RefusesConfig: func(p *raft.ConfigProposal) raft.Refusal {
		q := *p
		tamper(&q)
		return right(&q)
	}}
}

// inOneStep is the membership after a change of any number of voters without a joint membership.
func inOneStep(m raft.Membership, c raft.Change) (raft.Membership, error) {
	if c.Transition != raft.Joint && c.Transition != raft.JointAuto {
		return m.Next(c)
	}
	joint, err := m.Next(c)
	if err != nil {
		return joint, err
	}
	return joint.Next(raft.Change{Transition: raft.Leave})
}

// oneHalf returns m without its outgoing half.
func oneHalf(m, _ raft.Membership) raft.Membership {
	return raft.Membership{Voters: quorum.Joint{Incoming: m.Voters.Incoming}, Learners: m.Learners}
}

// memberMutants are bugs of changes of the membership, of learners, and of the handing over of leadership.
var memberMutants = []raftMutant{
	{"M01", "the membership changes before anything is committed in the term",
		inRaft(proposing(func(p *raft.ConfigProposal) { p.Committed = p.Term })),
		"etcd/member-add", 4, []string{raft.ConfigSafety}},
	{"M02", "several changes of the membership are under way at once",
		inRaft(proposing(func(p *raft.ConfigProposal) { p.Pending = false })),
		"etcd/member-replace", 2, []string{raft.ConfigSafety}},
	{"M03", "a server is replaced in one step", inRaft(raft.Rules{Next: inOneStep}),
		"etcd/joint-change", 1, []string{raft.ConfigSafety}},
	{"M04", "a change whose entry is removed stays in force", inRaft(raft.Rules{
		ConfigKept: func(_, _ raft.Index) bool { return true },
	}), "etcd/member-remove", 1, []string{raft.ConfigSafety}},
	{"M05", "a snapshot does not change the membership", inRaft(raft.Rules{
		ConfigRestored: func(_, have raft.Membership) raft.Membership { return have },
	}), "etcd/member-add", 1, []string{raft.ConfigSafety}},
	{"M06", "a joint membership is half lost with a restart", inRaft(raft.Rules{ConfigRestored: oneHalf}),
		"etcd/joint-change", 1, []string{raft.ConfigSafety}},
	{"M07", "a leader leaves no joint membership but its own", inRaft(raft.Rules{
		LeavesJoint: func(own bool) bool { return own },
	}), "etcd/joint-change", 3, []string{"liveness-converge"}},
	{"M10", "a leader that was removed goes on", inRaft(raft.Rules{
		Retires: func(bool) bool { return false },
	}), "etcd/leader-removal", 1, []string{raft.ConfigSafety}},
	{"C04", "the incoming half of a joint membership commits", inRaft(raft.Rules{
		Committed: func(j quorum.Joint, acked []raft.Index) raft.Index {
			return quorum.CommittedIndex(quorum.Joint{Incoming: j.Incoming}, acked)
		},
	}), "etcd/joint-change", 3, []string{raft.CommitQuorum}},
	{"E13", "learners count", inRaft(raft.Rules{
		Counts: func(m *raft.Membership) quorum.Joint {
			return quorum.Joint{Incoming: m.Voters.Incoming | m.Learners, Outgoing: m.Voters.Outgoing}
		},
	}), "etcd/member-promote", 1, []string{raft.CommitQuorum}},
	{"E14", "learners and strangers campaign", inRaft(raft.Rules{
		MayCampaign: func(_, unapplied bool) bool { return !unapplied },
	}), "etcd/member-demote", 3, []string{raft.ConfigSafety, raft.LeaderSublog}},
	{"E15", "who does not know that it has a vote refuses it", inRaft(raft.Rules{
		MayVote: func(voter bool) bool { return voter },
	}), "etcd/leader-removal", 40, []string{"liveness-leader"}},
	{"E23", "a server campaigns that has not applied what is committed about members", inRaft(raft.Rules{
		MayCampaign: func(voter, _ bool) bool { return voter },
	}), "etcd/late-apply", 13, []string{raft.ConfigSafety}},
	{"", "a server that restarts forgets that all changes but the last are committed", inRaft(raft.Rules{
		CommitAtStart: func(commit, _ raft.Index) raft.Index { return commit },
	}), "etcd/member-replace", 11, []string{raft.ConfigSafety, raft.LeaderCompleteness, raft.StateMachineSafety}},
	{"E24", "a leader hands over to one that does not hear of it, for ever", inRaft(raft.Rules{
		TransferOver:    func(_, _ time.Duration) bool { return false },
		TransferRepeats: func() bool { return false },
	}), "etcd/leader-removal", 2, []string{"liveness-answer"}},
	{"", "servers tell of a membership that is not committed", inServers(kvserver.Rules{
		Tells: func(_, inForce raft.Membership) raft.Membership { return inForce },
	}), "etcd/member-add", 7, []string{kvspec.Members}},
}

// outsider is a system whose invariants nobody checks: what shows outside has to tell.
type outsider struct{ *raftKV }

// observers implements system.
func (o outsider) observers() []sim.Observer {
	return slices.DeleteFunc(slices.Clone(o.watch), func(w sim.Observer) bool { return w == sim.Observer(o.ghost) })
}

// TestSplitBrainIsSeenWhileTheMembershipChanges finds bugs of membership by their split-brain, without the invariants
// of Raft, which are broken long before.
func TestSplitBrainIsSeenWhileTheMembershipChanges(t *testing.T) {
	for _, found := range []struct {
		id, scenario string
		seed         uint64 // with 0 the test fails and says which
		by           string
	}{
		{"M02", "etcd/member-replace", 832, "lost-ack"},
		{"M02", "etcd/member-replace", 461, "one-leader-per-reign"},
		{"M03", "etcd/member-replace", 1, "commit-without-quorum"},
		{"M04", "etcd/member-replace", 860, "lost-ack"},
		{"M05", "etcd/member-add", 1246, "minority-ack"},
		{"M06", "etcd/joint-change", 99, "commit-without-quorum"},
		{"C04", "etcd/member-replace", 426, "lost-ack"},
		{"E13", "etcd/leader-removal", 252, "minority-ack"},
	} {
		t.Run(found.id+" "+found.by, func(t *testing.T) {
			i := slices.IndexFunc(memberMutants, func(m raftMutant) bool { return m.id == found.id })
			bug := memberMutants[i]
			bug.scenario = found.scenario
			s := bug.mutated()
			mutated := s.system
			s.system = func(x *Scenario) system { return outsider{mutated(x).(*raftKV)} }
			runner := NewRunner(s)
			for seed := uint64(1); found.seed == 0 && seed <= searched; seed++ { // nobody has said which
				if r := runner.Run(seed, Options{}); len(r.Violations) > 0 && r.Violations[0].ID == found.by {
					t.Fatalf("%s seed %d: %v", found.scenario, seed, r.Violations)
				}
			}
			r := runner.Run(found.seed, Options{})
			if r.Verdict != checker.Invalid || r.Violations[0].ID != found.by {
				t.Errorf("%s seed %d: %s %v, want %s", found.scenario, found.seed, r.Verdict, r.Violations, found.by)
			}
		})
	}
}

func TestBugsOfMembershipAreFound(t *testing.T) {
	for i := range memberMutants {
		m := &memberMutants[i]
		t.Run(m.id+" "+m.bug, m.hunt)
	}
}
