package checker

import (
	"cmp"
	"fmt"
	"time"

	"schism/sim"
)

// LivenessCheck is the name of the reports of [Liveness].
const LivenessCheck = "liveness"

// Timing is how fast the parts of a system are at worst, from which it follows how fast the whole must be.
type Timing struct {
	// Election is the longest election timeout.
	Election time.Duration
	// RoundTrip is the longest time that a message and its answer take, the tail of the latencies and the
	// sync of a disk included.
	RoundTrip time.Duration
	// Retry is how long a client waits at most before it tries elsewhere.
	Retry time.Duration
}

// Bounds is how long a whole system may take for what it must do.
type Bounds struct {
	// Leader is how long after the heal a leader must stand.
	Leader time.Duration
	// Answer is how long an operation may take that is called once Leader has passed, and how long those
	// may take from then on that were called before.
	Answer time.Duration
	// Converge is how long after Leader and after the last operation all logs and states must be equal.
	Converge time.Duration
	// Reigns is how many reigns may begin after the heal: more are a sign of servers that disrupt each
	// other. 0 is no bound.
	Reigns sim.Reign
}

// Bounds returns generous bounds for a system with this timing: ten elections for a leader, for all the
// votes that are split and lost on the way; then for an answer one election more, a few messages, and two
// attempts of the client to find the leader; and five elections to bring everybody up to date.
func (t Timing) Bounds() Bounds {
	return Bounds{
		Leader:   10 * t.Election,
		Answer:   t.Election + 5*t.RoundTrip + 2*t.Retry,
		Converge: 5*t.Election + 5*t.RoundTrip,
		Reigns:   5,
	}
}

// Liveness is an observer that ends a run which was healed and does not come back in time. The system is
// whole from the event on at which all nodes run, none is paused, no link between a server and another node is
// cut, and nothing is impaired ([sim.View.Impaired]), until the next fault that changes this; the checks begin anew
// each time. What ends by itself, such as a clog, is noticed to be over at the next fault, crash or start only. The
// violations, with their IDs:
//
//	liveness-leader    no leader stands within Bounds.Leader
//	liveness-answer    an operation is not answered within Bounds.Answer
//	liveness-converge  logs and states are not equal within Bounds.Converge, or a membership is left half changed;
//	                   of a system that goes on writing by itself, what was committed so long ago is not everywhere
//	liveness-reigns    more than Bounds.Reigns reigns begin
//
// A run that is never whole, or not for long enough, is neither live nor dead: [Liveness.Report] says
// Unknown, and why.
type Liveness struct {
	adapt  Adapter
	bounds Bounds
	after  sim.Time
	// writes says which inputs are writes; nil if none is asked for. wrote says that one was answered that was called
	// since the heal.
	writes func(input any) bool
	wrote  bool

	// membership returns the membership in force; nil if all servers are members.
	membership func() Membership
	// core holds the servers of which anything is asked.
	core   ServerSet
	longer time.Duration

	// whole says that the system is whole, since the time healed.
	whole  bool
	healed sim.Time
	// begun says that healed has come. led says that a leader of the highest reign has been seen since, first at
	// ledAt; reign is the highest reign at healed, highest the highest now.
	begun, led     bool
	ledAt          sim.Time
	reign, highest sim.Reign
	// waiting is the call of each client's open operation.
	waiting []waiting
	// returned is when an operation last returned, settled says that everything was equal since.
	returned sim.Time
	settled  bool
	// goal is what was committed at the time aimedAt, while nobody waited for anything; aimed says that there is one.
	goal    Position
	aimedAt sim.Time
	aimed   bool
	// next is when there is something to check next.
	next sim.Time
}

// waiting is an operation that is not answered yet.
type waiting struct {
	open  bool
	since sim.Time
	input any
}

