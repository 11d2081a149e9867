package kvserver

import (
	"bytes"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/wire"
)

// Name says whose request an entry is. Changes of the membership have it as their context.
type Name struct {
	// Client is who has asked for it; 0 is a server itself.
	Client sim.NodeID
	// Session and Seq are those of the request.
	Session kvapi.Session
	Seq     kvapi.Seq
}

// Command is an operation as it lies in a log entry, with whose request it is. A change of the membership is one that
// was refused: to be an answer the refusal is in the log, so that no copy of the request is done after it.
type Command struct {
	Name
	Op kvapi.Op
}

// commandRoom is how many bytes most commands fit into.
const commandRoom = 64

// ownCommand returns the binary form of an operation that a server asks for itself.
func ownCommand(op *kvapi.Op) []byte { return appendCommand(nil, caller{}, op) }

// appendCommand appends the binary form of the operation that from asks for to b.
func appendCommand(b []byte, from caller, op *kvapi.Op) []byte {
	return kvapi.AppendOp(from.appendName(b), op)
}

// appendName appends the binary form of the name of the request to b.
func (c *caller) appendName(b []byte) []byte {
	b = wire.AppendNumber(wire.AppendNumber(b, uint64(c.client)), uint64(c.session))
	return wire.AppendNumber(b, uint64(c.seq))
}

// name returns the name of the request.
func (c *caller) name() Name { return Name{c.client, c.session, c.seq} }

// NameOf returns whose request e is; false if it is nobody's.
func NameOf(e *raft.Entry) (Name, bool) {
	data := e.Data
	switch e.Type {
	case raft.EntryConfig:
		_, data, _ = raft.DecodeChange(data)
	case raft.EntryNoop:
		return Name{}, false
	}
	d := wire.NewDecoder(data)
	n := readName(&d)
	return n, !d.Failed() && n.Client != 0
}

// readName reads what appendName appends off the front of d.
func readName(d *wire.Decoder) Name {
	return Name{sim.NodeID(d.Number()), kvapi.Session(d.Number()), kvapi.Seq(d.Number())}
}

// DecodeCommand reads the data of a raft.EntryNormal.
func DecodeCommand(data []byte) (c Command, err error) {
	d := wire.NewDecoder(data)
	c.Name = readName(&d)
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
