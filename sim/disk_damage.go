package sim

import "slices"

// The decisions about rotting bits and bad sectors of one node, told apart by Key.To.
const (
	rotByte NodeID = iota + 1
	rotBit
	rotSector
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
	order := d.sorted()
	total := 0
	for _, i := range order {
		total += sectors(d.durableContent(i))
	}
	for range count {
		if total == 0 {
			return
		}
		at := c.Index(Key{DecideRot, id, rotSector}, total)
		for _, i := range order {
			n := sectors(d.durableContent(i))
			if at < n {
				d.damage(i, at*SectorSize, func(c *content) { c.spoilSector(uint32(at)) })
				break
			}
			at -= n
		}
	}
}

// sectors returns the number of sectors that c occupies.
func sectors(c *content) int { return (len(c.data) + SectorSize - 1) / SectorSize }

// flip flips a bit of the byte at the offset at of the file i.
func (d *Disk) flip(i, at int, bit byte) {
	d.damage(i, at, func(c *content) {
		c.data = slices.Clone(c.data)
		c.data[at] ^= bit
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
