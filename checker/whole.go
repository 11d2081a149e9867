package checker

import (
	"fmt"
	"strings"

	"schism/sim"
)

// wound says what keeps the system from being whole, "" if nothing does. Nothing is asked of servers that are not in
// core.
func wound(v liveView, core ServerSet) string {
	servers, clients := core.of(v.Servers()), v.Clients()
	for _, nodes := range [...][]sim.NodeID{servers, clients} {
		for _, n := range nodes {
			switch {
			case v.Machine(n) == nil:
				return n.String() + " is down"
			case v.Paused(n):
				return n.String() + " is paused"
			}
		}
	}
	for _, n := range servers {
		for _, m := range servers {
			if m != n && v.IsCut(n, m) {
				return fmt.Sprintf("the link from %s to %s is cut", n, m)
			}
		}
		for _, c := range clients {
			if v.IsCut(n, c) || v.IsCut(c, n) {
				return fmt.Sprintf("%s and %s are cut off from each other", c, n)
			}
		}
	}
	return v.Impaired()
}

// highestReign returns the highest reign that any of the members is in, and whether one that is in it leads.
func highestReign(v liveView, adapt Adapter, members ServerSet) (highest sim.Reign, led bool) {
	for i, n := range v.Servers() {
		r := replicaOf(v, adapt, n)
		if r == nil || !members.has(i) {
			continue
		}
		reign, leads := r.Reign()
		if reign > highest {
			highest, led = reign, false
		}
		led = led || leads && reign == highest
	}
	return highest, led
}

func replicaOf(v liveView, adapt Adapter, n sim.NodeID) Replica {
	if m := v.Machine(n); m != nil {
		return adapt(m)
	}
	return nil
}

// roll says of every server where it is.
func roll(v liveView, adapt Adapter) string {
	var b strings.Builder
	for i, n := range v.Servers() {
		if i > 0 {
			b.WriteString("; ")
		}
		r := replicaOf(v, adapt, n)
		if r == nil {
			fmt.Fprintf(&b, "%s is down", n)
			continue
		}
		reign, leads := r.Reign()
		role := "is in"
		if leads {
			role = "leads"
		}
		fmt.Fprintf(&b, "%s %s reign %d, log to %d, committed %d, applied %d",
			n, role, reign, r.LastPosition(), r.CommittedPosition(), r.AppliedPosition())
	}
	return b.String()
}

// difference says how the logs and states of the members differ, "" if they are equal and everything is applied.
func difference(v liveView, adapt Adapter, members ServerSet) string {
	var ahead Replica
	var first sim.NodeID
	for i, n := range v.Servers() {
		r := replicaOf(v, adapt, n)
		switch {
		case !members.has(i):
			continue
		case r == nil:
			return n.String() + " is down"
		}
		if ahead == nil || r.LastPosition() > ahead.LastPosition() {
			ahead, first = r, n
		}
	}
	if ahead == nil {
		return ""
	}
	last := ahead.LastPosition()
	reign, content, _ := ahead.EntryAt(last)
	_, state := ahead.StateHash()
	for i, n := range v.Servers() {
		if !members.has(i) {
			continue
		}
		r := replicaOf(v, adapt, n)
		at, itsState := r.StateHash()
		itsReign, itsContent, held := r.EntryAt(last)
		switch {
		case r.LastPosition() < last:
			return fmt.Sprintf("the log of %s ends at %d and that of %s at %d", n, r.LastPosition(), first, last)
		case held && last >= ahead.FirstPosition() && (itsReign != reign || itsContent != content):
			return fmt.Sprintf("the logs of %s and %s differ at %d", n, first, last)
		case r.CommittedPosition() < last:
			return fmt.Sprintf("%s has committed %d of %d", n, r.CommittedPosition(), last)
		case r.AppliedPosition() < last:
			return fmt.Sprintf("%s has applied %d of %d", n, r.AppliedPosition(), last)
		case at == last && itsState != state:
			return fmt.Sprintf("the states of %s and %s differ at %d", n, first, last)
		}
	}
	return ""
}

// highestCommitted returns the highest position that a member has committed.
func highestCommitted(v liveView, adapt Adapter, members ServerSet) (highest Position) {
	for i, n := range v.Servers() {
		if r := replicaOf(v, adapt, n); r != nil && members.has(i) {
			highest = max(highest, r.CommittedPosition())
		}
	}
	return highest
}

// behind says which member has not committed and applied everything up to goal, "" if all have.
func behind(v liveView, adapt Adapter, members ServerSet, goal Position) string {
	for i, n := range v.Servers() {
		r := replicaOf(v, adapt, n)
		switch {
		case !members.has(i):
		case r == nil:
			return n.String() + " is down"
		case min(r.CommittedPosition(), r.AppliedPosition()) < goal:
			return fmt.Sprintf("%s has not applied %d, which is committed long since", n, goal)
		}
	}
	return ""
}
