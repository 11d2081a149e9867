package zab_test

import (
	"fmt"
	"testing"
	"time"

	"schism/sim"
	"schism/zab"
)

// drawEnsemble draws any ensemble of five servers: voters, perhaps observers, perhaps two groups.
func drawEnsemble(c sim.Chooser) zab.Ensemble {
	draw := func(n int) int { return c.Index(sim.Key{Decision: sim.DecidePlan}, n) }
	e := zab.Ensemble{Voters: zab.Servers(1 + draw(0b11111))}
	if draw(2) == 1 {
		e.Observers = zab.Servers(draw(0b100000)) &^ e.Voters
	}
	if draw(3) == 1 {
		first := e.Voters & zab.Servers(draw(0b100000))
		e.Groups = []zab.Group{group(first), group(e.Voters &^ first)}
	}
	return e
}

// stormEnds is when a storm is over for good.
const stormEnds = sim.Time(17 * time.Second)

// wandering returns a world of five servers that go through ensembles drawn from seed as long as the storm lasts, and
// have ten seconds then. Servers that look for a leader ask at least every patience.
func wandering(seed uint64, patience time.Duration, rules *zab.Rules) sim.Config {
	c := reconfiguring(seed, func(c *zab.Config) { c.NotifyMax, c.Rules = patience, rules })
	right := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		r, draws := right(id).(*reconfigurer), sim.NewSeeded(seed<<8|uint64(id.Number()))
		r.next = func(*reconfigurer) zab.Ensemble { return drawEnsemble(draws) }
		r.until = stormEnds
		return r
	}
	c.Limit = stormEnds + sim.Time(10*time.Second)
	return c
}

// checkAllServe runs a wandering world, and checks that every server serves in the end.
func checkAllServe(t *testing.T, seed uint64, rules *zab.Rules) {
	t.Helper()
	w := sim.NewWorld(wandering(seed, time.Second, rules))
	if r := w.Run(); r.Violation != nil {
		t.Errorf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
		return
	}
	for _, id := range w.View().Servers() {
		if s, ok := w.View().Machine(id).(*reconfigurer); !ok || !s.Serving() {
			t.Errorf("seed %d: %v does not serve: %v, %v", seed, id, s.State(), s.Phase())
		}
	}
}

func TestReconfigurationsToAnyEnsembleSurviveAStorm(t *testing.T) {
	for seed := range uint64(200) {
		checkAllServe(t, seed, nil)
	}
}

// A reconfig to the groups {n1 n2 n3} and {n4 n5} was pending, and n5, without which there is no quorum of the second
// group, had missed it: as far as it knew it had no vote, and was in a later round. There have to be elections.
func TestServerThatIsToJoinDoesNotHoldUpAnElection(t *testing.T) {
	for _, seed := range []uint64{184, 295} {
		c := reconfiguring(seed, func(c *zab.Config) { c.Rules = &zab.Rules{Designates: electAlways} })
		checkAllCommit(t, sim.NewWorld(c), fmt.Sprintf("seed %d", seed))
	}
}

// A reconfig was pending where it came to nothing, on servers that the ensemble in force does without.
func TestWhoKnowsOfALostReconfigFindsTheLeader(t *testing.T) {
	for _, seed := range []uint64{911, 1421, 2015, 2207, 2622} {
		checkAllServe(t, seed, nil)
	}
}

// leaderless measures how long nobody leads after the storm.
type leaderless struct {
	last sim.Time
	sum  time.Duration
}

// Observe implements sim.Observer.
func (l *leaderless) Observe(v sim.View, s *sim.StepInfo) error {
	from := max(l.last, stormEnds)
	l.last = s.At
	for _, id := range v.Servers() {
		if r, ok := v.Machine(id).(sim.Leader); ok {
			if _, leads := r.Reign(); leads {
				return nil
			}
		}
	}
	l.sum += max(0, time.Duration(s.At-from))
	return nil
}

// A server of the ensemble in force voted for a candidate that was to join, and told only those of its own ensemble,
// so that the candidate found out too late, again and again.
func TestCandidateThatIsToJoinHearsItsVotes(t *testing.T) {
	for _, seed := range []uint64{66, 352, 498, 968, 2626} {
		for _, patience := range []time.Duration{time.Second, time.Minute} {
			l := &leaderless{}
			c := wandering(seed, patience, nil)
			c.Observers = append(c.Observers, l)
			if sim.NewWorld(c).Run(); l.sum > 2*time.Second {
				t.Errorf("seed %d: nobody leads for %v", seed, l.sum)
			}
		}
	}
}

// quick is a server that asks for one ensemble after the other, each as soon as there is none pending. What it is asked
// for after a restart is in force already.
type quick struct {
	*server
	ask     []zab.Ensemble
	refused []zab.Refusal
}

func (q *quick) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	q.server.Step(now, ev, out)
	for len(q.ask) > 0 && q.ask[0].Voters == q.Ensemble().Voters {
		q.ask = q.ask[1:]
	}
	if _, leads := q.Reign(); leads && q.Pending() == nil && q.CommittedIndex() > 10 && len(q.ask) > 0 {
		_, why := q.Reconfig(q.ask[0], zab.AnyVersion, nil, out)
		q.ask, q.refused = q.ask[1:], append(q.refused, why)
		q.take(out)
	}
}

// Two followers have just become observers, and are to be voters again. They are still connected as followers, but
// when they have heard of the first reconfig they come back as observers, who get no proposals.
func TestNewObserversAreNoQuorumOfTheNextEnsemble(t *testing.T) {
	c := cluster(5, 1, nil)
	right := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		return &quick{server: right(id).(*server), ask: []zab.Ensemble{
			{Voters: 0b10000, Observers: 0b00011}, {Voters: 0b10011}}}
	}
	c.Limit = sim.Time(5 * time.Second)
	w := sim.NewWorld(c)
	w.Run()
	q := w.View().Machine(sim.Server(5)).(*quick)
	if len(q.refused) != 2 || q.refused[0] != zab.Accepted || q.refused[1] != zab.NewConfigNoQuorum {
		t.Errorf("the reconfigs are %v", q.refused)
	}
	if last := q.History().LastIndex(); q.Pending() != nil || last < 100 || q.CommittedIndex() < last-10 {
		t.Errorf("%d of %d are committed, pending is %v", q.CommittedIndex(), last, q.Pending())
	}
}
