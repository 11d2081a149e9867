package checker

import (
	"slices"
	"testing"

	"schism/sim"
)

// stage plays tampered servers before the split-brain checks, event by event.
type stage struct {
	t       *testing.T
	s       *SplitBrain
	seq     uint64
	servers []*actor
	cut     map[[2]sim.NodeID]bool
	found   *sim.Violation
}

type entry struct {
	reign   sim.Reign
	content sim.Digest
	// voters are those whose majority is a quorum from the entry on, nobody for no change.
	voters ServerSet
}

// actor is a replica that claims whatever a test tells it to.
type actor struct {
	id                 sim.NodeID
	up                 bool
	base               Position
	log                []entry
	disk               []entry // what a crash leaves
	committed, applied Position
	touched            Position
	reign              sim.Reign
	leads              bool
	voted              vote
	votedOnDisk        vote
	state              sim.Digest
	written, durable   sim.WriteSeq
}

func (a *actor) Step(sim.Time, sim.Event, *sim.Effects) {}
func (a *actor) Reign() (sim.Reign, bool)               { return a.reign, a.leads }
func (a *actor) FirstPosition() Position                { return a.base + 1 }
func (a *actor) LastPosition() Position                 { return a.base + Position(len(a.log)) }
func (a *actor) CommittedPosition() Position            { return a.committed }
func (a *actor) AppliedPosition() Position              { return a.applied }
func (a *actor) TouchedFrom() Position                  { return a.touched }
func (a *actor) Vote() (sim.Reign, sim.NodeID)          { return a.voted.reign, a.voted.node }
func (a *actor) StateHash() (Position, sim.Digest)      { return a.applied, a.state }

func (a *actor) EntryAt(p Position) (sim.Reign, sim.Digest, bool) {
	if p <= a.base || p > a.LastPosition() {
		return 0, 0, false
	}
	e := a.log[p-a.base-1]
	return e.reign, e.content, true
}

// ChangeAt implements Reconfigurable.
func (a *actor) ChangeAt(p Position, _ Membership) (Membership, bool) {
	if e := a.log[p-a.base-1]; e.voters != 0 {
		return MajorityOf(e.voters), true
	}
	return nil, false
}

func (st *stage) Servers() (ids []sim.NodeID) {
	for _, a := range st.servers {
		ids = append(ids, a.id)
	}
	return ids
}
func (st *stage) Clients() []sim.NodeID             { return []sim.NodeID{sim.Client(1), sim.Client(2)} }
func (st *stage) Machine(n sim.NodeID) sim.Machine  { return st.servers[n.Number()-1] }
func (st *stage) Written(n sim.NodeID) sim.WriteSeq { return st.servers[n.Number()-1].written }
func (st *stage) Durable(n sim.NodeID) sim.WriteSeq { return st.servers[n.Number()-1].durable }
func (st *stage) IsCut(from, to sim.NodeID) bool    { return st.cut[[2]sim.NodeID{from, to}] }

func (st *stage) OtherEnd(sim.NodeID, sim.ChanID) sim.NodeID { return 0 }
func (st *stage) at(n int) *actor                            { return st.servers[n-1] }
func asReplica(m sim.Machine) Replica                        { return m.(*actor) }
func asReply(_, output any) (reply Reply, quorum bool)       { reply, quorum = output.(Reply); return }

// newStage returns five servers that have started in reign 1.
func newStage(t *testing.T, s *SplitBrain) *stage {
	st := &stage{t: t, s: s, cut: map[[2]sim.NodeID]bool{}}
	for i := range 5 {
		st.servers = append(st.servers, &actor{id: sim.Server(i + 1)})
	}
	for i := range 5 {
		st.start(i + 1)
	}
	return st
}

