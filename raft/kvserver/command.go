package kvserver

import (
	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/wire"
)

// command is an operation as it lies in a log entry, with whose request it is; no client for a server's own.
type command struct {
	client  sim.NodeID
	session kvapi.Session
	seq     kvapi.Seq
	op      kvapi.Op
}

// ownCommand returns the binary form of an operation that a server asks for itself.
func ownCommand(op *kvapi.Op) []byte { return appendCommand(nil, caller{}, op) }

// appendCommand appends the binary form of the operation that from asks for to b.
func appendCommand(b []byte, from caller, op *kvapi.Op) []byte {
	b = wire.AppendNumber(wire.AppendNumber(b, uint64(from.client)), uint64(from.session))
	return kvapi.AppendOp(wire.AppendNumber(b, uint64(from.seq)), op)
}

// decodeCommand reads what appendCommand writes.
func decodeCommand(data []byte) (c command, err error) {
	d := wire.NewDecoder(data)
	c.client, c.session, c.seq = sim.NodeID(d.Number()), kvapi.Session(d.Number()), kvapi.Seq(d.Number())
	if d.Failed() {
		return c, kvapi.ErrOp
	}
	c.op, err = kvapi.DecodeOp(data[len(data)-len(d.Rest()):])
	return c, err
}
