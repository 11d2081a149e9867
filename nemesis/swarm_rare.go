package nemesis

import (
	"time"

	"schism/sim"
)

// primaries draws that every server is alone that claims to lead.
func (s *swarm) primaries(t turn) { s.during(t, Isolate{Leaders}, Mend{All, All}) }

// votesOnly draws rules that lose what replicates, on some links.
func (s *swarm) votesOnly(t turn) {
	from, to := s.route(t)
	for _, kind := range s.Replication {
		s.add(t.at, AddRule{Action: sim.RuleDrop, MessageKind: kind, From: from, To: to, Share: sim.Always,
			For: t.until - t.at})
	}
}

// lag draws links on which messages take longer than a lease lasts, or that carry few of them.
func (s *swarm) lag(t turn) {
	set := SetLinks{}
	set.From, set.To = s.route(t)
	if t.kind == KindBandwidth {
		set.Link.Spacing = t.span(time.Millisecond, 50*time.Millisecond)
	} else {
		set.Link.Min = s.Lease + t.span(time.Millisecond, s.Lease)
		set.Link.Max = set.Link.Min + t.span(0, s.Lease)
	}
	s.during(t, set, ResetLinks{Everyone, Everyone})
}

// exponential draws links whose latencies are.
func (s *swarm) exponential(t turn) {
	set := SetLinks{}
	set.From, set.To = s.route(t)
	set.Link.Mean = t.span(30*time.Millisecond, 100*time.Millisecond)
	set.Link.Min = t.span(0, 30*time.Millisecond)
	set.Link.Max = 10 * set.Link.Mean
	s.during(t, set, ResetLinks{Everyone, Everyone})
}

// halfOpen draws channels that one side forgets.
func (s *swarm) halfOpen(t turn) {
	from, to := s.route(t)
	if len(s.clients) > 0 && t.coin() {
		from, to = All, Nodes(t.some(s.clients, 1, len(s.clients))...)
	}
	s.add(t.at, HalfOpen{from, to})
}

// coarsen draws wall clocks that go in steps.
func (s *swarm) coarsen(t turn) {
	v := Nodes(t.some(s.servers, 1, len(s.servers))...)
	step := [...]time.Duration{16, 1, 100}[t.index(3)] * time.Millisecond
	s.during(t, CoarsenWall{v, step}, CoarsenWall{v, 0})
}

// drag draws servers that are busy after each step.
func (s *swarm) drag(t turn) {
	v := t.victims(s.servers)
	lo := t.span(0, 10*time.Millisecond)
	s.during(t, Drag{v, lo, lo + t.span(time.Millisecond, 40*time.Millisecond)}, Undrag{broad(v)})
}

// midway draws a crash in the middle of a step.
func (s *swarm) midway(t turn) {
	c := CrashMidway{Target: t.victims(s.servers)}
	if t.coin() {
		c.Loss = t.powerLoss()
	}
	s.during(t, c, Restart{broad(c.Target)})
}

// provoke draws a storm of provocations.
func (s *swarm) provoke(t turn) {
	what := s.Provocations[t.index(len(s.Provocations))]
	at := t.at
	for range 1 + t.index(20) {
		s.add(at, Provoke{t.one(s.servers), what})
		if at += t.span(time.Millisecond, 500*time.Millisecond); at >= t.until {
			return
		}
	}
}

// misplace draws sectors that go astray, and names that a sync leaves behind, for the servers that the budget allows.
func (s *swarm) misplace(t turn) {
	v := t.one(s.struck)
	middle := t.middle()
	if t.kind == KindMisdirect {
		s.corrupt(t, v, Misdirect{v, 1 + t.index(4)})
		return
	}
	s.add(t.at, SetDisk{Target: v, Disk: sim.DiskProfile{NamesLie: true}})
	s.add(middle, Crash{v, sim.PowerLoss{Drop: sim.Always}})
	s.add(t.until, ResetDisk{v}, Restart{v})
}
