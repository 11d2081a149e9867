package scenarios

import (
	"testing"

	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
	"schism/zab/ztree"
)

// configured plants a bug by the configuration of the servers.
func configured(mutate func(*zkserver.Config)) func(*zabSetup) {
	return func(z *zabSetup) { z.mutate = mutate }
}

func zabRules(r zab.Rules) func(*zabSetup) {
	return configured(func(c *zkserver.Config) { c.Zab.Rules = &r })
}

func storeRules(r zkserver.Rules) func(*zabSetup) {
	return configured(func(c *zkserver.Config) { c.Rules = &r })
}

func treeRules(r ztree.Rules) func(*zabSetup) {
	return configured(func(c *zkserver.Config) { c.Tree = &r })
}

// decorated plants a bug by decorating the servers.
func decorated(decorate func(*zkserver.Server) decorator) func(*zabSetup) {
	return func(z *zabSetup) { z.decorate = decorate }
}

// waitsBut makes one duty not wait for the disk.
func waitsBut(what zab.Duty) func(*zabSetup) {
	return zabRules(zab.Rules{Waits: func(d zab.Duty) bool { return d != what }})
}

// zabMutants are bugs of ZooKeeper. Their ids begin with what they are bugs of: E of the election, D of discovery, S of
// synchronization, B of broadcast, M of the state machine, W of watches, R of reconfig.
var zabMutants = []zabMutant{
	{"E1", "votes of one transaction are ordered by number, whatever their epochs are", zabRules(zab.Rules{
		Supersedes: func(a, b zab.Vote, weight int) bool {
			return weight > 0 && (a.PeerEpoch > b.PeerEpoch || a.PeerEpoch == b.PeerEpoch && a.Zxid > b.Zxid ||
				a.Zxid == b.Zxid && a.Leader > b.Leader)
		}},
	), "zab/zk/swarm", 1, []string{Livelock}},
	{"E2", "votes are ordered by number alone, and nobody looks whether a follower knows more", zabRules(zab.Rules{
		Supersedes: func(a, b zab.Vote, weight int) bool { return weight > 0 && a.Leader > b.Leader },
		Ahead:      func(zab.Epoch, zab.Zxid, zab.Epoch, zab.Zxid) bool { return false }},
	), "zab/zk/swarm", 1, []string{zab.LeaderCompleteness}},
	{"E10", "half of the servers are a quorum", configured(halfQuorum),
		"zab/zk/swarm", 1, []string{zab.OneLeaderPerEpoch}},
	{"D1", "an epoch that a voter has accepted is proposed again", zabRules(zab.Rules{
		NextEpoch: func(proposed, accepted zab.Epoch) zab.Epoch {
			if accepted > proposed || proposed == 0 {
				return accepted + 1
			}
			return proposed
		}},
	), "zab/zk/interrupted", 2, []string{zab.EpochLater}},
	{"D4", "an epoch is promised to two leaders", zabRules(zab.Rules{
		Promises: func(accepted, proposed zab.Epoch) (bool, bool) { return proposed >= accepted, true }},
	), "zab/zk/interrupted", 45, []string{zab.OnePromise}},
	{"D5", "an epoch is promised before that is durable", waitsBut(zab.DutyPromise),
		"zab/zk/swarm", 1, []string{zab.AckDurable}},
	{"S1", "a history is accepted before the epoch is durable", waitsBut(zab.DutyCurrentEpoch),
		"zab/zk/swarm", 1, []string{zab.AckDurable}},
	{"S1b", "a history is accepted long before its epoch is written", decorated(newLateEpoch),
		"zab/zk/swarm", 1, []string{zab.AckDurable}},
	{"S2", "the epoch is current before its history is durable", waitsBut(zab.DutyHistory),
		"zab/zk/swarm", 1, []string{zab.HistoryFirst}},
	{"S3", "a history is accepted before it is written", zabRules(zab.Rules{
		Accepts: func(_, _ int) int { return 0 }},
	), "zab/zk/swarm", 2, []string{zab.CommitQuorum}},
	{"S4", "a history is accepted when it is handed to the disk", zabRules(zab.Rules{
		Waits: func(d zab.Duty) bool { return d != zab.DutyHistory && d != zab.DutyCurrentEpoch }},
	), "zab/zk/swarm", 1, []string{zab.AckDurable}},
	{"S11", "a server that was in line before counts only what it knows to be committed", zabRules(zab.Rules{
		HistoryEnd: func(logged, committed, saved zab.Position) zab.Position {
			if committed.Index > saved.Index {
				return committed
			}
			return logged
		}},
	), "zab/zk/interrupted", 1, []string{"panic:zab.(*Peer).cutHistory"}},
	{"S13", "whoever is elected saves its uncommitted tail", decorated(newTailSaver),
		"zab/zk/dirty-snapshot", 1, []string{"state-divergence"}},
	{"S14", "a leader's snapshot is not durable before the log is cut", waitsBut(zab.DutySnapshot),
		"zab/zk/crash-storm", 1, []string{zab.SnapshotFirst}},
	{"S15", "a log that cannot be cut stays as it is", decorated(newNoTrunc),
		"zab/zk/swarm", 1, []string{zab.CommitQuorum}},
	{"S17", "new proposals go to those only that have accepted the history", decorated(newLateForwarding),
		"zab/zk/busy", 11, []string{"liveness-down"}},
	{"S21", "who is behind the memory of the leader gets what is in memory", zabRules(zab.Rules{
		ChooseSync: func(last zab.Zxid, h zab.LogView) zab.SyncChoice {
			if c := zab.DefaultRules().ChooseSync(last, h); c.Mode != zab.Snap {
				return c
			}
			return zab.SyncChoice{Mode: zab.Diff, Keep: h.Base}
		}},
	), "zab/zk/crash-storm", 1, []string{"panic:zab.(*Peer).handleSync"}},
	{"B1", "transactions are acknowledged before they are durable", waitsBut(zab.DutyAck),
		"zab/zk/swarm", 1, []string{zab.AckDurable}},
	{"B4", "a leader goes on without a quorum", zabRules(zab.Rules{
		MayLead: func(*zab.Ensemble, zab.Servers) bool { return true }},
	), "zab/zk/swarm", 1, []string{"liveness-converge"}},
	{"B7", "a server answers syncs itself", storeRules(zkserver.Rules{AsksLeader: func() bool { return false }}),
		"zab/zk/busy", 1, []string{zkspec.StrictSync}},
	{"B8", "what is proposed is applied", decorated(newHasty), "zab/zk/swarm", 1, []string{zab.CommitQuorum}},
	{"M1", "a transaction counts as applied when its first part is", treeRules(ztree.Rules{
		Processed: func(part, _ int) bool { return part == 0 }},
	), "zab/zk/crash-storm", 1, []string{"state-divergence"}},
	{"M2", "the end of a session deletes what there is of it when it is applied again", treeRules(ztree.Rules{
		ClosedPaths: func(t *ztree.Tree, s zkapi.SessionID, _ []string) []string { return t.Ephemerals(s) }},
	), "zab/zk/fuzzy-snapshots", 3, []string{"state-divergence"}},
	{"M4", "requests are validated against what is applied only", treeRules(ztree.Rules{
		Outstanding: func(string) bool { return false }},
	), "zab/zk/swarm", 1, []string{zkspec.LinearizableWrites}},
	{"M5", "a session that is being closed may still write", treeRules(ztree.Rules{
		Expired: func(known, _ bool) bool { return !known }},
	), "zab/zk/swarm", 205, []string{orphanNodes}},
	{"M7", "what was asked of a server that the client has left is done", storeRules(zkserver.Rules{
		Owns: func(_, _ sim.NodeID) bool { return true }},
	), "zab/zk/moving-clients", 1, []string{zkspec.ClientOrder}},
	{"M8", "a server that is behind serves a client that has seen more", storeRules(zkserver.Rules{
		Serves: func(_, _ zkapi.Zxid) bool { return true }},
	), "zab/zk/swarm", 61, []string{zkspec.SessionOrder}},
	{"M10", "a check outside a Multi sets data", treeRules(ztree.Rules{
		OuterCheck: func(op *zkapi.Op) *zkapi.Op {
			return &zkapi.Op{Kind: zkapi.SetData, Path: op.Path, Version: op.Version}
		}},
	), "zab/zk/fuzzy-snapshots", 1, []string{zkspec.LinearizableWrites}},
	{"W2", "a client is told of a change after an answer that shows it", storeRules(zkserver.Rules{
		EventsFirst: func() bool { return false }},
	), "zab/zk/watches", 1, []string{zkspec.WatchLost}},
	{"W4", "access lists are not restored", treeRules(ztree.Rules{
		Restored: func([]zkapi.ACL) []zkapi.ACL { return nil }},
	), "zab/zk/fuzzy-snapshots", 1, []string{"state-divergence"}},
	{"R1", "while an ensemble is pending, it decides alone", zabRules(zab.Rules{
		InForce: func(active, pending *zab.Ensemble) (*zab.Ensemble, *zab.Ensemble) {
			if pending != nil {
				return pending, nil
			}
			return active, nil
		}},
	), "zab/zk/reconfig", 1, []string{zab.CommitQuorum}},
	{"R3", "a leader that was removed goes on", zabRules(zab.Rules{
		Remains: func(*zab.Ensemble, zab.Slot) bool { return true }},
	), "zab/zk/reconfig", 6, []string{zab.LeaderInEnsemble}},
	{"R5", "a server that looks for a leader does not take over a newer ensemble", zabRules(zab.Rules{
		Adopts: func(_, _ *zab.Ensemble) bool { return false }},
	), "zab/zk/reconfig", 1, []string{"liveness-converge"}},
}

func TestBugsOfZooKeeperAreFound(t *testing.T) {
	for i := range zabMutants {
		t.Run(zabMutants[i].id, zabMutants[i].hunt)
	}
}
