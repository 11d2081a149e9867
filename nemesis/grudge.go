package nemesis

import (
	"schism/sim"
)

// DirectedLink is a link from one node to another.
type DirectedLink struct{ From, To sim.NodeID }

// Grudge is what a partition comes down to: the directed links that are cut. The functions that make grudges are
// pure; they shuffle nothing, so that a caller who wants a random partition passes the nodes in random order.
// Nodes that a function is not given, for instance clients, are not cut.
type Grudge []DirectedLink

// apply cuts every link of g.
func (g Grudge) apply(f sim.Faults) {
	for _, l := range g {
		f.Cut(l.From, l.To)
	}
}

// GroupsGrudge lets the nodes of different groups not talk to each other, Jepsen's complete grudge. A node that is
// in no group talks to all.
func GroupsGrudge(groups ...[]sim.NodeID) Grudge {
	var g Grudge
	for i, a := range groups {
		for j, b := range groups {
			if i != j {
				g = append(g, OneWayGrudge(a, b)...)
			}
		}
	}
	return g
}

// Halve splits nodes in two, the first ⌊n/2⌋ and the others: 5 is 2|3.
func Halve(nodes []sim.NodeID) (first, second []sim.NodeID) {
	h := len(nodes) / 2
	return nodes[:h:h], nodes[h:]
}

// HalvesGrudge keeps the two halves of nodes apart; see [Halve].
func HalvesGrudge(nodes []sim.NodeID) Grudge { return GroupsGrudge(Halve(nodes)) }

// IsolateGrudge keeps one apart from all the other nodes.
func IsolateGrudge(one sim.NodeID, nodes []sim.NodeID) Grudge {
	alone := []sim.NodeID{one}
	return GroupsGrudge(alone, without(nodes, alone))
}

// AloneGrudge keeps each of those in alone apart from all the other nodes, also from each other: Jepsen's primaries, if
// they are those who would lead.
func AloneGrudge(alone, nodes []sim.NodeID) Grudge {
	groups := [][]sim.NodeID{without(nodes, alone)}
	for _, n := range alone {
		groups = append(groups, []sim.NodeID{n})
	}
	return GroupsGrudge(groups...)
}

// BridgeGrudge keeps the two halves of nodes apart but for the first node of the second half, which keeps its
// links to both: 5 is {1,2}-3-{4,5}, where only 3 sees all.
func BridgeGrudge(nodes []sim.NodeID) Grudge {
	a, b := Halve(nodes)
	if len(b) == 0 {
		return nil
	}
	return GroupsGrudge(a, b[1:])
}

// OneWayGrudge lets nothing that from sends reach to. What to sends reaches from: with the leader as from and its
// followers as to, the leader hears but cannot send.
func OneWayGrudge(from, to []sim.NodeID) Grudge {
	var g Grudge
	for _, a := range from {
		for _, b := range to {
			if a != b {
				g = append(g, DirectedLink{a, b})
			}
		}
	}
	return g
}

// MajoritiesRingGrudge lets every node see a majority m = ⌊n/2⌋+1 of nodes, itself included, and no two nodes the
// same one, for n ≥ 3. Links stay or go both ways. With the nodes placed on a ring, the i-th node keeps
//
//   - if m is odd, the window of m around it: i-(m-1)/2 … i+(m-1)/2. 5 nodes see {i-1, i, i+1}, 4 nodes as well,
//     9 nodes see i-2 … i+2;
//   - if m is even and n is even, the window of m-1 around it, and the node opposite, i+n/2: 6 nodes see
//     {i-1, i, i+1, i+3};
//   - if m is even and n is odd, where it is not possible for every node to have m-1 neighbours, the window of m-1
//     around it, and the chords i to i+h for 0 ≤ i ≤ h = (n-1)/2: 3 nodes are the chain 0-1-2, and 7 nodes the ring
//     with the chords 0-3, 1-4, 2-5, 3-6. The node h has one chord more than the others.
//
// Jepsen's ring is the same for 4 and 5 nodes, cuts one way only for 3, and is drawn at random beyond 5.
func MajoritiesRingGrudge(nodes []sim.NodeID) Grudge {
	var g Grudge
	for i, a := range nodes {
		for j, b := range nodes {
			if i != j && !ringKeeps(i, j, len(nodes)) {
				g = append(g, DirectedLink{a, b})
			}
		}
	}
	return g
}

// ringKeeps reports whether the i-th and the j-th of n nodes see each other in the majorities ring.
func ringKeeps(i, j, n int) bool {
	m := n/2 + 1
	i, j = min(i, j), max(i, j)
	apart := j - i
	if min(apart, n-apart) <= (m-1)/2 {
		return true
	}
	return m%2 == 0 && apart == n/2
}
