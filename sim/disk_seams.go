package sim

// Carry performs the writes among the effects of out on d, without faults, and empties out. It is for tests of
// machines, and of what they are made of, that step them by hand; the world does it for those that it runs.
func Carry(d *Disk, out *Effects) {
	for i := range out.list {
		switch f := &out.list[i]; f.Kind {
		case EffectAppend, EffectReplace, EffectTruncate, EffectRemove:
			profile := d.profile
			d.profile = DiskProfile{}
			if err := d.write(f, nil, 0); err != nil {
				panic("sim: Carry: " + err.Error())
			}
			d.profile = profile
		}
	}
	out.Reset()
}

// SyncAll makes everything on d durable, as a sync that ends at once. It is for tests, as Carry is.
func SyncAll(d *Disk) { d.finishSync(d.seq) }

// PowerCut lets chooser decide, as a crash of the node does, what the loss of power leaves of the writes that are
// not durable. It is for tests, as Carry is.
func PowerCut(d *Disk, loss PowerLoss, chooser Chooser) { d.crash(loss, chooser, Server(1)) }

// CloneDisk returns an independent copy of d. It is for tests, as Carry is.
func CloneDisk(d *Disk) *Disk {
	c := &Disk{}
	d.cloneInto(c)
	return c
}
