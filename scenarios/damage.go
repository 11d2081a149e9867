package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/raft"
	"schism/zab"
)

// damaged is the plan in which disks of up to two servers break their promises, by kinds of fault that no server
// survives, while servers are cut off.
func damaged(kinds ...nemesis.Kind) nemesis.Plan {
	c := nemesis.SwarmConfig{
		Kinds: append(kinds, nemesis.KindIsolateLeader, nemesis.KindHalves),
		Start: time.Second, Until: 25 * time.Second, MaxFor: 2 * time.Second, Victims: damagedServers,
	}
	for _, k := range kinds {
		c.Rates = append(c.Rates, nemesis.Rate{Kind: k, PerMinute: damagePerMinute})
	}
	return nemesis.Swarm(c)
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
	wiped = outline{
		Name: "wiped", Servers: 5, Clients: 4,
		Doc:    "Servers lose their disks and come back under their names: promises are forgotten (must be found)",
		Plan:   damaged(nemesis.KindWipe),
		Budget: damage,
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	badSectors = outline{
		Name: "bad-sectors", Servers: 5, Clients: 4,
		Doc:    "Sectors of up to two disks are unreadable: those servers do not start until they are readable again",
		Plan:   damaged(nemesis.KindBreakSectors),
		Budget: damage,
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	lyingDisk = outline{
		Name: "lying-disk", Servers: 5, Clients: 4,
		Doc:    "Disks say that they have synced, or leave out names, and the power fails (must be found)",
		Plan:   damaged(nemesis.KindLyingSync, nemesis.KindLyingNames),
		Budget: damageByPower,
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	rottenDisk = outline{
		Name: "rotten-disk", Servers: 5, Clients: 4,
		Doc:    "Bits flip and sectors are misplaced, at the end of a log as if it were torn (must be found)",
		Plan:   damaged(nemesis.KindRot, nemesis.KindMisdirect),
		Budget: damage,
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
	}
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
