package kvserver

import "schism/sim"

// TakeSnapshot makes a server save its state and cut its log at once, if it can: what an administrator asks for.
type TakeSnapshot struct{}

// Kind returns "TakeSnapshot".
func (*TakeSnapshot) Kind() string { return "TakeSnapshot" }

// Fold mixes the kind into d: there are no fields.
func (*TakeSnapshot) Fold(d sim.Digest) sim.Digest { return d.MixString("TakeSnapshot") }

// String returns "".
func (*TakeSnapshot) String() string { return "" }

// takeSnapshot saves the state, unless it is saved already or Raft is about to save another one.
func (s *Server) takeSnapshot(out *sim.Effects) {
	if s.raft.TakesSnapshot(s.applied) {
		s.saved = s.applied
		s.raft.Snapshot(s.saved, s.encode(), out)
	}
}
