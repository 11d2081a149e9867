package sim

// The crash decisions of one node, told apart by Key.To.
const (
	crashDrop    NodeID = iota + 1 // whether a pending write is lost
	crashTear                      // whether a pending append is torn
	crashSector                    // whether a sector of a torn append is lost
	crashLength                    // whether the lost end of a torn append counts in the file's size
	crashGarbage                   // whether a lost sector holds garbage
	crashBytes                     // which garbage
	crashStep                      // how much of a step is left out
)

// crash decides the fate of every pending write of the node id. What is left afterwards is durable.
//
// If every answer is 0, nothing is lost.
func (d *Disk) crash(loss PowerLoss, c Chooser, id NodeID) {
	for i := d.head; i < len(d.pending) && loss != (PowerLoss{}); i++ {
		p := &d.pending[i]
		if d.files[p.file].lost {
			continue
		}
		switch {
		case ask(c, Key{DecideCrash, id, crashDrop}, loss.Drop):
			d.undo(p)
		case p.kind == EffectAppend && ask(c, Key{DecideCrash, id, crashTear}, loss.Tear):
			left := d.torn(i, tearing{c, id, loss.Garbage})
			d.undo(p)
			d.files[p.file].content, d.files[p.file].own = left, true
		}
	}
	d.dropLost()
	d.settleAll()
}

// settleAll makes everything durable.
func (d *Disk) settleAll() {
	for i := d.head; i < len(d.pending); i++ {
		d.settle(int(d.pending[i].file))
	}
	clear(d.pending)
	d.pending, d.head = d.pending[:0], 0
}

// after returns what the pending write i left of its file.
func (d *Disk) after(i int) []byte {
	file := d.pending[i].file
	for _, p := range d.pending[i+1:] {
		if p.file == file {
			return p.before.data
		}
	}
	return d.files[file].data
}

// tearing is what is needed to decide how a write is torn.
type tearing struct {
	chooser Chooser
	id      NodeID
	garbage Ratio
}

// torn returns what is left of a file when its pending write i, an append, is torn:
//
//	sector   |   0   |   1   |   2   |   3   |
//	before   [ old ....... ]
//	append                 [ new ........... ]
//	left     [ old ....... ][n][000000][ new ]    sector 2 is lost
//	or       [ old ....... ][n]                   sectors 2 and 3 are lost, the size is not updated
//
// Bytes that were there before are never harmed: a disk writes a sector whole or not at all.
func (d *Disk) torn(i int, t tearing) content {
	left := d.pending[i].before
	start := len(left.data)
	data := append([]byte(nil), d.after(i)...)
	end := start
	for lo := start; lo < len(data); {
		hi := min(lo/SectorSize*SectorSize+SectorSize, len(data))
		if t.chooser.Index(Key{DecideCrash, t.id, crashSector}, 2) == 0 {
			end = hi
		} else {
			t.spoil(data[lo:hi])
		}
		lo = hi
	}
	if end < len(data) && t.chooser.Index(Key{DecideCrash, t.id, crashLength}, 2) == 0 {
		data = data[:end:end]
	}
	left.data, left.exists = data, true
	return left
}

// spoil makes b what a sector holds that was not written: zeros or garbage.
func (t tearing) spoil(b []byte) {
	clear(b)
	if !ask(t.chooser, Key{DecideCrash, t.id, crashGarbage}, t.garbage) {
		return
	}
	state := uint64(t.chooser.Index(Key{DecideCrash, t.id, crashBytes}, 1<<16))
	for i := range b {
		state += digestAdd
		b[i] = byte(scramble(state))
	}
}

// wipe empties the disk, for good.
func (d *Disk) wipe() {
	clear(d.files)
	clear(d.pending)
	d.files, d.pending, d.head, d.used = d.files[:0], d.pending[:0], 0, 0
}
