package sim

// Disk is one node's simulated disk. Machines see it at Start and read it with the exported methods; they write
// through Effects. (Contract, to be implemented.)
type Disk struct{}

// DiskError is an error of a disk operation.
type DiskError struct {
	Op, File string
	Why      error
}

func (e *DiskError) Error() string { return e.Op + " " + e.File + ": " + e.Why.Error() }

// Unwrap returns Why.
func (e *DiskError) Unwrap() error { return e.Why }

// WriteSeq numbers the writes of one disk, from 1.
type WriteSeq uint64
