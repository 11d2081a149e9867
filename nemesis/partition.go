package nemesis

import (
	"strconv"
	"strings"

	"schism/sim"
)

// Split cuts, both ways, every link between nodes of different groups. A node that is in no group is not cut.
type Split struct {
	// Groups holds servers and clients: at least one group, which may be empty.
	Groups [][]sim.NodeID
}

// Apply implements [Fault].
func (s Split) Apply(f sim.Faults) {
	var groups [][]sim.NodeID
	for _, g := range s.Groups {
		groups = append(groups, existing(f, g))
	}
	GroupsGrudge(groups...).apply(f)
}

// String returns "split {n1 n2} | {n3 n4 n5}".
func (s Split) String() string {
	var b strings.Builder
	b.WriteString("split")
	for i, g := range s.Groups {
		if i > 0 {
			b.WriteString(" |")
		}
		b.WriteString(" " + group(g))
	}
	return b.String()
}

// SplitLeader cuts, both ways, every link between the leader with the With lowest-numbered other servers, and the
// servers that are left. Clients are not cut. With is at least 0.
type SplitLeader struct{ With int }

// IsolateLeader leaves the leader alone.
var IsolateLeader = SplitLeader{}

// Apply implements [Fault].
func (s SplitLeader) Apply(f sim.Faults) {
	l, ok := leader(f)
	if !ok {
		return
	}
	side := []sim.NodeID{l}
	others := without(f.Servers(), side)
	k := min(max(0, s.With), len(others))
	GroupsGrudge(append(side, others[:k]...), others[k:]).apply(f)
}

// String returns "split leader+1 | rest".
func (s SplitLeader) String() string {
	if s.With <= 0 {
		return "split leader | rest"
	}
	return "split leader+" + strconv.Itoa(s.With) + " | rest"
}

// Isolate cuts, both ways, every link between a node of the target and any other server: each of them is alone. With
// [Leaders] every server that would lead is.
type Isolate struct{ Target Target }

// Apply implements [Fault].
func (i Isolate) Apply(f sim.Faults) { AloneGrudge(i.Target.resolve(f), f.Servers()).apply(f) }

// String returns "isolate leaders".
func (i Isolate) String() string { return "isolate " + i.Target.String() }

// Deafen lets nothing that other servers send reach the target. It still sends.
type Deafen struct{ Target Target }

// Apply implements [Fault].
func (d Deafen) Apply(f sim.Faults) {
	t := d.Target.resolve(f)
	OneWayGrudge(without(f.Servers(), t), t).apply(f)
}

// String returns "deafen leader".
func (d Deafen) String() string { return "deafen " + d.Target.String() }

// Mute lets nothing that the target sends reach other servers. It still hears.
type Mute struct{ Target Target }

// Apply implements [Fault].
func (m Mute) Apply(f sim.Faults) {
	t := m.Target.resolve(f)
	OneWayGrudge(t, without(f.Servers(), t)).apply(f)
}

// String returns "mute leader".
func (m Mute) String() string { return "mute " + m.Target.String() }

// Bridge keeps two halves of the nodes apart but for one node that sees both; see [BridgeGrudge].
type Bridge struct {
	// Over lists the nodes: the first half, the one in the middle, the rest of the second half.
	Over Target
}

// Apply implements [Fault].
func (b Bridge) Apply(f sim.Faults) { BridgeGrudge(b.Over.resolve(f)).apply(f) }

// String returns "bridge {n1 n2 n3 n4 n5}", "bridge all".
func (b Bridge) String() string { return "bridge " + b.Over.String() }

// Ring lets every one of the nodes see a majority of them, and no two the same; see [MajoritiesRingGrudge].
type Ring struct {
	// Of lists the nodes as they stand on the ring.
	Of Target
}

// Apply implements [Fault].
func (r Ring) Apply(f sim.Faults) { MajoritiesRingGrudge(r.Of.resolve(f)).apply(f) }

// String returns "ring {n1 n2 n3 n4 n5}", "ring all".
func (r Ring) String() string { return "ring " + r.Of.String() }

// Cut makes the links from one target to the other deliver nothing, not even what is in flight. The links back
// are not touched.
type Cut struct{ From, To Target }

// Apply implements [Fault].
func (c Cut) Apply(f sim.Faults) { eachLink(f, c.From, c.To, f.Cut) }

// String returns "cut n1 -> n3".
func (c Cut) String() string { return "cut " + arrow(c.From, c.To) }

// Mend undoes cuts on the links from one target to the other, whatever made them.
type Mend struct{ From, To Target }

// Apply implements [Fault].
func (m Mend) Apply(f sim.Faults) { eachLink(f, m.From, m.To, f.Mend) }

// String returns "mend n1 -> n3", "mend *".
func (m Mend) String() string { return "mend " + arrow(m.From, m.To) }
