package recipe

import (
	"encoding/binary"
	"strconv"

	"schism/sim"
)

// Token grows from one holding of a lock to the next: the zxid or the revision that created what its holder holds it
// by. With it a resource can tell who is late (fencing).
type Token uint64

// String returns "17", and "1:17" if there is something in the upper half, as in the zxid of the first epoch.
func (t Token) String() string {
	low := decimal(uint64(uint32(t)))
	if t>>32 == 0 {
		return low
	}
	return decimal(uint64(t>>32)) + ":" + low
}

// Write asks a resource outside the service to do something for whoever holds a lock, with the token of the holding.
type Write struct {
	Number uint64
	Token  Token
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
	highest Token
	writes  uint64
}

// NewResource returns a resource that has accepted nothing yet.
func NewResource(fenced bool) *Resource { return &Resource{fenced: fenced} }

// Done reports that the resource calls nothing by itself.
func (r *Resource) Done() bool { return true }

// Step implements sim.Machine. It marks "write-fenced" when it refuses a write, and "write-late" when it should.
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
	b = append(b, byte(sim.Bit(r.fenced)))
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
	return d.Mix(8).Mix(m.Number).Mix(m.Place).Mix(sim.Bit(m.Accepted))
}

// String returns "write 3 with the token 17".
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

// decimal returns n in digits.
func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
