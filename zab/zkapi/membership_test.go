package zkapi

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/sim"
)

// anyMembers draws a list of members.
func anyMembers(t *rapid.T) []Member {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Member {
		m := Member{Server: sim.Server(rapid.IntRange(1, 40).Draw(t, "server"))}
		switch rapid.IntRange(0, 2).Draw(t, "role") {
		case 1:
			m.Observer = true
		case 2:
			m.Group = uint8(rapid.IntRange(1, 255).Draw(t, "group"))
			m.Weight = rapid.Uint8().Draw(t, "weight")
		}
		return m
	}), 1, 4).Draw(t, "members")
}

// anyChange draws a change that passes its check.
func anyChange(t *rapid.T) *Change {
	c := &Change{From: Zxid(rapid.Uint64().Draw(t, "from"))}
	switch rapid.IntRange(0, 3).Draw(t, "change") {
	case 0:
		c.Members = anyMembers(t)
	case 1:
		c.Joining = anyMembers(t)
	case 2:
		c.Joining = anyMembers(t)
		fallthrough
	default:
		for _, m := range anyMembers(t) {
			c.Leaving = append(c.Leaving, m.Server)
		}
	}
	return c
}

func TestMembershipsPrintAndParseBack(t *testing.T) {
	for text, want := range map[string]Membership{
		"n1 version 0:0": {Members: []Member{{Server: 1}}},
		"n1,n2:observer,n10 version 3:7": {NewZxid(3, 7), []Member{
			{Server: 1}, {Server: 2, Observer: true}, {Server: 10}}},
		"n1:g1:w1,n2:g2:w0 version 1:1": {NewZxid(1, 1), []Member{
			{Server: 1, Group: 1, Weight: 1}, {Server: 2, Group: 2}}},
	} {
		if got := want.String(); got != text {
			t.Errorf("prints as %s, want %s", got, text)
		}
		got, err := ParseMembership(text)
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s parses differently (-want +got):\n%s", text, d)
		}
	}
}

func TestParseMembershipRefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{
		"", "n1", "n1 version", "n1 version 1", " version 1:9", "n2,n1 version 1:9", "n1,n1 version 1:9",
		"n1, n2 version 1:9", "c1 version 1:9", "n1:w1 version 1:9", "n01 version 1:9", "n1:g1:w256 version 1:9",
	} {
		if m, err := ParseMembership(text); err == nil {
			t.Errorf("%q parses as %v", text, m.String())
		}
	}
}

func FuzzParseMembership(f *testing.F) {
	f.Add("n1,n2:observer,n3 version 1:9")
	f.Add("n1:g1:w1 version 0:0")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMembership(text)
		if err == nil && m.String() != text {
			t.Fatalf("%q parses as %s", text, m.String())
		}
	})
}
