package nemesis

import (
	"strconv"

	"schism/sim"
)

// Rot flips Bits durable bits of each node, anywhere in its files. Repair undoes it.
type Rot struct {
	Target Target
	Bits   int
}

// Apply implements [Fault].
func (r Rot) Apply(f sim.Faults) {
	each(f, r.Target, func(n sim.NodeID) { f.Rot(n, r.Bits) })
}

// String returns "rot n1 bits 3".
func (r Rot) String() string { return "rot " + r.Target.String() + " bits " + strconv.Itoa(r.Bits) }

// BreakSectors makes so many sectors of each node's files unreadable until they are written anew.
type BreakSectors struct {
	Target  Target
	Sectors int
}

// Apply implements [Fault].
func (b BreakSectors) Apply(f sim.Faults) {
	each(f, b.Target, func(n sim.NodeID) { f.BreakSectors(n, b.Sectors) })
}

// String returns "break n1 sectors 2".
func (b BreakSectors) String() string {
	return "break " + b.Target.String() + " sectors " + strconv.Itoa(b.Sectors)
}

// Misdirect lets so many sectors of each node's files hold what belongs into others, which hold zeros instead, as if
// writes had gone astray. Repair undoes it.
type Misdirect struct {
	Target  Target
	Sectors int
}

// Apply implements [Fault].
func (m Misdirect) Apply(f sim.Faults) {
	each(f, m.Target, func(n sim.NodeID) { f.Misdirect(n, m.Sectors) })
}

// String returns "misdirect n1 sectors 2".
func (m Misdirect) String() string {
	return "misdirect " + m.Target.String() + " sectors " + strconv.Itoa(m.Sectors)
}

// Repair gives disks back what they held before Rot, BreakSectors and Misdirect, where nothing has been written since.
type Repair struct{ Target Target }

// Apply implements [Fault].
func (r Repair) Apply(f sim.Faults) { each(f, r.Target, f.Repair) }

// String returns "repair n1".
func (r Repair) String() string { return "repair " + r.Target.String() }