// NewLiveness returns an observer with the given bounds. It takes the system for whole only from the time
// after on: when that is over which ends by itself and cannot be seen, such as a wall clock that is slewed, or
// messages that a clog has delayed.
func NewLiveness(adapt Adapter, bounds Bounds, after sim.Time) *Liveness {
	return &Liveness{adapt: adapt, bounds: bounds, after: after, core: everybody}
}

// NeedsWrite makes l ask for a write since the heal that was answered, where writes says which inputs are writes: a
// system to which nobody writes any more does not show that it could. Whoever does not write is not to be told.
func (l *Liveness) NeedsWrite(writes func(input any) bool) { l.writes = writes }

// Among makes l require something only of the members of the membership that is in force when it looks, such as
// [SplitBrain.Membership]: nobody tells a server that was removed what has become of the others, and its reign counts
// for nothing. It also requires that no membership stays that the system has to leave.
func (l *Liveness) Among(membership func() Membership) { l.membership = membership }

// Reset makes l ready for another run, with another time from which the system may be whole.
func (l *Liveness) Reset(after sim.Time) {
	clear(l.waiting)
	*l = Liveness{adapt: l.adapt, bounds: l.bounds, after: after, writes: l.writes, membership: l.membership,
		waiting: l.waiting[:0], core: everybody}
}

// Core makes l, until it is reset, require something of some servers only, and call the system whole when these and the
// clients are: the others have failed for good. Who asks them first waits in vain, so that an answer may take so much
// longer.
func (l *Liveness) Core(core ServerSet, longer time.Duration) {
	l.core, l.longer = core, longer
}

// liveView is the part of [sim.View] that liveness checks look at.
type liveView interface {
	Now() sim.Time
	Servers() []sim.NodeID
	Clients() []sim.NodeID
	Machine(n sim.NodeID) sim.Machine
	Paused(n sim.NodeID) bool
	IsCut(from, to sim.NodeID) bool
	Impaired() string
}

// Observe implements [sim.Observer].
func (l *Liveness) Observe(v sim.View, st *sim.StepInfo) error {
	if found := l.observe(v, st); found != nil { // a nil *Violation must not become a non-nil error
		return found
	}
	return nil
}

func (l *Liveness) observe(v liveView, st *sim.StepInfo) *sim.Violation {
	switch {
	case st.Event.Kind >= sim.Crashed || st.Event.Kind == sim.Start:
		l.heal(v)
		if st.Node.IsClient() {
			l.waiting[st.Node.Number()-1].open = false // what it waited for is over
			if found := l.client(v, st); found != nil {
				return found
			}
		}
	case st.Node.IsClient() && len(st.Effects) > 0:
		if found := l.client(v, st); found != nil {
			return found
		}
	case l.begun && l.whole && !l.led && !st.Node.IsClient():
		l.lookForLeader(v)
	}
	if !l.whole || st.At < l.next {
		return nil
	}
	return l.due(v, st.At)
}

// heal finds out whether the system is whole now.
func (l *Liveness) heal(v liveView) {
	for len(l.waiting) < len(v.Clients()) {
		l.waiting = append(l.waiting, waiting{})
	}
	was := l.whole
	l.whole = wound(v, l.core) == ""
	if !l.whole || was {
		return
	}
	l.healed, l.begun, l.led, l.settled = max(v.Now(), l.after), false, false, false
	l.wrote, l.aimed = false, false
	l.next = l.healed
}

// begin notes in which reign the system is when it is healed.
func (l *Liveness) begin(v liveView) {
	l.begun = true
	l.reign, _ = highestReign(v, l.adapt, l.members())
	l.highest = l.reign
}

// lookForLeader notices the first leader since the heal.
func (l *Liveness) lookForLeader(v liveView) {
	if l.highest, l.led = highestReign(v, l.adapt, l.members()); l.led {
		l.ledAt = max(v.Now(), l.healed)
	}
}

