package sim

import (
	"errors"
	"slices"
)

// Disk is one node's simulated disk: named files of bytes. Machines are handed it at Start and read it with
// the exported methods; they write through [Effects].
//
// A write is seen by reads at once and is durable only when a later sync has ended. Until then it is pending:
// a crash may keep it, drop it or, if it is an append, tear it.
//
//	file "log"   [ durable ........ ][ append 7 ][ append 8 ][ append 9 ]
//	a crash can leave                 kept        torn        never there
//
// What a Disk guarantees:
//
//  1. Writes to one file depend on each other: what is left of a file is all that was durable, then a prefix of
//     its pending writes, of which the last may be torn.
//  2. Writes to different files are independent: any combination of prefixes is possible.
//  3. Replace, Truncate and Remove happen whole or not at all; so does the creation of a file.
//  4. What a finished sync covers is never lost by a crash, unless DiskProfile.SyncLies.
//  5. Bytes that a read returned never change during the run: the disk writes elsewhere. So a machine may keep
//     them without copying.
//
// The zero value is an empty perfect disk.
type Disk struct {
	profile DiskProfile
	// files are slots, referred to by index; a slot with an empty name is free.
	files []diskFile
	// recent is the slot that was written last.
	recent int
	// pending are the writes that are not durable, in order; the entries before head are spent.
	pending []pendingWrite
	head    int
	// seq is the number of the last write.
	seq WriteSeq
	// lost is the first write, since a process opened the disk, that failed or that a failed sync dropped; 0
	// for none.
	lost WriteSeq
	// used is the sum of the sizes of all files.
	used int64
	// spare are arrays that nothing refers to any more.
	spare [][]byte
}

// SectorSize is the unit in bytes in which a disk tears writes and goes bad.
const SectorSize = 512

// maxSpare bounds the arrays that a disk keeps for later.
const maxSpare = 16

// content is what a file is at one moment. The bytes are never changed, only extended beyond their length, and
// that only through the one slice that has spare capacity.
type content struct {
	data []byte
	// bad are the numbers of the unreadable sectors, ascending; the slice is never changed.
	bad []uint32
	// flaws are the bytes that are not what was written; the slice is never changed.
	flaws  []flaw
	exists bool
}

// flaw is a byte that differs, in the bits of mask, from what was written.
type flaw struct {
	at   uint32
	mask byte
}

// diskFile is one file: its name and what a read sees.
type diskFile struct {
	name string
	content
	// own says that no other disk refers to the array of data.
	own bool
	// lost is used while a crash is decided: a write was lost, so all later ones are.
	lost bool
	// pending counts the file's writes that are not durable.
	pending int32
	// sum is the digest of the content, 0 if it has to be computed.
	sum Digest
}

// pendingWrite is a write that is not durable. What it did is the difference between before and the before of
// the file's next pending write, or the file as it is if there is none.
type pendingWrite struct {
	seq    WriteSeq
	file   int32
	kind   EffectKind
	before content
}

// The causes of disk errors, to be found with errors.Is.
var (
	ErrIO       = errors.New("input/output error")
	ErrNoSpace  = errors.New("no space left on device")
	ErrNotExist = errors.New("file does not exist")
)

// DiskError is an error of a disk operation.
type DiskError struct {
	// Op is "append", "replace", "truncate", "remove", "sync" or "read"; File is empty for a sync.
	Op, File string
	// Why is ErrIO, ErrNoSpace or ErrNotExist.
	Why error
}

// Error returns "append wal-00000001: no space left on device".
func (e *DiskError) Error() string {
	if e.File == "" {
		return e.Op + ": " + e.Why.Error()
	}
	return e.Op + " " + e.File + ": " + e.Why.Error()
}

// Unwrap returns Why.
func (e *DiskError) Unwrap() error { return e.Why }

// WriteSeq numbers the writes of one disk, from 1. Failed writes have a number, too.
type WriteSeq uint64

// Files returns the names of all files, sorted.
func (d *Disk) Files() []string {
	names := make([]string, 0, len(d.files))
	for i := range d.files {
		if d.files[i].exists {
			names = append(names, d.files[i].name)
		}
	}
	slices.Sort(names)
	return names
}

// Size returns the size of the file in bytes, and whether it exists.
func (d *Disk) Size(file string) (int, bool) {
	if i := d.find(file); i >= 0 {
		return len(d.files[i].data), d.files[i].exists
	}
	return 0, false
}

// ReadFile returns the whole file. The slice is the disk's own: it must not be changed, and the disk does not
// change it either. The error, if any, is a *DiskError: ErrNotExist, or ErrIO if a sector cannot be read.
func (d *Disk) ReadFile(file string) ([]byte, error) {
	size, _ := d.Size(file)
	data, err := d.read(file, 0, size)
	if err != nil {
		return nil, err
	}
	return data, nil
}

// read returns up to n bytes of file from off on; fewer at its end.
func (d *Disk) read(file string, off, n int) ([]byte, *DiskError) {
	i := d.find(file)
	if i < 0 || !d.files[i].exists {
		return nil, &DiskError{Op: "read", File: file, Why: ErrNotExist}
	}
	c := &d.files[i].content
	from := min(max(off, 0), len(c.data))
	to := from + min(max(n, 0), len(c.data)-from)
	for _, s := range c.bad {
		if lo := int(s) * SectorSize; lo < to && from < lo+SectorSize {
			return nil, &DiskError{Op: "read", File: file, Why: ErrIO}
		}
	}
	return c.data[from:to:to], nil
}

// written returns the number of the last write.
func (d *Disk) written() WriteSeq { return d.seq }

// durable returns the greatest number such that neither that write nor an earlier one is pending or, since the
// disk was opened, lost.
func (d *Disk) durable() WriteSeq {
	last := d.seq
	if d.head < len(d.pending) {
		last = d.pending[d.head].seq - 1
	}
	if d.lost > 0 {
		last = min(last, d.lost-1)
	}
	return last
}

// pendingWrites reports whether some write is not durable.
func (d *Disk) pendingWrites() bool { return d.head < len(d.pending) }

// open says that a process reads the disk anew: what it finds is what there is.
func (d *Disk) open() { d.lost = 0 }

// lose notes that the write s is lost.
func (d *Disk) lose(s WriteSeq) {
	if d.lost == 0 || s < d.lost {
		d.lost = s
	}
}

// find returns the slot of the file of that name, which may have been removed, or -1.
func (d *Disk) find(name string) int {
	if d.recent < len(d.files) && d.files[d.recent].name == name {
		return d.recent
	}
	for i := range d.files {
		if d.files[i].name == name {
			return i
		}
	}
	return -1
}
