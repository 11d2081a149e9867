package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// partition draws one partition of the servers, or several that flap.
func (s *swarm) partition(t turn) {
	if t.kind == KindFlapping {
		s.flap(t)
		return
	}
	cuts := s.cuts(t)
	s.during(t, cuts, mendOf(cuts))
}

// mendOf returns what undoes a partition: it leaves the links of clients alone unless clients took a side.
func mendOf(cuts Fault) Mend {
	split, ok := cuts.(Split)
	for i := 0; ok && i < len(split.Groups); i++ {
		if slices.ContainsFunc(split.Groups[i], sim.NodeID.IsClient) {
			return Mend{Everyone, Everyone}
		}
	}
	return Mend{All, All}
}

// cuts draws the fault that makes a partition.
func (s *swarm) cuts(t turn) Fault {
	n := len(s.servers)
	switch t.kind {
	case KindHalves:
		a, b := Halve(t.shuffled(s.servers))
		if t.coin() {
			a, b = s.takeSides(t, a, b)
		}
		return sides(a, b)
	case KindLeaderSide:
		return SplitLeader{t.index(n - 1)}
	case KindGroups:
		return sides(s.deal(t)...)
	case KindIsolate:
		one := t.one(s.servers)
		return Split{[][]sim.NodeID{one.Nodes, without(s.servers, one.Nodes)}}
	case KindOneWay:
		victims := Leader
		if t.coin() {
			victims = Nodes(t.some(s.servers, 1, n-1)...)
		}
		if t.coin() {
			return Mute{victims}
		}
		return Deafen{victims}
	case KindBridge:
		return Bridge{Nodes(t.shuffled(s.servers)...)}
	case KindRing:
		return Ring{Nodes(t.shuffled(s.servers)...)}
	}
	return IsolateLeader
}

// sides returns the split into groups, each of which it sorts.
func sides(groups ...[]sim.NodeID) Split {
	for _, g := range groups {
		slices.Sort(g)
	}
	return Split{groups}
}

// takeSides lets every client join one of two sides.
func (s *swarm) takeSides(t turn, a, b []sim.NodeID) (withA, withB []sim.NodeID) {
	for _, c := range s.clients {
		if t.coin() {
			a = append(a, c)
		} else {
			b = append(b, c)
		}
	}
	return a, b
}

// deal deals the servers to two or more groups, none of them empty.
func (s *swarm) deal(t turn) [][]sim.NodeID {
	order := t.shuffled(s.servers)
	groups := make([][]sim.NodeID, 2+t.index(len(order)-1))
	for i, n := range order {
		g := i
		if i >= len(groups) {
			g = t.index(len(groups))
		}
		groups[g] = append(groups[g], n)
	}
	return groups
}

// flap lets two majorities that share one server, or two if there is an even number, take turns.
func (s *swarm) flap(t turn) {
	order := t.shuffled(s.servers)
	m := len(order)/2 + 1
	// The majorities share nodes, so each is sorted in a copy of its own.
	tail := len(order) - m
	flaps := [2]Fault{
		sides(slices.Clone(order[:m]), slices.Clone(order[m:])),
		sides(slices.Clone(order[tail:]), slices.Clone(order[:tail])),
	}
	turns := 2 + t.index(5)
	step := max(10*time.Millisecond, ((t.until - t.at) / time.Duration(turns)).Truncate(time.Millisecond))
	for i := range turns {
		at := t.at + time.Duration(i)*step
		if at+step > t.until {
			break
		}
		s.add(at, flaps[i%2])
		s.add(at+step-time.Millisecond, Mend{All, All})
	}
}

// cutClients cuts some clients off from some servers.
func (s *swarm) cutClients(t turn) {
	some := t.some(s.clients, 1, len(s.clients))
	if t.coin() {
		s.add(t.at, Cut{Nodes(some...), Leader}, Cut{Leader, Nodes(some...)})
	} else {
		s.add(t.at, Split{[][]sim.NodeID{some, t.some(s.servers, 1, len(s.servers))}})
	}
	s.add(t.until, Mend{Clients, All}, Mend{All, Clients})
}

