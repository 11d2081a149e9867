package raft

import (
	"encoding/binary"
	"hash/crc32"

	"schism/raft/quorum"
	"schism/sim"
	"schism/sim/wire"
)

// snapshots is what a node knows of snapshots: its own, the one being saved, the one being received.
type snapshots struct {
	// last is the snapshot that is durable, with its file; zero if there is none.
	last image
	// saving is the snapshot that has been written and is not durable yet, if its file is not nil.
	// received says that it comes from the leader and is to be installed.
	saving   image
	received bool
	// incoming is the part that has arrived of the snapshot of, whose last chunk came from the leader of term. Another
	// leader may send the rest, if it has the same snapshot. It grows at its end only.
	incoming []byte
	of       SnapshotID
	term     Term
	session  Index
	// restore says that the application has to load last.
	restore bool
}

// Saving reports whether a snapshot has been written, the node's own or the leader's, and is not durable yet.
func (n *Node) Saving() bool { return n.snapshots.saving.file != nil }

// SnapshotID tells snapshots apart, whoever sends them: two that have one ID have the same bytes.
type SnapshotID struct {
	// Last is the last entry that the snapshot covers, Size the number of bytes of its file, Sum their checksum.
	Last Position
	Size int
	Sum  uint32
}

func (s SnapshotID) fold(d sim.Digest) sim.Digest {
	return s.Last.fold(d).Mix(uint64(s.Size)).Mix(uint64(s.Sum))
}

// image is a snapshot as the bytes of its file, which is also what is sent. The file is immutable.
type image struct {
	last Position
	// config is the membership after last.
	config config
	file   []byte
}

// The file: a checksum of the rest, term and index of the last entry, the length of the membership, the
// membership, the state.
const imageHead = 4 + 8 + 8 + 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// newImage returns the image of a snapshot.
func newImage(last Position, c config, state []byte) image {
	var room [64]byte
	members := c.append(wire.AppendNumber(room[:0], uint64(c.index)))
	b := make([]byte, imageHead, imageHead+len(members)+len(state))
	binary.LittleEndian.PutUint64(b[4:], uint64(last.Term))
	binary.LittleEndian.PutUint64(b[12:], uint64(last.Index))
	b[imageHead-1] = byte(len(members))
	b = append(append(b, members...), state...)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return image{last, c, b}
}

// openImage checks the file of a snapshot; false if it is damaged.
func openImage(file []byte) (image, bool) {
	if len(file) < imageHead ||
		binary.LittleEndian.Uint32(file) != crc32.Checksum(file[4:], castagnoli) {
		return image{}, false
	}
	m := image{file: file, last: Position{
		Term(binary.LittleEndian.Uint64(file[4:])), Index(binary.LittleEndian.Uint64(file[12:])),
	}}
	end := imageHead + int(file[imageHead-1])
	if end > len(file) {
		return image{}, false
	}
	d := wire.NewDecoder(file[imageHead:end])
	m.config = config{Index(d.Number()), decodeMembership(&d)}
	return m, d.Done() && m.config.index <= m.last.Index
}

// id returns the snapshot's ID; m is not zero.
func (m *image) id() SnapshotID {
	return SnapshotID{m.last, len(m.file), binary.LittleEndian.Uint32(m.file)}
}

// state is the application's part.
func (m *image) state() []byte { return m.file[imageHead+int(m.file[imageHead-1]):] }

// TakesSnapshot reports whether Snapshot does anything for the entry i: no snapshot is being saved, and i is beyond the
// last one.
func (n *Node) TakesSnapshot(i Index) bool {
	s := &n.snapshots
	_, ok := n.log.Term(i)
	return ok && s.saving.file == nil && i > s.last.last.Index
}

// Snapshot saves state, the application's state after the entry i, which it has applied, and then
// compacts the log. It does nothing unless TakesSnapshot(i). The node copies state.
func (n *Node) Snapshot(i Index, state []byte, out *sim.Effects) {
	if !n.TakesSnapshot(i) {
		return
	}
	t, _ := n.log.Term(i)
	if i > n.applied {
		panic("raft: snapshot of a state that was not applied")
	}
	n.saveSnapshot(newImage(Position{t, i}, n.configs.at(i), state), out)
	n.disk.flush(n.log.LastIndex(), n.term, out)
}

