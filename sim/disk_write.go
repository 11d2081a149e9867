package sim

import "slices"

// write performs the effect e of the node id on what reads see. It takes the next number, whether it succeeds
// or not; a failed write is lost and changes nothing else.
func (d *Disk) write(e *Effect, c Chooser, id NodeID) *DiskError {
	d.seq++
	err := d.perform(e, c, id)
	if err != nil {
		d.lose(d.seq)
	}
	return err
}

func (d *Disk) perform(e *Effect, c Chooser, id NodeID) *DiskError {
	if e.Name == "" {
		return writeError(e, ErrNotExist)
	}
	if ask(c, Key{DecideWrite, id, 0}, d.profile.WriteError) {
		return writeError(e, ErrIO)
	}
	switch e.Kind {
	case EffectAppend, EffectReplace:
		// A replacement needs room for the old content and the new one at the same time.
		if d.profile.Capacity > 0 && d.used+int64(len(e.Data)) > d.profile.Capacity {
			return writeError(e, ErrNoSpace)
		}
		if e.Kind == EffectAppend {
			d.append(d.slot(e.Name), e.Data)
		} else {
			d.replace(d.slot(e.Name), e.Data)
		}
	case EffectTruncate:
		i := d.find(e.Name)
		if i < 0 || !d.files[i].exists {
			return writeError(e, ErrNotExist)
		}
		d.truncate(i, int(e.Min))
	case EffectRemove:
		if i := d.find(e.Name); i >= 0 && d.files[i].exists {
			d.remove(i)
		}
	default:
		panic("sim: Disk.write: not a write")
	}
	return nil
}

func writeError(e *Effect, why error) *DiskError {
	op := "append"
	switch e.Kind {
	case EffectReplace:
		op = "replace"
	case EffectTruncate:
		op = "truncate"
	case EffectRemove:
		op = "remove"
	}
	return &DiskError{Op: op, File: e.Name, Why: why}
}

// ask asks c whether something of probability p happens, unless that is certain.
func ask(c Chooser, k Key, p Ratio) bool {
	if p == 0 || p >= Always {
		return p > 0
	}
	return c.Chance(k, p)
}

// slot returns the slot of the file of that name, which need not exist yet.
func (d *Disk) slot(name string) int {
	i := d.find(name)
	if i < 0 {
		i = d.find("")
		if i < 0 {
			i = len(d.files)
			d.files = append(d.files, diskFile{})
		}
		d.files[i].name = name
	}
	d.recent = i
	return i
}

// begin notes that the write d.seq is about to change the file i.
func (d *Disk) begin(i int, kind EffectKind) *diskFile {
	f := &d.files[i]
	if d.head > 0 && len(d.pending) == cap(d.pending) {
		d.unspend()
	}
	d.pending = append(d.pending,
		pendingWrite{seq: d.seq, file: int32(i), kind: kind, before: f.content})
	f.pending++
	f.sum = 0
	return f
}

// unspend makes room in d.pending by forgetting the spent entries.
func (d *Disk) unspend() {
	n := copy(d.pending, d.pending[d.head:])
	clear(d.pending[n:])
	d.pending, d.head = d.pending[:n], 0
}

func (d *Disk) append(i int, data []byte) {
	f := d.begin(i, EffectAppend)
	if len(f.data)+len(data) > cap(f.data) {
		f.data, f.own = d.moved(f.data, len(data)), true
	}
	f.data = append(f.data, data...)
	f.exists = true
	d.used += int64(len(data))
}

func (d *Disk) replace(i int, data []byte) {
	f := d.begin(i, EffectReplace)
	d.used += int64(len(data) - len(f.data))
	f.content = content{data: append(d.array(len(data)), data...), exists: true}
	f.own = true
}

// truncate never makes a file longer. The slice is clipped, so that a later append does not overwrite the bytes
// that were cut: a crash may bring them back.
func (d *Disk) truncate(i, size int) {
	f := d.begin(i, EffectTruncate)
	size = min(max(size, 0), len(f.data))
	d.used -= int64(len(f.data) - size)
	f.content = f.content.cut(size)
}

func (d *Disk) remove(i int) {
	f := d.begin(i, EffectRemove)
	d.used -= int64(len(f.data))
	f.content = content{}
}

