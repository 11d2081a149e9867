package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/raft"
	"schism/zab"
)

// damaged is the outline in which disks of up to two servers break their promises, by kinds of fault that no server
// survives, while servers are cut off. The budget is what that takes.
func damaged(name, doc string, b nemesis.Budget, kinds ...nemesis.Kind) outline {
	const until = 25 * time.Second
	c := nemesis.SwarmConfig{
		Kinds: append(kinds, nemesis.KindIsolateLeader, nemesis.KindHalves),
		Start: time.Second, Until: until, MaxFor: 2 * time.Second, Victims: damagedServers,
	}
	for _, k := range kinds {
		c.Rates = append(c.Rates, nemesis.Rate{Kind: k, PerMinute: damagePerMinute})
	}
	return outline{
		Name: name, Doc: doc, Servers: 5, Clients: 4, Plan: nemesis.Swarm(c), Budget: b,
		HealAt: until, Settle: time.Minute, Network: lan, Disk: ssd,
	}
}

// damagePerMinute is how often disks break their promises, for each way in which they do.
const damagePerMinute nemesis.PerMinute = 30_000

// damagedServers is how many servers have a disk that breaks its promises.
const damagedServers = 2

// What these plans take: damage without a loss of power, and damageByPower by one.
var (
	damage = nemesis.Budget{Damaged: damagedServers,
		Takes: partitions.Takes | nemesis.TakesProcesses | nemesis.TakesDurable}
	damageByPower = nemesis.Budget{Damaged: damagedServers, Takes: damage.Takes | nemesis.TakesUnsynced}
)

// What happens to systems whose disks break promises. A server that cannot read its disk knows that, and must not take
// part. In each of the other scenarios some run must end in a violation, since a server forgets what it has promised to
// others, and no protocol here can know that.
var (
	wiped = damaged("wiped",
		"Servers lose their disks and come back under their names: promises are forgotten (must be found)",
		damage, nemesis.KindWipe)
	badSectors = damaged("bad-sectors",
		"Sectors of up to two disks are unreadable: those servers do not start until they are readable again",
		damage, nemesis.KindBreakSectors)
	lyingDisk = damaged("lying-disk",
		"Disks say that they have synced, or leave out names, and the power fails (must be found)",
		damageByPower, nemesis.KindLyingSync, nemesis.KindLyingNames)
	rottenDisk = damaged("rotten-disk",
		"Bits flip and sectors are misplaced, at the end of a log as if it were torn (must be found)",
		damage, nemesis.KindRot, nemesis.KindMisdirect)
)

// mustFind returns s with what it must find one of.
func (s *Scenario) mustFind(ids ...string) *Scenario {
	s.Finds = ids
	return s
}

// damageScenarios are those outlines on both protocols.
var damageScenarios = []*Scenario{
	badSectors.on("raft/kv", usual(40), "start-refused", MarkMajorityAcked),
	wiped.on("raft/kv", usual(40)).mustFind(raft.TermSanity),
	lyingDisk.on("raft/kv", usual(40)).mustFind(raft.MatchSanity, raft.CommitQuorum),
	rottenDisk.on("raft/kv", usual(40)).mustFind(raft.TermSanity, raft.Durability, "committed-truncated"),
	badSectors.on("zab/zk", usualZK(40), "start-refused", MarkMajorityAcked),
	wiped.on("zab/zk", usualZK(40)).mustFind(zab.EpochSanity),
	lyingDisk.on("zab/zk", usualZK(40)).mustFind(zab.AckDurable, zab.SnapshotFirst, zab.CommitQuorum, zab.HistoryFirst),
	rottenDisk.on("zab/zk", usualZK(40)).mustFind("committed-truncated"),
}
