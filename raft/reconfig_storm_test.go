package raft_test

import (
	"fmt"
	"testing"
	"time"

	"schism/raft"
	"schism/raft/quorum"
	"schism/sim"
	"schism/sim/simtest"
)

// stormEnds is when a storm is over for good.
const stormEnds = sim.Time(17 * time.Second)

const changeTimer = proposeTimer + 1

// changer is a server that asks for a change of the membership every so often while it leads, until stormEnds.
type changer struct {
	*server
	draws    sim.Chooser
	asked    [raft.HandingOver + 1]int
	entered  int // joint memberships
	promoted int
	leased   int
	held     int // leases, when a read was asked for
}

// leaseReads is above the IDs of all other reads.
const leaseReads raft.ReadID = 1 << 40

func (c *changer) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	const every = 150 * time.Millisecond
	if ev.Kind == sim.Timeout && ev.Timer == changeTimer {
		if now < stormEnds {
			out.SetTimer(changeTimer, every, every)
		}
		c.change(now, out)
		return
	}
	c.server.Step(now, ev, out)
	if ev.Kind == sim.Start {
		out.SetTimer(changeTimer, every, every)
	}
}

// change reads by lease, asks for a change, and for another one at once; now and then it hands the leadership over.
func (c *changer) change(now sim.Time, out *sim.Effects) {
	m, _ := c.Membership()
	if c.leased++; c.LeaseHeld(now) {
		c.held++
	}
	c.LeaseRead(now, leaseReads+raft.ReadID(c.leased), out)
	if to := c.draws.Index(sim.Key{Decision: sim.DecidePlan}, 50); to < 5 {
		c.TransferLeader(now, sim.Server(to+1), out)
	}
	for range 2 {
		ch := drawChange(c.draws, m)
		_, _, why := c.ProposeConfig(ch, nil, out)
		c.asked[why]++
		if why == raft.Accepted && (ch.Transition == raft.Joint || ch.Transition == raft.JointAuto) {
			c.entered++
		}
		if why == raft.Accepted && ch.Voters&m.Learners != 0 {
			c.promoted++
		}
	}
}

// drawChange draws a change of m, among five servers, that might be allowed.
func drawChange(draws sim.Chooser, m raft.Membership) raft.Change {
	draw := func(n int) int { return draws.Index(sim.Key{Decision: sim.DecidePlan}, n) }
	if m.Joint() && !m.AutoLeave && draw(4) > 0 {
		return raft.Change{Transition: raft.Leave}
	}
	if draw(3) > 0 {
		one := quorum.Members(1) << draw(5)
		switch draw(4) {
		case 0:
			return raft.Change{Removed: one}
		case 1:
			return raft.Change{Learners: one}
		}
		return raft.Change{Voters: one}
	}
	c := raft.Change{Transition: raft.Joint + raft.Transition(draw(2))}
	c.Voters = quorum.Members(draw(32))
	c.Learners = quorum.Members(draw(32)) &^ c.Voters
	c.Removed = quorum.Members(draw(32)) &^ c.Voters &^ c.Learners
	return c
}

// changing returns a world of five servers, three of which vote at first and one learns, that change their membership
// in a storm, and then have some seconds of rest.
func changing(seed uint64, at raft.ConfigTime, rules *raft.Rules) sim.Config {
	c := cluster(5, seed, func(c *raft.Config, s *server) {
		c.Servers, c.Voters, c.Learners = voters(5), voters(3), voters(4)[3:]
		c.ApplyConfigAt, c.Rules, c.Lease = at, rules, c.ElectionMin
		c.SnapshotTrailing, s.snapshotEvery = 4, 20
	})
	right := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		return &changer{server: right(id).(*server), draws: sim.NewSeeded(seed<<8 | uint64(id.Number()))}
	}
	c.Peers.Loss, c.Peers.Duplicate, c.Peers.DuplicateMax = 2*sim.Percent, sim.Percent, time.Second
	c.Faults = simtest.Storm(5, seed+1000)
	c.Limit = stormEnds + sim.Time(6*time.Second)
	c.Observers = []sim.Observer{raft.NewGhost()}
	return c
}

