package ztree

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/zab/zkapi"
)

// codes returns the codes of the parts.
func codes(r zkapi.Result) []zkapi.Code {
	var list []zkapi.Code
	for _, sub := range r.Results {
		list = append(list, sub.Code)
	}
	return list
}

func TestMultiIsDoneAsAWholeOrNotAtAll(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /a 1")
	r := s.do(1, "multi {check /a version 0; set /a 2 version 0; set /a 3 version 1; create /a/b 1; "+
		"delete /a/b version 0}")
	if r.Code != zkapi.OK || r.Results[2].Stat.Version != 2 || r.Results[3].Path != "/a/b" {
		t.Errorf("each operation sees those before it: %v %v", r.Code, r.Results)
	}
	stat := s.read(1, "exists /a").Stat
	if stat.Mzxid != s.zxid || stat.Pzxid != s.zxid || stat.Version != 2 || stat.Cversion != 2 {
		t.Errorf("all share one zxid: %v", stat)
	}
	for text, want := range map[string][]zkapi.Code{
		"multi {create /b 1; create /b 2; create /c 3}":   {0, zkapi.NodeExists, zkapi.RuntimeInconsistency},
		"multi {set /a 5 version 0; set /a 6}":            {zkapi.BadVersion, zkapi.RuntimeInconsistency},
		"multi {delete /a; check /a}":                     {0, zkapi.NoNode},
		"multi {create /b 1 ephemeral; create /b/c 1}":    {0, zkapi.NoChildrenForEphemerals},
		"multi {create /b 1; create /b/c 1; delete /b}":   {0, 0, zkapi.NotEmpty},
		"multi {set /a 4; check /a version 2; delete /x}": {0, zkapi.BadVersion, zkapi.RuntimeInconsistency},
	} {
		before := s.tree.Digest()
		r := s.do(1, text)
		if got := codes(r); !cmp.Equal(got, want) || s.tree.Digest() != before {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		first := zkapi.OK
		for _, c := range want {
			if first == zkapi.OK {
				first = c
			}
		}
		if r.Code != first {
			t.Errorf("%s: %v as a whole, want %v", text, r.Code, first)
		}
	}
}

// ZK-1624
func TestAFailedMultiIsRolledBackBeforeTheNextRequest(t *testing.T) {
	scene := func(rules *Rules) (version, create zkapi.Code) {
		s := newStore(t, rules)
		s.want(zkapi.OK, "create /a 1")
		s.propose(1, "set /a 2 version 0")
		s.propose(1, "multi {set /a 3 version 1; create /b 1; delete /none}")
		s.apply()
		s.propose(1, "multi {set /a 3 version 1; create /b 1; delete /none}")
		s.propose(1, "set /a 4 version 1")
		version = s.apply().Code
		s.propose(1, "multi {create /b 1; delete /none}")
		s.propose(1, "create /b 1")
		return version, s.apply().Code
	}
	if version, create := scene(nil); version != zkapi.OK || create != zkapi.OK {
		t.Errorf("set %v, create %v", version, create)
	}
	version, create := scene(&Rules{Rollback: func(_, after int) int { return after }})
	if version != zkapi.BadVersion || create != zkapi.NodeExists {
		t.Errorf("without the rollback: set %v, create %v", version, create)
	}
}

func TestRequestsAreValidatedAgainstWhatIsOutstanding(t *testing.T) {
	scene := func(rules *Rules) zkapi.Code {
		s := newStore(t, rules)
		s.want(zkapi.OK, "create /a 1")
		s.propose(1, "set /a 2 version 0")
		s.propose(2, "set /a 3 version 0")
		return s.apply().Code
	}
	if c := scene(nil); c != zkapi.BadVersion {
		t.Errorf("the second of two conditional sets: %v", c)
	}
	if c := scene(&Rules{Outstanding: func(string) bool { return false }}); c != zkapi.OK {
		t.Errorf("without a look at what is outstanding: %v", c)
	}
	s := newStore(t, nil)
	s.propose(1, "create /a 1 acl digest:alice:x=:cdrwa")
	s.propose(2, "set /a 3")
	if c := s.apply().Code; c != zkapi.NoAuth {
		t.Errorf("a set of a node that somebody is creating for herself: %v", c)
	}
	s.want(zkapi.OK, "create /b 1", "create /b/c 1")
	s.propose(1, "set-acl /b acl digest:alice:x=:cdrwa")
	s.propose(2, "delete /b/c")
	if c := s.apply().Code; c != zkapi.NoAuth {
		t.Errorf("a delete below a node that somebody is taking for herself: %v", c)
	}
	s.propose(1, "delete /b/c")
	s.propose(1, "delete /b")
	if c := s.apply().Code; c != zkapi.OK {
		t.Errorf("a delete of a node whose child is being deleted: %v", c)
	}
}

func TestAppliedForgetsNoMoreThanIsApplied(t *testing.T) {
	s := newStore(t, nil)
	s.propose(1, "create /a 1")
	s.propose(1, "create /a/b 1")
	s.propose(1, "close-session")
	if s.prep.Outstanding() != 4 || !s.prep.Closing(1) || s.prep.Closing(2) {
		t.Errorf("outstanding %d", s.prep.Outstanding())
	}
	s.prep.Applied(3)
	if s.prep.Outstanding() != 2 || !s.prep.Closing(1) {
		t.Errorf("after the first: %d", s.prep.Outstanding())
	}
	s.prep.Applied(5)
	if s.prep.Outstanding() != 0 || s.prep.Closing(1) {
		t.Errorf("after all: %d", s.prep.Outstanding())
	}
	s.propose(1, "create /c 1")
	s.prep.Reset()
	if s.prep.Outstanding() != 0 {
		t.Errorf("after a reset: %d", s.prep.Outstanding())
	}
}

// ZK-1208
func TestAClosingSessionDoesNothingMore(t *testing.T) {
	scene := func(rules *Rules) (zkapi.Code, []string) {
		s := newStore(t, rules)
		s.propose(1, "create /before 1 ephemeral")
		s.propose(1, "close-session")
		s.propose(1, "create /after 1 ephemeral")
		c := s.apply().Code
		return c, s.tree.Ephemerals(1)
	}
	if c, left := scene(nil); c != zkapi.SessionExpired || left != nil {
		t.Errorf("a create after the close: %v, left %q", c, left)
	}
	c, left := scene(&Rules{Expired: func(known, _ bool) bool { return !known }})
	if c != zkapi.OK || !cmp.Equal(left, []string{"/after"}) {
		t.Errorf("without the mark: %v, left %q", c, left)
	}
}

func TestCloseSessionListsWhatIsOutstanding(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /p 1", "create /old 1 ephemeral", "create /gone 1 ephemeral", "create /p/e 1 ephemeral",
		"create /again 1 ephemeral")
	s.propose(1, "set /old 2")
	s.propose(1, "delete /gone")
	s.propose(1, "create /new 1 ephemeral")
	s.propose(1, "create /short 1 ephemeral")
	s.propose(1, "delete /short")
	s.propose(1, "multi {create /multi 1 ephemeral; create /multi 1}")
	s.propose(1, "delete /again")
	s.propose(2, "create /again 1 ephemeral")
	txn := s.propose(1, "close-session")
	if want := []string{"/new", "/old", "/p/e"}; !cmp.Equal(txn.Paths, want) {
		t.Errorf("lists %q, want %q", txn.Paths, want)
	}
	if second := s.propose(1, "close-session"); second.Paths != nil {
		t.Errorf("closing it twice lists %q", second.Paths)
	}
	s.propose(2, "create /new 1")
	s.propose(2, "delete /p")
	if c := s.apply().Code; c != zkapi.OK {
		t.Errorf("a delete of a node whose last child goes with its session: %v", c)
	}
	if stat := s.read(2, "exists /new").Stat; stat.EphemeralOwner != 0 {
		t.Errorf("/new %v", stat)
	}
}

