package nemesis

import (
	"time"

	"schism/sim"
)

// Plainer implements [Fault]: one property less, each in turn, even delays, a disk that is full earlier, fewer disks.
func (s SetDisk) Plainer() []Fault {
	var list []Fault
	for _, change := range []func(d *sim.DiskProfile){
		func(d *sim.DiskProfile) { d.SyncMin, d.SyncMax = 0, 0 },
		func(d *sim.DiskProfile) { d.ReadMin, d.ReadMax = 0, 0 },
		func(d *sim.DiskProfile) { d.SyncError = 0 },
		func(d *sim.DiskProfile) { d.WriteError = 0 },
		func(d *sim.DiskProfile) { d.Capacity = 0 },
		func(d *sim.DiskProfile) { d.SyncLies = false },
		func(d *sim.DiskProfile) { d.NamesLie = false },
	} {
		p := s
		if change(&p.Disk); p.Disk != s.Disk && p.Disk != (sim.DiskProfile{}) {
			list = append(list, p)
		}
	}
	list = append(list, nearer(s.Disk.SyncMin, s.Disk.SyncMax, func(lo, hi time.Duration) Fault {
		p := s
		p.Disk.SyncMin, p.Disk.SyncMax = lo, hi
		return p
	})...)
	list = append(list, nearer(s.Disk.ReadMin, s.Disk.ReadMax, func(lo, hi time.Duration) Fault {
		p := s
		p.Disk.ReadMin, p.Disk.ReadMax = lo, hi
		return p
	})...)
	for _, bytes := range []int64{1, s.Disk.Capacity / 4, s.Disk.Capacity / 2, s.Disk.Capacity * 7 / 8} {
		if p := s; bytes > 0 && bytes < s.Disk.Capacity {
			p.Disk.Capacity = bytes
			list = append(list, p)
		}
	}
	return append(list, fewer(s.Target, func(t Target) Fault { return SetDisk{t, s.Disk, s.None} })...)
}

// Plainer implements [Fault].
func (r Rot) Plainer() []Fault {
	return append(smaller(r.Bits, func(n int) Fault { return Rot{r.Target, n} }),
		fewer(r.Target, func(t Target) Fault { return Rot{t, r.Bits} })...)
}

// Plainer implements [Fault].
func (b BreakSectors) Plainer() []Fault {
	return append(smaller(b.Sectors, func(n int) Fault { return BreakSectors{b.Target, n} }),
		fewer(b.Target, func(t Target) Fault { return BreakSectors{t, b.Sectors} })...)
}

// Plainer implements [Fault].
func (m Misdirect) Plainer() []Fault {
	return append(smaller(m.Sectors, func(n int) Fault { return Misdirect{m.Target, n} }),
		fewer(m.Target, func(t Target) Fault { return Misdirect{t, m.Sectors} })...)
}

// Plainer implements [Fault].
func (j JumpWall) Plainer() []Fault {
	return append(shorter(j.By, func(d time.Duration) Fault { return JumpWall{j.Target, d} }),
		fewer(j.Target, func(t Target) Fault { return JumpWall{t, j.By} })...)
}

// Plainer implements [Fault]: a jump by as much comes first.
func (s SlewWall) Plainer() []Fault {
	list := []Fault{JumpWall{s.Target, s.By}}
	list = append(list, shorter(s.Over, func(d time.Duration) Fault { return SlewWall{s.Target, s.By, d} })...)
	list = append(list, shorter(s.By, func(d time.Duration) Fault { return SlewWall{s.Target, d, s.Over} })...)
	return append(list, fewer(s.Target, func(t Target) Fault { return SlewWall{t, s.By, s.Over} })...)
}

// Plainer implements [Fault].
func (c CoarsenWall) Plainer() []Fault {
	return append(shorter(c.Step, func(d time.Duration) Fault { return CoarsenWall{c.Target, d} }),
		fewer(c.Target, func(t Target) Fault { return CoarsenWall{t, c.Step} })...)
}

// Plainer implements [Fault].
func (d Drift) Plainer() []Fault {
	return append(rounder(d.PPM, func(ppm int32) Fault { return Drift{d.Target, ppm} }),
		fewer(d.Target, func(t Target) Fault { return Drift{t, d.PPM} })...)
}

// Plainer implements [Fault].
func (r ResetDisk) Plainer() []Fault {
	return fewer(r.Target, func(t Target) Fault { return ResetDisk{t} })
}

// Plainer implements [Fault].
func (r Repair) Plainer() []Fault {
	return fewer(r.Target, func(t Target) Fault { return Repair{t} })
}

// Plainer implements [Fault].
func (u Undrift) Plainer() []Fault {
	return fewer(u.Target, func(t Target) Fault { return Undrift{t} })
}

// Plainer implements [Fault].
func (f Freeze) Plainer() []Fault {
	return fewer(f.Target, func(t Target) Fault { return Freeze{t} })
}

// Plainer implements [Fault].
func (t Thaw) Plainer() []Fault {
	return fewer(t.Target, func(t Target) Fault { return Thaw{t} })
}
