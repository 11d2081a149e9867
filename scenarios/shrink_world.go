package scenarios

import (
	"slices"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// plainerWorld makes the network and the disks faultless, and as even as they can be.
func (s *shrinking) plainerWorld() bool {
	was := *s.best
	link, disk := s.best.Network, s.best.Disk
	even := sim.Link{Min: time.Millisecond, Max: time.Millisecond}
	sound := sim.Link{Min: link.Min, Max: link.Max}
	lossless := link
	lossless.Loss = 0
	var candidates []*Case
	for _, l := range []sim.Link{even, sound, lossless} {
		if l != link {
			candidates = append(candidates, s.change(func(c *Case) { c.Network = l }))
		}
		if l == link {
			break
		}
	}
	s.first(candidates)
	if instant := (sim.DiskProfile{SyncMin: disk.SyncMin, SyncMax: disk.SyncMin}); disk != instant {
		s.try(func(c *Case) { c.Disk = instant })
	}
	return was.Network != s.best.Network || was.Disk != s.best.Disk
}

// dullable are the decisions whose answers are made dull all together.
var dullable = []sim.Decision{sim.DecideConfig, sim.DecideWorkload, sim.DecideTail, sim.DecideLoss,
	sim.DecideDuplicate, sim.DecideReorder,
	sim.DecideTie, sim.DecideTask, sim.DecideSync, sim.DecideWrite, sim.DecideCrash, sim.DecideRule, sim.DecideLatency}

// dullerChoices pins what the seed decides to the dullest answers.
func (s *shrinking) dullerChoices() bool {
	helped := false
	for _, d := range dullable {
		pin := sim.Pin{Decision: d, Dull: true}
		if s.report.Draws[d] == 0 || slices.Contains(s.best.Pins, pin) {
			continue
		}
		helped = s.try(func(c *Case) { c.Pins = append(c.Pins, pin) }) || helped
	}
	return helped
}

// plainerFaults puts plainer faults in the place of those that there are.
func (s *shrinking) plainerFaults() bool {
	helped := false
	for i := 0; i < len(s.best.Schedule); i++ {
		helped = s.plainerFault(i) || helped
	}
	return helped
}

// plainerFault puts plainer faults in the place of one, as long as that works.
func (s *shrinking) plainerFault(i int) bool {
	helped := false
	for !s.over() && i < len(s.best.Schedule) {
		var candidates []*Case
		for _, e := range s.best.Schedule[i].Plainer() {
			candidates = append(candidates, s.change(func(c *Case) { c.Schedule[i] = e }))
		}
		if s.first(candidates) < 0 {
			break
		}
		helped = true
	}
	return helped
}

// fullerDisks lets disks be full earlier, so that less needs to be written.
func (s *shrinking) fullerDisks() bool {
	for i, e := range s.best.Schedule {
		if d, ok := e.Do.(nemesis.SetDisk); ok && d.Disk.Capacity > 1 && s.plainerFault(i) {
			return true
		}
	}
	return false
}

// plainerOps puts plainer operations in the place of those that there are.
func (s *shrinking) plainerOps() bool {
	helped := false
	system := s.best.runner().system
	for client := range s.best.Workload {
		for i := range s.best.Workload[client] {
			for !s.over() {
				var candidates []*Case
				for _, line := range system.plainer(s.best.Workload[client][i]) {
					candidates = append(candidates, s.change(func(c *Case) { c.Workload[client][i] = line }))
				}
				if s.first(candidates) < 0 {
					break
				}
				helped = true
			}
		}
	}
	return helped
}
