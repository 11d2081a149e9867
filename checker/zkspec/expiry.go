package zkspec

import (
	"time"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// SessionEarly is the ID of the violation that a leader closes a session of its own accord although it has not been
// silent for as long as its timeout.
const SessionEarly = "session-early"

// Proposer is a server as Expiry sees it: whether it leads, and what it has proposed.
type Proposer interface {
	sim.Leader
	Log
	// LastPosition is the place of the last transaction of the log, committed or not.
	LastPosition() checker.Position
}

// Expiry is a [sim.Observer] of the sessions that leaders close because their clients are silent. It belongs to one run
// at a time; Reset makes it ready for the next.
//
// A leader has heard of a client whenever it proposes what the client has asked for, and gives all sessions a whole
// timeout when it begins to lead. From then on, at least four fifths of the timeout must pass before it proposes to
// close the session, for its clock may run fast. What else it hears is not seen here; so a session may be closed too
// early and that not be found, but not the other way round.
type Expiry struct {
	proposerOf func(m sim.Machine) Proposer
	// leader leads the highest reign seen so far, since the time since, and its log was read up to place.
	leader sim.NodeID
	reign  sim.Reign
	since  sim.Time
	place  checker.Position
	// timeouts are those of the sessions that were opened, heard is when the leader last proposed something for one.
	timeouts map[zkapi.SessionID]zkapi.Millis
	heard    map[zkapi.SessionID]sim.Time
	// Expired counts the sessions that were closed for silence.
	Expired int
}

// NewExpiry returns an observer for one run. proposerOf returns nil for what is no server.
func NewExpiry(proposerOf func(m sim.Machine) Proposer) *Expiry {
	return &Expiry{proposerOf: proposerOf, timeouts: map[zkapi.SessionID]zkapi.Millis{},
		heard: map[zkapi.SessionID]sim.Time{}}
}

// Reset forgets everything.
func (e *Expiry) Reset() {
	clear(e.timeouts)
	clear(e.heard)
	*e = Expiry{proposerOf: e.proposerOf, timeouts: e.timeouts, heard: e.heard}
}

// Observe implements sim.Observer.
func (e *Expiry) Observe(v sim.View, s *sim.StepInfo) error {
	if s.Node == 0 || s.Node.IsClient() {
		return nil
	}
	if p := e.proposerOf(v.Machine(s.Node)); p != nil {
		if found := e.follow(s.Node, p, s.At); found != nil { // a nil *Violation must not become a non-nil error
			return found
		}
	}
	return nil
}

// follow reads what a server has proposed by the time now, if it is the leader.
func (e *Expiry) follow(n sim.NodeID, p Proposer, now sim.Time) *sim.Violation {
	reign, leads := p.Reign()
	if !leads || reign < e.reign {
		return nil
	}
	if reign > e.reign {
		e.leader, e.reign, e.since, e.place = n, reign, now, p.LastPosition()
		clear(e.heard)
	}
	for n == e.leader && e.place < p.LastPosition() {
		e.place++
		_, data, ok := p.TxnAt(e.place)
		if !ok {
			continue
		}
		if txn, err := zkapi.DecodeTxn(data); err == nil {
			if found := e.read(&txn, now); found != nil {
				return found
			}
		}
	}
	return nil
}

// read judges what the leader has proposed.
func (e *Expiry) read(txn *zkapi.Txn, now sim.Time) *sim.Violation {
	id := txn.Session
	switch {
	case txn.Kind == zkapi.CreateSessionTxn:
		e.timeouts[id], e.heard[id] = txn.Timeout, now
	case txn.Kind == zkapi.CloseSessionTxn && txn.Xid == 0:
		e.Expired++
		last := max(e.since, e.heard[id])
		timeout, known := e.timeouts[id]
		if silence := now.Sub(last); known && silence < time.Duration(timeout)*time.Millisecond*4/5 {
			return sim.Violatef(SessionEarly, "%s closes the session %v, silent for %v at most, with the timeout %v",
				e.leader, id, silence, timeout)
		}
	case txn.Xid != 0 && txn.Code != zkapi.SessionMoved:
		e.heard[id] = now
	}
	return nil
}
