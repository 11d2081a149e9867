package scenarios

import (
	"slices"
	"testing"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// TestFaultsThatDoNothingChangeNothing adds faults to runs which have no effect, at instants at which nothing else
// happens: everything else is drawn apart from them.
func TestFaultsThatDoNothingChangeNothing(t *testing.T) {
	const seeds, idle, every = 30, 20, 1_234_567_891 * time.Nanosecond
	for _, name := range []string{"raft/kv/swarm", "zab/zk/swarm"} {
		for seed := uint64(1); seed <= seeds; seed++ {
			c := DrawCase(Must(name), seed, sim.NewSeeded(seed))
			want := answers(t, c)
			for i := range idle {
				c.Schedule = append(c.Schedule, nemesis.Entry{
					When: sim.Trigger{After: time.Duration(i+1) * every}, Do: nemesis.CoarsenWall{Target: nemesis.All}})
			}
			c.Schedule.Sort()
			if got := answers(t, c); !slices.Equal(got, want) {
				t.Errorf("%s: operations are answered at other times", c.name())
			}
		}
	}
}

// answers returns when the operations of a run are answered.
func answers(t *testing.T, c *Case) (at []sim.Time) {
	t.Helper()
	r, err := c.Run(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.History {
		at = append(at, r.History[i].Return)
	}
	return at
}