// cut returns the first size bytes of c, without room to extend them in place.
func (c content) cut(size int) content {
	c.data = c.data[:size:size]
	if len(c.flaws) > 0 {
		c.flaws = slices.DeleteFunc(slices.Clone(c.flaws), func(f flaw) bool { return int(f.at) >= size })
	}
	for i, s := range c.bad {
		if int(s)*SectorSize >= size {
			c.bad = c.bad[:i:i]
			break
		}
	}
	return c
}

// moved returns a copy of data in an array with room for n more bytes and then some.
func (d *Disk) moved(data []byte, n int) []byte {
	return append(d.array(2*(len(data)+n)), data...)
}

// array returns an empty slice of capacity at least n.
func (d *Disk) array(n int) []byte {
	for i := len(d.spare) - 1; i >= 0; i-- {
		if a := d.spare[i]; cap(a) >= n {
			last := len(d.spare) - 1
			d.spare[i], d.spare[last] = d.spare[last], nil
			d.spare = d.spare[:last]
			return a[:0]
		}
	}
	return make([]byte, 0, max(n, SectorSize))
}

// finishSync ends a sync of everything up to the write upto.
func (d *Disk) finishSync(upto WriteSeq) {
	switch {
	case d.profile.SyncLies:
		return
	case d.profile.NamesLie:
		d.finishSyncButNames(upto)
		return
	}
	for d.head < len(d.pending) && d.pending[d.head].seq <= upto {
		p := &d.pending[d.head]
		d.settle(int(p.file))
		*p = pendingWrite{}
		d.head++
	}
	if d.head == len(d.pending) {
		d.pending, d.head = d.pending[:0], 0
	}
}

// finishSyncButNames ends a sync that leaves names behind: what makes, replaces or removes a file stays pending, with
// what follows it in the same file.
func (d *Disk) finishSyncButNames(upto WriteSeq) {
	kept := d.pending[:0]
	for _, p := range d.pending[d.head:] {
		f := &d.files[p.file]
		if p.seq <= upto && !f.lost && !p.names() {
			d.settle(int(p.file))
			continue
		}
		f.lost = true // what follows depends on it
		kept = append(kept, p)
	}
	clear(d.pending[len(kept):])
	d.pending, d.head = kept, 0
	for i := range d.files {
		d.files[i].lost = false
	}
}

// names reports whether p is about the name of its file.
func (p *pendingWrite) names() bool {
	return p.kind == EffectReplace || p.kind == EffectRemove || !p.before.exists
}

// settle counts one pending write of the file i less, and frees its slot if nothing of it is left.
func (d *Disk) settle(i int) {
	f := &d.files[i]
	if f.pending--; f.pending == 0 && !f.exists {
		*f = diskFile{}
	}
}

// failSync ends a sync that failed: as in many an operating system, the writes that it should have made durable
// are forgotten, and later syncs do not report it. Writes that the sync did not cover go with them if they are
// to the same file, since they depend on what is lost; failSync returns the first of them, 0 for none.
func (d *Disk) failSync(upto WriteSeq) (doomed WriteSeq) {
	for i := d.head; i < len(d.pending); i++ {
		if p := &d.pending[i]; p.seq <= upto {
			d.lose(p.seq)
			d.undo(p)
		} else if doomed == 0 && d.files[p.file].lost {
			doomed = p.seq
		}
	}
	d.dropLost()
	return doomed
}

// undo makes the file of p as it was before p, unless an earlier write of it was undone already.
func (d *Disk) undo(p *pendingWrite) {
	if f := &d.files[p.file]; !f.lost {
		f.content, f.own, f.lost = p.before.cut(len(p.before.data)), false, true
	}
}

// dropLost forgets the pending writes to files of which one was lost.
func (d *Disk) dropLost() {
	kept := d.pending[:0]
	for _, p := range d.pending[d.head:] {
		f := &d.files[p.file]
		if f.lost {
			f.pending--
			continue
		}
		kept = append(kept, p)
	}
	clear(d.pending[len(kept):])
	d.pending, d.head = kept, 0
	d.used = 0
	for i := range d.files {
		f := &d.files[i]
		if f.lost {
			f.lost, f.sum = false, 0
		}
		d.used += int64(len(f.data))
		if f.pending == 0 && !f.exists {
			*f = diskFile{}
		}
	}
}
