package scenarios

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/raft/kvserver"
	"schism/raft/quorum"
	"schism/sim"
)

// inConfig plants a bug by the configuration of the servers.
func inConfig(mutate func(*kvserver.Config)) func(*raftSetup) {
	return func(s *raftSetup) { s.mutate = mutate }
}

// waitsNot lets messages of some kind leave before what they promise is durable.
func waitsNot(is func(sim.Message) bool) func(*raftSetup) {
	return inRaft(raft.Rules{WaitsForDisk: func(m sim.Message) bool { return !is(m) }})
}

// protocolMutants are bugs of Raft. Their ids begin with what they are bugs of: E of the election, R of replication, C
// of the commit, P of persistence, D of reads, S of snapshots, F of flow control, X of what clients are told.
var protocolMutants = []raftMutant{
	{"E01", "a vote is told before it is durable", waitsNot(func(m sim.Message) bool {
		_, vote := m.(*raft.RequestVoteResponse)
		return vote
	}), "etcd/rolling-crash", 1, []string{raft.OneVote}},
	{"E02", "whoever follows forgets whom it voted for", inRaft(raft.Rules{
		VoteKept: func(_, _ raft.Term, _ sim.NodeID) sim.NodeID { return 0 },
	}), "etcd/figure-8", 1, []string{raft.OneVote}},
	{"E04", "a candidate writes its vote down with the term before", inRaft(raft.Rules{
		TermSaved: func(role raft.Role, term raft.Term) raft.Term {
			if role == raft.Candidate {
				return term - 1
			}
			return term
		},
	}), "raft/kv/calm", 1, []string{raft.OneVote}},
	{"E05", "a vote of an older term stands, whatever the logs are by now", inRaft(raft.Rules{
		VoteKept:   func(_, _ raft.Term, vote sim.NodeID) sim.NodeID { return vote },
		VoteStands: func(vote, candidate sim.NodeID) bool { return vote == candidate },
	}), "raft/kv/split-2-2-1", 2, []string{raft.VoteUpToDate}},
	{"E06", "everybody may have any vote", inRaft(raft.Rules{
		UpToDate: func(_, _ raft.Position) bool { return true },
	}), "etcd/figure-8", 1, []string{raft.VoteUpToDate}},
	{"E08", "votes are counted, not voters", inRaft(raft.Rules{
		VoteAdded: func(votes quorum.Members, slot quorum.Slot) quorum.Members {
			for votes.Has(slot) {
				slot = (slot + 1) % quorum.MaxMembers
			}
			return votes.With(slot)
		},
	}), "etcd/late-messages", 5, []string{raft.ElectionSafety}},
	{"E10", "a candidate counts answers to its pre-vote", inRaft(raft.Rules{
		VoteCounts: func(role raft.Role, preVote bool) bool {
			return role == raft.Candidate || role == raft.PreCandidate && preVote
		},
	}), "etcd/figure-8", 1, []string{raft.ElectionSafety}},
	{"E11", "two of five acknowledgements commit", inRaft(raft.Rules{Committed: halfCommitted}),
		"raft/kv/split-2-3", 1, []string{raft.CommitQuorum}},
	{"E16", "a granted pre-vote carries the term of the voter", inRaft(raft.Rules{
		PreVoteTerm: func(_, own raft.Term) raft.Term { return own },
	}), "raft/kv/calm", 1, []string{"liveness-leader"}},
	{"E17", "leaders of older terms are not answered", inRaft(raft.Rules{
		TellsTerm: func() bool { return false },
	}), "etcd/move-leader", 3, []string{"liveness-leader"}},
	{"E18", "whoever hears from a leader helps candidates all the same", inRaft(raft.Rules{
		Sticky: func(_, _ bool) bool { return false },
	}), "etcd/partial-partition", 1, []string{fewReigns}},
	{"E20", "all election timeouts are the same, and there are no pre-votes", inConfig(func(c *kvserver.Config) {
		c.Raft.ElectionMax, c.Raft.PreVote = c.Raft.ElectionMin, false
	}), "raft/kv/calm", 1, []string{"liveness-leader"}},

	{"R01", "entries are taken whatever the one before them is", inRaft(raft.Rules{
		PrevMatches: func(_ raft.Term, ok bool, _ raft.Term) bool { return ok },
	}), "etcd/figure-8", 1, []string{raft.LogMatching}},
	{"R02", "whatever arrives, the rest of the log is removed", inRaft(raft.Rules{
		Conflicts: func(_, _ raft.Term) bool { return true },
	}), "etcd/figure-8", 1, []string{"panic:raft.(*Node).accept"}},
	{"R04", "a follower acknowledges its whole log", inRaft(raft.Rules{
		AckIndex: func(_, last raft.Index) raft.Index { return last },
	}), "etcd/late-messages", 2, []string{raft.MatchSanity}},
	{"R09", "a follower gets entries that are compacted", inRaft(raft.Rules{
		NeedsSnapshot: func(bool) bool { return false },
	}), "etcd/far-behind", 1, []string{"panic:raft.(*Log).Entries"}},
	{"R11", "a follower does what a deposed leader says", around(newObedient),
		"etcd/late-messages", 3, []string{"panic:raft.(*Node).accept"}},

	{"C01", "entries of older terms are committed by counting", inRaft(raft.Rules{
		CommitAllowed: func(_, _ raft.Term) bool { return true },
	}), "etcd/figure-8", 1, []string{raft.CommitQuorum}},
	{"C02", "a follower commits what it has, R07 in the case of heartbeats", inRaft(raft.Rules{
		FollowerCommit: func(commit, _, last raft.Index) raft.Index { return min(commit, last) },
	}), "etcd/late-messages", 2, []string{raft.StateMachineSafety}},
	{"C03", "a leader counts entries of its own that are not durable", inRaft(raft.Rules{
		LeaderAck: func(_, last raft.Index) raft.Index { return last },
	}), "etcd/figure-8", 1, []string{raft.CommitQuorum}},
	{"X03", "a leader needs nobody to commit", inRaft(raft.Rules{
		Committed: func(_ quorum.Joint, acked []raft.Index) raft.Index { return slices.Max(acked) },
	}), "raft/kv/split-2-3", 1, []string{raft.CommitQuorum}},

	{"P01", "entries are acknowledged before they are durable", waitsNot(func(m sim.Message) bool {
		_, ack := m.(*raft.AppendEntriesResponse)
		return ack
	}), "etcd/rolling-crash", 1, []string{raft.MatchSanity}},
	{"P04", "what was removed comes back by a restart", inRaft(raft.Rules{
		Replaces: func(_, _ raft.Term) bool { return false },
	}), "etcd/figure-8", 1, []string{"log-matching"}},
	{"P06", "what is durable of a log stays so when it is cut", inRaft(raft.Rules{
		DurableAfterCut: func(durable, _ raft.Index) raft.Index { return durable },
	}), "etcd/figure-8", 4, []string{raft.CommitQuorum}},
	{"P07", "errors of the disk are ignored", around(newDeafToFailure),
		"etcd/disk-full", 1, []string{raft.MatchSanity}},

	{"P08", "a server that cannot read its disk begins anew", around(newForgetful),
		"raft/kv/bad-sectors", 4, []string{raft.TermSanity}},
	{"", "leases are measured by wall clocks", around(newWallTimed),
		"etcd/lease-reads-wall", 2, []string{raft.LeaseExclusive}},
	{"D05", "a lease begins when the answers arrive", inRaft(raft.Rules{
		LeaseStart: func(_, answered sim.Time) sim.Time { return answered },
	}), "etcd/lease-reads", 1, []string{raft.LeaseExclusive}},
	{"D06", "clocks are taken for right", inRaft(raft.Rules{
		LeaseLength: func(length time.Duration, _ int32) time.Duration { return length },
	}), "etcd/lease-reads", 2, []string{raft.LeaseExclusive}},
	{"D08", "nobody checks the quorum, and a leader relies on its lease", inConfig(func(c *kvserver.Config) {
		c.Raft.CheckQuorum = false
		c.Raft.Rules = &raft.Rules{LeaseTrusted: func(_, over bool) bool { return !over }}
	}), "etcd/lease-reads", 4, []string{raft.LeaseExclusive}},
	{"", "loyalty ends with the process", inRaft(raft.Rules{
		PledgeBinds: func(time.Duration) bool { return false },
	}), "etcd/lease-reads", 19, []string{raft.LeaseExclusive}},
	{"", "a lease outlives a transfer", inRaft(raft.Rules{
		LeaseTrusted: func(checkQuorum, _ bool) bool { return checkQuorum },
	}), "etcd/lease-reads", 1, []string{raft.LeaseExclusive}},

	{"S01", "a snapshot replaces a log that goes beyond it", inRaft(raft.Rules{
		SnapshotKeepsLog: func(bool) bool { return false },
	}), "etcd/rolling-crash", 46, []string{raft.LogMatching}},
	{"S02", "a log stays that conflicts with the snapshot", inRaft(raft.Rules{
		SnapshotKeepsLog: func(bool) bool { return true },
	}), "etcd/late-messages", 2, []string{raft.SnapshotPrefix}},
	{"S03", "a snapshot is installed that is older than the state", inRaft(raft.Rules{
		SnapshotStale: func(_, _ raft.Index) bool { return false },
	}), "raft/kv/swarm", 14, []string{raft.IndexOrder}},
	{"S06", "pieces of two snapshots are put together", inRaft(raft.Rules{
		SnapshotSame: func(_, _ raft.SnapshotID) bool { return true },
	}), "etcd/far-behind", 1, []string{"panic:raft.(*Node).receivedChunk"}},
	{"S06b", "a piece is taken wherever it belongs", inRaft(raft.Rules{
		ChunkContinues: func(_, _ int) bool { return true },
	}), "etcd/late-messages", 1, []string{"panic:raft.(*Node).receivedChunk"}},

	{"F01", "a probe that is lost is not repeated", inRaft(raft.Rules{
		ProbePaused: func(paused bool) bool { return paused },
	}), "raft/kv/split-2-3", 1, []string{"liveness-converge"}},
	{"F02", "what was under way counts when there is nothing under way", inRaft(raft.Rules{
		InflightKept: func(bytes int) int { return bytes },
	}), "raft/kv/calm", 1, []string{raft.Accounting}},
	{"F04", "what does not fit counts as handed out", inRaft(raft.Rules{
		Handed: func(_, commit raft.Index) raft.Index { return commit },
	}), "raft/kv/swarm", 1, []string{Livelock}},
}

// halfCommitted returns the index that n/2 of n have acknowledged.
func halfCommitted(j quorum.Joint, acked []raft.Index) raft.Index {
	sorted := slices.Sorted(slices.Values(acked))
	return sorted[len(sorted)-max(j.Incoming.Len()/2, 1)]
}

func TestBugsOfTheProtocolAreFound(t *testing.T) {
	for i := range protocolMutants {
		m := &protocolMutants[i]
		t.Run(m.id+" "+m.bug, m.hunt)
	}
}
