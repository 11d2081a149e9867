package scenarios

import (
	"schism/checker"
	"schism/raft"
	"schism/sim"
)

// raftHost is a server of a store over Raft.
type raftHost interface {
	sim.Machine
	sim.Leader
	raft.Host
	StateHash() (applied raft.Index, hash sim.Digest)
}

// raftReplica shows a server to the checks.
type raftReplica struct{ raftHost }

// raftReplicaOf is a [checker.Adapter].
func raftReplicaOf(m sim.Machine) checker.Replica {
	if s, ok := m.(raftHost); ok {
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
	applied, hash := r.raftHost.StateHash()
	return checker.Position(applied), hash
}
