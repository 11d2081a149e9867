package sim

import "strconv"

// NodeID names a node. Servers are Server(1), Server(2), … and print as n1, n2, …;
// clients are Client(1), Client(2), … and print as c1, c2, …. The zero value is no node.
type NodeID uint16

// clientBit tells clients from servers; what remains is the number, from 1.
const clientBit NodeID = 1 << 15

// Server returns the id of the i-th server, i from 1.
func Server(i int) NodeID { return NodeID(i) }

// Client returns the id of the i-th client, i from 1.
func Client(i int) NodeID { return clientBit | NodeID(i) }

// IsClient reports whether id names a client.
func (id NodeID) IsClient() bool { return id&clientBit != 0 }

// Number returns the number within servers or within clients, from 1; 0 for no node.
func (id NodeID) Number() int { return int(id &^ clientBit) }

// String returns "n3" for a server, "c3" for a client and "-" for no node.
func (id NodeID) String() string {
	switch {
	case id == 0:
		return "-"
	case id.IsClient():
		return "c" + strconv.Itoa(id.Number())
	}
	return "n" + strconv.Itoa(id.Number())
}

// ParseNodeID reads what String writes. It returns false for anything else.
func ParseNodeID(s string) (NodeID, bool) {
	if len(s) < 2 || s[0] != 'n' && s[0] != 'c' || s[1] == '0' || s[1] == '+' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:], 10, 15)
	if err != nil || n == 0 {
		return 0, false
	}
	if s[0] == 'c' {
		return Client(int(n)), true
	}
	return Server(int(n)), true
}
