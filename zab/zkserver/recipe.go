package zkserver

import (
	"encoding/binary"
	"time"

	"schism/sim"
	"schism/zab/zkapi"
)

// Recipe is what a client plays instead of a list of operations: it goes by the answers.
type Recipe interface {
	// Next returns what the client does next, false if it has come to the end. last says how what it did before
	// ended; it is zero at the start.
	Next(last Ended) (Move, bool)
	// Clone returns an independent copy, AppendHash appends the whole state, as for a sim.Cloner.
	Clone() Recipe
	AppendHash(b []byte) []byte
}

// Move is one step of a recipe: a pause, then an operation of the service or a write to a resource.
type Move struct {
	Think time.Duration
	Op    zkapi.Op
	// Write, if not nil, goes to the resource Resource, and Op is not used.
	Write    *Write
	Resource sim.NodeID
}

// Ended is how a move ended. Out is nil unless the operation was answered, and Wrote unless the write was.
type Ended struct {
	Out   *zkapi.Output
	Wrote *Wrote
}

// Write asks a resource outside the service to do something for whoever holds a lock. Token is the zxid that created
// the node by which the writer holds it.
type Write struct {
	Number uint64
	Token  zkapi.Zxid
}

// Wrote answers a Write. Place counts the writes that the resource has accepted, this one included.
type Wrote struct {
	Number, Place uint64
	Accepted      bool
}

// Resource is a machine that accepts writes of clients, outside of the service whose lock they hold. If it is fenced it
// refuses one with a lower token than one that it has accepted. It is a client to the world, and never crashes: it
// keeps nothing on its disk.
type Resource struct {
	fenced  bool
	highest zkapi.Zxid
	writes  uint64
}

// NewResource returns a resource that has accepted nothing yet.
func NewResource(fenced bool) *Resource { return &Resource{fenced: fenced} }

// Done reports that the resource calls nothing by itself.
func (r *Resource) Done() bool { return true }

// Step implements sim.Machine.
func (r *Resource) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	m, ok := ev.Msg.(*Write)
	if ev.Kind != sim.Receive || !ok {
		return
	}
	late := m.Token < r.highest
	switch {
	case late && r.fenced:
		out.Decide("a higher token has been seen", "refuse")
		out.Mark("write-fenced")
		out.Send(ev.From, &Wrote{Number: m.Number})
		return
	case late:
		out.Mark("write-late")
	}
	r.highest = max(r.highest, m.Token)
	r.writes++
	out.Send(ev.From, &Wrote{Number: m.Number, Place: r.writes, Accepted: true})
}

// Clone implements sim.Cloner.
func (r *Resource) Clone() sim.Cloner {
	d := *r
	return &d
}

// AppendHash implements sim.Cloner.
func (r *Resource) AppendHash(b []byte) []byte {
	b = append(b, byte(flag(r.fenced)))
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(r.highest)), r.writes)
}

// Kind returns "Write".
func (m *Write) Kind() string { return "Write" }

// Kind returns "Wrote".
func (m *Wrote) Kind() string { return "Wrote" }

// Fold mixes every field into d.
func (m *Write) Fold(d sim.Digest) sim.Digest {
	return d.Mix(7).Mix(m.Number).Mix(uint64(m.Token))
}

// Fold mixes every field into d.
func (m *Wrote) Fold(d sim.Digest) sim.Digest {
	return d.Mix(8).Mix(m.Number).Mix(m.Place).Mix(flag(m.Accepted))
}

// String returns "write 3 with the token 1:17".
func (m *Write) String() string {
	return "write " + decimal(m.Number) + " with the token " + m.Token.String()
}

// String returns "write 3 accepted at place 9", or "write 3 refused".
func (m *Wrote) String() string {
	if !m.Accepted {
		return "write " + decimal(m.Number) + " refused"
	}
	return "write " + decimal(m.Number) + " accepted at place " + decimal(m.Place)
}

// more reports whether the client has something left to do, and asks its recipe.
func (c *Client) more(last Ended) bool {
	if c.recipe == nil {
		return c.next < len(c.cfg.Ops)
	}
	m, more := c.recipe.Next(last)
	c.move = &m
	return more
}

// pause returns the time before the next operation.
func (c *Client) pause() time.Duration {
	if c.recipe != nil {
		return c.move.Think
	}
	return c.cfg.Ops[c.next].Think
}

// open returns the open operation, nil if it is none of the service.
func (c *Client) open() *zkapi.Op {
	switch {
	case c.recipe == nil:
		return &c.cfg.Ops[c.next].In
	case c.move.Write != nil:
		return nil
	}
	return &c.move.Op
}

// input returns the open operation as the history has it.
func (c *Client) input() any {
	if op := c.open(); op != nil {
		return op
	}
	return c.move.Write
}

// write sends the open write, if it is one, to its resource.
func (c *Client) write(out *sim.Effects) {
	if c.recipe != nil && c.move.Write != nil {
		c.doubtful = true
		out.Send(c.move.Resource, c.move.Write)
	}
}

// wrote ends the open write with the answer of the resource.
func (c *Client) wrote(m *Wrote, out *sim.Effects) {
	if c.phase == asking && c.recipe != nil && c.move.Write != nil && c.move.Write.Number == m.Number {
		c.end(m, sim.OK, out)
	}
}

// endedWith returns how an operation with that output ended.
func endedWith(output any) Ended {
	var e Ended
	e.Out, _ = output.(*zkapi.Output)
	e.Wrote, _ = output.(*Wrote)
	return e
}
