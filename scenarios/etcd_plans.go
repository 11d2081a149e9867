package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/sim"
)

// shortSlot is the time for one of the faults that come soon after each other.
const shortSlot = 3 * time.Second

// plot is a schedule being drawn.
type plot struct {
	sim.Chooser
	key sim.Key
	s   nemesis.Schedule
}

// plotted is the plan that draw draws. All is undone at until.
func plotted(until time.Duration, draw func(p *plot, servers, clients []sim.NodeID)) nemesis.Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) nemesis.Schedule {
		p := &plot{Chooser: c, key: sim.Key{Decision: sim.DecidePlan}}
		draw(p, servers, clients)
		p.at(until, nemesis.Recover{})
		return p.s
	}
}

// at lets faults happen at the instant after, in any order.
func (p *plot) at(after time.Duration, faults ...nemesis.Fault) {
	for _, f := range faults {
		p.s = append(p.s, nemesis.Entry{When: sim.Trigger{After: after}, Do: f})
	}
}

// upon lets a fault happen so long after the nth passing of a mark.
func (p *plot) upon(mark string, nth int, after time.Duration, f nemesis.Fault) {
	p.s = append(p.s, nemesis.Entry{When: sim.Trigger{Mark: mark, Nth: nth, After: after}, Do: f})
}

// index and span draw a number below n, and a time.
func (p *plot) index(n int) int                              { return p.Index(p.key, n) }
func (p *plot) span(least, most time.Duration) time.Duration { return p.Span(p.key, least, most) }

// one draws one of the nodes.
func (p *plot) one(nodes []sim.NodeID) nemesis.Target {
	return nemesis.Nodes(nodes[p.index(len(nodes))])
}

