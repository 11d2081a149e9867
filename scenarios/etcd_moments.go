package scenarios

import (
	"fmt"
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// etcdMoments are the scenarios of what has gone wrong in real systems, without their bugs: faults that hit the moment
// in which they did.
var etcdMoments = []*Scenario{
	{
		Name: "etcd/partial-partition", Servers: 3, Clients: 4,
		Doc:    "Two servers do not see each other, the third sees both: whoever leads stays (Cloudflare, 2020)",
		Plan:   brokenLinks(8),
		Budget: partitions,
		HealAt: 8 * shortSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"pre-vote-refused"},
		system: newRaftKV(raftSetup{snapshotEvery: 50,
			workload: kvserver.Workload{Ops: 48, Keys: 3, Mix: kvserver.Mix{Get: 9, Put: 1},
				ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond},
			checks: []func([]sim.Op) checker.Report{judgeReigns}}),
	},
	{
		Name: "etcd/move-leader", Servers: 5, Clients: 4,
		Doc:    "A client moves the leader again and again; who is to lead is cut off meanwhile, or not heard",
		Plan:   interceptions(30 * time.Second),
		Budget: nemesis.Budget{Takes: nemesis.TakesDelivery | nemesis.TakesStreams},
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"transfer-begun", "transfer-aborted", "transfer-campaign", MarkMajorityAcked},
		system: newRaftKV(raftSetup{draw: moves, moves: movesEach, snapshotEvery: 50}),
	},
	{
		Name: "etcd/late-messages", Servers: 5, Clients: 4,
		Doc:  "What leaders have sent, and what was answered, comes a second time when others lead, seconds later",
		Plan: echoes(8),
		Budget: nemesis.Budget{Takes: nemesis.TakesDelivery | nemesis.TakesOrder |
			nemesis.TakesOnce | nemesis.TakesProcesses | nemesis.TakesSpeed},
		HealAt: 8 * shortSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{MarkTwoLeaders, "log-truncated", "snapshot-installed"},
		system: newRaftKV(raftSetup{workload: hurried(revisions(120)), snapshotEvery: 8, tune: smallChunks}),
	},
	{
		Name: "etcd/figure-8", Servers: 5, Clients: 5,
		Doc:    "Each leader is left with one other while it replicates, and crashes: entries come and go (Raft 5.4.2)",
		Plan:   figureEight(30 * time.Second),
		Budget: nemesis.Budget{Takes: nemesis.TakesDelivery | nemesis.TakesProcesses | nemesis.TakesDiskSpeed},
		HealAt: 30 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"log-truncated"},
		system: newRaftKV(raftSetup{snapshotEvery: 50, workload: hurried(revisions(120)),
			tune: func(c *kvserver.Config) { c.Raft.ElectionMax = c.Raft.ElectionMin + 50*time.Millisecond }}),
	},
}

// movesEach is how often the first client of etcd/move-leader moves the leader.
const movesEach = 25

// moves draws the operations of the clients of etcd/move-leader, of whom the first moves the leader.
func moves(c sim.Chooser, id sim.NodeID) []kvserver.Operation {
	if id.Number() > 1 {
		return revisions(70).Draw(c, id)
	}
	k := sim.Key{Decision: sim.DecideWorkload, From: id}
	ops := make([]kvserver.Operation, movesEach)
	for i := range ops {
		ops[i].Think = c.Span(k, 300*time.Millisecond, 1200*time.Millisecond)
		ops[i].In = drawMove(c, id)
	}
	return ops
}

// reignsMax is how many terms the clients of etcd/partial-partition are served in at most: messages that get lost may
// end one, a link that is cut does not. Clients mostly read, so that who does not see the leader lacks nothing.
const reignsMax = 3

// fewReigns is the check that no more terms than reignsMax serve clients.
const fewReigns = "few-reigns"

// judgeReigns judges in how many terms clients were served.
func judgeReigns(history []sim.Op) checker.Report {
	reigns, served := map[uint64]bool{}, 0
	for i := range history {
		if out, ok := history[i].Output.(*kvapi.Output); ok && out.Code == kvapi.OK {
			reigns[out.Term] = true
			served++
		}
	}
	r := checker.Passed(fewReigns, served)
	r.Reason = fmt.Sprintf("clients were served in %d terms", len(reigns))
	if len(reigns) > reignsMax {
		r.Verdict = checker.Invalid
	}
	return r
}

