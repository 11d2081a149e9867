package kvserver

import (
	"encoding/binary"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
	"schism/sim/recipe"
)

// LockPrefix is what the names of the keys begin with by which clients queue for the lock.
const LockPrefix = "lock/"

// LockWork describes what a client does with a lock: it takes it, writes to a resource while it holds it, gives it
// back, and begins again.
type LockWork struct {
	// Rounds is how often, WritesMin and WritesMax bound the writes of one holding.
	Rounds, WritesMin, WritesMax int
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
	// Resource is whom the writes go to.
	Resource sim.NodeID
	// Owns reports whether a client holds the lock whose key was created by the revision own, when the oldest key was
	// created by the revision oldest; nil is the right decision. A bug can be brought back by it.
	Owns func(own, oldest kvapi.Revision) bool
}

// Draw draws the recipe of the client id from c.
func (w LockWork) Draw(c sim.Chooser, id sim.NodeID) Recipe {
	return &lock{
		contender: contender{prefix: LockPrefix, client: id.Number(), mutex: true}, work: &w,
		rounds: drawRounds(c, id, w.Rounds, [2]int{w.WritesMin, w.WritesMax}, [2]time.Duration{w.ThinkMin, w.ThinkMax}),
	}
}

// drawRounds draws the pauses of n rounds, from think[0] to think[1]: one before the round, and one before each of its
// acts, of which there are from acts[0] to acts[1].
func drawRounds(c sim.Chooser, id sim.NodeID, n int, acts [2]int, think [2]time.Duration) [][]time.Duration {
	key := sim.Key{Decision: sim.DecideWorkload, From: id}
	rounds := make([][]time.Duration, n)
	for i := range rounds {
		rounds[i] = make([]time.Duration, 1+acts[0]+c.Index(key, acts[1]-acts[0]+1))
		for j := range rounds[i] {
			rounds[i][j] = c.Span(key, think[0], think[1])
		}
	}
	return rounds
}

// lock is the recipe of a lock (concurrency.Mutex): the oldest key holds it, and its token is the revision that created
// that key. After each write it keeps its lease alive.
type lock struct {
	contender
	// work and rounds never change; clones share them. rounds holds the pauses of each round.
	work   *LockWork
	rounds [][]time.Duration
	round  int
	// written is how many writes of this holding have ended, number that of the last write of all.
	written int
	number  uint64
}

// Next implements Recipe.
func (l *lock) Next(last Ended) (Move, bool) {
	if l.moves++; l.moves > contestMoves {
		return Move{}, false
	}
	ok := last.Out != nil && last.Out.Code == kvapi.OK
	switch l.step {
	case starting:
		return l.begin()
	case using:
		l.written++
		if last.Wrote != nil && !last.Wrote.Accepted {
			return l.leave(), true // somebody else holds it
		}
		return l.keepAlive(renewing), true
	case renewing:
		if !ok { // it is over, or the store does not answer
			l.lease = 0
			l.round++
			return l.begin()
		}
		return l.hold(), true
	case leaving:
		if !ok { // its key may be deleted at any time
			l.lease = 0
		}
		l.round++
		return l.begin()
	case revoking:
		return Move{}, false
	}
	m, holds := l.contend(last.Out, "", l.work.Owns)
	if holds {
		l.written = 0
		m = l.hold()
	}
	return m, true
}

// begin begins the next round, if there is one.
func (l *lock) begin() (Move, bool) {
	if l.round == len(l.rounds) {
		return l.revoke()
	}
	m := l.enter("")
	m.Think = l.rounds[l.round][0]
	return m, true
}

// hold writes, and gives the lock back after the last write.
func (l *lock) hold() Move {
	pauses := l.rounds[l.round][1:]
	if l.written >= len(pauses) {
		return l.leave()
	}
	l.step = using
	l.number++
	return Move{
		Think: pauses[l.written], Resource: l.work.Resource,
		Write: &recipe.Write{Number: l.number, Token: recipe.Token(l.create)},
	}
}

// leave gives the lock back (Mutex.Unlock).
func (l *lock) leave() Move {
	return l.ask(leaving, kvapi.Op{Kind: kvapi.DeleteRange, Span: kvapi.Span{Key: l.key()}})
}

// Clone implements Recipe.
func (l *lock) Clone() Recipe {
	d := *l
	return &d
}

// AppendHash implements Recipe.
func (l *lock) AppendHash(b []byte) []byte {
	b = l.append(b)
	for _, x := range [...]uint64{uint64(l.round), uint64(l.written), l.number} {
		b = binary.AppendUvarint(b, x)
	}
	return b
}
