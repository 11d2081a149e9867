// Package recipe is what clients play who go by the answers that they get: recipes, one move after the other, and the
// resource outside of the service on which they work while they hold a lock.
//
//	p := recipe.NewPlayer(r)
//	for p.Next(nil); p.Open(); p.Next(output) {
//		… // after p.Think() ask for p.Op(), or let p.Write(out) write to the resource
//	}
//
// It knows no service: what an operation is, and its output, are types of whoever plays.
package recipe

import (
	"encoding/binary"
	"time"

	"schism/sim"
)

// Recipe is what a client plays instead of a list of operations: it goes by the answers.
type Recipe[Op, Out any] interface {
	// Next returns what the client does next, false if it has come to the end. last says how what it did before
	// ended; it is zero at the start.
	Next(last Ended[Out]) (Move[Op], bool)
	// Clone returns an independent copy, AppendHash appends the whole state, as for a sim.Cloner.
	Clone() Recipe[Op, Out]
	AppendHash(b []byte) []byte
}

// Move is one step of a recipe: a pause, then an operation of the service or a write to a resource.
type Move[Op any] struct {
	Think time.Duration
	Op    Op
	// Write, if not nil, goes to the resource Resource, and Op is not used.
	Write    *Write
	Resource sim.NodeID
}

// Ended is how a move ended. Out is nil unless the operation was answered, and Wrote unless the write was.
type Ended[Out any] struct {
	Out   *Out
	Wrote *Wrote
}

// Player goes through a recipe. Without one, as its zero value is, it does nothing. A copy must get a recipe of its own
// by Clone.
type Player[Op, Out any] struct {
	recipe Recipe[Op, Out]
	// move is the open move, or the next one; nil at the start and at the end. It is never changed: the next one is
	// another.
	move *Move[Op]
}

// NewPlayer returns a player with a copy of r, which may be nil.
func NewPlayer[Op, Out any](r Recipe[Op, Out]) Player[Op, Out] {
	if r == nil {
		return Player[Op, Out]{}
	}
	return Player[Op, Out]{recipe: r.Clone()}
}

// Plays reports whether there is a recipe.
func (p *Player[Op, Out]) Plays() bool { return p.recipe != nil }

// Next goes on to the next move, and reports whether there is one. output is what the last one was answered with: a
// *Out, a *Wrote, or nil at the start and if nobody knows.
func (p *Player[Op, Out]) Next(output any) bool {
	var last Ended[Out]
	last.Out, _ = output.(*Out)
	last.Wrote, _ = output.(*Wrote)
	p.move = nil
	if m, more := p.recipe.Next(last); more {
		p.move = &m
	}
	return p.Open()
}

// Open reports whether there is a move.
func (p *Player[Op, Out]) Open() bool { return p.move != nil }

// Think returns the pause before the move.
func (p *Player[Op, Out]) Think() time.Duration { return p.move.Think }

// Op returns the operation of the move, nil if it is a write.
func (p *Player[Op, Out]) Op() *Op {
	if p.Writes() {
		return nil
	}
	return &p.move.Op
}

// Writes reports whether there is a move that is a write.
func (p *Player[Op, Out]) Writes() bool { return p.Open() && p.move.Write != nil }

// Input returns the move as a history has it, which nobody changes: a *Op or a *Write.
func (p *Player[Op, Out]) Input() any {
	if p.Writes() {
		return p.move.Write
	}
	return &p.move.Op
}

// Write sends the move, which is a write, to its resource.
func (p *Player[Op, Out]) Write(out *sim.Effects) { out.Send(p.move.Resource, p.move.Write) }

// Answered reports whether m answers the move.
func (p *Player[Op, Out]) Answered(m *Wrote) bool {
	return p.Writes() && p.move.Write.Number == m.Number
}

// Clone returns an independent copy.
func (p *Player[Op, Out]) Clone() Player[Op, Out] {
	c := NewPlayer(p.recipe)
	c.move = p.move
	return c
}

// AppendHash appends the whole state; fold mixes an operation into a digest.
func (p *Player[Op, Out]) AppendHash(b []byte, fold func(*Op, sim.Digest) sim.Digest) []byte {
	b = append(b, byte(sim.Bit(p.Plays())<<1|sim.Bit(p.Open())))
	if m := p.move; m != nil {
		d := fold(&m.Op, sim.Digest(0).Mix(uint64(m.Think)).Mix(uint64(m.Resource)))
		if m.Write != nil {
			d = m.Write.Fold(d)
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(d))
	}
	if p.Plays() {
		b = p.recipe.AppendHash(b)
	}
	return b
}
