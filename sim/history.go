package sim

import "math"

// Outcome says what a client knows of the fate of an operation.
type Outcome uint8

// The outcomes.
const (
	// Unknown means that the operation may have happened, may happen later, or never.
	Unknown Outcome = iota
	// OK means that it happened and its output is known.
	OK
	// Failed means that it surely did not and will not happen.
	Failed
)

// String returns "ok", "failed" or "unknown".
func (o Outcome) String() string {
	switch o {
	case OK:
		return "ok"
	case Failed:
		return "failed"
	}
	return "unknown"
}

// StillOpen is the ReturnSeq of an operation whose outcome is unknown: it may take effect until
// the end of time.
const StillOpen uint64 = math.MaxUint64

// Op is one operation of a history.
//
//  1. CallSeq < ReturnSeq, both the numbers of events of the run; ReturnSeq is StillOpen exactly if
//     Outcome is Unknown.
//  2. Two operations of one Process do not overlap; a process whose operation ended Unknown has
//     no later one, its client goes on under a new process number.
//  3. Call and Return are true times, for people; they are too coarse to order operations by.
type Op struct {
	Client        NodeID
	Process       int // from 0, in order of first calls
	Input, Output any
	CallSeq       uint64
	ReturnSeq     uint64
	Call, Return  Time
	Outcome       Outcome
}

// Reached is one passing of a mark: "this run reached X".
type Reached struct {
	Mark string
	Node NodeID
	At   Time
	Seq  uint64
}