// brokenLinks is the plan in which, so many times, two of three servers do not see each other.
func brokenLinks(times int) nemesis.Plan {
	return plotted(time.Duration(times)*shortSlot, func(p *plot, servers, _ []sim.NodeID) {
		for i := range times {
			begin := time.Duration(i)*shortSlot + p.span(shortSlot/5, shortSlot/3)
			p.at(begin, nemesis.Bridge{Over: nemesis.Nodes(p.shuffled(servers)...)})
			p.at(begin+p.span(shortSlot/3, shortSlot*3/5), nemesis.Heal{})
		}
	})
}

// interceptions is the plan in which, when a leader hands over, some server is cut off, perhaps that which is to lead,
// and when one campaigns because it was told to, nobody hears of it.
func interceptions(until time.Duration) nemesis.Plan {
	return plotted(until, func(p *plot, servers, _ []sim.NodeID) {
		last := until - 4*time.Second
		for nth := 1; nth <= 20; nth++ {
			order, after := p.shuffled(servers), p.span(0, 20*time.Millisecond)
			if p.index(2) == 1 {
				p.upon("transfer-begun", nth, after, nemesis.Before{At: last,
					Do: nemesis.Split{Groups: [][]sim.NodeID{order[:1], order[1:]}}})
				p.upon("transfer-begun", nth, after+p.span(500*time.Millisecond, 3*time.Second), nemesis.Heal{})
			}
			if p.index(2) == 1 {
				p.upon("transfer-campaign", nth, 0, nemesis.Before{At: last,
					Do: nemesis.AddRule{Action: sim.RuleDrop, MessageKind: "RequestVote", Share: sim.Always,
						From: nemesis.Everyone, To: nemesis.Everyone, For: p.span(50*time.Millisecond, time.Second)}})
			}
		}
	})
}

// echo is a kind of message that comes a second time: most of them, or few, and how much later at the latest.
type echo struct {
	kind   string
	share  sim.Ratio
	latest time.Duration
}

// echoed are the messages that come twice. Those about entries outlive the leader who has sent them.
var echoed = [...]echo{
	{"AppendEntries", 20 * sim.Percent, 2 * shortSlot},
	{"AppendEntriesResponse", 20 * sim.Percent, 2 * shortSlot},
	{"InstallSnapshot", 30 * sim.Percent, 2 * shortSlot},
	{"InstallSnapshotResponse", 30 * sim.Percent, shortSlot / 10},
	{"RequestVoteResponse", 50 * sim.Percent, shortSlot / 10},
	{"PreVoteResponse", 50 * sim.Percent, shortSlot / 50},
}

// echoes is the plan in which, so many times, the leader goes, and messages come twice, many when another leads.
func echoes(times int) nemesis.Plan {
	return plotted(time.Duration(times)*shortSlot, func(p *plot, _, _ []sim.NodeID) {
		for i := range times {
			begin := time.Duration(i)*shortSlot + p.span(shortSlot/10, shortSlot/5)
			for _, e := range echoed {
				p.at(begin, nemesis.AddRule{Action: sim.RuleDuplicate, MessageKind: e.kind, Share: e.share,
					Delay: p.span(e.latest/10, e.latest), From: nemesis.Everyone, To: nemesis.Everyone})
			}
			p.depose(begin + p.span(shortSlot/10, shortSlot/4))
			p.at(begin+p.span(shortSlot/2, shortSlot*3/4), nemesis.Recover{})
		}
	})
}

// figureEight is the plan in which disks are slow, and every leader is soon left with one other server, or none, and
// crashes a little later. Those who have crashed are back soon.
func figureEight(until time.Duration) nemesis.Plan {
	return plotted(until, func(p *plot, _, _ []sim.NodeID) {
		last := until - 3*time.Second
		p.at(time.Millisecond, nemesis.SetDisk{Target: nemesis.All,
			Disk: sim.DiskProfile{SyncMin: 5 * time.Millisecond, SyncMax: 60 * time.Millisecond}})
		for nth := 1; nth <= 40; nth++ {
			cut := p.span(0, 100*time.Millisecond)
			crash := cut + p.span(20*time.Millisecond, 200*time.Millisecond)
			p.upon("leader-elected", nth, cut, nemesis.Before{At: last, Do: nemesis.SplitLeader{With: p.index(2)}})
			p.upon("leader-elected", nth, crash, nemesis.Before{At: last, Do: nemesis.Crash{Target: nemesis.Leader}})
			p.upon("leader-elected", nth, crash+time.Millisecond, nemesis.Heal{})
			back := crash + p.span(50*time.Millisecond, time.Second)
			p.upon("leader-elected", nth, back, nemesis.Restart{Target: nemesis.All})
		}
	})
}
