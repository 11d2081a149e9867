package zkserver

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"schism/sim"
	"schism/sim/recipe"
	"schism/sim/wire"
	"schism/zab/zkapi"
)

// LockWork describes what a client does with a lock: it takes it, writes to a resource while it holds it, gives it
// back, and begins again.
type LockWork struct {
	// Rounds is how often, WritesMin and WritesMax bound the writes of one holding.
	Rounds, WritesMin, WritesMax int
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
	// Resource is whom the writes go to.
	Resource sim.NodeID
	// Owns reports whether a client holds the lock by the node mine, when first is the first one in the queue; nil is
	// the right decision. A bug can be brought back by it.
	Owns func(mine, first string) bool
}

// lockPath is the node below which clients queue for the lock, lockPoll the pause before one looks again whether it
// is its turn, lockMoves bounds what one client does.
const (
	lockPath  = "/lock"
	lockPoll  = 150 * time.Millisecond
	lockMoves = 5000
)

// Draw draws the recipe of the client id from c.
func (w LockWork) Draw(c sim.Chooser, id sim.NodeID) Recipe {
	key := sim.Key{Decision: sim.DecideWorkload, From: id}
	l := &lock{client: id.String(), resource: w.Resource, owns: w.Owns}
	if l.owns == nil {
		l.owns = func(mine, first string) bool { return mine == first }
	}
	for range w.Rounds {
		n := w.WritesMin + c.Index(key, w.WritesMax-w.WritesMin+1)
		pauses := make([]time.Duration, n+1)
		for i := range pauses {
			pauses[i] = c.Span(key, w.ThinkMin, w.ThinkMax)
		}
		l.rounds = append(l.rounds, pauses)
	}
	return l
}

// lockStep is what the client has asked for last.
type lockStep byte

const (
	lockStart lockStep = iota
	lockMake           // the node of the lock
	lockEnter          // a node in the queue
	lockList           // who is in the queue
	lockSweep          // the end of a node of its own that it does not count on
	lockWrite          // a write
	lockLeave          // the end of its node
)

// lock is the recipe of a lock, with ephemeral nodes that have numbers (ZooKeeper recipes, "Locks"): who has the
// lowest one holds the lock. Its token is the zxid that created its node.
//
//  1. Only the client deletes its nodes, by their full names; or they go with its session.
//  2. mine is the node that it counts on, "" if there is none. After a create whose answer is lost it does not know
//     the name: whatever in the queue bears its own name, and is not mine, it deletes.
//  3. It does not ask again whether it still holds the lock: that is what tokens are for.
type lock struct {
	// client, resource, owns and rounds never change; clones share them. rounds holds the pauses of each round.
	client   string
	resource sim.NodeID
	owns     func(mine, first string) bool
	rounds   [][]time.Duration

	step         lockStep
	moves, round int
	mine         string
	token        recipe.Token
	// written is how many writes of this holding have ended, number that of the last write of all.
	written int
	number  uint64
}

// Next implements Recipe.
func (l *lock) Next(last Ended) (Move, bool) {
	if l.moves++; l.moves > lockMoves {
		return Move{}, false
	}
	ok := last.Out != nil && last.Out.Code == zkapi.OK
	switch l.step {
	case lockStart:
		return l.ask(lockMake, zkapi.Op{Kind: zkapi.Create, Path: lockPath, Data: l.client}), true
	case lockEnter:
		if ok {
			l.mine, l.token, l.written = last.Out.Path, recipe.Token(last.Out.Stat.Czxid), 0
		}
		if last.Out != nil && last.Out.Code == zkapi.NoNode {
			l.step = lockStart
			return l.Next(Ended{})
		}
	case lockList:
		if ok {
			return l.look(last.Out.Children)
		}
	case lockWrite:
		l.written++
		if last.Wrote == nil || last.Wrote.Accepted {
			return l.hold(), true
		}
		l.mine = "" // somebody else holds it
		l.round++
	case lockLeave:
		l.mine = ""
		l.round++
	}
	return l.list(0), true
}

// ask makes an operation of the service the next move.
func (l *lock) ask(s lockStep, op zkapi.Op) Move {
	l.step = s
	return Move{Op: op}
}

// list looks who is in the queue.
func (l *lock) list(pause time.Duration) Move {
	m := l.ask(lockList, zkapi.Op{Kind: zkapi.GetChildren, Path: lockPath})
	m.Think = pause
	return m
}

// look goes on with the queue at hand.
func (l *lock) look(queue []string) (Move, bool) {
	first, found := "", false
	for _, name := range queue {
		path := lockPath + "/" + name
		switch {
		case path == l.mine:
			found = true
		case strings.HasPrefix(name, l.client+"-"):
			return l.ask(lockSweep, zkapi.Op{Kind: zkapi.Delete, Path: path, Version: zkapi.AnyVersion}), true
		}
		if first == "" || numberOf(name) < numberOf(first) {
			first = name
		}
	}
	switch {
	case found && l.owns(l.mine, lockPath+"/"+first):
		return l.hold(), true
	case found:
		return l.list(lockPoll), true
	case l.round >= len(l.rounds):
		return Move{}, false
	}
	l.mine = ""
	m := l.ask(lockEnter, zkapi.Op{
		Kind: zkapi.Create, Mode: zkapi.EphemeralSequential, Path: lockPath + "/" + l.client + "-",
		Data: l.client + "." + strconv.Itoa(l.moves),
	})
	m.Think = l.rounds[l.round][0]
	return m, true
}

// hold writes, and gives the lock back after the last write.
func (l *lock) hold() Move {
	pauses := l.rounds[l.round][1:]
	if l.written >= len(pauses) {
		return l.ask(lockLeave, zkapi.Op{Kind: zkapi.Delete, Path: l.mine, Version: zkapi.AnyVersion})
	}
	l.step = lockWrite
	l.number++
	return Move{
		Think: pauses[l.written], Resource: l.resource,
		Write: &recipe.Write{Number: l.number, Token: l.token},
	}
}

// numberOf returns the number at the end of a name.
func numberOf(name string) string { return name[max(0, len(name)-10):] }

// Clone implements Recipe.
func (l *lock) Clone() Recipe {
	d := *l
	return &d
}

// AppendHash implements Recipe.
func (l *lock) AppendHash(b []byte) []byte {
	b = append(b, byte(l.step))
	for _, x := range [...]uint64{uint64(l.moves), uint64(l.round), uint64(l.token), uint64(l.written), l.number} {
		b = binary.AppendUvarint(b, x)
	}
	return wire.AppendTexts(b, slices.Clip([]string{l.mine}))
}
