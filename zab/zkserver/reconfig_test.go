package zkserver_test

import (
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
	"schism/zab/zkserver"
)

func TestClientsChangeTheMembership(t *testing.T) {
	c := scripted(t, 1, tuning{}, `1s get /zookeeper/config watch
		0s reconfig leaving n1,n2 from 0:0
		1s get /zookeeper/config
		0s reconfig joining n1 from 0:0
		0s reconfig joining n1:observer
		1s reconfig members n3:g1:w2,n4:g1:w1,n5:g3:w1
		1s reconfig joining n5
		0s reconfig members n1,n2,n3,n4,n5
		1s sync /`)
	r := run(t, 1, c)
	want(t, r.History, 1,
		`get /zookeeper/config watch -> "n1,n2,n3,n4,n5 version 0:0" version 0`,
		`reconfig leaving n1,n2 from 0:0 -> "n3,n4,n5 version 1:2"`,
		`get /zookeeper/config -> "n3,n4,n5 version 1:2" version 1`,
		"reconfig joining n1 from 0:0 -> BadVersion",
		`reconfig joining n1:observer -> "n1:observer,n3,n4,n5 version 1:4"`,
		`reconfig members n3:g1:w2,n4:g1:w1,n5:g3:w1 -> "n3:g1:w2,n4:g1:w1,n5:g2:w1 version 1:5"`,
		"reconfig joining n5 -> BadArguments",
		`reconfig members n1,n2,n3,n4,n5 -> "n1,n2,n3,n4,n5 version 1:7"`,
		"sync / -> ok")
}

func TestReconfigsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		tune tuning
		down []int
		list string
		want []string
	}{
		"nobody is to change the membership": {
			tune: tuning{server: func(c *zkserver.Config) { c.ReconfigEnabled = false }},
			list: "1s reconfig leaving n5", want: []string{"reconfig leaving n5 -> ReconfigDisabled"}},
		"no quorum of the next ensemble is there": {
			down: []int{4, 5}, list: "3s reconfig members n1,n4,n5",
			want: []string{"reconfig members n1,n4,n5 -> NewConfigNoQuorum"}},
		"no voter is left": {
			list: "1s reconfig members n1:observer",
			want: []string{"reconfig members n1:observer -> BadArguments"}},
		"a server is unknown": {
			list: "1s reconfig joining n6", want: []string{"reconfig joining n6 -> BadArguments"}},
		"a server is there twice": {
			list: "1s reconfig members n1,n2,n2", want: []string{"reconfig members n1,n2,n2 -> BadArguments"}},
		"a voter has no group": {
			list: "1s reconfig members n1:g1:w1,n2", want: []string{"reconfig members n1:g1:w1,n2 -> BadArguments"}},
		"the session is over": {
			list: "1s close-session\n1s reconfig leaving n1", want: []string{"close-session -> ok",
				`reconfig leaving n1 -> "n2,n3,n4,n5 version 1:4"`}}, // with a new session
	} {
		t.Run(name, func(t *testing.T) {
			w := scripted(t, 1, c.tune, c.list)
			for _, n := range c.down {
				w.Faults = append(w.Faults, simtest.At(time.Second, "crash", func(f sim.Faults) {
					f.Crash(sim.Server(n), sim.PowerLoss{})
				}))
			}
			r := sim.NewWorld(w).Run()
			if r.Violation != nil {
				t.Fatal(r.Violation)
			}
			want(t, r.History, 1, c.want...)
		})
	}
}

// TestReconfigsAreRefusedWhileOneIsPending: the disks of n4 and n5 are slow, so that the first one waits for a quorum
// of the ensemble to come.
func TestReconfigsAreRefusedWhileOneIsPending(t *testing.T) {
	c := scripted(t, 1, tuning{}, "2s reconfig members n4,n5", "2100ms reconfig leaving n1\n1s reconfig leaving n1")
	c.Faults = []sim.Planned{
		simtest.At(1900*time.Millisecond, "slow disks", func(f sim.Faults) {
			for _, n := range []int{4, 5} {
				const slow = 500 * time.Millisecond
				f.SetDisk(sim.Server(n), sim.DiskProfile{SyncMin: slow, SyncMax: slow})
			}
		}),
	}
	r := run(t, 1, c)
	want(t, r.History, 1, `reconfig members n4,n5 -> "n4,n5 version 1:3"`)
	got := said(r.History, 2)
	if len(got) != 2 || got[0] != "reconfig leaving n1 -> ReconfigInProgress" {
		t.Errorf("c2 was told %q", got)
	}
}

// TestLeadersHandOverWhenTheyAreRemoved: whoever leads is not in the next ensemble, and what it makes of the tree is
// what all have, the ones outside included.
func TestLeadersHandOverWhenTheyAreRemoved(t *testing.T) {
	c := scripted(t, 3, tuning{}, `1s create /a 1
		0s reconfig members n1,n2
		3s set /a 2
		0s reconfig members n3,n4,n5:observer
		3s set /a 3
		0s reconfig members n1,n2
		3s set /a 4
		0s get /zookeeper/config`)
	p := &peeker{}
	c.Observers = append(c.Observers, zab.NewGhost(), p)
	r := run(t, 3, c)
	lines := said(r.History, 1)
	if got := lines[len(lines)-1]; got != `get /zookeeper/config -> "n1,n2 version 3:2" version 3` {
		t.Errorf("%q", lines)
	}
	var first zab.Index
	for _, id := range p.Servers() {
		at, _ := p.Machine(id).(*zkserver.Server).StateHash()
		if first = max(first, at); at != first {
			t.Errorf("%s has applied %d, others %d", id, at, first)
		}
	}
}
