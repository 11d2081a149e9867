package kvserver

import (
	"cmp"
	"slices"

	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/wire"
)

// served are the last requests of the clients outside of sessions that were done, or refused by the log, sorted by
// client, without duplicates. Changes of the membership belong to no session.
// etcd's clients are connected by streams, on which nothing arrives twice. Here requests are datagrams, of which the
// network makes copies, and the state says what was done already.
type served []lastRequest

type lastRequest struct {
	client sim.NodeID
	seq    kvapi.Seq
}

// first reports whether the request is not one that was done, or passed over, and notes it.
func (s *served) first(client sim.NodeID, seq kvapi.Seq) bool {
	i, found := s.find(client)
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

// done reports whether the request was done or passed over.
func (s served) done(client sim.NodeID, seq kvapi.Seq) bool {
	i, found := s.find(client)
	return found && s[i].seq >= seq
}

// find returns where the client is, or where it belongs.
func (s served) find(client sim.NodeID) (int, bool) {
	return slices.BinarySearchFunc(s, client, func(l lastRequest, client sim.NodeID) int {
		return cmp.Compare(l.client, client)
	})
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

// maxClients is the largest number of clients, and of sessions, that a snapshot can have.
const maxClients = 1 << 16

// readServed reads what append appends off the front of d.
func readServed(d *wire.Decoder) (s served) {
	for range d.Count(maxClients) {
		l := lastRequest{sim.NodeID(d.Number()), kvapi.Seq(d.Number())}
		if k := len(s); k > 0 && s[k-1].client >= l.client {
			d.Fail()
		}
		s = append(s, l)
	}
	return s
}
