package kvserver

import (
	"encoding/binary"
	"errors"
	"fmt"

	"schism/raft"
	"schism/raft/kvapi"
	"schism/sim"
)

// snapshotVersion is the first byte of every snapshot.
const snapshotVersion = 1

// Flags of a session's result.
const (
	flagFound = 1 << iota
	flagSwapped
)

// encode returns the whole state in its one binary form: version, applied index, revision, items
// in order, those sessions that keep says in order, and, to tell a snapshot that was damaged or
// that another version wrote, the state hash.
func (s *store) encode(keeps func(kvapi.Session) bool) []byte {
	kept := *s
	kept.sessions = make([]session, 0, len(s.sessions))
	for _, n := range s.sessions {
		if keeps(n.id) {
			kept.sessions = append(kept.sessions, n)
		} else {
			kept.sum -= n.hash
		}
	}
	b := kept.appendState([]byte{snapshotVersion})
	return binary.LittleEndian.AppendUint64(b, uint64(kept.hash()))
}

// appendState appends everything that the state consists of.
func (s *store) appendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(s.applied))
	b = binary.AppendUvarint(b, s.revision)
	b = binary.AppendUvarint(b, uint64(len(s.items)))
	for i := range s.items {
		b = appendText(b, s.items[i].key)
		b = appendText(b, s.items[i].value)
	}
	b = binary.AppendUvarint(b, uint64(len(s.sessions)))
	for i := range s.sessions {
		b = s.sessions[i].append(b)
	}
	return b
}

// append appends the session.
func (n *session) append(b []byte) []byte {
	flags := byte(0)
	if n.out.Found {
		flags |= flagFound
	}
	if n.out.Swapped {
		flags |= flagSwapped
	}
	b = binary.AppendUvarint(b, uint64(n.id))
	b = binary.AppendUvarint(b, uint64(n.seq))
	b = binary.AppendUvarint(b, uint64(n.used))
	b = appendText(append(b, flags), n.out.Value)
	b = binary.AppendUvarint(b, n.out.Revision)
	b = binary.AppendUvarint(b, n.out.Index)
	return binary.AppendUvarint(b, n.out.Term)
}

// appendText appends the length and the bytes of s.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// errSnapshot is wrapped by every error of decodeStore.
var errSnapshot = errors.New("not a snapshot")

// decodeStore reads what encode writes. The store shares no memory with data.
func decodeStore(data []byte) (store, error) {
	if len(data) < 9 || data[0] != snapshotVersion {
		return store{}, fmt.Errorf("%w: version", errSnapshot)
	}
	body, tail := data[1:len(data)-8], data[len(data)-8:]
	r := reader{rest: string(body)}
	s := store{applied: raft.Index(r.number()), revision: r.number()}
	for range r.count() {
		it := item{key: r.text(), value: r.text()}
		it.hash = it.digest()
		s.sum += it.hash
		r.failed = r.failed || len(s.items) > 0 && it.key <= s.items[len(s.items)-1].key
		s.items = append(s.items, it)
	}
	for range r.count() {
		n := r.session()
		s.sum += n.hash
		r.failed = r.failed || len(s.sessions) > 0 && n.id <= s.sessions[len(s.sessions)-1].id
		s.sessions = append(s.sessions, n)
	}
	if r.failed || r.rest != "" {
		return store{}, fmt.Errorf("%w: damaged", errSnapshot)
	}
	if want := sim.Digest(binary.LittleEndian.Uint64(tail)); s.hash() != want {
		return store{}, fmt.Errorf("%w: state hash %v, not %v", errSnapshot, s.hash(), want)
	}
	return s, nil
}

// reader reads numbers and texts off the front of rest. After the first that does not fit, failed
// is set and everything else reads as zero.
type reader struct {
	rest   string
	failed bool
}

// number reads a number.
func (r *reader) number() uint64 {
	var v uint64
	for i := range min(len(r.rest), binary.MaxVarintLen64) {
		c := r.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.rest = r.rest[i+1:]
			return v
		}
	}
	r.rest, r.failed = "", true
	return 0
}

// count reads the number of things that follow, each of which takes at least a byte.
func (r *reader) count() uint64 {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.rest, r.failed = "", true
		return 0
	}
	return n
}

// text reads a text.
func (r *reader) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// session reads a session.
func (r *reader) session() session {
	n := session{
		id: kvapi.Session(r.number()), seq: kvapi.Seq(r.number()), used: raft.Index(r.number()),
	}
	flags := r.flags()
	n.out = kvapi.Output{
		Found: flags&flagFound != 0, Swapped: flags&flagSwapped != 0, Value: r.text(),
		Revision: r.number(), Index: r.number(), Term: r.number(),
	}
	n.hash = n.digest()
	return n
}

// flags reads one byte.
func (r *reader) flags() byte {
	if r.rest == "" {
		r.failed = true
		return 0
	}
	f := r.rest[0]
	r.rest = r.rest[1:]
	return f
}
