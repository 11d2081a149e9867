package scenarios

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/checker"
	"schism/sim"
)

func TestCommitsNameTheServersThatHaveTheEntry(t *testing.T) {
	trail := newTrail(words{})
	leader := &serverState{last: 3, reigns: []sim.Reign{0, 1, 1, 2}}
	trail.states = map[sim.NodeID]*serverState{
		sim.Server(1): leader,
		sim.Server(2): {last: 3, reigns: []sim.Reign{0, 1, 1, 1}}, // of another reign
		sim.Server(3): {last: 2, reigns: []sim.Reign{0, 1, 1}},
		sim.Server(4): {last: 3, reigns: []sim.Reign{0, 1, 1, 2}, down: true},
		sim.Server(5): {last: 4, reigns: []sim.Reign{0, 1, 1, 2, 2}},
	}
	for p, want := range map[checker.Position][]sim.NodeID{2: nodes(2, 3, 5), 3: nodes(5)} {
		if diff := cmp.Diff(want, trail.holders(leader, p, sim.Server(1))); diff != "" {
			t.Errorf("entry %d: %s", p, diff)
		}
	}
}

func TestNothingIsSaidTwiceOfOneEvent(t *testing.T) {
	for _, name := range []string{"raft/kv/crash-storm", "zab/zk/crash-storm"} {
		r := NewRunner(Must(name))
		trail := newTrail(words{reign: "reign"})
		report := r.Run(5, Options{Trace: trail})
		restarts := slices.ContainsFunc(report.Applied, func(f sim.AppliedFault) bool {
			return strings.HasPrefix(f.What.String(), "restart ")
		})
		if !restarts {
			t.Errorf("%s: no server starts again", name)
		}
		for i := range trail.events {
			h := &trail.events[i]
			said := slices.Clone(h.said)
			slices.Sort(said)
			if len(slices.Compact(said)) < len(h.said) {
				t.Fatalf("%s: of %s is said %q", name, h.node, h.said)
			}
			if slices.Contains(h.said, "starts again") && trail.restarts(h) {
				t.Fatalf("%s: the fault says that %s starts", name, h.node)
			}
		}
	}
}
