package scenarios

import (
	"time"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// memberHeal is when the faults of the scenarios about members are over, and with them the changes: the administrator
// has no more than 12 operations, each of which ends within memberThink and raftTimeout.
const (
	memberHeal  = 40 * time.Second
	memberThink = 1200 * time.Millisecond
)

// administered is the setup in which three clients use the store, and one changes the membership as mix says, which the
// first voters of five servers make up at first.
func administered(voters int, mix kvserver.MemberMix) func(*Scenario) system {
	return newRaftKV(raftSetup{
		workload: revisions(40),
		members: kvserver.MemberWork{
			Ops: 12, Servers: []sim.NodeID{1, 2, 3, 4, 5}, Voters: voters, MinVoters: 2, Mix: mix,
			ThinkMin: 200 * time.Millisecond, ThinkMax: memberThink,
		},
		snapshotEvery: 20, drawLimits: true,
	})
}

// etcdMemberScenarios are those in which the membership changes, and each change meets a partition or a crash. Half of
// the runs have changes take effect when they are appended, half when they are applied.
var etcdMemberScenarios = []*Scenario{
	members("member-add", "Servers join, as voters or to learn, and leave again", meetOutsiders(3),
		administered(3, kvserver.MemberMix{List: 1, Local: 1, Add: 4, Learn: 3, Promote: 2, Remove: 4, Move: 1}),
		"snapshot-installed", "learner-promoted"),
	members("member-remove", "Servers leave, until two vote, and join again", meetAnything,
		administered(5, kvserver.MemberMix{List: 1, Local: 1, Add: 3, Remove: 5, Move: 1}),
		MarkTwoLeaders, "removed-leader-stepped-down"),
	members("leader-removal", "Whoever has just been made the leader is removed, or loses its vote", meetAnything,
		administered(5, kvserver.MemberMix{List: 1, Local: 1, Add: 3, Promote: 3, Retire: 3, Relegate: 3}),
		"transfer-campaign", "transfer-aborted", "removed-leader-stepped-down"),
	members("member-promote", "Learners are promoted, and cut off before, meanwhile and after", meetOutsiders(3),
		administered(3, kvserver.MemberMix{List: 1, Local: 1, Learn: 4, Promote: 6, Remove: 3, Move: 1}),
		"learner-promoted", MarkPromotedCut),
	members("member-demote", "Voters become learners, and vote again", meetAnything,
		administered(5, kvserver.MemberMix{List: 1, Local: 1, Promote: 5, Demote: 5, Move: 1}),
		"learner-promoted", MarkPromotedCut),
	members("member-replace", "One server takes the place of another, by way of a joint membership", meetAnything,
		administered(3, kvserver.MemberMix{List: 1, Local: 1, Replace: 6, Move: 2}), "joint-entered", "joint-left"),
	members("joint-change", "The leader dies, or the servers are split, while the membership is joint", meetHalves,
		administered(4, kvserver.MemberMix{List: 1, Local: 1, Replace: 6, Move: 1}),
		"joint-entered", "joint-left", MarkTwoLeaders),
	members("late-apply", "Followers apply changes of the membership late, and have to lead meanwhile", meetLate,
		administered(4, kvserver.MemberMix{List: 1, Local: 1, Replace: 4, Promote: 2, Demote: 2, Move: 4}),
		"joint-entered", "joint-left", "transfer-campaign").within(lateAppliers),
}

// changeAims are the marks of changes of the membership. A server that joins is hit at any time before what comes next.
var changeAims = []aim{
	{kvapi.MemberAdd.String(), memberThink}, {kvapi.MemberPromote.String(), meetingSoon},
	{kvapi.MemberRemove.String(), meetingSoon}, {kvapi.MemberReplace.String(), meetingSoon},
	{kvapi.MemberDemote.String(), meetingSoon},
}

// members returns the scenario in which the servers of a system, and above all those in the change, meet faults
// whenever their membership changes.
func members(name, doc string, meet encounter, system func(*Scenario) system, want ...string) *Scenario {
	return &Scenario{
		Name: "etcd/" + name, Servers: 5, Clients: 4, Doc: doc,
		Plan: aimed(meeting(memberHeal, 10, meet, "config-proposed", "config-applied", "transfer-begun"),
			memberHeal, 3, changeAims...),
		Budget: partitionsAndCrashes,
		HealAt: memberHeal, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: append([]string{MarkMajorityAcked, "config-proposed", "config-applied", "check-quorum-failed",
			"log-truncated", MarkChangeCut, MarkChangeCrash}, want...),
		system: system,
	}
}
