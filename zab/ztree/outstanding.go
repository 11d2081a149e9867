package ztree

import (
	"encoding/binary"
	"slices"

	"schism/sim/wire"
	"schism/zab/zkapi"
)

// Outstanding returns the number of changes that are not applied yet.
func (p *Prep) Outstanding() int { return len(p.changes) }

// Reset forgets everything outstanding.
func (p *Prep) Reset() { p.changes, p.sessions = p.changes[:0], p.sessions[:0] }

// Applied forgets what the tree shows by now: the changes of transactions up to z.
func (p *Prep) Applied(z zkapi.Zxid) {
	n := 0
	for n < len(p.changes) && p.changes[n].zxid <= z {
		n++
	}
	p.changes = slices.Delete(p.changes, 0, n)
	n = 0
	for n < len(p.sessions) && p.sessions[n].zxid <= z {
		n++
	}
	p.sessions = slices.Delete(p.sessions, 0, n)
}

// Closing reports whether a transaction that closes the session is outstanding.
func (p *Prep) Closing(id zkapi.SessionID) bool {
	return slices.ContainsFunc(p.sessions, func(s sessionChange) bool { return s.id == id && s.closing })
}

// view returns the node at path as it will be when everything outstanding is applied.
func (q *preparation) view(path string) view {
	if len(q.changes) > 0 && q.rules.Outstanding(path) {
		key := Digest(0).Text(path)
		for i := len(q.changes) - 1; i >= 0; i-- {
			if c := &q.changes[i]; c.key == key && c.path == path {
				return c.view
			}
		}
	}
	n := q.tree.find(path)
	if n == nil {
		return view{}
	}
	return view{
		true, n.stat.Version, n.stat.Aversion, n.creates, int32(len(n.children)), n.stat.EphemeralOwner, n.acl,
	}
}

// add adds a change.
func (q *preparation) add(path string, v view) {
	q.changes = append(q.changes, change{q.zxid, Digest(0).Text(path), path, v})
}

// expired reports whether the session of the request may not write.
func (q *preparation) expired() bool {
	id := q.request.Session
	_, known := q.tree.session(id)
	known = known || slices.ContainsFunc(q.sessions, func(s sessionChange) bool { return s.id == id && !s.closing })
	return q.rules.Expired(known, q.Closing(id))
}

// Clone returns an independent copy.
func (p *Prep) Clone() Prep {
	return Prep{p.rules, slices.Clone(p.changes), slices.Clone(p.sessions)}
}

// AppendState appends everything outstanding.
func (p *Prep) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(p.changes)))
	for i := range p.changes {
		c := &p.changes[i]
		b = wire.AppendText(binary.AppendUvarint(b, uint64(c.zxid)), c.path)
		b = append(b, flag(c.exists))
		for _, v := range [...]zkapi.Version{c.version, c.aversion, c.creates, zkapi.Version(c.children)} {
			b = wire.AppendSigned(b, int64(v))
		}
		b = zkapi.AppendACL(binary.AppendUvarint(b, uint64(c.owner)), c.acl)
	}
	b = binary.AppendUvarint(b, uint64(len(p.sessions)))
	for _, s := range p.sessions {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(s.zxid)), uint64(s.id))
		b = append(b, flag(s.closing))
	}
	return b
}
