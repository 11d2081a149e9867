package sim

import "slices"

// The decisions about rotting bits and bad sectors of one node, told apart by Key.To.
const (
	rotByte NodeID = iota + 1
	rotBit
	rotSector
	rotFrom // whose content a misdirected write is
	rotTo   // where it has gone
)

// rot flips count bits, chosen over all durable bytes.
func (d *Disk) rot(count int, c Chooser, id NodeID) {
	order := d.sorted()
	total := 0
	for _, i := range order {
		total += len(d.durableContent(i).data)
	}
	for range count {
		if total == 0 {
			return
		}
		at := c.Index(Key{DecideRot, id, rotByte}, total)
		bit := byte(1) << c.Index(Key{DecideRot, id, rotBit}, 8)
		for _, i := range order {
			n := len(d.durableContent(i).data)
			if at < n {
				d.flip(i, at, bit)
				break
			}
			at -= n
		}
	}
}

// breakSectors makes count sectors unreadable, chosen over all that hold durable bytes.
func (d *Disk) breakSectors(count int, c Chooser, id NodeID) {
	order, total := d.sectorsInOrder()
	for range count {
		if total == 0 {
			return
		}
		i, at := d.sector(order, c.Index(Key{DecideRot, id, rotSector}, total))
		d.damage(i, at, func(c *content) { c.spoilSector(uint32(at / SectorSize)) })
	}
}

// misdirect lets count sectors, chosen over all that hold durable bytes, go where another one should be: that one is
// overwritten, and they themselves are zero, as if they had never been written.
func (d *Disk) misdirect(count int, c Chooser, id NodeID) {
	order, total := d.sectorsInOrder()
	if total < 2 {
		return
	}
	for range count {
		from := c.Index(Key{DecideRot, id, rotFrom}, total)
		to := c.Index(Key{DecideRot, id, rotTo}, total-1)
		if to >= from {
			to++
		}
		i, at := d.sector(order, from)
		data := d.durableContent(i).data[at:]
		data = slices.Clone(data[:min(len(data), SectorSize)])
		j, there := d.sector(order, to)
		d.damage(j, there, func(c *content) { c.overwrite(there, data) })
		d.damage(i, at, func(c *content) { c.overwrite(at, make([]byte, len(data))) })
	}
}

// repair undoes the damage to all that has not been written since.
func (d *Disk) repair() {
	for i := range d.files {
		f := &d.files[i]
		if f.mend() {
			f.own, f.sum = false, 0
		}
	}
	for i := d.head; i < len(d.pending); i++ {
		d.pending[i].before.mend()
	}
}

// mend makes c what was written, and reports whether it was not.
func (c *content) mend() bool {
	if len(c.bad)+len(c.flaws) == 0 {
		return false
	}
	c.data = slices.Clone(c.data)
	for _, f := range c.flaws {
		c.data[f.at] ^= f.mask
	}
	c.bad, c.flaws = nil, nil
	return true
}

// overwrite puts data at the offset at, as far as c reaches.
func (c *content) overwrite(at int, data []byte) {
	c.data, c.flaws = slices.Clone(c.data), slices.Clone(c.flaws)
	for i, b := range data[:min(len(data), len(c.data)-at)] {
		if mask := c.data[at+i] ^ b; mask != 0 {
			c.data[at+i] = b
			c.flaws = append(c.flaws, flaw{uint32(at + i), mask})
		}
	}
}

// sectorsInOrder returns the slots in use in order of their names, and how many sectors hold durable bytes.
func (d *Disk) sectorsInOrder() (order []int, total int) {
	order = d.sorted()
	for _, i := range order {
		total += sectors(d.durableContent(i))
	}
	return order, total
}

// sector returns where the n-th sector that holds durable bytes is: the slot of its file and its offset there.
func (d *Disk) sector(order []int, n int) (i, at int) {
	for _, i := range order {
		has := sectors(d.durableContent(i))
		if n < has {
			return i, n * SectorSize
		}
		n -= has
	}
	panic("sim: Disk.sector: there are not so many")
}

// sectors returns the number of sectors that c occupies.
func sectors(c *content) int { return (len(c.data) + SectorSize - 1) / SectorSize }

// flip flips a bit of the byte at the offset at of the file i.
func (d *Disk) flip(i, at int, bit byte) {
	d.damage(i, at, func(c *content) {
		c.overwrite(at, []byte{c.data[at] ^ bit})
	})
}

// spoilSector makes the sector s unreadable.
func (c *content) spoilSector(s uint32) {
	if at, found := slices.BinarySearch(c.bad, s); !found {
		c.bad = slices.Insert(slices.Clone(c.bad), at, s)
	}
}

// damage applies harm, which must not change bytes in place, to the durable content of the file i, and to all that
// derives the byte at the offset at from there: what reads see, and what a crash would go back to.
func (d *Disk) damage(i, at int, harm func(*content)) {
	f := &d.files[i]
	for j := d.head; j < len(d.pending); j++ {
		p := &d.pending[j]
		if int(p.file) != i {
			continue
		}
		if at >= len(p.before.data) {
			return
		}
		harm(&p.before)
		if p.kind == EffectReplace || p.kind == EffectRemove {
			return
		}
	}
	if at < len(f.data) {
		harm(&f.content)
		f.own, f.sum = false, 0
	}
}

// durableContent returns what is durable of the file i.
func (d *Disk) durableContent(i int) *content {
	f := &d.files[i]
	if f.pending > 0 {
		for j := d.head; j < len(d.pending); j++ {
			if int(d.pending[j].file) == i {
				return &d.pending[j].before
			}
		}
	}
	return &f.content
}

// sorted returns the slots in use in order of their names.
func (d *Disk) sorted() []int {
	var order []int
	for i := range d.files {
		if d.files[i].name != "" {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		if d.files[a].name < d.files[b].name {
			return -1
		}
		return 1
	})
	return order
}
