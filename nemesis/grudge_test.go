package nemesis_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/nemesis"
	"schism/sim"
)

func servers(n int) []sim.NodeID {
	var s []sim.NodeID
	for i := range n {
		s = append(s, sim.Server(i+1))
	}
	return s
}

// sees returns, for each node, the nodes that it hears and that hear it, itself included.
func sees(nodes []sim.NodeID, g nemesis.Grudge) map[sim.NodeID][]sim.NodeID {
	m := map[sim.NodeID][]sim.NodeID{}
	for _, a := range nodes {
		for _, b := range nodes {
			if !slices.Contains(g, nemesis.DirectedLink{From: a, To: b}) &&
				!slices.Contains(g, nemesis.DirectedLink{From: b, To: a}) {
				m[a] = append(m[a], b)
			}
		}
	}
	return m
}

func symmetric(g nemesis.Grudge) bool {
	return !slices.ContainsFunc(g, func(l nemesis.DirectedLink) bool {
		return !slices.Contains(g, nemesis.DirectedLink{From: l.To, To: l.From})
	})
}

func TestGrudgesCutWhatTheirDefinitionSays(t *testing.T) {
	type view = map[sim.NodeID][]sim.NodeID
	two, three, all := []sim.NodeID{n1, n2}, []sim.NodeID{n3, n4, n5}, servers(5)
	for name, c := range map[string]struct {
		grudge nemesis.Grudge
		want   view
	}{
		"halves": {nemesis.HalvesGrudge(all), view{n1: two, n2: two, n3: three, n4: three, n5: three}},
		"groups": {nemesis.GroupsGrudge([]sim.NodeID{n1, n4}, []sim.NodeID{n2}, []sim.NodeID{n3}),
			view{n1: {n1, n4, n5}, n2: {n2, n5}, n3: {n3, n5}, n4: {n1, n4, n5}, n5: all}},
		"isolate": {nemesis.IsolateGrudge(n3, all), view{n1: {n1, n2, n4, n5}, n2: {n1, n2, n4, n5}, n3: {n3},
			n4: {n1, n2, n4, n5}, n5: {n1, n2, n4, n5}}},
		"alone": {nemesis.AloneGrudge([]sim.NodeID{n1, n3}, all), view{n1: {n1}, n2: {n2, n4, n5}, n3: {n3},
			n4: {n2, n4, n5}, n5: {n2, n4, n5}}},
		"bridge": {nemesis.BridgeGrudge(all), view{n1: {n1, n2, n3}, n2: {n1, n2, n3}, n3: all, n4: three, n5: three}},
		"ring": {nemesis.MajoritiesRingGrudge(all), view{n1: {n1, n2, n5}, n2: {n1, n2, n3}, n3: {n2, n3, n4},
			n4: {n3, n4, n5}, n5: {n1, n4, n5}}},
	} {
		if d := cmp.Diff(c.want, sees(all, c.grudge)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if !symmetric(c.grudge) {
			t.Errorf("%s cuts one way", name)
		}
	}
}

func TestOneWayGrudgeCutsOneWay(t *testing.T) {
	got := nemesis.OneWayGrudge([]sim.NodeID{n1, n2}, []sim.NodeID{n2, n3})
	if d := cmp.Diff(nemesis.Grudge{{n1, n2}, {n1, n3}, {n2, n3}}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestRingShowsEachNodeAnotherMajority(t *testing.T) {
	for n := 3; n <= 15; n++ {
		nodes := servers(n)
		g := nemesis.MajoritiesRingGrudge(nodes)
		if !symmetric(g) {
			t.Errorf("the ring of %d cuts one way", n)
		}
		views, wider := sees(nodes, g), 0
		for i, a := range nodes {
			m := n/2 + 1
			if wider += len(views[a]) - m; len(views[a]) < m || !slices.Contains(views[a], a) {
				t.Errorf("in the ring of %d, %s sees only %v", n, a, views[a])
			}
			for _, b := range nodes[:i] {
				if slices.Equal(views[a], views[b]) {
					t.Errorf("in the ring of %d, %s and %s both see %v", n, a, b, views[a])
				}
			}
		}
		// With an even majority and an odd number of nodes, one node must have a neighbour more.
		if want := n % 2 * (n/2 + 1 + 1) % 2; wider != want {
			t.Errorf("the nodes of the ring of %d see %d more than majorities, want %d", n, wider, want)
		}
	}
}

func TestGrudgesOfFewNodesCutNothing(t *testing.T) {
	for n := range 3 {
		g := nemesis.MajoritiesRingGrudge(servers(n))
		g = append(g, nemesis.BridgeGrudge(servers(n))...)
		if n < 2 {
			g = append(g, nemesis.HalvesGrudge(servers(n))...)
		}
		if len(g) > 0 {
			t.Errorf("of %d nodes, %v is cut", n, g)
		}
	}
}
