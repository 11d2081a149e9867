package mvcc

import (
	"encoding/binary"

	"schism/raft/kvapi"
	"schism/sim/wire"
)

// snapshotVersion is the first byte of every snapshot.
const snapshotVersion = 1

// Encode returns the whole store in its one binary form: version, everything of AppendState, and the digest, which
// tells a snapshot that was damaged.
func (s *Store) Encode() []byte {
	b := s.AppendState([]byte{snapshotVersion})
	return binary.LittleEndian.AppendUint64(b, uint64(s.Digest()))
}

// AppendState appends everything that the store consists of: the revisions, the leases, and the history.
func (s *Store) AppendState(b []byte) []byte {
	b = wire.AppendNumber(wire.AppendNumber(b, uint64(s.revision)), uint64(s.compacted))
	b = wire.AppendSigned(b, int64(s.named))
	b = wire.AppendNumber(b, uint64(s.leases.Len()))
	s.leases.Scan(func(_ kvapi.LeaseID, l lease) bool {
		b = wire.AppendSigned(wire.AppendSigned(b, int64(l.id)), int64(l.granted))
		b = wire.AppendSigned(b, int64(l.remaining))
		return true
	})
	b = wire.AppendNumber(b, uint64(s.log.Len()))
	s.log.Scan(func(_ place, c *change) bool {
		b = c.append(b)
		return true
	})
	return b
}

// append appends c: its place, and all that it says of its key.
func (c *change) append(b []byte) []byte {
	b = wire.AppendNumber(wire.AppendNumber(b, uint64(c.kv.ModRevision)), uint64(c.number))
	b = wire.AppendBool(wire.AppendText(b, c.kv.Key), c.deleted)
	b = wire.AppendText(b, c.kv.Value)
	b = wire.AppendSigned(wire.AppendSigned(b, int64(c.kv.CreateRevision)), c.kv.Version)
	return wire.AppendSigned(b, int64(c.kv.Lease))
}
