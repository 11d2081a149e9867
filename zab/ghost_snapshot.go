package zab

// snapshot takes notice of a snapshot.
func (g *Ghost) snapshot(s *shadow, file []byte) {
	m, ok := openImage(file)
	if !ok {
		return
	}
	g.saved = m.at // checked when the commits of this step are known
	g.write(s, written{seq: g.seq, kind: wroteSnapshot, at: m.at.Index})
}

// holdsCommitted checks that a snapshot up to at, zero for none, holds only what is committed.
func (g *Ghost) holdsCommitted(s *shadow, does string, at Position) {
	if at.Index > g.Committed() || g.at(at.Index).zxid != at.Zxid {
		g.fail(SnapshotCommitted, "%s %s a snapshot up to %v, which is not committed", s.id, does, at)
	}
}
