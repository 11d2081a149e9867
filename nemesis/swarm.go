package nemesis

import (
	"cmp"
	"slices"
	"time"

	"schism/sim"
)

// SwarmConfig says what [Swarm] may draw. All times are true time from the start of the run; they are best whole
// milliseconds.
type SwarmConfig struct {
	// Start is when faults may begin. Until is when everything is undone.
	Start, Until time.Duration
	// Margin is how long before Until the last fault begun at an instant has been undone; after Until-Margin
	// no mark starts one either. Zero is 1 s.
	Margin time.Duration
	// MinFor and MaxFor bound how long one fault lasts: a fault that is too short is noise. Zero is 500 ms and
	// 8 s. MaxFor is at most half of the time there is.
	MinFor, MaxFor time.Duration
	// Kinds lists the kinds of fault that may be switched on; nil is those of [Survivable].
	Kinds []Kind
	// Without lists kinds that are not to be drawn after all, for scenarios that promise less: one that relies
	// on leases leaves out KindFreeze.
	Without []Kind
	// Rates says how often faults of some kinds come, in the runs in which the kind is switched on: such a kind has a
	// lane of its own. For the others each run draws how much rest there is between faults; Expected says what comes of
	// that. Kinds that wait for marks or states have no rate. Swarm panics if faults cannot come so often.
	Rates []Rate
	// Victims is the budget for the kinds that are not survivable, if Kinds lists them: how many servers at
	// most they may hit in one run, always the same ones. Zero is one server.
	Victims int
	// MessageKinds lists the messages that KindRules is about, as their protocol spells them; without it there
	// are no rules.
	MessageKinds []string
	// Mark is what faults wait for that wait for a mark; "" is "leader-elected".
	Mark string
	// DriftPPM bounds the drift of clocks, in parts per million either way; it is at most 900,000, and zero is 500.
	DriftPPM int32
	// WildPPM bounds that of KindWildDrift in the same way; zero is 100,000.
	WildPPM int32
	// MaxJump bounds the jumps and slews of wall clocks, either way; zero is 10 s.
	MaxJump time.Duration
	// Replication lists the messages without which a server can vote and gets nothing, for KindVotesOnly, and
	// Provocations what KindProvoke provokes; without them there are none.
	Replication, Provocations []string
	// States lists states of a server in which faults hit it, besides those that every world knows.
	States []string
	// Lease is how long a lease lasts, for KindLag; zero is 1 s.
	Lease time.Duration
}

// filled returns c with what its zero values stand for.
func (c SwarmConfig) filled() SwarmConfig {
	c.Margin = cmp.Or(c.Margin, time.Second)
	c.MinFor = cmp.Or(c.MinFor, 500*time.Millisecond)
	c.MaxFor = cmp.Or(c.MaxFor, 8*time.Second)
	c.MaxJump = cmp.Or(c.MaxJump, 10*time.Second)
	c.Mark = cmp.Or(c.Mark, leaderElected)
	c.DriftPPM = cmp.Or(c.DriftPPM, 500)
	c.WildPPM = cmp.Or(c.WildPPM, 100_000)
	c.Lease = cmp.Or(c.Lease, time.Second)
	c.MaxFor = max(c.MinFor, min(c.MaxFor, (c.end()-c.Start)/2))
	if c.Kinds == nil {
		c.Kinds = Survivable()
	}
	return c
}

// end is when no fault is left.
func (c *SwarmConfig) end() time.Duration { return c.Until - c.Margin }

// Swarm is the plan of swarm testing: every run tries other faults. For each run it draws
//
//  1. which kinds of fault are switched on at all, each in half of the runs, because a fault that always happens
//     keeps others from showing what they can do;
//  2. how much rest there is between faults, for each lane: kinds that break the same thing share a lane, where one
//     fault follows the other, while lanes overlap freely;
//  3. the faults, each with its undoing, over Start … Until-Margin;
//  4. faults that wait for a mark or a state, each undone upon the same, and harmless from Until-Margin on.
//
// The last entry is always "recover" at Until. With the dullest answers throughout it is the only one.
//
// Lanes meet in a few places, where the end of one fault can end another early: a partition in which clients take sides
// mends all links when it ends, others those between servers; so does a leader that was isolated upon a mark. A restart
// starts what anybody has stopped, a resume what anybody has paused, and the end of a failing disk also ends one that
// lies.
func Swarm(config SwarmConfig) Plan {
	config = config.filled()
	for _, r := range config.Rates {
		config.pace(r)
	}
	return func(c sim.Chooser, servers, clients []sim.NodeID) Schedule {
		s := config.swarm(c, servers, clients)
		s.schedule.Sort()
		return append(s.schedule, upon(config.Until, Recover{}))
	}
}

// swarm draws one schedule.
func (c SwarmConfig) swarm(chooser sim.Chooser, servers, clients []sim.NodeID) *swarm {
	s := &swarm{SwarmConfig: c, chooser: chooser, servers: servers, clients: clients}
	if len(servers) == 0 {
		return s
	}
	s.switchOn()
	for i, l := range lanes {
		s.fill(i, l)
	}
	for _, r := range s.Rates {
		if s.on[r.Kind] {
			s.fillAt(r)
		}
	}
	s.awaitMarks()
	s.awaitStates()
	return s
}