// route draws which links between servers a fault is about.
func (s *swarm) route(t turn) (from, to Target) {
	switch t.index(5) {
	case 0:
		return t.one(s.servers), All
	case 1:
		return All, t.one(s.servers)
	case 2:
		return Leader, All
	case 3:
		return All, Leader
	}
	return All, All
}

// links draws new properties for links: of the kind of the turn, and of others that are switched on.
func (s *swarm) links(t turn) {
	set := SetLinks{}
	set.From, set.To = s.route(t)
	if len(s.clients) > 0 && t.index(4) == 3 {
		set.From, set.To = Everyone, Everyone
	}
	for k := KindLoss; k <= KindQueue; k++ {
		if also := t.coin(); k == t.kind || also && s.on[k] {
			set.Link = t.spoil(set.Link, k)
		}
	}
	s.during(t, set, ResetLinks{Everyone, Everyone})
}

// spoil returns l with a property of kind k made worse.
func (d draw) spoil(l sim.Link, k Kind) sim.Link {
	const ms = time.Millisecond
	switch k {
	case KindLoss:
		l.Loss = d.percent(1, 30)
	case KindDuplicate:
		l.Duplicate = d.percent(1, 50)
		l.DuplicateMax = [...]time.Duration{50 * ms, time.Second, 10 * time.Second, time.Minute,
			3 * time.Minute}[d.index(5)]
	case KindDelay:
		l.Min = d.span(0, 30*ms)
		l.Max = l.Min + d.span(10*ms, [...]time.Duration{50, 200, 970}[d.index(3)]*ms)
	case KindTail:
		l.Tail = sim.Ratio(1+d.index(50)) * sim.Percent / 10
		l.TailMax = d.span(time.Second, 10*time.Second)
	case KindReorder:
		l.Reorder = d.percent(1, 30)
		l.ReorderMax = d.span(10*ms, time.Second)
	case KindQueue:
		l.Queue = 16 - d.index(16)
	}
	return l
}

// clog draws links that delay or hold everything.
func (s *swarm) clog(t turn) {
	switch t.kind {
	case KindSwizzle:
		s.swizzle(t)
	case KindHold:
		from, to := s.route(t)
		s.during(t, Hold{from, to}, Release{Everyone, Everyone})
	default:
		from, to := s.route(t)
		s.add(t.at, Clog{from, to, t.until - t.at})
	}
}

// swizzle clogs servers one by one in the first half of the turn and lets the clogs end in the second half, in an
// order of their own. The clogs of one server end both together.
func (s *swarm) swizzle(t turn) {
	middle := t.middle() - t.at
	for _, n := range t.some(s.servers, 1, len(s.servers)) {
		begin := t.span(0, middle)
		end := t.span(middle, t.until-t.at)
		s.add(t.at+begin, Clog{Nodes(n), Everyone, end - begin}, Clog{Everyone, Nodes(n), end - begin})
	}
}

// rule draws a rule about a kind of message, which ends by itself.
func (s *swarm) rule(t turn) {
	actions := [...]sim.RuleAction{sim.RuleDelay, sim.RuleDuplicate, sim.RuleDrop}
	r := AddRule{
		Action:      actions[t.index(len(actions))],
		MessageKind: s.MessageKinds[t.index(len(s.MessageKinds))],
		From:        Everyone, To: Everyone,
		Share: sim.Always,
		For:   t.until - t.at,
	}
	if t.coin() {
		r.From, r.To = s.route(t)
	}
	if r.Action != sim.RuleDrop {
		r.Delay = t.span(10*time.Millisecond, 2*time.Second)
	}
	if t.coin() {
		r.Share = t.percent(10, 90)
	}
	if t.coin() {
		r.Count = 1 + t.index(5)
	}
	s.add(t.at, r)
}

// channels draws channels that are reset, or that swallow everything until they are reset.
func (s *swarm) channels(t turn) {
	from, to := s.route(t)
	if len(s.clients) > 0 && t.coin() {
		from, to = Nodes(t.some(s.clients, 1, len(s.clients))...), All
	}
	if t.kind == KindResetChannels {
		s.add(t.at, ResetChannels{from, to})
		return
	}
	s.during(t, Blackhole{from, to, false}, Blackhole{broad(from), broad(to), true})
}