// client keeps track of what the clients wait for.
func (l *Liveness) client(v liveView, st *sim.StepInfo) *sim.Violation {
	w := &l.waiting[st.Node.Number()-1]
	for i := range st.Effects {
		f := &st.Effects[i]
		switch f.Kind {
		case sim.EffectInvoke:
			*w = waiting{open: true, since: st.At, input: f.Value}
			l.settled, l.aimed = false, false
			if due := l.deadline(w); due < l.next {
				l.next = due
			}
		case sim.EffectReturn:
			if f.Outcome == sim.Unknown && l.whole && w.since >= l.healed.Add(l.bounds.Leader) {
				return l.violation(v, "answer", "%s gave up %s, called at %s",
					st.Node, fmt.Sprint(w.input), w.since)
			}
			l.wrote = l.wrote || l.writes != nil && l.whole && w.since >= l.healed && f.Outcome == sim.OK &&
				l.writes(w.input)
			w.open, l.returned = false, st.At
			l.next = min(l.next, max(st.At, l.healed))
		}
	}
	return nil
}

// deadline returns when w must be answered.
func (l *Liveness) deadline(w *waiting) sim.Time {
	return max(w.since, l.healed.Add(l.bounds.Leader)).Add(l.bounds.Answer + l.longer)
}

// due checks what is due by now, and finds out when something will be next.
func (l *Liveness) due(v liveView, now sim.Time) *sim.Violation {
	l.next = sim.Never
	if !l.begun {
		l.begin(v)
	} else if !l.led {
		l.lookForLeader(v)
	}
	if lead := l.healed.Add(l.bounds.Leader); now < lead {
		l.next = lead
		return nil
	}
	if !l.led {
		return l.violation(v, "leader", "no leader")
	}
	if found := l.reigns(v); found != nil {
		return found
	}
	idle := true
	for i := range l.waiting {
		w := &l.waiting[i]
		if !w.open {
			continue
		}
		idle = false
		if now > l.deadline(w) {
			return l.violation(v, "answer", "%s waits for %s since %s",
				sim.Client(i+1), fmt.Sprint(w.input), w.since)
		}
		l.next = min(l.next, l.deadline(w).Add(1))
	}
	switch {
	case !idle:
		return nil
	case l.settled:
		l.next = v.Now().Add(reignsEvery) // servers may still disrupt each other
		return nil
	}
	return l.converge(v, now)
}

// converge checks that the members become equal when nobody waits for anything.
func (l *Liveness) converge(v liveView, now sim.Time) *sim.Violation {
	committed := highestCommitted(v, l.adapt, l.members())
	if !l.aimed {
		l.aimed, l.goal, l.aimedAt = true, committed, now
	}
	equal := max(l.healed.Add(l.bounds.Leader), l.returned).Add(l.bounds.Converge)
	if now <= equal {
		l.next = min(l.next, equal.Add(1))
		return nil
	}
	lag := l.lag(v)
	switch until := l.aimedAt.Add(l.bounds.Converge); {
	case lag == "":
		l.settled, l.next = true, v.Now().Add(reignsEvery)
	case committed == l.goal || l.passing() != "":
		return l.violation(v, "converge", "%s", lag)
	case now <= until: // it writes by itself, as when leases end, and somebody is always a little behind
		l.next = until.Add(1)
	case behind(v, l.adapt, l.members(), l.goal) != "":
		return l.violation(v, "converge", "%s", behind(v, l.adapt, l.members(), l.goal))
	default:
		l.goal, l.aimedAt, l.next = committed, now, now.Add(l.bounds.Converge+1)
	}
	return nil
}

// reignsEvery is how often reigns are counted while nothing else is due.
const reignsEvery = time.Second

// reigns checks that no more reigns have begun since the heal than may.
func (l *Liveness) reigns(v liveView) *sim.Violation {
	l.highest, _ = highestReign(v, l.adapt, l.members())
	if l.bounds.Reigns > 0 && l.highest > l.reign+l.bounds.Reigns {
		return l.violation(v, "reigns", "the %dth reign since then", l.highest-l.reign)
	}
	return nil
}

