package sim

// reset makes d an empty disk of the given profile. It keeps the memory that is d's alone.
func (d *Disk) reset(p DiskProfile) {
	d.reclaim()
	clear(d.pending)
	*d = Disk{profile: p, files: d.files[:0], pending: d.pending[:0], spare: d.spare}
}

// setProfile changes how d behaves from now on.
func (d *Disk) setProfile(p DiskProfile) { d.profile = p }

// reclaim empties d.files and keeps those arrays that no other disk refers to.
func (d *Disk) reclaim() {
	for i := range d.files {
		f := &d.files[i]
		if f.own && cap(f.data) > 0 && len(d.spare) < maxSpare {
			d.spare = append(d.spare, f.data[:0])
		}
	}
	clear(d.files)
	d.files = d.files[:0]
}

// cloneInto makes dst an independent copy of d, without copying a byte of the files: both share the arrays, and
// only d can still extend them in place.
func (d *Disk) cloneInto(dst *Disk) {
	dst.reclaim()
	files := append(dst.files, d.files...)
	for i := range files {
		f := &files[i]
		f.data, f.own = f.data[:len(f.data):len(f.data)], false
		d.files[i].own = false
	}
	old := len(dst.pending)
	pending := append(dst.pending[:0], d.pending[d.head:]...)
	if len(pending) < old {
		clear(pending[len(pending):old])
	}
	*dst = Disk{profile: d.profile, files: files, recent: d.recent, pending: pending,
		seq: d.seq, lost: d.lost, used: d.used, spare: dst.spare}
}

// fold returns dg with the state of the disk mixed in: the files, and what is pending. Disks that behave equally
// from now on fold equally, whatever their slots and however many writes they have seen.
func (d *Disk) fold(dg Digest) Digest {
	var all Digest // a sum, so that the order of the slots does not matter
	for i := range d.files {
		if f := &d.files[i]; f.name != "" {
			all += f.digest()
		}
	}
	dg = dg.Mix(uint64(all))
	for i := d.head; i < len(d.pending); i++ {
		p := &d.pending[i]
		dg = dg.MixString(d.files[p.file].name).Mix(uint64(d.seq-p.seq)<<8 | uint64(p.kind))
		if p.kind == EffectAppend && p.before.exists {
			dg = dg.Mix(uint64(len(p.before.data))) // the bytes are the beginning of what follows
		} else {
			dg = p.before.fold(dg)
		}
	}
	return dg.Mix(uint64(len(d.pending) - d.head))
}

// digest returns the digest of the file.
func (f *diskFile) digest() Digest {
	if f.sum == 0 {
		f.sum = f.content.fold(Digest(0).MixString(f.name))
	}
	return f.sum
}

func (c *content) fold(dg Digest) Digest {
	if !c.exists {
		return dg.Mix(1)
	}
	dg = dg.MixBytes(c.data).Mix(uint64(len(c.bad)))
	for _, s := range c.bad {
		dg = dg.Mix(uint64(s))
	}
	for _, f := range c.flaws {
		dg = dg.Mix(uint64(f.at)<<8 | uint64(f.mask))
	}
	return dg
}