// swarm is one schedule being drawn.
type swarm struct {
	SwarmConfig
	chooser          sim.Chooser
	servers, clients []sim.NodeID
	on               [kinds]bool
	// drawn counts the faults of each kind.
	drawn [kinds]int
	// struck are the servers that faults hit which are not survivable.
	struck   []sim.NodeID
	schedule Schedule
}

// switchOn draws which kinds of fault the run has.
func (s *swarm) switchOn() {
	for k := range kinds {
		if slices.Contains(s.Kinds, k) && !slices.Contains(s.Without, k) && s.possible(k) {
			s.on[k] = aspectOf(s.chooser, aspectKinds, sim.NodeID(k)).coin()
		}
	}
	s.struck = aspectOf(s.chooser, aspectVictims, 0).some(s.servers, 1, max(1, s.Victims))
}

// possible reports whether there is something for k to act on.
func (s *swarm) possible(k Kind) bool {
	switch {
	case k == KindClients:
		return len(s.clients) > 0
	case k == KindRules:
		return len(s.MessageKinds) > 0
	case k == KindVotesOnly:
		return len(s.Replication) > 0
	case k == KindProvoke:
		return len(s.Provocations) > 0
	case k == KindFlapping:
		return len(s.servers) > 2
	case k < KindFlapping:
		return len(s.servers) > 1
	}
	return true
}

// lane is a family of faults that break the same thing: at any time at most one of them is in force.
type lane struct {
	first, last Kind
	// one adds a fault and its undoing.
	one func(*swarm, turn)
}

// lanes lists the lanes of all kinds that wait for nothing. Their places are part of the keys of what they
// draw.
var lanes = []lane{
	{KindHalves, KindFlapping, (*swarm).partition},
	{KindClients, KindClients, (*swarm).cutClients},
	{KindCrash, KindRolling, (*swarm).crash},
	{KindPause, KindPause, (*swarm).pause},
	{KindLoss, KindQueue, (*swarm).links},
	{KindClog, KindHold, (*swarm).clog},
	{KindRules, KindRules, (*swarm).rule},
	{KindResetChannels, KindBlackhole, (*swarm).channels},
	{KindSlowTasks, KindSlowTasks, (*swarm).slow},
	{KindSlowSync, KindWriteError, (*swarm).disk},
	{KindDrift, KindDrift, (*swarm).drift},
	{KindJump, KindSlew, (*swarm).wall},
	{KindFreeze, KindFreeze, (*swarm).freeze},
	{KindWipe, KindBreakSectors, (*swarm).damage},
	{KindPrimaries, KindPrimaries, (*swarm).primaries},
	{KindVotesOnly, KindVotesOnly, (*swarm).votesOnly},
	{KindLag, KindBandwidth, (*swarm).lag},
	{KindHalfOpen, KindHalfOpen, (*swarm).halfOpen},
	{KindCoarse, KindCoarse, (*swarm).coarsen},
	{KindDrag, KindDrag, (*swarm).drag},
	{KindMidway, KindMidway, (*swarm).midway},
	{KindProvoke, KindProvoke, (*swarm).provoke},
	{KindWildDrift, KindWildDrift, (*swarm).driftWildly},
	{KindMisdirect, KindLyingNames, (*swarm).misplace},
	{KindExponential, KindExponential, (*swarm).exponential},
}

// fill draws the faults of the i-th lane.
func (s *swarm) fill(i int, l lane) {
	var on []Kind
	for k := l.first; k <= l.last; k++ {
		if s.on[k] && !s.rated(k) {
			on = append(on, k)
		}
	}
	room := s.end() - s.Start
	if len(on) == 0 || room < s.MinFor {
		return
	}
	d := aspectOf(s.chooser, aspectLanes+sim.NodeID(i), 0)
	p := pace{
		start: s.Start, end: s.end(),
		minFor: s.MinFor, maxFor: s.MaxFor,
		minRest: minRest, maxRest: room / [...]time.Duration{2, 5, 12}[d.index(3)],
	}
	p.turns(d, func(t turn) {
		t.kind = on[t.index(len(on))]
		s.begin(t)
	})
}

// add lets the faults happen at the instant at, in any order.
func (s *swarm) add(at time.Duration, faults ...Fault) {
	for _, f := range faults {
		s.schedule = append(s.schedule, upon(at, f))
	}
}

// during lets do happen when t begins and undo when it ends.
func (s *swarm) during(t turn, do, undo Fault) {
	s.add(t.at, do)
	s.add(t.until, undo)
}

// awaitMarks draws the faults that wait for a mark.
func (s *swarm) awaitMarks() {
	for _, w := range []struct {
		kind     Kind
		do, undo Fault
	}{
		{KindMarkCrash, Crash{Target: Leader}, Restart{All}},
		{KindMarkIsolate, IsolateLeader, Mend{All, All}},
		{KindMarkPause, Pause{Leader}, Resume{All}},
	} {
		if !s.on[w.kind] {
			continue
		}
		d := aspectOf(s.chooser, aspectMarks, sim.NodeID(w.kind))
		for nth := 1; nth <= marksAwaited; nth++ {
			if !d.coin() {
				continue
			}
			do := w.do
			if w.kind == KindMarkCrash && d.coin() {
				do = Crash{Leader, d.powerLoss()}
			}
			wait := d.span(0, soonAfter)
			s.drawn[w.kind]++
			s.schedule = append(s.schedule, uponMark(s.Mark, nth, wait, Before{s.end(), do}),
				uponMark(s.Mark, nth, wait+d.span(s.MinFor, s.MaxFor), w.undo))
		}
	}
}
