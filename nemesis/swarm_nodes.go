package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// crash draws crashes with their restarts.
func (s *swarm) crash(t turn) {
	switch t.kind {
	case KindRolling:
		order := t.shuffled(s.servers)
		s.schedule = append(s.schedule, rolling(order, sim.PowerLoss{}, t.at, t.until)...)
		return
	case KindCrashAll:
		c := Crash{Target: All}
		if t.coin() {
			c.Loss = t.powerLoss()
		}
		s.during(t, c, Restart{All})
		return
	}
	c := Crash{Target: t.victims(s.servers)}
	if t.kind == KindPowerLoss {
		c.Loss = t.powerLoss()
	}
	s.during(t, c, Restart{broad(c.Target)})
}

// pause draws a pause.
func (s *swarm) pause(t turn) {
	v := t.victims(s.servers)
	s.during(t, Pause{v}, Resume{broad(v)})
}

// slow draws a server that is slow.
func (s *swarm) slow(t turn) {
	v := t.victims(s.servers)
	lo := t.span(0, 50*time.Millisecond)
	s.during(t, Slow{v, lo, lo + t.span(time.Millisecond, 450*time.Millisecond)}, Unslow{broad(v)})
}

// disk draws disks that are slow or fail. A server that stops because its disk fails is started again, once
// while the disk still fails and once when it is whole.
func (s *swarm) disk(t turn) {
	v := t.victims(s.servers)
	d := SetDisk{Target: v}
	switch t.kind {
	case KindSlowSync:
		d.Disk.SyncMin = t.span(time.Millisecond, 100*time.Millisecond)
		d.Disk.SyncMax = d.Disk.SyncMin + t.span(0, 900*time.Millisecond)
	case KindSyncError:
		d.Disk.SyncError = t.percent(1, 20)
	case KindWriteError:
		d.Disk.WriteError = t.percent(1, 10)
	}
	s.during(t, d, ResetDisk{broad(v)})
	if t.kind != KindSlowSync {
		s.add(t.middle(), Restart{broad(v)})
		s.add(t.until+time.Millisecond, Restart{broad(v)})
	}
}

// drift draws a drift for every node, driftWildly a greater one.
func (s *swarm) drift(t turn)       { s.driftBy(t, s.DriftPPM) }
func (s *swarm) driftWildly(t turn) { s.driftBy(t, s.WildPPM) }

func (s *swarm) driftBy(t turn, bound int32) {
	for _, n := range slices.Concat(s.servers, s.clients) {
		if ppm := t.ppm(bound); ppm != 0 {
			s.add(t.at, Drift{Nodes(n), ppm})
		}
	}
	s.add(t.until, Undrift{Everyone})
}

// wall draws wall clocks that jump or slew, and come back.
func (s *swarm) wall(t turn) {
	v := Nodes(t.some(s.servers, 1, len(s.servers))...)
	by := t.either(t.span(time.Millisecond, s.MaxJump))
	if t.kind == KindJump {
		s.during(t, JumpWall{v, by}, JumpWall{v, -by})
		return
	}
	s.during(t, SlewWall{v, by, t.until - t.at}, SlewWall{v, -by, minRest})
}

// freeze draws clocks that stand still.
func (s *swarm) freeze(t turn) {
	v := t.victims(s.servers)
	s.during(t, Freeze{v}, Thaw{broad(v)})
}

// damage draws what makes a server break its promises, for the servers that the budget allows.
func (s *swarm) damage(t turn) {
	v := t.one(s.struck)
	middle := t.middle()
	switch t.kind {
	case KindWipe:
		s.during(t, Crash{Target: v}, Restart{v})
		s.add(middle, Wipe{v})
	case KindRot:
		s.corrupt(t, v, Rot{v, 1 + t.index(16)})
	case KindBreakSectors:
		s.corrupt(t, v, BreakSectors{v, 1 + t.index(8)})
	case KindLyingSync:
		s.add(t.at, SetDisk{Target: v, Disk: sim.DiskProfile{SyncLies: true}})
		s.add(middle, Crash{v, sim.PowerLoss{Drop: sim.Always}})
		s.add(t.until, ResetDisk{v}, Restart{v})
	}
}

// corrupt lets f befall the disk of v, which is restarted so that it reads that. It may refuse to start until the disk
// is repaired.
func (s *swarm) corrupt(t turn, v Target, f Fault) {
	s.add(t.at, f)
	s.add(t.middle(), Crash{Target: v}, Restart{v})
	s.add(t.until, Repair{v}, Restart{v})
}
