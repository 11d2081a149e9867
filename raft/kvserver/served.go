package kvserver

import (
	"cmp"
	"errors"
	"slices"

	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/wire"
)

// command is an operation as it lies in a log entry, with whose request it is; no client for a server's own.
type command struct {
	client sim.NodeID
	seq    kvapi.Seq
	op     kvapi.Op
}

// appendCommand appends the binary form of a command to b.
func appendCommand(b []byte, client sim.NodeID, seq kvapi.Seq, op *kvapi.Op) []byte {
	return kvapi.AppendOp(wire.AppendNumber(wire.AppendNumber(b, uint64(client)), uint64(seq)), op)
}

// decodeCommand reads what appendCommand writes.
func decodeCommand(data []byte) (c command, err error) {
	d := wire.NewDecoder(data)
	c.client, c.seq = sim.NodeID(d.Number()), kvapi.Seq(d.Number())
	if d.Failed() {
		return c, kvapi.ErrOp
	}
	head := wire.AppendNumber(wire.AppendNumber(nil, uint64(c.client)), uint64(c.seq))
	c.op, err = kvapi.DecodeOp(data[len(head):])
	return c, err
}

// served are the last requests of the clients that were done, sorted by client, without duplicates. etcd's clients are
// connected by streams, on which nothing arrives twice. Here requests are datagrams, of which the network makes copies,
// and the state says what was done already.
type served []lastRequest

type lastRequest struct {
	client sim.NodeID
	seq    kvapi.Seq
}

// first reports whether the request is not one that was done, or passed over, and notes it.
func (s *served) first(client sim.NodeID, seq kvapi.Seq) bool {
	i, found := slices.BinarySearchFunc(*s, client, func(l lastRequest, client sim.NodeID) int {
		return cmp.Compare(l.client, client)
	})
	switch {
	case client == 0:
		return true
	case !found:
		*s = slices.Insert(*s, i, lastRequest{client, seq})
		return true
	case (*s)[i].seq >= seq:
		return false
	}
	(*s)[i].seq = seq
	return true
}

// fold mixes every field into d.
func (s served) fold(d sim.Digest) sim.Digest {
	for _, l := range s {
		d = d.Mix(uint64(l.client)).Mix(uint64(l.seq))
	}
	return d
}

// append appends the binary form.
func (s served) append(b []byte) []byte {
	b = wire.AppendNumber(b, uint64(len(s)))
	for _, l := range s {
		b = wire.AppendNumber(wire.AppendNumber(b, uint64(l.client)), uint64(l.seq))
	}
	return b
}

// maxClients is the largest number of clients that a snapshot can have.
const maxClients = 1 << 16

// errServed says that bytes are not what served.append appends.
var errServed = errors.New("kvserver: not the requests of clients")

// decodeServed reads what append appends, and returns the number of bytes that it took.
func decodeServed(data []byte) (s served, n int, err error) {
	d := wire.NewDecoder(data)
	for range d.Count(maxClients) {
		l := lastRequest{sim.NodeID(d.Number()), kvapi.Seq(d.Number())}
		if k := len(s); k > 0 && s[k-1].client >= l.client {
			d.Fail()
		}
		s = append(s, l)
	}
	if d.Failed() {
		return nil, 0, errServed
	}
	return s, len(s.append(nil)), nil
}