func (st *stage) event(n sim.NodeID, kind sim.EventKind, effects ...sim.Effect) {
	st.seq++
	v := st.s.observe(st, &sim.StepInfo{Seq: st.seq, At: sim.Time(st.seq), Node: n,
		Event: &sim.Event{Kind: kind}, Effects: effects})
	if st.found == nil {
		st.found = v
	}
	if !n.IsClient() && n != 0 {
		st.at(n.Number()).touched = 0
		for _, e := range effects {
			if e.Kind == sim.EffectAppend {
				st.at(n.Number()).written++
			}
		}
	}
}

// start starts n with what its disk holds.
func (st *stage) start(n int) {
	a := st.at(n)
	a.log, a.voted = slices.Clone(a.disk), a.votedOnDisk
	a.reign = max(a.reign, a.voted.reign)
	st.event(a.id, sim.Start)
}

// crash loses what n has not synced.
func (st *stage) crash(n int) {
	a := st.at(n)
	a.committed, a.applied, a.leads, a.durable = a.base, a.base, false, a.written
	st.event(a.id, sim.Crashed)
}

// step shows the checks n as it is; wrote says that the step wrote what it changed.
func (st *stage) step(n int, wrote bool) {
	var effects []sim.Effect
	if wrote {
		effects = append(effects, sim.Effect{Kind: sim.EffectAppend})
	}
	if len(effects) == 0 {
		effects = []sim.Effect{{Kind: sim.EffectRun}} // steps that ask for nothing are looked at later
	}
	st.event(sim.Server(n), sim.Receive, effects...)
}

// sync makes everything durable that n wrote.
func (st *stage) sync(n int) {
	a := st.at(n)
	a.durable, a.disk, a.votedOnDisk = a.written, slices.Clone(a.log), a.voted
	st.event(a.id, sim.Synced)
}

// leads makes n the leader of a reign.
func (st *stage) leads(n int, reign sim.Reign) {
	a := st.at(n)
	a.reign, a.leads = reign, true
	st.step(n, false)
}

// write gives the servers the log, from the position from on, written and synced.
func (st *stage) write(from Position, log []entry, servers ...int) {
	for _, n := range servers {
		a := st.at(n)
		a.log, a.touched = slices.Clone(log), from
		st.step(n, true)
		st.sync(n)
	}
}

// inParts gives n the log, from the position from on, of which a part is appended before a sync and the rest after it.
func (st *stage) inParts(n int, from Position, log []entry) {
	a := st.at(n)
	a.log, a.touched = slices.Clone(log), from
	st.event(a.id, sim.Receive, sim.Effect{Kind: sim.EffectAppend}, sim.Effect{Kind: sim.EffectSync},
		sim.Effect{Kind: sim.EffectAppend})
}

// commit lets the servers commit and apply everything up to p.
func (st *stage) commit(p Position, servers ...int) {
	for _, n := range servers {
		a := st.at(n)
		a.committed, a.applied, a.state = p, p, sim.Digest(0).Mix(uint64(p))
		st.step(n, false)
	}
}

// call and ack are an operation of a client.
func (st *stage) call(client int) {
	st.event(sim.Client(client), sim.Timeout, sim.Effect{Kind: sim.EffectInvoke, Value: "op"})
}

func (st *stage) ack(client, server int, p Position) {
	st.event(sim.Client(client), sim.Receive, sim.Effect{Kind: sim.EffectReturn, Outcome: sim.OK,
		Value: Reply{Position: p, Server: sim.Server(server)}})
}

// split cuts all links between the groups.
func (st *stage) split(groups ...[]int) {
	clear(st.cut)
	for i, g := range groups {
		for j, h := range groups {
			for _, a := range g {
				for _, b := range h {
					st.cut[[2]sim.NodeID{sim.Server(a), sim.Server(b)}] = i != j
				}
			}
		}
	}
	st.event(0, sim.Faulted)
}

// entries makes a log: "1a 1b 2c" without the letters' meaning.
func entries(reigns ...sim.Reign) (log []entry) {
	for i, r := range reigns {
		log = append(log, entry{reign: r, content: sim.Digest(100*r) + sim.Digest(i)})
	}
	return log
}
