package sim

// What follows is for tests of machines, and of what machines are made of, that step them by hand. The world does it
// for those that it runs.

// Carry performs the writes among the effects of out on d, without faults, and empties out.
func Carry(d *Disk, out *Effects) {
	profile := d.profile
	d.profile = DiskProfile{}
	for i := range out.list {
		switch f := &out.list[i]; f.Kind {
		case EffectAppend, EffectReplace, EffectTruncate, EffectRemove:
			if err := d.write(f, nil, 0); err != nil {
				panic("sim: Carry: " + err.Error())
			}
		}
	}
	d.profile = profile
	out.Reset()
}

// SyncAll makes everything on d durable, as a sync that ends at once.
func SyncAll(d *Disk) { d.finishSync(d.seq) }

// FailSync lets a sync of everything fail: what was not durable is lost.
func FailSync(d *Disk) { d.failSync(d.seq) }

// PowerCut lets chooser decide, as in a crash of the server n1, what the loss of power leaves of the writes that are
// not durable.
func PowerCut(d *Disk, loss PowerLoss, chooser Chooser) { d.crash(loss, chooser, Server(1)) }

// CloneDisk returns an independent copy of d.
func CloneDisk(d *Disk) *Disk {
	c := &Disk{}
	d.cloneInto(c)
	return c
}

// BreakSector makes one sector of a file unreadable, which the file must have.
func BreakSector(d *Disk, file string, sector int) {
	i := d.find(file)
	d.damage(i, sector*SectorSize, func(c *content) { c.spoilSector(uint32(sector)) })
}
