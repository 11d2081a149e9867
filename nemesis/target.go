package nemesis

import (
	"slices"
	"strings"

	"schism/sim"
)

// Target names nodes. Which nodes it means is found out when a fault is applied.
type Target struct {
	// Role is what the nodes are; the zero value means those in Nodes.
	Role Role
	// Nodes lists nodes, for the zero Role only. Their order matters to [Ring] and [Bridge]; naming one twice
	// does not.
	Nodes []sim.NodeID
}

// Role names nodes by what they are.
type Role uint8

// The roles.
const (
	// RoleNamed means the nodes that are listed.
	RoleNamed Role = iota
	// RoleLeader is the running server that claims to lead the highest reign; the lowest-numbered running
	// server if none claims to; nobody if no server runs.
	RoleLeader
	// RoleFollowers are the servers, running or not, that RoleLeader does not mean.
	RoleFollowers
	// RoleAll are the servers.
	RoleAll
	// RoleClients are the clients.
	RoleClients
	// RoleLeaders are the running servers that claim to lead, whatever their reigns; often nobody.
	RoleLeaders
	// RoleEveryone are the servers, then the clients.
	RoleEveryone
)

var roleNames = [...]string{"named", "leader", "followers", "all", "clients", "leaders", "*"}

// String returns the word that stands for the role.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "Role(?)"
}

// The targets that are not lists.
var (
	Leader    = Target{Role: RoleLeader}
	Followers = Target{Role: RoleFollowers}
	All       = Target{Role: RoleAll}
	Clients   = Target{Role: RoleClients}
	Leaders   = Target{Role: RoleLeaders}
	Everyone  = Target{Role: RoleEveryone}
)

// Nodes returns the target that means exactly those nodes. It keeps the slice.
func Nodes(nodes ...sim.NodeID) Target { return Target{Nodes: nodes} }

// String returns "n3", "{n1 n2}", or the word for a role: "leader", "followers", "all",
// "clients", "leaders", "*".
func (t Target) String() string {
	switch {
	case t.Role != RoleNamed:
		return t.Role.String()
	case len(t.Nodes) == 1:
		return t.Nodes[0].String()
	}
	return group(t.Nodes)
}

// group returns "{n1 n2}".
func group(nodes []sim.NodeID) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, n := range nodes {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(n.String())
	}
	b.WriteByte('}')
	return b.String()
}

// resolve returns the nodes that t means in the world of f. The slice must not be changed.
func (t Target) resolve(f sim.Faults) []sim.NodeID {
	switch t.Role {
	case RoleLeader:
		if l, ok := leader(f); ok {
			return []sim.NodeID{l}
		}
		return nil
	case RoleFollowers:
		l, _ := leader(f)
		return without(f.Servers(), []sim.NodeID{l})
	case RoleAll:
		return f.Servers()
	case RoleClients:
		return f.Clients()
	case RoleLeaders:
		return f.Leaders()
	case RoleEveryone:
		return slices.Concat(f.Servers(), f.Clients())
	}
	return existing(f, t.Nodes)
}

// leader returns what RoleLeader means.
func leader(f sim.Faults) (sim.NodeID, bool) {
	if l, ok := f.Leader(); ok {
		return l, true
	}
	for _, n := range f.Servers() {
		if f.Up(n) {
			return n, true
		}
	}
	return 0, false
}

// existing returns those of nodes that exist, each once.
func existing(f sim.Faults, nodes []sim.NodeID) []sim.NodeID {
	var kept []sim.NodeID
	for _, n := range nodes {
		exists := slices.Contains(f.Servers(), n) || slices.Contains(f.Clients(), n)
		if exists && !slices.Contains(kept, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// without returns those of nodes that are not in gone, in order.
func without(nodes, gone []sim.NodeID) []sim.NodeID {
	var kept []sim.NodeID
	for _, n := range nodes {
		if !slices.Contains(gone, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// each calls do for every node that t means.
func each(f sim.Faults, t Target, do func(sim.NodeID)) {
	for _, n := range t.resolve(f) {
		do(n)
	}
}

// eachLink calls do for every directed link between two different nodes that leads from a node in from to one
// in to.
func eachLink(f sim.Faults, from, to Target, do func(from, to sim.NodeID)) {
	ends := to.resolve(f)
	for _, a := range from.resolve(f) {
		for _, b := range ends {
			if a != b {
				do(a, b)
			}
		}
	}
}

// arrow returns "n1 -> all", or just "all" for the links among all.
func arrow(from, to Target) string {
	if from.Role == to.Role && (from.Role == RoleAll || from.Role == RoleEveryone) {
		return from.String()
	}
	return from.String() + " -> " + to.String()
}
