package zkapi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"schism/sim"
)

// SystemPath is the node above what servers keep for themselves, and ConfigPath the one whose data is the Membership in
// force. Both are there from the beginning, and nobody deletes them. Only Reconfig sets the data.
const (
	SystemPath = "/zookeeper"
	ConfigPath = SystemPath + "/config"
)

// IsSpecial reports whether path is a node that nobody deletes (ZKDatabase.isSpecialPath).
func IsSpecial(path string) bool { return path == "/" || path == SystemPath || path == ConfigPath }

// ConfigACL returns the access list of ConfigPath: everybody may look.
func ConfigACL() []ACL { return []ACL{{Anyone, PermRead}} }

// AnyMembership, as the version that a Reconfig expects, is every version.
const AnyMembership = ^Zxid(0)

// MaxMembers is the largest number of servers of a membership, and of those that a Reconfig names in one list.
const MaxMembers = 1 << 6

// Member is a server of an ensemble.
type Member struct {
	Server sim.NodeID
	// Observer says that it has no vote.
	Observer bool
	// Group, from 1, is the group of a voter in an ensemble with hierarchical quorums; 0 in one without. Weight is
	// what its vote weighs there, 0 without groups.
	Group, Weight uint8
}

// Membership is who takes part, as the data of ConfigPath says it.
type Membership struct {
	// Version is the zxid of the Reconfig that made it, 0 for the first one.
	Version Zxid
	// Members are ascending.
	Members []Member
}

// Change is what Reconfig asks for: the whole of the next membership, or how it differs from the one in force.
type Change struct {
	// Members is the whole; nil if Joining and Leaving say how it differs. A server that joins and is there already
	// gets another role.
	Members, Joining []Member
	Leaving          []sim.NodeID
	// From is the version of the membership that is to be replaced; AnyMembership is always right. Mind that the zero
	// value expects the first one.
	From Zxid
}

// String returns "n3", "n3:observer", or "n3:g1:w2" for a voter of weight 2 in the group 1.
func (m Member) String() string {
	s := m.Server.String()
	if m.Observer {
		s += ":observer"
	}
	if m.Group != 0 {
		s += ":g" + strconv.Itoa(int(m.Group)) + ":w" + strconv.Itoa(int(m.Weight))
	}
	return s
}

// parseMember reads a member as String writes it.
func parseMember(s string) (Member, error) {
	words := strings.Split(s, ":")
	id, ok := sim.ParseNodeID(words[0])
	m := Member{Server: id}
	switch {
	case len(words) == 2 && words[1] == "observer":
		m.Observer = true
	case len(words) == 3:
		g, err := strconv.ParseUint(strings.TrimPrefix(words[1], "g"), 10, 8)
		w, err2 := strconv.ParseUint(strings.TrimPrefix(words[2], "w"), 10, 8)
		m.Group, m.Weight = uint8(g), uint8(w)
		ok = ok && err == nil && err2 == nil
	}
	if !ok || m.String() != s || m.check() != nil {
		return Member{}, fmt.Errorf("member %q: want n3, n3:observer, or n3:g1:w2", s)
	}
	return m, nil
}

// check returns what is wrong with m by itself.
func (m Member) check() error {
	if m.Server.IsClient() || m.Server == 0 || m.Observer && m.Group != 0 || m.Group == 0 && m.Weight != 0 {
		return fmt.Errorf("no member %v", m)
	}
	return nil
}

// String returns "n1,n2,n5:observer version 1:9". ParseMembership reads it back.
func (m *Membership) String() string { return string(m.append(nil)) }

func (m *Membership) append(b []byte) []byte {
	b = appendMembers(b, m.Members)
	return append(append(b, " version "...), m.Version.String()...)
}

// ParseMembership reads a membership as String writes it.
func ParseMembership(s string) (Membership, error) {
	list, version, found := strings.Cut(s, " version ")
	z, err := ParseZxid(version)
	members, err2 := parseMembers(list)
	switch ascending := slices.IsSortedFunc(members, func(a, b Member) int { return int(a.Server) - int(b.Server) }); {
	case !found || !ascending:
		return Membership{}, fmt.Errorf("membership %q: want n1,n2 version 1:9", s)
	case err != nil || err2 != nil:
		return Membership{}, fmt.Errorf("membership %q: %w", s, errors.Join(err, err2))
	}
	for i := 1; i < len(members); i++ {
		if members[i-1].Server == members[i].Server {
			return Membership{}, fmt.Errorf("membership %q: %v twice", s, members[i].Server)
		}
	}
	return Membership{z, members}, nil
}

// appendMembers appends "n1,n2:observer".
func appendMembers(b []byte, list []Member) []byte {
	for i, m := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, m.String()...)
	}
	return b
}