// saveSnapshot writes the file of m. The log is compacted only when it is durable.
func (n *Node) saveSnapshot(m image, out *sim.Effects) {
	n.snapshots.saving = m
	out.Replace(SnapshotFile, m.file)
	n.disk.dirty, n.disk.snapshot = true, true
}

// snapshotSaved handles that the file of the snapshot being saved is durable.
func (n *Node) snapshotSaved(out *sim.Effects) {
	s := &n.snapshots
	m, received := s.saving, s.received
	s.saving, s.received = image{}, false
	s.last = m
	n.configs.trim(min(m.last.Index, n.applied)) // of a snapshot that is not installed some may be still to be applied
	if received {
		n.install(m.last, out)
		return
	}
	if keep := Index(n.SnapshotTrailing); m.last.Index > n.log.base.Index+keep {
		n.log.compact(m.last.Index - keep)
		n.rewriteLog(out)
	}
}

// rewriteLog writes everything that a restart needs into a new segment. The older ones are removed
// once that is durable.
func (n *Node) rewriteLog(out *sim.Effects) {
	d := &n.disk
	d.segment = d.wal.Cut(out)
	n.saveState(out)
	d.write(appendBase(d.scratch[:0], n.log.base), out)
	for i := range n.log.entries {
		d.write(appendEntry(d.scratch[:0], &n.log.entries[i]), out)
	}
}

// install makes the node's state that of the snapshot just saved, which the leader sent (Raft §7),
// unless it has caught up by itself meanwhile.
func (n *Node) install(last Position, out *sim.Effects) {
	if n.rules.SnapshotStale(last.Index, n.commit) {
		return
	}
	if last.Index <= n.log.LastIndex() && n.rules.SnapshotKeepsLog(n.log.matches(last)) {
		n.log.compact(last.Index)
	} else {
		n.cutLog(n.log.base.Index)
		n.log.restart(last)
	}
	n.disk.durable = max(n.disk.durable, last.Index)
	n.commit, n.handed = last.Index, last.Index
	n.snapshots.restore = true
	n.restoreConfigs()
	n.rewriteLog(out)
	out.Mark("snapshot-installed")
	if n.leader != 0 && n.role == Follower {
		n.ackSnapshot(n.leader, out)
	}
}

// ackSnapshot tells the leader that everything up to the commit index is here.
func (n *Node) ackSnapshot(leader sim.NodeID, out *sim.Effects) {
	r := n.mail.appendResponse.Take()
	*r = AppendEntriesResponse{Term: n.term, Session: n.snapshots.session, Success: true, Match: n.commit}
	n.reply(leader, r, out)
}

// SnapshotUnderWay reports whether the node is saving a snapshot, has received a part of one, or leads and sends one.
func (n *Node) SnapshotUnderWay() bool {
	s := &n.snapshots
	if s.saving.file != nil || len(s.incoming) > 0 {
		return true
	}
	for i := range n.peers {
		if n.role == Leader && n.peers[i].flow == snapshotting {
			return true
		}
	}
	return false
}

// HasRestore reports whether TakeRestore would return a snapshot.
func (n *Node) HasRestore() bool { return n.snapshots.restore }

// TakeRestore returns the snapshot that the application must load before it applies further entries,
// if there is one: after a restart, or after one has arrived. Entries handed out before and not
// applied yet are part of it.
func (n *Node) TakeRestore() (Snapshot, bool) {
	s := &n.snapshots
	if !s.restore {
		return Snapshot{}, false
	}
	s.restore = false
	n.applied = s.last.last.Index
	return Snapshot{s.last.last.Index, s.last.last.Term, s.last.state()}, true
}

// startSnapshot begins to send the last snapshot to a follower whose next entry is compacted.
func (n *Node) startSnapshot(slot quorum.Slot, out *sim.Effects) {
	p := &n.peers[slot]
	n.setFlow(p, snapshotting)
	p.sending, p.offset, p.moved = n.snapshots.last, 0, false
	n.sendChunk(slot, out)
}

