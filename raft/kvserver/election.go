package kvserver

import (
	"encoding/binary"
	"strconv"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
)

// ElectionPrefix is what the names of the keys begin with by which clients campaign.
const ElectionPrefix = "election/"

// ElectionWork describes what a client does in an election: it campaigns, proclaims while it leads, resigns, and
// begins again. Or it observes: it looks who leads.
type ElectionWork struct {
	// Rounds is how often it campaigns, ProclaimsMin and ProclaimsMax bound the proclaims of one leadership.
	Rounds, ProclaimsMin, ProclaimsMax int
	// Looks is how often a client that does not campaign looks who leads. After every Deposes looks it deletes the key
	// of the leader that it has seen, as an operator may; 0 is never.
	Looks, Deposes int
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
	// Proclaim changes the operation with which a leader proclaims; nil leaves it as it is. A bug can be brought back
	// by it.
	Proclaim func(kvapi.Op) kvapi.Op
}

// Draw draws the recipe of the client id from c.
func (w ElectionWork) Draw(c sim.Chooser, id sim.NodeID) Recipe {
	think := [2]time.Duration{w.ThinkMin, w.ThinkMax}
	if w.Rounds == 0 {
		return &observer{deposes: w.Deposes, pauses: drawRounds(c, id, 1, [2]int{w.Looks, w.Looks}, think)[0][1:]}
	}
	return &candidate{
		contender: contender{prefix: ElectionPrefix, client: id.Number()}, work: &w,
		rounds: drawRounds(c, id, w.Rounds, [2]int{w.ProclaimsMin, w.ProclaimsMax}, think),
	}
}

// candidate is the recipe of an election (concurrency.Election): the oldest key leads, and its value is what its leader
// has proclaimed last. Whether it still leads a leader knows from its proclaims only: they have no effect on another
// key than the one by which it was elected.
type candidate struct {
	contender
	// work and rounds never change; clones share them. rounds holds the pauses of each round.
	work   *ElectionWork
	rounds [][]time.Duration
	round  int
	// proclaimed is how often it has proclaimed as this leader, number of how many values it has thought.
	proclaimed, number int
}

// Next implements Recipe.
func (e *candidate) Next(last Ended) (Move, bool) {
	if e.moves++; e.moves > contestMoves {
		return Move{}, false
	}
	ok := last.Out != nil && last.Out.Code == kvapi.OK
	gone := last.Out != nil && last.Out.Code == kvapi.ErrLeaseNotFound
	switch e.step {
	case starting:
		return e.begin()
	case using:
		e.proclaimed++
		if gone || ok && !last.Out.Succeeded { // ErrElectionNotLeader
			return e.lose(gone)
		}
		return e.keepAlive(renewing), true
	case renewing:
		if !ok { // it is over, or the store does not answer
			return e.lose(true)
		}
		return e.lead(), true
	case leaving:
		return e.lose(false)
	case revoking:
		return Move{}, false
	}
	m, leads := e.contend(last.Out, e.value(), nil)
	if leads {
		e.proclaimed = 0
		m = e.lead()
	}
	return m, true
}

// begin begins the next campaign, if there is one.
func (e *candidate) begin() (Move, bool) {
	if e.round == len(e.rounds) {
		return e.revoke()
	}
	e.number++
	m := e.enter(e.value())
	m.Think = e.rounds[e.round][0]
	return m, true
}

// lose ends a leadership, and with it the lease if that is not to be counted on.
func (e *candidate) lose(lease bool) (Move, bool) {
	if lease {
		e.lease = 0
	}
	e.round++
	return e.begin()
}

// value returns what only this client proclaims, and only now.
func (e *candidate) value() string { return strconv.Itoa(e.client) + "." + strconv.Itoa(e.number) }

// lead proclaims, and resigns after the last time.
func (e *candidate) lead() Move {
	key, pauses := kvapi.Span{Key: e.key()}, e.rounds[e.round][1:]
	txn := kvapi.Op{Kind: kvapi.Txn, If: created(key.Key, e.create)}
	if e.proclaimed >= len(pauses) {
		txn.Then = []kvapi.Op{{Kind: kvapi.DeleteRange, Span: key}}
		return e.ask(leaving, txn)
	}
	e.number++
	txn.Then = []kvapi.Op{{Kind: kvapi.Put, Span: key, Value: e.value(), Lease: e.lease}}
	if e.work.Proclaim != nil {
		txn = e.work.Proclaim(txn)
	}
	m := e.ask(using, txn)
	m.Think = pauses[e.proclaimed]
	return m
}

// Clone implements Recipe.
func (e *candidate) Clone() Recipe {
	d := *e
	return &d
}

// AppendHash implements Recipe.
func (e *candidate) AppendHash(b []byte) []byte {
	b = e.append(b)
	for _, x := range [...]uint64{uint64(e.round), uint64(e.proclaimed), uint64(e.number)} {
		b = binary.AppendUvarint(b, x)
	}
	return b
}

// observer is the recipe of who looks who leads (Election.Leader).
type observer struct {
	// deposes and pauses never change; clones share them.
	deposes int
	pauses  []time.Duration
	// looks is how often it has looked.
	looks int
}

// Next implements Recipe.
func (o *observer) Next(last Ended) (Move, bool) {
	if out := last.Out; out != nil && len(out.KVs) > 0 && o.deposes > 0 && o.looks%o.deposes == 0 {
		kv := &out.KVs[0]
		return Move{Op: kvapi.Op{Kind: kvapi.Txn, If: created(kv.Key, kv.CreateRevision),
			Then: []kvapi.Op{{Kind: kvapi.DeleteRange, Span: kvapi.Span{Key: kv.Key}}}}}, true
	}
	if o.looks == len(o.pauses) {
		return Move{}, false
	}
	o.looks++
	return Move{Think: o.pauses[o.looks-1], Op: first(ElectionPrefix)}, true
}

// Clone implements Recipe.
func (o *observer) Clone() Recipe {
	d := *o
	return &d
}

// AppendHash implements Recipe.
func (o *observer) AppendHash(b []byte) []byte {
	return binary.AppendUvarint(b, uint64(o.looks))
}
