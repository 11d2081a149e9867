package scenarios

import (
	"time"

	"schism/nemesis"
	"schism/sim"
)

// outline is a scenario without a system: who is there, and what befalls them. Its name is the last part of that of the
// scenario. What both protocols play stands here once, so that their runs can be compared.
type outline Scenario

// on returns the scenario in which the outline befalls a system, called "protocol/service"; want are the marks that
// some run must reach.
func (o outline) on(name string, system func(*Scenario) system, want ...string) *Scenario {
	s := Scenario(o)
	s.Name, s.system, s.Want = name+"/"+o.Name, system, want
	return &s
}

var (
	calm = outline{
		Name: "calm", Servers: 5, Clients: 4,
		Doc:    "Five servers and nothing that harms them",
		Plan:   nemesis.Script(nil),
		Settle: time.Minute, Network: lan, Disk: ssd,
	}
	splitTwoThree = outline{
		Name: "split-2-3", Servers: 5, Clients: 4,
		Doc:    "The leader and one other are cut off from the other three: the two freeze, the three go on",
		Plan:   episodes(nemesis.SplitLeader{With: 1}),
		Budget: partitions,
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	splitThreeWays = outline{
		Name: "split-2-2-1", Servers: 5, Clients: 4,
		Doc:    "Three groups, none of which is a quorum: nobody goes on until the heal",
		Plan:   episodes(nemesis.Split{Groups: groups([]int{1, 2}, []int{3, 4}, []int{5})}),
		Budget: partitions,
		HealAt: episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	isolateLeader = outline{
		Name: "isolate-leader", Servers: 5, Clients: 4,
		Doc:    "Whoever leads is cut off from everybody, three times",
		Plan:   episodes(nemesis.IsolateLeader, nemesis.IsolateLeader, nemesis.IsolateLeader),
		Budget: partitions,
		HealAt: 3 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	oneWay = outline{
		Name: "one-way", Servers: 5, Clients: 4,
		Doc:    "The leader can send and not hear, then another can hear and not send",
		Plan:   episodes(nemesis.Deafen{Target: nemesis.Leader}, nemesis.Mute{Target: nemesis.Leader}),
		Budget: partitions,
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	bridge = outline{
		Name: "bridge", Servers: 5, Clients: 4,
		Doc:    "Two pairs that do not see each other, and one server that sees both",
		Plan:   episodes(nemesis.Bridge{Over: nemesis.All}, nemesis.Bridge{Over: servers(3, 1, 5, 2, 4)}),
		Budget: partitions,
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	ring = outline{
		Name: "ring", Servers: 5, Clients: 4,
		Doc:    "Everybody sees a majority, and no two see the same",
		Plan:   episodes(nemesis.Ring{Of: nemesis.All}, nemesis.Ring{Of: servers(3, 1, 5, 2, 4)}),
		Budget: partitions,
		HealAt: 2 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	crashStorm = outline{
		Name: "crash-storm", Servers: 5, Clients: 4,
		Doc:    "Servers crash and come back all the time, often by a loss of power, often several at once",
		Plan:   nemesis.CrashStorm(nemesis.CrashStormConfig{Start: time.Second, Until: 25 * time.Second}),
		Budget: crashes,
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	clockSkew = outline{
		Name: "clock-skew", Servers: 5, Clients: 4,
		Doc: "Clocks run up to 10 % fast or slow, jump by minutes and stand still for seconds",
		Plan: nemesis.ClockSkew(nemesis.ClockSkewConfig{
			Start: time.Second, Until: 25 * time.Second, DriftPPM: 100_000,
			MaxJump: 5 * time.Minute, MaxFreeze: 3 * time.Second,
		}),
		Budget: wrongClocks,
		HealAt: 25 * time.Second, Settle: time.Minute, Network: lan, Disk: ssd,
	}
	standardWorkload = outline{
		Name: "standard", Servers: 5, Clients: 5,
		Doc: "The workload by which speed is compared: a split, an isolated leader, crashes, in 60 s",
		Plan: script(`
			8s   split {n1 n2} | {n3 n4 n5}
			14s  heal
			20s  split leader | rest
			25s  heal
			28s  crash n2
			31s  restart n2
			33s  crash leader
			36s  restart all
			38s  crash n4 losing 50%
			41s  restart n4
			44s  recover`),
		Budget: partitionsAndCrashes,
		HealAt: 44 * time.Second, Settle: 16 * time.Second, Whole: true, Network: standardLink, Disk: ssd,
	}
)

// standardLink is the network of the standard workload.
var standardLink = sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent}

// servers is the target of the servers with those numbers, in that order.
func servers(numbers ...int) nemesis.Target { return nemesis.Nodes(groups(numbers)[0]...) }

// groups returns groups of servers.
func groups(numbers ...[]int) [][]sim.NodeID {
	all := make([][]sim.NodeID, len(numbers))
	for i, g := range numbers {
		for _, n := range g {
			all[i] = append(all[i], sim.Server(n))
		}
	}
	return all
}
