package kvserver

import (
	"schism/raft/kvapi"
	"schism/sim"
)

// SessionOnce is the ID of the violation that a request in a session was done twice, or before the one before it: all
// answers to it are the same, whoever gives them, and its entry stands behind those of the session's earlier requests
// (thesis §6.3). It is invariant 18 of those of Raft.
const SessionOnce = "raft-session-once"

// Ghost is an observer that checks SessionOnce from outside, by what servers answer.
type Ghost struct {
	answers map[request]answer
}

// request names a request in a session.
type request struct {
	session kvapi.Session
	seq     kvapi.Seq
}

// answer is what was said first.
type answer struct {
	index  uint64
	digest sim.Digest
}

// NewGhost returns a ghost.
func NewGhost() *Ghost { return &Ghost{answers: map[request]answer{}} }

// Reset makes g ready for another run.
func (g *Ghost) Reset() { clear(g.answers) }

// Observe implements sim.Observer.
func (g *Ghost) Observe(_ sim.View, s *sim.StepInfo) error {
	if s.Node == 0 || s.Node.IsClient() {
		return nil
	}
	for i := range s.Effects {
		if f := &s.Effects[i]; f.Kind != sim.EffectSend || !f.To.IsClient() {
			continue
		}
		m, ok := s.Effects[i].Msg.(*kvapi.Response)
		if !ok || m.Session == 0 || m.Op == kvapi.OpenSession || !m.Out.Code.Answered() {
			continue
		}
		if found := g.answered(s.Node, m); found != nil {
			return found
		}
	}
	return nil
}

// answered checks an answer.
func (g *Ghost) answered(server sim.NodeID, m *kvapi.Response) *sim.Violation {
	out := m.Out
	out.Server = 0
	at, now := request{m.Session, m.Seq}, answer{out.Index, out.Fold(0)}
	first, known := g.answers[at]
	switch {
	case !known:
		g.answers[at] = now
	case first != now:
		return sim.Violatef(SessionOnce, "%s answers request %d of session %d by entry %d, as entry %d has done",
			server, m.Seq, m.Session, now.index, first.index)
	}
	before, known := g.answers[request{m.Session, m.Seq - 1}]
	if known && before.index >= now.index {
		return sim.Violatef(SessionOnce, "%s does request %d of session %d by entry %d, and the one before by entry %d",
			server, m.Seq, m.Session, now.index, before.index)
	}
	return nil
}
