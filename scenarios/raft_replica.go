package scenarios

import (
	"schism/checker"
	"schism/raft"
	"schism/raft/kvserver"
	"schism/sim"
)

// raftDecorator is a machine around a server.
type raftDecorator interface {
	sim.Machine
	sim.Leader
	raft.Host
	decorated() *kvserver.Server
}

// raftServerOf returns the server that m is or decorates, nil if there is none.
func raftServerOf(m sim.Machine) *kvserver.Server {
	switch m := m.(type) {
	case *kvserver.Server:
		return m
	case raftDecorator:
		return m.decorated()
	}
	return nil
}

// raftReplica shows a server to the checks.
type raftReplica struct{ *kvserver.Server }

// raftReplicaOf is a [checker.Adapter].
func raftReplicaOf(m sim.Machine) checker.Replica {
	if s := raftServerOf(m); s != nil {
		return raftReplica{s}
	}
	return nil
}

// FirstPosition implements [checker.Replica].
func (r raftReplica) FirstPosition() checker.Position {
	return checker.Position(r.Raft().Log().Base().Index) + 1
}

// LastPosition implements [checker.Replica].
func (r raftReplica) LastPosition() checker.Position { return checker.Position(r.Raft().LastIndex()) }

// CommittedPosition implements [checker.Replica].
func (r raftReplica) CommittedPosition() checker.Position {
	return checker.Position(r.Raft().CommitIndex())
}

// AppliedPosition implements [checker.Replica].
func (r raftReplica) AppliedPosition() checker.Position {
	return checker.Position(r.Raft().AppliedIndex())
}

// EntryAt implements [checker.Replica].
func (r raftReplica) EntryAt(p checker.Position) (sim.Reign, sim.Digest, bool) {
	e, ok := r.Raft().Log().Entry(raft.Index(p))
	if !ok {
		return 0, 0, false
	}
	return sim.Reign(e.Term), e.Fold(0), true
}

// TouchedFrom implements [checker.Replica]: Raft does not keep track.
func (r raftReplica) TouchedFrom() checker.Position { return 0 }

// Vote implements [checker.Replica].
func (r raftReplica) Vote() (sim.Reign, sim.NodeID) {
	return sim.Reign(r.Raft().Term()), r.Raft().Vote()
}

// StateHash implements [checker.Replica].
func (r raftReplica) StateHash() (checker.Position, sim.Digest) {
	applied, hash := r.Server.StateHash()
	return checker.Position(applied), hash
}

// What servers can be provoked to: with timeoutNow, a server of Raft campaigns as if its leader had told it to; with
// takeSnapshot, any server saves its state and cuts its log.
const (
	timeoutNow   = "timeout-now"
	takeSnapshot = "snapshot"
)

// provoke implements system.
func (k *raftKV) provoke(v sim.View, n sim.NodeID, what string) (from sim.NodeID, m sim.Message, ok bool) {
	s := raftServerOf(v.Machine(n))
	switch {
	case s == nil:
	case what == takeSnapshot:
		return n, &kvserver.TakeSnapshot{}, true
	case what == timeoutNow && s.Raft().Leader() != 0 && s.Raft().Leader() != n:
		return s.Raft().Leader(), &raft.TimeoutNow{Term: s.Raft().Term()}, true
	}
	return 0, nil, false
}