// ZK-2623
func TestCheckIsForMultiOnly(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /a 1")
	s.want(zkapi.Unimplemented, "check /a version 0")
	bad := newStore(t, &Rules{OuterCheck: func(op *zkapi.Op) *zkapi.Op {
		return &zkapi.Op{Kind: zkapi.SetData, Path: op.Path, Version: op.Version}
	}})
	bad.want(zkapi.OK, "create /a 1", "check /a version 0")
	if r := bad.read(1, "get /a"); r.Data != "" {
		t.Errorf("the bug does not show: %v", r)
	}
}

func TestARefusedRequestFailsWithItsCode(t *testing.T) {
	s := newStore(t, nil)
	op := &zkapi.Op{Kind: zkapi.Multi, Ops: []zkapi.Op{{Kind: zkapi.Create, Path: "/a"}}}
	txn := s.prep.Prepare(&s.tree, 9, &Request{Session: 1, Op: op, Refused: zkapi.SessionMoved})
	if txn.Kind != zkapi.ErrorTxn || txn.Code != zkapi.SessionMoved || s.prep.Outstanding() != 0 {
		t.Errorf("got %v", txn.String())
	}
}

func TestAccessListsAreSettled(t *testing.T) {
	carol := zkapi.Identity{Scheme: "digest", ID: "carol:z="}
	address := zkapi.Identity{Scheme: "ip", ID: "10.0.0.1"}
	ids := []zkapi.Identity{address, alice, carol}
	all := func(ids ...zkapi.Identity) (acl []zkapi.ACL) {
		for _, id := range ids {
			acl = append(acl, zkapi.ACL{Identity: id, Perms: zkapi.PermAll})
		}
		return acl
	}
	auth := zkapi.Identity{Scheme: "auth"}
	for name, c := range map[string]struct {
		acl, want []zkapi.ACL
		ids       []zkapi.Identity
		invalid   bool
	}{
		"everybody":         {acl: zkapi.OpenACL()},
		"everybody twice":   {acl: all(zkapi.Anyone, zkapi.Anyone)},
		"everybody and one": {acl: all(zkapi.Anyone, bob), want: all(zkapi.Anyone, bob)},
		"an address":        {acl: all(address), want: all(address)},
		"authenticated":     {acl: all(auth), ids: ids, want: all(alice, carol)},
		"not authenticated": {acl: all(zkapi.Anyone, auth), ids: ids[:1], invalid: true},
		"several":           {acl: all(ids...), want: all(ids...)},
		"nobody":            {invalid: true},
	} {
		got, valid := settle(c.acl, c.ids)
		if valid == c.invalid || !cmp.Equal(got, c.want) {
			t.Errorf("%s: %v %v, want %v", name, got, valid, c.want)
		}
	}
	many := make([]zkapi.Identity, zkapi.MaxACL+1)
	for i := range many {
		many[i] = zkapi.Identity{Scheme: "digest", ID: "u:" + string(rune('a'+i))}
	}
	if _, valid := settle(all(auth), many); valid {
		t.Error("a list that gets too long is settled")
	}
}