// violation returns a finding with what every server was about.
func (l *Liveness) violation(v liveView, what, format string, args ...any) *sim.Violation {
	return sim.Violatef("liveness-"+what, "%s, %s after the heal at %s: %s",
		fmt.Sprintf(format, args...), v.Now().Sub(l.healed), l.healed, roll(v, l.adapt))
}

// Settled reports whether the system is whole, has had a leader since the heal, owes no client an answer, and
// all logs and states are equal: nothing is left to be checked unless somebody asks for more.
func (l *Liveness) Settled(v sim.View) bool { return l.isSettled(v) }

func (l *Liveness) isSettled(v liveView) bool {
	return l.whole && v.Now() >= l.healed && l.unsettled(v) == ""
}

// unsettled says what a whole system still lacks, "" if nothing.
func (l *Liveness) unsettled(v liveView) string {
	if _, led := highestReign(v, l.adapt, l.members()); !led || !l.led {
		return "there is no leader"
	}
	for i := range l.waiting {
		if w := &l.waiting[i]; w.open {
			return fmt.Sprintf("%s waits for %s since %s", sim.Client(i+1), fmt.Sprint(w.input), w.since)
		}
	}
	if l.writes != nil && !l.wrote {
		return "no write was answered since"
	}
	return l.lag(v)
}

// lag says what the members still have to do without being asked, "" if nothing: to leave a membership that they are
// only passing through, and to be equal.
func (l *Liveness) lag(v liveView) string {
	if passing := l.passing(); passing != "" {
		return passing
	}
	return difference(v, l.adapt, l.members())
}

// passing says that the membership is one that the members have to leave, "" if it is not.
func (l *Liveness) passing() string {
	if l.membership != nil {
		if m := l.membership(); m != nil && m.Passing() {
			return "the membership is in the middle of a change, of " + m.Members().String()
		}
	}
	return ""
}

// members returns the servers of which something is required.
func (l *Liveness) members() ServerSet {
	if l.membership != nil {
		if m := l.membership(); m != nil {
			return m.Members() & l.core
		}
	}
	return l.core
}

// Report returns what is to be said at the end of a run, which ended for the reason stop.
func (l *Liveness) Report(v sim.View, stop sim.Stop) Report { return l.report(v, stop) }

func (l *Liveness) report(v liveView, stop sim.Stop) Report {
	r := Report{Check: LivenessCheck, Blocked: -1}
	now := v.Now()
	if stop == sim.StopQuiet {
		now = sim.Never // nothing will ever happen any more
	}
	switch {
	case !l.whole:
		r.Reason = "not to be told: " + cmp.Or(wound(v, l.core), "nothing happened after what ended by itself")
		return r
	case v.Now() < l.healed:
		r.Reason = fmt.Sprintf("not to be told: the run ended before the heal at %s", l.healed)
		return r
	case !l.begun:
		l.begin(v)
	}
	if !l.led {
		l.lookForLeader(v)
	}
	lacks, found := l.unsettled(v), l.reigns(v)
	if lacks == "" && found == nil {
		r.Verdict, r.Effort.Operations = Valid, len(v.Servers())
		then := "every answer"
		if l.writes != nil {
			then = "a write, " + then
		}
		r.Reason = fmt.Sprintf("a leader %s after the heal at %s, then %s and equal logs",
			l.ledAt.Sub(l.healed), l.healed, then)
		return r
	}
	if found == nil {
		found = l.due(v, now)
	}
	if found != nil {
		r.Verdict, r.Check, r.Reason = Invalid, found.ID, found.Detail
		return r
	}
	r.Reason = fmt.Sprintf("not to be told: the run ended %s after the heal at %s, and %s",
		v.Now().Sub(l.healed), l.healed, lacks)
	return r
}