// shuffled draws an order of the nodes.
func (p *plot) shuffled(nodes []sim.NodeID) []sim.NodeID {
	var all []sim.NodeID
	for i, n := range nodes {
		all = append(all, n)
		j := i - p.index(i+1)
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// halfLost is a loss of power that half of what is not durable does not survive.
var halfLost = sim.PowerLoss{Drop: 50 * sim.Percent}

// robberies is the plan in which, so many times, the leader is cut off, alone or with another server, or its power
// fails, or that of several servers.
func robberies(times int) nemesis.Plan {
	return plotted(time.Duration(times)*shortSlot, func(p *plot, servers, _ []sim.NodeID) {
		for i := range times {
			begin := time.Duration(i)*shortSlot + p.span(shortSlot/10, shortSlot/5)
			var f nemesis.Fault = nemesis.IsolateLeader
			switch p.index(4) {
			case 1:
				f = nemesis.SplitLeader{With: 1}
			case 2:
				f = nemesis.Crash{Target: nemesis.Leader, Loss: halfLost}
			case 3:
				f = nemesis.Crash{Target: nemesis.Nodes(p.shuffled(servers)[:3]...), Loss: halfLost}
			}
			p.at(begin, f)
			p.at(begin+p.span(shortSlot/3, shortSlot*3/4), nemesis.Recover{})
		}
	})
}

// drifting lets the clock of each server run as fast or as slow as ppm says.
func drifting(ppm int32) func(*plot, sim.NodeID) nemesis.Fault {
	return func(p *plot, n sim.NodeID) nemesis.Fault {
		return nemesis.Drift{Target: nemesis.Nodes(n), PPM: [...]int32{-ppm, ppm}[p.index(2)]}
	}
}

// wallsWrong makes the wall clock of each server go wrong, by up to 2 s: it jumps, it is slewed, or it goes in steps.
func wallsWrong(p *plot, n sim.NodeID) nemesis.Fault {
	by := p.span(10*time.Millisecond, 2*time.Second)
	if p.index(2) == 1 {
		by = -by
	}
	switch p.index(3) {
	case 1:
		return nemesis.SlewWall{Target: nemesis.Nodes(n), By: by, Over: shortSlot / 2}
	case 2:
		return nemesis.CoarsenWall{Target: nemesis.Nodes(n), Step: 100 * time.Millisecond}
	}
	return nemesis.JumpWall{Target: nemesis.Nodes(n), By: by}
}

// deposals is the plan in which, so many times, the clock of each server goes wrong; what the leader hears begins to be
// late, or it and one server, who campaigns then, do not see each other; and at last the leader is cut off from those
// who write, and from the other servers or only so that they do not hear it. Some of them forget meanwhile whom they
// have heard.
func deposals(times int, wrong func(*plot, sim.NodeID) nemesis.Fault) nemesis.Plan {
	return plotted(time.Duration(times)*shortSlot, func(p *plot, servers, clients []sim.NodeID) {
		writers := nemesis.Nodes(clients[:max(0, len(clients)-readers)]...)
		late := nemesis.SetLinks{From: nemesis.Followers, To: nemesis.Leader,
			Link: sim.Link{Min: 150 * time.Millisecond, Max: 250 * time.Millisecond}}
		for i := range times {
			begin := time.Duration(i)*shortSlot + p.span(shortSlot/10, shortSlot/5)
			for _, n := range servers {
				p.at(begin, wrong(p, n))
			}
			cut := begin + p.span(shortSlot/5, shortSlot/4)
			order := p.shuffled(servers)
			switch p.index(3) {
			case 1:
				p.at(begin, late)
			case 2:
				one := nemesis.Nodes(order[0])
				p.at(begin, nemesis.Cut{From: nemesis.Leader, To: one}, nemesis.Cut{From: one, To: nemesis.Leader})
				p.at(cut, nemesis.Crash{Target: nemesis.Nodes(order[1:4]...)})
				p.at(cut+time.Millisecond, nemesis.Restart{Target: nemesis.All})
			}
			p.at(cut, nemesis.Cut{From: writers, To: nemesis.Leader}, nemesis.Cut{From: nemesis.Leader, To: writers})
			if p.index(2) == 1 {
				p.at(cut, nemesis.Mute{Target: nemesis.Leader})
			} else {
				p.at(cut, nemesis.IsolateLeader)
			}
			p.at(cut+p.span(shortSlot/4, shortSlot/3), nemesis.Recover{})
		}
		p.slips(20, time.Duration(times)*shortSlot-2*shortSlot)
	})
}

// slips cuts leaders off, up to the instant last, that have just told another server to campaign.
func (p *plot) slips(times int, last time.Duration) {
	for nth := 1; nth <= times; nth++ {
		after := p.span(0, 2*time.Millisecond)
		p.upon("transfer-campaign", nth, after, nemesis.Before{At: last, Do: nemesis.IsolateLeader})
		p.upon("transfer-campaign", nth, after+shortSlot/5, nemesis.Before{At: last, Do: nemesis.Heal{}})
	}
}

// latecomers is the plan in which, so many times, a server is away for long: down, cut off, or on a bad line. When it
// is back, pieces of snapshots and the answers to them get lost, come twice and late, and the leader goes.
func latecomers(times int) nemesis.Plan {
	return plotted(time.Duration(times)*episodeSlot, func(p *plot, servers, _ []sim.NodeID) {
		for i := range times {
			begin := time.Duration(i)*episodeSlot + p.span(calmMin/3, calmMax/3)
			back := begin + p.span(episodeMin, episodeMax-time.Second)
			order := p.shuffled(servers)
			late, others := nemesis.Nodes(order[0]), nemesis.Nodes(order[1:]...)
			switch p.index(3) {
			case 0:
				p.at(begin, nemesis.Crash{Target: late, Loss: halfLost})
				p.at(back, nemesis.Restart{Target: late})
			case 1:
				p.at(begin, nemesis.Split{Groups: [][]sim.NodeID{order[:1], order[1:]}})
				p.at(back, nemesis.Heal{})
			case 2:
				p.at(begin, nemesis.SetLinks{From: others, To: late, Link: sim.Link{Loss: 95 * sim.Percent}})
				p.at(back, nemesis.ResetLinks{From: others, To: late})
			}
			for _, rule := range []nemesis.AddRule{
				{Action: sim.RuleDrop, MessageKind: "InstallSnapshot", Share: 20 * sim.Percent},
				{Action: sim.RuleDuplicate, MessageKind: "InstallSnapshot", Share: 30 * sim.Percent,
					Delay: p.span(50*time.Millisecond, 2*time.Second)},
				{Action: sim.RuleDelay, MessageKind: "InstallSnapshotResponse", Share: 20 * sim.Percent,
					Delay: p.span(0, 200*time.Millisecond)},
			} {
				rule.From, rule.To = nemesis.Everyone, nemesis.Everyone
				p.at(back-time.Millisecond, rule)
			}
			p.depose(back + p.span(50*time.Millisecond, time.Second))
			p.at(time.Duration(i+1)*episodeSlot-200*time.Millisecond, nemesis.Recover{})
		}
	})
}

// depose lets the leader go: it is cut off, crashes or stops.
func (p *plot) depose(at time.Duration) {
	ways := [...]nemesis.Fault{nemesis.IsolateLeader, nemesis.Crash{Target: nemesis.Leader},
		nemesis.Pause{Target: nemesis.Leader}}
	p.at(at, ways[p.index(len(ways))])
}

// crowdings is the plan in which, so many times, the disks of some servers, or of all, have no room for what comes. The
// servers that stop are started again, too early and then in time.
func crowdings(times int) nemesis.Plan {
	return plotted(time.Duration(times)*episodeSlot, func(p *plot, servers, _ []sim.NodeID) {
		for i := range times {
			begin := time.Duration(i)*episodeSlot + p.span(calmMin, calmMax)
			end := begin + p.span(episodeMin, episodeMax)
			full := nemesis.Nodes(p.shuffled(servers)[:1+p.index(len(servers))]...)
			p.at(begin, nemesis.SetDisk{Target: full, Disk: sim.DiskProfile{Capacity: int64(1000 + p.index(4000))}})
			p.at(begin+p.span(time.Second, end-begin), nemesis.Restart{Target: full})
			p.at(end, nemesis.ResetDisk{Target: full})
			p.at(end+p.span(time.Millisecond, 200*time.Millisecond), nemesis.Restart{Target: full})
		}
	})
}

// roundSlot is the time in which one server goes and comes back.
const roundSlot = 2500 * time.Millisecond

// rounds is the plan in which disks are slow and, so many times, the power of each of five servers fails in turn; each
// is back before the next goes.
func rounds(times int) nemesis.Plan {
	return plotted(time.Duration(5*times)*roundSlot, func(p *plot, servers, _ []sim.NodeID) {
		at := time.Duration(0)
		p.at(at, nemesis.SetDisk{Target: nemesis.All,
			Disk: sim.DiskProfile{SyncMin: 10 * time.Millisecond, SyncMax: 50 * time.Millisecond}})
		for range times {
			for _, n := range p.shuffled(servers) {
				down := p.span(roundSlot/10, roundSlot/2)
				up := down + p.span(roundSlot/10, roundSlot/2-time.Millisecond)
				p.at(at+down, nemesis.Crash{Target: nemesis.Nodes(n), Loss: sim.PowerLoss{Drop: sim.Always}})
				p.at(at+up, nemesis.Restart{Target: nemesis.Nodes(n)})
				at += roundSlot
			}
		}
	})
}
