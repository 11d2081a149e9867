package kvapi

import (
	"strconv"

	"schism/sim"
)

// OpKind is what an operation does to its key.
type OpKind uint8

// The operations. A key is absent until something gives it a value; an absent key and a key with
// the empty value are two different things.
const (
	// Get returns the key's value, and whether it is there.
	Get OpKind = iota + 1
	// Put gives the key the value Value. It tells nothing about what was there before.
	Put
	// Delete makes the key absent and tells whether it was there.
	Delete
	// CAS gives the key the value Value if it is there and its value is Expect; an absent key
	// equals no Expect, not even the empty one. Done or not, it tells what it saw.
	CAS
	// Append adds Value to the end of the key's value, or puts it if the key is absent. It tells
	// nothing about what was there before.
	Append
	// OpenSession is the command that opens a session. It touches no key and stands in no history.
	OpenSession
)

var opNames = [...]string{"", "get", "put", "delete", "cas", "append", "open-session"}

// String returns the operation's name, "append".
func (k OpKind) String() string {
	if k == 0 || int(k) >= len(opNames) {
		return "OpKind(" + strconv.Itoa(int(k)) + ")"
	}
	return opNames[k]
}

// Writes reports whether an operation of this kind may change the store, and so has to go through
// the log.
func (k OpKind) Writes() bool { return k >= Put && k <= Append }

// Input is an operation as a client calls it and as a history records it.
type Input struct {
	Kind OpKind
	Key  string
	// Value is what Put, CAS and Append write; empty for the others.
	Value string
	// Expect is what CAS compares with; empty for the others.
	Expect string
	// Local asks whoever believes that it leads to answer a Get from its own state, without
	// asking the others whether it still does. The answer can be stale.
	Local bool
}

// Fold mixes every field into d.
func (in Input) Fold(d sim.Digest) sim.Digest {
	return d.Mix(in.flags()).MixString(in.Key).MixString(in.Value).MixString(in.Expect)
}

// flags returns the kind and Local as one number.
func (in Input) flags() uint64 {
	flags := uint64(in.Kind) << 1
	if in.Local {
		flags |= 1
	}
	return flags
}

// Output is the result of an operation as a server answers it and as a history records it.
type Output struct {
	// Value is the value that Get returned or that CAS compared with Expect; empty for an absent
	// key and for the other operations.
	Value string
	// Found tells, for Get, Delete and CAS, whether the key was there; false for Put and Append.
	Found bool
	// Swapped tells whether CAS wrote.
	Swapped bool
	// Revision counts the changes of the whole store from its beginning. For an operation that
	// changed something it is the number of that change, which no other change has; for one that
	// did not (Get, a Delete of an absent key, a CAS that kept what it saw) the number of the
	// last change that it saw.
	Revision uint64
	// Index is the position in the log: that of the operation itself if it went through the log,
	// that of the last applied entry if it did not.
	Index uint64
	// Server is the node that answered, and Term the term of the log entry, or, for a Get, the
	// one in which the server leads. Another server may answer the retry of an operation that is
	// done already: all else is equal.
	Server sim.NodeID
	Term   uint64
}

// Fold mixes every field into d.
func (out Output) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(out.Server)<<2 | out.flags()).MixString(out.Value)
	return d.Mix(out.Revision).Mix(out.Index).Mix(out.Term)
}

// flags returns Found and Swapped as one number below 4.
func (out Output) flags() uint64 {
	flags := uint64(0)
	if out.Found {
		flags |= 1
	}
	if out.Swapped {
		flags |= 2
	}
	return flags
}