// lazily returns the world changing with servers that apply what is committed only now and then.
func lazily(seed uint64, rules *raft.Rules) sim.Config {
	c := changing(seed, raft.AtApply, rules)
	right := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		s := right(id).(*changer)
		s.applyEvery = time.Second
		return s
	}
	return c
}

// modes are the times at which changes take effect.
var modes = map[string]raft.ConfigTime{"at append": raft.AtAppend, "at apply": raft.AtApply}

// leaderOf returns the server that leads the highest term.
func leaderOf(v sim.View) (leader *changer) {
	for _, id := range v.Servers() {
		s, up := v.Machine(id).(*changer)
		if up && s.Role() == raft.Leader && (leader == nil || s.Term() > leader.Term()) {
			leader = s
		}
	}
	return leader
}

// checkRest checks that after the storm there is a leader, and that the members of its membership follow it.
func checkRest(v sim.View) error {
	leader := leaderOf(v)
	if leader == nil {
		return fmt.Errorf("nobody leads")
	}
	m, _ := leader.Membership()
	if leader.CommitIndex() < 200 || leader.LastIndex() > leader.CommitIndex()+20 {
		return fmt.Errorf("%v has committed %d of %d by %v", leader.ID(), leader.CommitIndex(), leader.LastIndex(), m)
	}
	for i, id := range v.Servers() {
		if s, up := v.Machine(id).(*changer); m.All().Has(quorum.Slot(i)) &&
			(!up || s.CommitIndex()+20 < leader.CommitIndex()) {
			return fmt.Errorf("%v is behind %v, which has committed %d by %v", id, leader.ID(), leader.CommitIndex(), m)
		}
	}
	if m.AutoLeave {
		return fmt.Errorf("%v is still in %v", leader.ID(), m)
	}
	return nil
}

func TestMembershipChangesSurviveAStormWhereServersApplyLate(t *testing.T) {
	for seed := range uint64(100) {
		w := sim.NewWorld(lazily(seed, nil))
		if r := w.Run(); r.Violation != nil {
			t.Errorf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
		} else if err := checkRest(w.View()); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

func TestMembershipChangesSurviveAStorm(t *testing.T) {
	for name, at := range modes {
		t.Run(name, func(t *testing.T) {
			var asked [raft.HandingOver + 1]int
			entered, promoted, held := 0, 0, 0
			for seed := range uint64(100) {
				w := sim.NewWorld(changing(seed, at, nil))
				if r := w.Run(); r.Violation != nil {
					t.Errorf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
					continue
				}
				if err := checkRest(w.View()); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
				for _, id := range w.View().Servers() {
					s, _ := w.View().Machine(id).(*changer)
					for i, n := range s.asked {
						asked[i] += n
					}
					entered, promoted, held = entered+s.entered, promoted+s.promoted, held+s.held
				}
			}
			for why, n := range asked {
				if n == 0 {
					t.Errorf("no change was ever answered: %v", raft.Refusal(why))
				}
			}
			if entered == 0 || promoted == 0 || held == 0 {
				t.Errorf("%d joint memberships were entered, %d times learners were promoted, %d reads found a lease",
					entered, promoted, held)
			}
			t.Log(asked, entered, promoted, held)
		})
	}
}

// Whoever had no vote took each election timeout for news of the leader, and refused its vote to others.
func TestWhoHasNoVoteForgetsTheLeader(t *testing.T) {
	w := sim.NewWorld(changing(1793, raft.AtAppend, nil))
	w.Run()
	if err := checkRest(w.View()); err != nil {
		t.Error(err)
	}
}

// The server that has the longest log did not know that it had become a voter again, and the others needed its vote.
func TestServerWithTheLongestLogLearnsThatItVotes(t *testing.T) {
	for _, seed := range []uint64{590, 2222, 2537} {
		w := sim.NewWorld(changing(seed, raft.AtApply, nil))
		w.Run()
		if err := checkRest(w.View()); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}
