package zab

import (
	"encoding/binary"

	"schism/sim"
)

// A reconfig is a transaction that carries the next ensemble. From its proposal on everything needs a quorum of the
// ensemble in force and one of the next; when it is committed the next one takes over (Leader.propose,
// Leader.tryToCommit). Hence no history holds a reconfig after one that is not committed:
//
//	… reconfig A   txn   txn   reconfig B   txn
//	  committed                pending, or committed already
//
// Two things follow that no election can mend. While the most advanced server has a reconfig pending, nobody leads
// without a quorum of the next ensemble: that server cannot know that the reconfig is not committed
// (ReconfigRecoveryTest, testNextConfigUnreachable). And an observer of the ensemble in force does not help the next
// one, of which it may be a voter, before that is active: it gets no proposals.
//
// What is pending is read from the history, so that it is durable when the proposal is (lastSeenQuorumVerifier). That
// an ensemble is in force is a record of its own, since a restart forgets what is committed.

// Refusal says why a reconfig is not proposed.
type Refusal uint8

// The refusals, as KeeperException names them, and two of a server that cannot propose anything.
const (
	// Accepted is no refusal.
	Accepted Refusal = iota
	// NotLeading is that of a server that does not lead, or has too much outstanding.
	NotLeading
	// BadArguments: the next ensemble is none.
	BadArguments
	// ReconfigInProgress: another reconfig is pending.
	ReconfigInProgress
	// BadVersion: the ensemble in force is not the one that was to be replaced.
	BadVersion
	// NewConfigNoQuorum: no quorum of the next ensemble is connected and in line.
	NewConfigNoQuorum
)

// String returns the refusal's name.
func (r Refusal) String() string {
	return [...]string{
		"accepted", "not leading", "bad arguments", "reconfig in progress", "bad version", "new config no quorum",
	}[r]
}

// AnyVersion replaces whichever ensemble is in force.
const AnyVersion = ^Zxid(0)

// Proposal is what a leader is asked to make of the ensemble.
type Proposal struct {
	// Active is in force, Pending is to replace it, nil for none, and Next is what is asked for.
	Active, Pending, Next *Ensemble
	// From is the version that Next is to replace, or AnyVersion.
	From Zxid
	// Synced are the servers that get all proposals and acknowledge them, the leader included.
	Synced Servers
}

// refuses is the check of a reconfig (PrepRequestProcessor.pRequest2Txn, Leader.isQuorumSynced). An observer of the
// ensemble in force does not count, though it may still follow: it is about to come back as one, and then it neither
// gets proposals nor acknowledges any, so that the next ensemble might wait for it for good.
func refuses(r *Proposal) Refusal {
	switch {
	case r.Pending != nil:
		return ReconfigInProgress
	case r.From != AnyVersion && r.From != r.Active.Version:
		return BadVersion
	case !r.Next.Quorum(r.Synced &^ r.Active.Observers):
		return NewConfigNoQuorum
	}
	return Accepted
}

// Reconfig proposes a transaction with the given data that makes next the ensemble, if from is the version of the one
// in force, or AnyVersion. The version of next will be the transaction's name. The peer keeps data and the groups.
func (p *Peer) Reconfig(next Ensemble, from Zxid, data []byte, out *sim.Effects) (Zxid, Refusal) {
	if why := p.Refuses(&next, from); why != Accepted {
		out.Decide(why.String(), "refuse the reconfig")
		return 0, why
	}
	z, ok := p.proposeTxn(data, &next, out)
	if !ok {
		return 0, NotLeading
	}
	out.Mark("reconfig-proposed")
	return z, Accepted
}

// Refuses returns why Reconfig would not propose next in place of the version from.
func (p *Peer) Refuses(next *Ensemble, from Zxid) Refusal {
	switch {
	case p.state != Leading || p.phase != Broadcast:
		return NotLeading
	case !next.valid(len(p.Servers)):
		return BadArguments
	}
	synced := Servers(0).With(p.self)
	for i := range p.lead.learners {
		if x := &p.lead.learners[i]; x.stage == serving && !x.observer {
			synced = synced.With(Slot(i))
		}
	}
	return p.rules.Refuses(&Proposal{p.ensemble, p.proposed, next, from, synced})
}

// valid reports whether e is an ensemble of the first n slots, by its numbered properties, and can be encoded.
func (e *Ensemble) valid(n int) bool {
	all := Servers(1<<uint(n) - 1)
	if e.Voters == 0 || e.Voters&e.Observers != 0 || (e.Voters|e.Observers)&^all != 0 || len(e.Groups) > MaxServers {
		return false
	}
	var grouped Servers
	for i := range e.Groups {
		if grouped&e.Groups[i].Members != 0 {
			return false
		}
		grouped |= e.Groups[i].Members
	}
	return len(e.Groups) == 0 || grouped == e.Voters && e.Quorum(e.Voters)
}

