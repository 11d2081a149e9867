package nemesis

import "schism/sim"

// ResetChannels closes every channel between two targets, in either direction, as a connection reset does.
type ResetChannels struct{ A, B Target }

// Apply implements [Fault].
func (r ResetChannels) Apply(f sim.Faults) { eachLink(f, r.A, r.B, f.ResetChannels) }

// String returns "reset channels n1 -> n2". Which side is named first does not matter.
func (r ResetChannels) String() string { return "reset channels " + arrow(r.A, r.B) }

// Blackhole makes channels swallow what is sent from one target to the other, without closing. Off ends that, and
// resets the channels: a stream never has a gap.
type Blackhole struct {
	From, To Target
	Off      bool
}

// Apply implements [Fault].
func (b Blackhole) Apply(f sim.Faults) {
	eachLink(f, b.From, b.To, func(from, to sim.NodeID) {
		f.Blackhole(from, to, !b.Off)
		if b.Off {
			f.ResetChannels(from, to)
		}
	})
}

// String returns "blackhole n1 -> n2" or "blackhole n1 -> n2 off".
func (b Blackhole) String() string {
	if b.Off {
		return "blackhole " + arrow(b.From, b.To) + " off"
	}
	return "blackhole " + arrow(b.From, b.To)
}

// HalfOpen makes one side of channels forget them: it is told that they are closed. The other side goes on believing in
// them until it sends something.
type HalfOpen struct{ Forgets, Believes Target }

// Apply implements [Fault].
func (h HalfOpen) Apply(f sim.Faults) { eachLink(f, h.Forgets, h.Believes, f.HalfOpen) }

// String returns "half-open n1 -> n2": n1 forgets.
func (h HalfOpen) String() string { return "half-open " + arrow(h.Forgets, h.Believes) }
