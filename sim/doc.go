// Package sim is a deterministic simulated world for distributed protocols, and the words in which
// machines are written that run in it.
//
// A [Machine] is one process and only steps: it is given an [Event] and adds [Effects]. The [World]
// owns everything else: time, network, clocks, disks and crashes. It is single-threaded: it takes the
// earliest event, steps a machine, shows the step to every [Observer], carries the effects out, and goes
// on. Whatever nothing forces, such as how long a message travels, whether it is lost, which of two
// simultaneous events comes first, is asked of the [Chooser].
//
// The determinism law: equal [Config] and equal choices give equal runs, event by event, and so equal
// 64-bit digests, on every architecture, in every process, at every GOMAXPROCS.
//
//	r := sim.Run(sim.Config{
//		Servers:   3,
//		NewServer: func(id sim.NodeID) sim.Machine { return &pinger{id: id} },
//		Chooser:   sim.NewSeeded(1),
//		Limit:     sim.Time(10 * time.Second),
//	})
//	fmt.Println(r.Stop, r.Events, r.Digest)
//
// Sim knows no protocol and judges nothing: histories are judged by package checker, faults are planned by
// package nemesis. It does not simulate threads: what runs concurrently inside a server is modelled by
// tasks, which are events of their own.
package sim