// inForce returns the ensembles of which a quorum is needed: the active one, and the one that is to replace it.
func inForce(active, proposed *Ensemble) (*Ensemble, *Ensemble) { return active, proposed }

// everyQuorum reports whether holds is true of each ensemble of which a quorum is needed.
func (p *Peer) everyQuorum(holds func(*Ensemble) bool) bool {
	a, b := p.rules.InForce(p.ensemble, p.proposed)
	return holds(a) && (b == nil || holds(b))
}

// seen takes notice of a reconfig that is in the history now (QuorumPeer.setLastSeenQuorumVerifier). One before it is
// committed.
func (p *Peer) seen(e *Ensemble) {
	if e == nil || e.Version <= p.lastSeen().Version {
		return
	}
	if p.proposed != nil {
		p.ensemble = p.proposed
	}
	p.proposed = e
}

// unseen forgets a pending reconfig that is not in the history any more.
func (p *Peer) unseen() {
	if p.proposed != nil && p.proposed.Version > p.history.Last().Zxid {
		p.proposed = nil
	}
}

// adopt puts e in force, which some server knows to be committed. It reports whether e is newer.
func (p *Peer) adopt(e *Ensemble) bool {
	if e == nil || e.Version <= p.ensemble.Version {
		return false
	}
	p.ensemble = e
	if p.proposed != nil && p.proposed.Version <= e.Version {
		p.proposed = nil
	}
	return true
}

// activate puts the pending ensemble in force once its reconfig is committed, and reports whether it did
// (QuorumPeer.processReconfig).
func (p *Peer) activate(out *sim.Effects) bool {
	e := p.proposed
	if e == nil || e.Version > p.history.position(p.committed).Zxid {
		return false
	}
	p.adopt(e)
	p.logActive(out)
	out.Mark("reconfig-activated")
	return true
}

// logActive writes down which ensemble is in force.
func (p *Peer) logActive(out *sim.Effects) {
	if e := p.ensemble; e.Version != 0 {
		p.disk.write(recordActive, Position{Zxid: e.Version}, appendEnsemble(nil, e), out)
	}
}

// takeRole gives up following or observing if the ensemble in force has the other role for this server. A leader that
// it does not have commits nothing more (allowedToCommit) and leaves at its next half tick.
func (p *Peer) takeRole(out *sim.Effects) {
	if p.isLearner() && p.state != p.role() {
		p.look("the new ensemble has another role for this server", out)
	}
}

// role is what this server is while another one leads. One that is in no ensemble follows without a vote, as one does
// that is to join, or was removed.
func (p *Peer) role() ServerState {
	if p.ensemble.Observers.Has(p.self) && !p.voters().Has(p.self) {
		return Observing
	}
	return Following
}

// Ensemble is the configuration in force, to be read only.
func (p *Peer) Ensemble() *Ensemble { return p.ensemble }

// Pending is the configuration that is to replace the one in force, nil for none; to be read only.
func (p *Peer) Pending() *Ensemble { return p.proposed }

// ensembleHead is the size of an encoded ensemble without groups, groupSize that of a group.
const (
	ensembleHead = 8 + 4 + 4 + 1
	groupSize    = 4 + MaxServers
)

// appendEnsemble encodes e, which has at most MaxServers groups.
func appendEnsemble(b []byte, e *Ensemble) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Version))
	b = binary.LittleEndian.AppendUint32(b, uint32(e.Voters))
	b = binary.LittleEndian.AppendUint32(b, uint32(e.Observers))
	b = append(b, byte(len(e.Groups)))
	for i := range e.Groups {
		b = binary.LittleEndian.AppendUint32(b, uint32(e.Groups[i].Members))
		b = append(b, e.Groups[i].Weights[:]...)
	}
	return b
}

// decodeEnsemble decodes what appendEnsemble encodes, and returns what follows it; false for anything else. It keeps
// nothing of b.
func decodeEnsemble(b []byte) (e *Ensemble, rest []byte, ok bool) {
	if len(b) < ensembleHead || b[16] > MaxServers || len(b) < ensembleHead+int(b[16])*groupSize {
		return nil, nil, false
	}
	e = &Ensemble{Version: Zxid(binary.LittleEndian.Uint64(b)), Voters: Servers(binary.LittleEndian.Uint32(b[8:])),
		Observers: Servers(binary.LittleEndian.Uint32(b[12:]))}
	n := int(b[16])
	b = b[ensembleHead:]
	for range n {
		g := Group{Members: Servers(binary.LittleEndian.Uint32(b))}
		copy(g.Weights[:], b[4:])
		e.Groups, b = append(e.Groups, g), b[groupSize:]
	}
	return e, b, true
}
