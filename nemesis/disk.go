package nemesis

import (
	"strconv"

	"schism/sim"
)

// SetDisk changes how disks behave. What it does not name is as it is configured.
type SetDisk struct {
	Target Target
	// Disk holds the properties that change: those that are not zero. Of the bounds of a duration the lower comes
	// first: SyncMin ≤ SyncMax, ReadMin ≤ ReadMax.
	Disk sim.DiskProfile
	// None lists properties that become zero although Disk cannot say so; it has no effect on those that are
	// not zero in Disk.
	None DiskFields
}

// DiskFields is a set of properties of a disk.
type DiskFields uint8

// The properties of a disk, as SetDisk groups them.
const (
	DiskSync DiskFields = 1 << iota
	DiskRead
	DiskSyncError
	DiskWriteError
	DiskCapacity
	DiskSyncLies
	DiskNamesLie
)

// named returns the properties that s changes.
func (s *SetDisk) named() DiskFields {
	d, set := &s.Disk, s.None
	for _, p := range []struct {
		is    bool
		field DiskFields
	}{
		{d.SyncMin != 0 || d.SyncMax != 0, DiskSync},
		{d.ReadMin != 0 || d.ReadMax != 0, DiskRead},
		{d.SyncError != 0, DiskSyncError},
		{d.WriteError != 0, DiskWriteError},
		{d.Capacity != 0, DiskCapacity},
		{d.SyncLies, DiskSyncLies},
		{d.NamesLie, DiskNamesLie},
	} {
		if p.is {
			set |= p.field
		}
	}
	return set
}

// over returns p with the properties that s changes.
func (s *SetDisk) over(p sim.DiskProfile) sim.DiskProfile {
	set := s.named()
	if set&DiskSync != 0 {
		p.SyncMin, p.SyncMax = s.Disk.SyncMin, s.Disk.SyncMax
	}
	if set&DiskRead != 0 {
		p.ReadMin, p.ReadMax = s.Disk.ReadMin, s.Disk.ReadMax
	}
	if set&DiskSyncError != 0 {
		p.SyncError = s.Disk.SyncError
	}
	if set&DiskWriteError != 0 {
		p.WriteError = s.Disk.WriteError
	}
	if set&DiskCapacity != 0 {
		p.Capacity = s.Disk.Capacity
	}
	if set&DiskSyncLies != 0 {
		p.SyncLies = s.Disk.SyncLies
	}
	if set&DiskNamesLie != 0 {
		p.NamesLie = s.Disk.NamesLie
	}
	return p
}

// Apply implements [Fault].
func (s SetDisk) Apply(f sim.Faults) {
	p := s.over(f.DefaultDisk())
	each(f, s.Target, func(n sim.NodeID) { f.SetDisk(n, p) })
}

// String returns "disk n1 sync 10ms..1s read 1ms sync-error 5% write-error 1% capacity 65536 lying", with what
// changes only. The capacity is in bytes, 0 for none; "honest" is the opposite of "lying". Syncs of a disk that is
// "names-lying" leave behind what makes, replaces and removes files; "names-honest" is the opposite.
func (s SetDisk) String() string {
	set, d := s.named(), &s.Disk
	text := "disk " + s.Target.String()
	if set&DiskSync != 0 {
		text += " sync " + between(d.SyncMin, d.SyncMax)
	}
	if set&DiskRead != 0 {
		text += " read " + between(d.ReadMin, d.ReadMax)
	}
	if set&DiskSyncError != 0 {
		text += " sync-error " + d.SyncError.String()
	}
	if set&DiskWriteError != 0 {
		text += " write-error " + d.WriteError.String()
	}
	if set&DiskCapacity != 0 {
		text += " capacity " + strconv.FormatInt(d.Capacity, 10)
	}
	switch {
	case d.SyncLies:
		text += " lying"
	case set&DiskSyncLies != 0:
		text += " honest"
	}
	switch {
	case d.NamesLie:
		text += " names-lying"
	case set&DiskNamesLie != 0:
		text += " names-honest"
	}
	return text
}

// ResetDisk lets disks behave as they are configured. What they hold stays as it is.
type ResetDisk struct{ Target Target }

// Apply implements [Fault].
func (r ResetDisk) Apply(f sim.Faults) {
	p := f.DefaultDisk()
	each(f, r.Target, func(n sim.NodeID) { f.SetDisk(n, p) })
}

// String returns "reset disk n1".
func (r ResetDisk) String() string { return "reset disk " + r.Target.String() }
