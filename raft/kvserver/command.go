package kvserver

import (
	"bytes"

	"schism/raft"
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

// commandRoom is how many bytes most commands fit into.
const commandRoom = 64

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

// commandCache knows the commands in log entries, so that they are decoded once for all servers of a world.
type commandCache struct {
	recent [recentCommands]decoded
}

// recentCommands is how many entries apart two servers may apply and still share what is decoded.
const recentCommands = 256

// decoded is a command with its binary form. Neither is ever changed.
type decoded struct {
	data    []byte
	command Command
}

// keep notes the command of which data, at a place in the log, is the binary form.
func (c *commandCache) keep(at raft.Index, data []byte, command Command) {
	c.recent[at%recentCommands] = decoded{data, command}
}

// of returns the command in an entry. It is valid until the next call.
func (c *commandCache) of(e *raft.Entry) *Command {
	d := &c.recent[e.Index%recentCommands]
	if !bytes.Equal(d.data, e.Data) || len(e.Data) == 0 {
		command, err := DecodeCommand(e.Data)
		if err != nil {
			panic("kvserver: apply: " + err.Error())
		}
		*d = decoded{e.Data, command}
	}
	return &d.command
}
