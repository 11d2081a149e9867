package kvserver

import (
	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/wire"
)

// Command is an operation as it lies in a log entry, with whose request it is.
type Command struct {
	// Client is who has asked for it; 0 is a server itself.
	Client sim.NodeID
	// Session and Seq are those of the request.
	Session kvapi.Session
	Seq     kvapi.Seq
	Op      kvapi.Op
}

// ownCommand returns the binary form of an operation that a server asks for itself.
func ownCommand(op *kvapi.Op) []byte { return appendCommand(nil, caller{}, op) }

// appendCommand appends the binary form of the operation that from asks for to b.
func appendCommand(b []byte, from caller, op *kvapi.Op) []byte {
	b = wire.AppendNumber(wire.AppendNumber(b, uint64(from.client)), uint64(from.session))
	return kvapi.AppendOp(wire.AppendNumber(b, uint64(from.seq)), op)
}

// DecodeCommand reads the data of a raft.EntryNormal.
func DecodeCommand(data []byte) (c Command, err error) {
	d := wire.NewDecoder(data)
	c.Client, c.Session, c.Seq = sim.NodeID(d.Number()), kvapi.Session(d.Number()), kvapi.Seq(d.Number())
	if d.Failed() {
		return c, kvapi.ErrOp
	}
	c.Op, err = kvapi.DecodeOp(data[len(data)-len(d.Rest()):])
	return c, err
}