// parseMembers reads what appendMembers writes, at least one.
func parseMembers(s string) ([]Member, error) {
	var list []Member
	for word := range strings.SplitSeq(s, ",") {
		m, err := parseMember(word)
		if err != nil {
			return nil, err
		}
		if list = append(list, m); len(list) > MaxMembers {
			return nil, fmt.Errorf("more than %d members", MaxMembers)
		}
	}
	return list, nil
}

// appendText appends the text of c, "joining n4,n5:observer leaving n1 from 1:9" or "members n1,n2".
func (c *Change) appendText(b []byte) []byte {
	if len(c.Members) > 0 {
		b = appendMembers(append(b, " members "...), c.Members)
	}
	if len(c.Joining) > 0 {
		b = appendMembers(append(b, " joining "...), c.Joining)
	}
	for i, id := range c.Leaving {
		if i == 0 {
			b = append(b, " leaving "...)
		} else {
			b = append(b, ',')
		}
		b = append(b, id.String()...)
	}
	if c.From != AnyMembership {
		b = append(append(b, " from "...), c.From.String()...)
	}
	return b
}

// change reads a Change.
func (p *parser) change() *Change {
	c := &Change{From: AnyMembership}
	list := func(into *[]Member, what string) {
		if p.Take(what) {
			var err error
			if *into, err = parseMembers(p.Word("members")); err != nil {
				p.Fail("%w", err)
			}
		}
	}
	list(&c.Members, "members")
	list(&c.Joining, "joining")
	var leaving []Member
	list(&leaving, "leaving")
	for _, m := range leaving {
		if m != (Member{Server: m.Server}) {
			p.Fail("%v leaves", m)
		}
		c.Leaving = append(c.Leaving, m.Server)
	}
	if p.Take("from") {
		z, err := ParseZxid(p.Word("a zxid"))
		if err != nil {
			p.Fail("%w", err)
		}
		c.From = z
	}
	return c
}

// check returns what is wrong with the change of an operation that uses the fields f, apart from what depends on the
// membership that it changes.
func (c *Change) check(f fields) error {
	if c == nil {
		if f&usesChange != 0 {
			return errors.New("no members")
		}
		return nil
	}
	switch whole := c.Members != nil; {
	case whole && (c.Joining != nil || c.Leaving != nil):
		return errors.New("members, and how they change")
	case !whole && len(c.Joining)+len(c.Leaving) == 0:
		return errors.New("no change of members")
	case max(len(c.Members), len(c.Joining), len(c.Leaving)) > MaxMembers:
		return fmt.Errorf("more than %d members", MaxMembers)
	case whole && len(c.Members) == 0 || c.Joining != nil && len(c.Joining) == 0 ||
		c.Leaving != nil && len(c.Leaving) == 0:
		return errors.New("an empty list that is not nil")
	}
	for _, list := range [...][]Member{c.Members, c.Joining} {
		for _, m := range list {
			if err := m.check(); err != nil {
				return err
			}
		}
	}
	for _, id := range c.Leaving {
		if err := (Member{Server: id}).check(); err != nil {
			return err
		}
	}
	return nil
}

// fold mixes every field into d.
func (c *Change) fold(d sim.Digest) sim.Digest {
	for _, list := range [...][]Member{c.Members, c.Joining} {
		d = d.Mix(uint64(len(list)))
		for _, m := range list {
			d = d.Mix(uint64(m.Server)<<24 | uint64(bit(m.Observer))<<16 | uint64(m.Group)<<8 | uint64(m.Weight))
		}
	}
	d = d.Mix(uint64(len(c.Leaving)))
	for _, id := range c.Leaving {
		d = d.Mix(uint64(id))
	}
	return d.Mix(uint64(c.From))
}

// append appends the binary form of c.
func (c *Change) append(b []byte) []byte {
	for _, list := range [...][]Member{c.Members, c.Joining} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, m := range list {
			b = append(binary.AppendUvarint(b, uint64(m.Server)), bit(m.Observer), m.Group, m.Weight)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(c.Leaving)))
	for _, id := range c.Leaving {
		b = binary.AppendUvarint(b, uint64(id))
	}
	return binary.AppendUvarint(b, uint64(c.From))
}

// change reads what Change.append appends.
func (d *Decoder) change() *Change {
	c := &Change{}
	for _, list := range [...]*[]Member{&c.Members, &c.Joining} {
		for range d.Count(MaxMembers) {
			m := Member{Server: d.server(), Observer: d.Byte(1) == 1}
			m.Group, m.Weight = d.Byte(255), d.Byte(255)
			*list = append(*list, m)
		}
	}
	for range d.Count(MaxMembers) {
		c.Leaving = append(c.Leaving, d.server())
	}
	c.From = Zxid(d.Number())
	return c
}

// server reads the number of a node.
func (d *Decoder) server() sim.NodeID {
	v := d.Number()
	if v > 1<<16-1 {
		d.Fail()
	}
	return sim.NodeID(v)
}
