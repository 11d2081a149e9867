package scenarios

import (
	"slices"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// meetingSoon is how soon after a mark the fault comes.
const meetingSoon = 30 * time.Millisecond

// encounter draws a fault.
type encounter func(c sim.Chooser, key sim.Key, servers []sim.NodeID) nemesis.Fault

// meeting is the plan in which, so many times upon each mark, a fault drawn by meet happens, or none, until some time
// later all recover. From the time heal on nothing happens any more.
func meeting(heal time.Duration, times int, meet encounter, marks ...string) nemesis.Plan {
	return func(c sim.Chooser, servers, _ []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for nth := 1; nth <= times; nth++ {
			for _, mark := range marks {
				soon := c.Span(key, 0, meetingSoon)
				over := soon + c.Span(key, episodeMin/2, episodeMax/2)
				fault := meet(c, key, servers)
				if c.Chance(key, 50*sim.Percent) {
					continue // nothing happens
				}
				fault = nemesis.Before{At: heal, Do: fault}
				s = append(s, nemesis.Entry{When: sim.Trigger{Mark: mark, Nth: nth, After: soon}, Do: fault},
					nemesis.Entry{When: sim.Trigger{Mark: mark, Nth: nth, After: over}, Do: nemesis.Recover{}})
			}
		}
		return append(s, nemesis.Entry{When: sim.Trigger{After: heal}, Do: nemesis.Recover{}})
	}
}

// aim is the beginning of a mark that ends in a hyphen and a server, as those of changes of the membership do, and how
// soon after it a fault of that server comes at the latest.
type aim struct {
	mark string
	soon time.Duration
}

// aimed is plan in which, besides, so many times upon the marks of each server, that server is cut off from the others,
// or its power fails, or nothing happens, until some time later all recover.
func aimed(plan nemesis.Plan, heal time.Duration, times int, aims ...aim) nemesis.Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) nemesis.Schedule {
		p := &plot{Chooser: c, key: sim.Key{Decision: sim.DecidePlan}, s: plan(c, servers, clients)}
		for _, a := range aims {
			for _, n := range servers {
				for nth := 1; nth <= times; nth++ {
					soon := p.span(0, a.soon)
					over := soon + p.span(episodeMin/2, episodeMax/2)
					mark := a.mark + "-" + n.String()
					faults := [...]nemesis.Fault{nil, alone(n, servers), alone(n, servers),
						nemesis.Crash{Target: nemesis.Nodes(n), Loss: halfLost}}
					if f := faults[p.index(len(faults))]; f != nil {
						p.upon(mark, nth, soon, nemesis.Before{At: heal, Do: f})
						p.upon(mark, nth, over, nemesis.Recover{})
					}
				}
			}
		}
		return p.s
	}
}

// alone cuts one server off from the others.
func alone(one sim.NodeID, servers []sim.NodeID) nemesis.Fault {
	rest := slices.DeleteFunc(slices.Clone(servers), func(n sim.NodeID) bool { return n == one })
	return nemesis.Split{Groups: [][]sim.NodeID{{one}, rest}}
}

// meetAnything splits the servers, isolates the leader, or takes the power from it or another server.
func meetAnything(c sim.Chooser, key sim.Key, servers []sim.NodeID) nemesis.Fault {
	loss := sim.PowerLoss{Drop: 50 * sim.Percent}
	other := servers[c.Index(key, len(servers))]
	switch c.Index(key, 4) {
	case 0:
		return nemesis.IsolateLeader
	case 1:
		return nemesis.Crash{Target: nemesis.Leader, Loss: loss}
	case 2:
		return nemesis.Crash{Target: nemesis.Nodes(other), Loss: loss}
	}
	return splitAround(c, key, servers, other)
}

// splitAround draws a split into two sides, of which one has other.
func splitAround(c sim.Chooser, key sim.Key, servers []sim.NodeID, other sim.NodeID) nemesis.Fault {
	sides := [2][]sim.NodeID{{other}}
	for _, n := range servers {
		if n == other {
			continue
		}
		i := c.Index(key, 2)
		sides[i] = append(sides[i], n)
	}
	if len(sides[1]) == 0 {
		return nemesis.IsolateLeader
	}
	return nemesis.Split{Groups: sides[:]}
}

// meetOutsiders is meetAnything, but half of the time it cuts off one of the servers after the first outside, who come
// and go.
func meetOutsiders(outside int) encounter {
	return func(c sim.Chooser, key sim.Key, servers []sim.NodeID) nemesis.Fault {
		late := servers[outside+c.Index(key, len(servers)-outside)]
		fault := meetAnything(c, key, servers)
		if c.Chance(key, 50*sim.Percent) {
			return fault
		}
		return alone(late, servers)
	}
}

// meetHalves splits the servers, or takes the power from the leader.
func meetHalves(c sim.Chooser, key sim.Key, servers []sim.NodeID) nemesis.Fault {
	split := splitAround(c, key, servers, servers[c.Index(key, len(servers))])
	if c.Index(key, 3) == 0 {
		return nemesis.Crash{Target: nemesis.Leader, Loss: sim.PowerLoss{Drop: 50 * sim.Percent}}
	}
	return split
}

// meetLate lets the followers apply what is committed up to seconds late, or is meetAnything.
func meetLate(c sim.Chooser, key sim.Key, servers []sim.NodeID) nemesis.Fault {
	late := c.Span(key, 500*time.Millisecond, 3*time.Second)
	fault := meetAnything(c, key, servers)
	if c.Chance(key, 50*sim.Percent) {
		return fault
	}
	return nemesis.Slow{Target: nemesis.Followers, Min: late / 2, Max: late}
}