// stopSnapshot goes on with entries from behind what the follower has.
func (n *Node) stopSnapshot(slot quorum.Slot) {
	p := &n.peers[slot]
	n.setFlow(p, replicating)
	p.next = n.match[slot] + 1
	p.sending, p.offset, p.moved = image{}, 0, false
}

// sendChunk sends the next bytes of the snapshot.
func (n *Node) sendChunk(slot quorum.Slot, out *sim.Effects) {
	p := &n.peers[slot]
	s := &p.sending
	end := min(p.offset+n.SnapshotChunk, len(s.file))
	m := n.mail.snapshot.Take()
	*m = InstallSnapshot{Term: n.term, Session: p.session, ID: s.id(), Offset: p.offset,
		Data: s.file[p.offset:end:end]}
	out.Send(n.Servers[slot], m)
}

// resendChunk repeats a chunk that seems to be lost. A snapshot that was begun is sent to its end, even
// if there is a newer one by now: else a follower might never get a whole one.
func (n *Node) resendChunk(slot quorum.Slot, out *sim.Effects) {
	p := &n.peers[slot]
	switch {
	case n.match[slot] >= p.sending.last.Index:
		n.startSnapshot(slot, out) // it has this one, and is behind the log already
	case !p.moved:
		n.sendChunk(slot, out)
	}
	p.moved = false
}

// handleInstallSnapshotResponse sends the next chunk: what follows what the follower has, be it from an earlier leader,
// or less than it had.
func (n *Node) handleInstallSnapshotResponse(slot quorum.Slot, m *InstallSnapshotResponse,
	out *sim.Effects) {
	p := &n.peers[slot]
	if p.flow != snapshotting || m.ID != p.sending.id() || m.Offset == p.offset ||
		m.Offset > len(p.sending.file) {
		return
	}
	p.offset, p.moved = m.Offset, true
	if p.offset < len(p.sending.file) {
		n.sendChunk(slot, out)
	}
}

// handleInstallSnapshot takes a chunk of the leader's snapshot, and saves the snapshot when it is
// complete. Only when it is durable, it is acted on.
func (n *Node) handleInstallSnapshot(from sim.NodeID, m *InstallSnapshot, out *sim.Effects) {
	s := &n.snapshots
	if !n.follow(from, m.Term, out) {
		r := n.mail.appendResponse.Take()
		*r = AppendEntriesResponse{Term: n.term, Session: m.Session}
		n.tellTerm(from, r, out)
		return
	}
	s.session = m.Session
	same := n.rules.SnapshotSame(s.of, m.ID)
	switch last := m.ID.Last.Index; {
	case n.rules.SnapshotStale(last, n.commit):
		out.Decide("its entries are committed here", "acknowledge them")
		n.ackSnapshot(from, out)
		return
	case s.saving.file != nil:
		out.Decide("a snapshot is being saved", "wait")
		return
	case same && n.rules.ChunkContinues(len(s.incoming), m.Offset):
		if m.Term > s.term && m.Offset > 0 {
			out.Mark("snapshot-resumed")
		}
		s.of, s.term, s.incoming = m.ID, m.Term, append(s.incoming, m.Data...)
	case m.Offset == 0 && !same && (m.Term > s.term || last > s.of.Last.Index):
		// It is newer, or all that a new leader has. Else it is late: this leader has moved on.
		s.of, s.term, s.incoming = m.ID, m.Term, append([]byte(nil), m.Data...)
	}
	n.receivedChunk(from, m, out)
}

// receivedChunk answers a chunk, or saves the snapshot if it was the last one.
func (n *Node) receivedChunk(from sim.NodeID, m *InstallSnapshot, out *sim.Effects) {
	s := &n.snapshots
	size := 0
	if n.rules.SnapshotSame(s.of, m.ID) {
		size = len(s.incoming)
	}
	if size > 0 && size >= m.ID.Size {
		got, ok := openImage(s.incoming)
		s.incoming, s.of, s.term = nil, SnapshotID{}, 0
		if !ok || got.id() != m.ID {
			panic("raft: a snapshot arrived damaged")
		}
		s.received = true
		n.saveSnapshot(got, out)
	}
	r := n.mail.snapshotResponse.Take()
	*r = InstallSnapshotResponse{Term: n.term, Session: m.Session, ID: m.ID, Offset: size}
	n.reply(from, r, out)
}
