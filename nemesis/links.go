package nemesis

import (
	"strconv"
	"time"

	"schism/sim"
)

// SetLinks changes how the links from one target to the other treat datagrams. What it does not name is as it is
// configured, whatever an earlier SetLinks did.
type SetLinks struct {
	From, To Target
	// Link holds the properties that change: those that are not zero. Min with Max and Mean, Tail with
	// TailMax, Duplicate with DuplicateMax, and Reorder with ReorderMax are one property each. 0 ≤ Min ≤ Max.
	Link sim.Link
	// None lists properties that become zero although Link cannot say so; it has no effect on those that are
	// not zero in Link.
	None LinkFields
}

// LinkFields is a set of properties of a link.
type LinkFields uint8

// The properties of a link, as SetLinks groups them.
const (
	LinkLoss LinkFields = 1 << iota
	LinkLatency
	LinkTail
	LinkDuplicate
	LinkReorder
	LinkQueue
	LinkSpacing
)

// named returns the properties that s changes.
func (s *SetLinks) named() LinkFields {
	l, set := &s.Link, s.None
	for _, p := range []struct {
		is    bool
		field LinkFields
	}{
		{l.Loss != 0, LinkLoss},
		{l.Min != 0 || l.Max != 0 || l.Mean != 0, LinkLatency},
		{l.Tail != 0 || l.TailMax != 0, LinkTail},
		{l.Duplicate != 0 || l.DuplicateMax != 0, LinkDuplicate},
		{l.Reorder != 0 || l.ReorderMax != 0, LinkReorder},
		{l.Queue != 0, LinkQueue},
		{l.Spacing != 0, LinkSpacing},
	} {
		if p.is {
			set |= p.field
		}
	}
	return set
}

// over returns l with the properties that s changes.
func (s *SetLinks) over(l sim.Link) sim.Link {
	set := s.named()
	if set&LinkLoss != 0 {
		l.Loss = s.Link.Loss
	}
	if set&LinkLatency != 0 {
		l.Min, l.Max, l.Mean = s.Link.Min, s.Link.Max, s.Link.Mean
	}
	if set&LinkTail != 0 {
		l.Tail, l.TailMax = s.Link.Tail, s.Link.TailMax
	}
	if set&LinkDuplicate != 0 {
		l.Duplicate, l.DuplicateMax = s.Link.Duplicate, s.Link.DuplicateMax
	}
	if set&LinkReorder != 0 {
		l.Reorder, l.ReorderMax = s.Link.Reorder, s.Link.ReorderMax
	}
	if set&LinkQueue != 0 {
		l.Queue = s.Link.Queue
	}
	if set&LinkSpacing != 0 {
		l.Spacing = s.Link.Spacing
	}
	return l
}

// Apply implements [Fault].
func (s SetLinks) Apply(f sim.Faults) {
	eachLink(f, s.From, s.To, func(from, to sim.NodeID) {
		f.SetLink(from, to, s.over(f.DefaultLink(from, to)))
	})
}

// String returns "links all loss 20% latency 1ms..50ms mean 5ms tail 0.1% to 1s duplicate 5% within 1m0s reorder 10%
// within 20ms queue 16 spacing 2ms", with what changes only. The queue is in messages, 0 for no bound; the spacing is
// how long a message occupies the link, the inverse of its bandwidth in messages. Without a mean, latencies are even.
func (s SetLinks) String() string {
	set, l := s.named(), &s.Link
	text := "links " + arrow(s.From, s.To)
	if set&LinkLoss != 0 {
		text += " loss " + l.Loss.String()
	}
	if set&LinkLatency != 0 {
		text += " latency " + between(l.Min, l.Max)
		if l.Mean != 0 {
			text += " mean " + l.Mean.String()
		}
	}
	if set&LinkTail != 0 {
		text += " tail " + l.Tail.String() + " to " + l.TailMax.String()
	}
	if set&LinkDuplicate != 0 {
		text += " duplicate " + l.Duplicate.String() + " within " + l.DuplicateMax.String()
	}
	if set&LinkReorder != 0 {
		text += " reorder " + l.Reorder.String() + " within " + l.ReorderMax.String()
	}
	if set&LinkQueue != 0 {
		text += " queue " + strconv.Itoa(l.Queue)
	}
	if set&LinkSpacing != 0 {
		text += " spacing " + l.Spacing.String()
	}
	return text
}

// ResetLinks lets links treat datagrams as they are configured. Cuts, clogs, holds and blackholes stay.
type ResetLinks struct{ From, To Target }

// Apply implements [Fault].
func (r ResetLinks) Apply(f sim.Faults) {
	eachLink(f, r.From, r.To, func(from, to sim.NodeID) { f.SetLink(from, to, f.DefaultLink(from, to)) })
}

// String returns "reset links all".
func (r ResetLinks) String() string { return "reset links " + arrow(r.From, r.To) }

// Clog delays everything that travels from one target to the other until For from now, then delivers it in one
// burst.
type Clog struct {
	From, To Target
	For      time.Duration
}

// Apply implements [Fault].
func (c Clog) Apply(f sim.Faults) {
	eachLink(f, c.From, c.To, func(from, to sim.NodeID) { f.Clog(from, to, c.For) })
}

// String returns "clog n1 -> all for 2s".
func (c Clog) String() string { return "clog " + arrow(c.From, c.To) + " for " + c.For.String() }

// Hold keeps everything that arrives from one target at the other, until Release.
type Hold struct{ From, To Target }

// Apply implements [Fault].
func (h Hold) Apply(f sim.Faults) { eachLink(f, h.From, h.To, f.Hold) }

// String returns "hold n1 -> all".
func (h Hold) String() string { return "hold " + arrow(h.From, h.To) }

// Release delivers in one burst what Hold has kept.
type Release struct{ From, To Target }

// Apply implements [Fault].
func (r Release) Apply(f sim.Faults) { eachLink(f, r.From, r.To, f.Release) }

// String returns "release n1 -> all".
func (r Release) String() string { return "release " + arrow(r.From, r.To) }
