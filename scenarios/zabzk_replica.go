package scenarios

import (
	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// decorator is a machine around a server.
type decorator interface {
	sim.Machine
	decorated() *zkserver.Server
}

// zabServerOf returns the server that m is or decorates, nil if there is none.
func zabServerOf(m sim.Machine) *zkserver.Server {
	switch m := m.(type) {
	case *zkserver.Server:
		return m
	case decorator:
		return m.decorated()
	}
	return nil
}

// zabReplica shows a server to the checks.
type zabReplica struct{ *zkserver.Server }

// zabReplicaOf is a [checker.Adapter].
func zabReplicaOf(m sim.Machine) checker.Replica {
	if s := zabServerOf(m); s != nil {
		return zabReplica{s}
	}
	return nil
}

// zabLogOf is a [zkspec.LogOf].
func zabLogOf(m sim.Machine) zkspec.Log {
	if s := zabServerOf(m); s != nil {
		return zabReplica{s}
	}
	return nil
}

// zabProposerOf shows a server to [zkspec.Expiry].
func zabProposerOf(m sim.Machine) zkspec.Proposer {
	if s := zabServerOf(m); s != nil {
		return zabReplica{s}
	}
	return nil
}

// TxnAt implements [zkspec.Log].
func (r zabReplica) TxnAt(p checker.Position) (zkapi.Zxid, []byte, bool) {
	h := r.Zab().History()
	t, ok := h.At(zab.Index(p))
	return zkapi.Zxid(t.Zxid), t.Data, ok && zab.Index(p) > h.Base().Index
}

// FirstPosition implements [checker.Replica].
func (r zabReplica) FirstPosition() checker.Position {
	return checker.Position(r.Zab().History().Base().Index) + 1
}

// LastPosition implements [checker.Replica].
func (r zabReplica) LastPosition() checker.Position {
	return checker.Position(r.Zab().History().LastIndex())
}

// CommittedPosition implements [checker.Replica].
func (r zabReplica) CommittedPosition() checker.Position {
	return checker.Position(r.Zab().CommittedIndex())
}

// AppliedPosition implements [checker.Replica].
func (r zabReplica) AppliedPosition() checker.Position {
	return checker.Position(r.Zab().AppliedIndex())
}

// EntryAt implements [checker.Replica].
func (r zabReplica) EntryAt(p checker.Position) (sim.Reign, sim.Digest, bool) {
	h := r.Zab().History()
	t, ok := h.At(zab.Index(p))
	if !ok || zab.Index(p) == h.Base().Index {
		return 0, 0, false
	}
	return sim.Reign(t.Zxid.Epoch()), t.Fold(0), true
}

// ChangeAt implements [checker.Reconfigurable].
func (r zabReplica) ChangeAt(p checker.Position, _ checker.Membership) (checker.Membership, bool) {
	h := r.Zab().History()
	t, ok := h.At(zab.Index(p))
	if !ok || zab.Index(p) == h.Base().Index || t.Ensemble == nil {
		return nil, false
	}
	return zabMembership{t.Ensemble}, true
}

// zabMembership is a [checker.Membership]; the slots of an ensemble are the servers in order.
type zabMembership struct{ *zab.Ensemble }

// Quorum implements [checker.Membership].
func (m zabMembership) Quorum(have checker.ServerSet) bool {
	return m.Ensemble.Quorum(zab.Servers(have))
}

// Members implements [checker.Membership].
func (m zabMembership) Members() checker.ServerSet { return checker.ServerSet(m.Voters | m.Observers) }

// Passing implements [checker.Membership]: a reconfig is one entry.
func (m zabMembership) Passing() bool { return false }

// TouchedFrom implements [checker.Replica]: ZAB does not keep track.
func (r zabReplica) TouchedFrom() checker.Position { return 0 }

// Vote implements [checker.Replica]: ZAB has no votes that bind, but an epoch that never goes back.
func (r zabReplica) Vote() (sim.Reign, sim.NodeID) { return sim.Reign(r.Zab().CurrentEpoch()), 0 }

// StateHash implements [checker.Replica].
func (r zabReplica) StateHash() (checker.Position, sim.Digest) {
	at, hash := r.Server.StateHash()
	return checker.Position(at), sim.Digest(hash)
}

// provoke implements system.
func (*zabZK) provoke(_ sim.View, n sim.NodeID, what string) (from sim.NodeID, m sim.Message, ok bool) {
	if what != takeSnapshot {
		return 0, nil, false
	}
	return n, &zkserver.TakeSnapshot{}, true
}
