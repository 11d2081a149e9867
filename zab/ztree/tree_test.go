package ztree

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/zab/zkapi"
)

func Example() {
	tree, prep, watches := New(nil, ""), NewPrep(nil), NewWatches(nil)
	const session zkapi.SessionID = 0x100
	watches.Observe(&zkapi.Op{Kind: zkapi.GetChildren, Path: "/", Watch: true}, zkapi.OK, 1)
	for i, text := range []string{"create-session 4000ms", "create /a- 17 ephemeral-sequential", "close-session"} {
		op, err := zkapi.ParseOp(text)
		if err != nil {
			panic(err)
		}
		zxid := zkapi.NewZxid(1, uint32(i+1))
		txn := prep.Prepare(&tree, zxid, &Request{Session: session, Xid: zkapi.Xid(i), Op: &op})
		result, changes := tree.Apply(zxid, &txn, nil)
		prep.Applied(zxid)
		fmt.Println(txn.String(), "->", result.Code)
		for _, e := range watches.Trigger(zxid, changes, nil) {
			fmt.Println("to", e.To, "-", e.WatchEvent.String())
		}
	}
	// Output:
	// createSessionTxn 4000ms (0x100 #0) -> ok
	// createTxn /a-0000000000 17 of 1 owner 0x100 (0x100 #1) -> ok
	// to 1 - NodeChildrenChanged / (1:2)
	// closeSessionTxn /a-0000000000 (0x100 #2) -> ok
}

// store is a tree with what makes transactions for it.
type store struct {
	t    testing.TB
	tree Tree
	prep Prep
	zxid zkapi.Zxid
	// queue has the transactions that are proposed and not applied.
	queue []proposed
	// changes are those of the last transaction.
	changes []Change
}

// newStore returns a store with the open sessions 1 and 2.
func newStore(t testing.TB, rules *Rules) *store {
	s := &store{t: t, tree: New(rules, ""), prep: NewPrep(rules)}
	s.do(1, "create-session 4000ms")
	s.do(2, "create-session 4000ms")
	return s
}

// propose prepares what text says, for session. Its identity is alice for 1, and bob for 2.
func (s *store) propose(session zkapi.SessionID, text string) zkapi.Txn {
	s.t.Helper()
	op, err := zkapi.ParseOp(text)
	if err != nil {
		s.t.Fatal(err)
	}
	s.zxid++
	txn := s.prep.Prepare(&s.tree, s.zxid, &Request{
		Session: session, Time: zkapi.Millis(100 * s.zxid), Op: &op,
		Identities: []zkapi.Identity{{}, alice, bob, {}}[session : session+1],
	})
	s.queue = append(s.queue, proposed{zxid: s.zxid, txn: txn})
	return txn
}

// apply applies everything that was proposed, and returns the last result.
func (s *store) apply() zkapi.Result {
	var r zkapi.Result
	for _, p := range s.queue {
		r, s.changes = s.tree.Apply(p.zxid, &p.txn, nil)
		s.prep.Applied(p.zxid)
	}
	s.queue = s.queue[:0]
	checkCounts(tester{s.t}, &s.tree)
	return r
}

// tester is a testing.TB as checkCounts wants it.
type tester struct{ testing.TB }

// do proposes and applies.
func (s *store) do(session zkapi.SessionID, text string) zkapi.Result {
	s.t.Helper()
	s.propose(session, text)
	return s.apply()
}

// read reads for session.
func (s *store) read(session zkapi.SessionID, text string) zkapi.Result {
	s.t.Helper()
	op, err := zkapi.ParseOp(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.tree.Read(&op, []zkapi.Identity{{}, alice, bob, {}}[session:session+1])
}

// want does each text for session 1, and compares the code that comes of it.
func (s *store) want(c zkapi.Code, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if r := s.do(1, text); r.Code != c {
			s.t.Errorf("%s: %v, want %v", text, r.Code, c)
		}
	}
}

func TestEveryErrorOfEveryOperation(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /p 1", "create /p/c 1", "create /e 1 ephemeral",
		"create /mine 1 acl digest:alice:x=:cdrwa",
		"create /mine/child 1", "create /bobs 1 acl digest:bob:y=:cdrwa world:anyone:r",
		"create /look 1 acl digest:bob:y=:cdrwa", "create /rw 1 acl digest:alice:x=:crdw",
		"create /admin 1 acl world:anyone:a", "create /container 1 container", "set /p 2")
	s.want(zkapi.NoNode, "create /none/x 1", "create a/b 1", "create /a//b 1", "delete /none", "delete /none/x",
		"delete /p/", "set /none 1", "set-acl /none acl world:anyone:r", "multi {check /none}",
		"delete-container /none")
	s.want(zkapi.NodeExists, "create /p 1", "create / 1", "create /e 1 ephemeral", "create /p/c 1 container")
	s.want(zkapi.NoChildrenForEphemerals, "create /e/x 1", "create /e/x 1 ephemeral-sequential")
	s.want(zkapi.NotEmpty, "delete /p", "delete /p version 1", "delete-container /p")
	s.want(zkapi.BadVersion, "delete /p version 0", "delete /p/c version 1", "set /p 3 version 0", "set /p 3 version 2",
		"set-acl /p version 1 acl world:anyone:r", "multi {check /p version 0}", "delete-container /e")
	s.want(zkapi.NoAuth, "create /bobs/x 1", "delete /bobs/x", "set /bobs 1", "set /bobs 1 version 7",
		"set-acl /bobs acl world:anyone:r", "multi {check /look}", "set-acl /rw acl world:anyone:r", "set /admin 1",
		"multi {check /admin}", "create /admin/x 1", "delete /admin/x")
	s.want(zkapi.InvalidACL, "create /x 1 acl world:bob:r", "create /x 1 acl sasl:bob:r",
		"create /x 1 acl digest:bob:r",
		"create /x 1 acl digest:a:b:c:r", "create /x 1 acl digest:bob::r", "create /x 1 acl ip::r",
		"create /none/x 1 acl digest::r", "set-acl /p",
		"set-acl /none")
	s.want(zkapi.BadArguments, "create a 1", `create "" 1`, "create /p/ 1", "create /p/. 1",
		"create /x 1 persistent-ttl", "create /x 1 persistent-ttl ttl 1099511627776ms",
		"create /none/x 1 persistent-sequential-ttl ttl -1ms", "delete /", "delete x", "delete-container /",
		"set /p/ 1",
		"set x 1", "set-acl /p/", "multi {check /p/}", `create "/\x00" 1`, `delete "/\x00"`)
	s.want(zkapi.NodeExists, "create /zookeeper 1", "create /zookeeper/config 1")
	s.want(zkapi.BadArguments, "delete /zookeeper", "delete /zookeeper/config", "delete-container /zookeeper")
	s.want(zkapi.NoAuth, "set /zookeeper/config 1", "set-acl /zookeeper/config acl world:anyone:r",
		"create /zookeeper/config/x 1")
	s.want(zkapi.Unimplemented, "check /p", "check /p version 7")
	for _, text := range []string{"create /none/x 1", "create /x 1 acl sasl:bob:r", "delete /", "reconfig leaving n1",
		"set /p/ 1",
		"set-acl /none", "multi {check /none}"} {
		if r := s.do(3, text); r.Code != zkapi.SessionExpired {
			t.Errorf("%s without a session: %v", text, r.Code)
		}
	}
	s.want(zkapi.OK, "multi {check /bobs}", "set-acl /admin acl world:anyone:r", "delete /mine/child version 0",
		"set-acl /mine version 0 acl auth::cdrwa world:anyone:r world:anyone:r",
		"set /mine 2 version 0", "delete-container /container", "delete /p/c", "delete /p version 1", "delete /e",
		"multi {}")
}

func TestEveryErrorOfEveryRead(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /a 1", "create /hidden 1 acl digest:bob:y=:cdrw",
		"create /managed 1 acl digest:alice:x=:a",
		"create /bobs 1 acl digest:bob:y=:cdrwa digest:carol:z=:r ip:10.0.0.1:r world:anyone:r")
	for _, read := range []string{"exists", "get", "get-acl", "children"} {
		for path, want := range map[string]zkapi.Code{
			"/a": zkapi.OK, "/b": zkapi.NoNode, "/a/b": zkapi.NoNode, "/a/": zkapi.BadArguments,
			"x":       zkapi.BadArguments,
			"/hidden": zkapi.NoAuth, "/managed": zkapi.NoAuth, "/": zkapi.OK, `""`: zkapi.BadArguments,
		} {
			if read == "get-acl" && path == "/managed" {
				want = zkapi.OK
			}
			if r := s.read(1, read+" "+path); r.Code != want {
				t.Errorf("%s %s: %v, want %v", read, path, r.Code, want)
			}
		}
	}
	acl := s.read(1, "get-acl /bobs").ACL
	if got := fmt.Sprint(acl); got != "[digest:bob:x:cdrwa digest:carol:x:r ip:10.0.0.1:r world:anyone:r]" {
		t.Errorf("who may not administer the node sees %s", got)
	}
	if got := fmt.Sprint(s.read(2, "get-acl /bobs").ACL[0]); got != "digest:bob:y=:cdrwa" {
		t.Errorf("who may administer the node sees %s", got)
	}
	s.tree.Read(&zkapi.Op{Kind: zkapi.GetACL, Path: "/bobs"}, []zkapi.Identity{bob}).ACL[0].Perms = 0
	if got := s.read(2, "get-acl /bobs").ACL[0].Perms; got != zkapi.PermAll {
		t.Errorf("the reader of an access list can change it to %v", got)
	}
	super := []zkapi.Identity{{Scheme: "super"}}
	if r := s.tree.Read(&zkapi.Op{Kind: zkapi.GetData, Path: "/hidden"}, super); r.Code != zkapi.OK {
		t.Errorf("super: %v", r.Code)
	}
}

// ZooKeeper observed: four creates and a delete give a Cversion of 5 (zab.md 2.1).
func TestStatsCount(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /p abc", "create /p/a 1", "create /p/b 1", "create /p/c 1", "create /p/d 1", "delete /p/b",
		"set /p 1234", "set-acl /p acl world:anyone:cdrwa", "set /p 12")
	want := zkapi.Stat{
		Czxid: 3, Mzxid: 11, Pzxid: 8, Ctime: 300, Mtime: 1100, Version: 2, Cversion: 5, Aversion: 1,
		DataLength: 2, NumChildren: 3,
	}
	if d := cmp.Diff(want, s.read(1, "exists /p").Stat); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := s.read(1, "children /p").Children; !cmp.Equal(got, []string{"a", "c", "d"}) {
		t.Errorf("children %q", got)
	}
	if z := s.tree.LastProcessed(); z != 11 {
		t.Errorf("last processed %v", z)
	}
}

func TestFailuresChangeNothingButTheZxid(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /p 1")
	before := s.tree.Digest()
	s.want(zkapi.NodeExists, "create /p 1")
	s.want(zkapi.NoNode, "multi {create /q 1; set /p 2; delete /none}")
	if s.tree.Digest() != before || s.tree.LastProcessed() != 5 || s.prep.Outstanding() != 0 || len(s.changes) != 0 {
		t.Errorf("last processed %v, outstanding %d, changes %v", s.tree.LastProcessed(), s.prep.Outstanding(),
			s.changes)
	}
}

// ZK-4743
func TestVersionsSkipAny(t *testing.T) {
	for v, want := range map[zkapi.Version]zkapi.Version{0: 1, 1<<31 - 1: -1 << 31, -2: 0, -3: -2} {
		if got := next(v); got != want {
			t.Errorf("after %d comes %d, want %d", v, got, want)
		}
	}
	s := newStore(t, nil)
	n := s.tree.own("/")
	n.stat.Version, n.stat.Aversion = -2, -2
	s.tree.renew(n)
	data, acl := s.do(1, "set / 1 version -2").Stat, s.do(1, "set-acl / version -2 acl world:anyone:cdrwa").Stat
	if data.Version != 0 || acl.Aversion != 0 {
		t.Errorf("version %d, aversion %d", data.Version, acl.Aversion)
	}
}

func TestDigestSeesEverything(t *testing.T) {
	seen := map[Digest]string{}
	for _, text := range []string{
		"create /x 1", "create /x 2", "create /y 1", "create /x 1 ephemeral", "create /x 1 container", "create /p/x 1",
		"create /x 1 persistent-ttl ttl 5ms", "create /x 1 persistent-ttl ttl 6ms", "create /x 1 acl world:anyone:r",
		"create /x 1 acl world:anyone:w", "create /x 1 acl ip:1:r", "create /x 1 acl ip:2:r", "set / 1", "set / 2",
		`create /x ""`, "create /x 12345678", "create /x 123456789", "delete /p", "create-session 4000ms",
		"close-session", "sync /",
	} {
		s := newStore(t, nil)
		s.do(1, "create /p 1")
		if text == "create-session 4000ms" {
			s.do(3, text)
		} else if text != "sync /" {
			s.do(1, text)
		}
		if other := seen[s.tree.Digest()]; other != "" {
			t.Errorf("%s and %s give the same digest", text, other)
		}
		seen[s.tree.Digest()] = text
	}
}

// Over a state that has seen them already, transactions take nothing back that only grows (ZK-3145).
func TestAnOldTransactionTakesNothingBack(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /p 1")
	first := s.propose(1, "create /p/a 1")
	s.apply()
	s.want(zkapi.OK, "create /p/b 1", "delete /p/b")
	gone := s.propose(1, "delete /p/a")
	s.apply()
	s.want(zkapi.OK, "create /p/c 1", "delete /p/c")
	before := s.read(1, "exists /p").Stat
	if r, _ := s.tree.Apply(4, &first, nil); r.Code != zkapi.OK {
		t.Errorf("create: %v", r.Code)
	}
	if r, _ := s.tree.Apply(4, &first, nil); r.Code != zkapi.NodeExists {
		t.Errorf("create again: %v", r.Code)
	}
	s.tree.Apply(7, &gone, nil)
	if r, _ := s.tree.Apply(7, &gone, nil); r.Code != zkapi.NoNode {
		t.Errorf("delete again: %v", r.Code)
	}
	if d := cmp.Diff(before, s.read(1, "exists /p").Stat); d != "" || s.tree.LastProcessed() != 9 {
		t.Errorf("last processed %v (-before +after):\n%s", s.tree.LastProcessed(), d)
	}
}

// What is below a node that is deleted again belongs to a later node of the same name.
func TestDeletingAgainTakesWhatIsBelow(t *testing.T) {
	s := newStore(t, nil)
	var txns []zkapi.Txn
	for _, text := range []string{
		"create /p 1", "delete /p", "create /p 2", "create /p/e 1 ephemeral", "create /p/q 1", "create /p/q/r 1",
	} {
		txns = append(txns, s.propose(1, text))
		s.apply()
	}
	before := s.tree.Clone()
	for i := range txns {
		s.tree.Apply(zkapi.Zxid(3+i), &txns[i], nil)
		checkCounts(tester{t}, &s.tree)
		if i == 1 && s.tree.Len() != 3 {
			t.Errorf("%d nodes are left", s.tree.Len())
		}
	}
	same(tester{t}, &before, &s.tree)
}

// Sequential numbers are never used again, and go round as ZooKeeper's do.
func TestSequentialNamesNeverComeBack(t *testing.T) {
	s := newStore(t, nil)
	create := func(want string) {
		t.Helper()
		if r := s.do(1, "create /p/n- 1 persistent-sequential"); r.Path != want || r.Code != zkapi.OK {
			t.Errorf("%s %v, want %s", r.Path, r.Code, want)
		}
	}
	s.want(zkapi.OK, "create /p 1")
	create("/p/n-0000000000")
	create("/p/n-0000000001")
	s.want(zkapi.OK, "delete /p/n-0000000001", "create /p/other 1")
	create("/p/n-0000000003")
	s.want(zkapi.NodeExists, "create /p/other 1")
	create("/p/n-0000000004")
	n := s.tree.own("/p")
	n.creates = 1<<31 - 1
	s.tree.renew(n)
	create("/p/n-2147483647")
	create("/p/n--2147483648")
	create("/p/n--2147483647")
	n = s.tree.own("/p")
	n.creates = -1
	s.tree.renew(n)
	create("/p/n--000000001")
	if r := s.do(1, "create / 1 persistent-sequential"); r.Path != "/0000000001" {
		t.Errorf("below the root: %s", r.Path)
	}
}

func TestEphemeralsGoWithTheirSession(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /p 1", "create /p/e 1 ephemeral", "create /e- 1 ephemeral-sequential",
		"create /f 1 ephemeral",
		"create /c 1 container", "create /t 1 persistent-ttl ttl 5ms", "delete /f")
	s.want(zkapi.OK, "create /p-e 1 ephemeral")
	s.do(2, "create /theirs 1 ephemeral")
	if got := s.tree.Ephemerals(1); !cmp.Equal(got, []string{"/e-0000000001", "/p-e", "/p/e"}) {
		t.Errorf("session 1 owns %q", got)
	}
	if got := s.read(1, "exists /p/e").Stat.EphemeralOwner; got != 1 {
		t.Errorf("/p/e is owned by %v", got)
	}
	s.want(zkapi.OK, "close-session")
	for path, want := range map[string]zkapi.Code{"/p": 0, "/p/e": zkapi.NoNode, "/p-e": zkapi.NoNode,
		"/e-0000000001": zkapi.NoNode,
		"/theirs":       0, "/c": 0, "/t": 0} {
		if r := s.read(1, "exists "+path); r.Code != want {
			t.Errorf("%s: %v", path, r.Code)
		}
	}
	if _, known := s.tree.Timeout(1); known || s.tree.Sessions() != 1 {
		t.Error("the session is still there")
	}
	if id, timeout := s.tree.Session(0); id != 2 || timeout != 4000 {
		t.Errorf("session %v, timeout %v", id, timeout)
	}
	s.want(zkapi.SessionExpired, "create /x 1")
}

func TestAbandonedNodesAreListed(t *testing.T) {
	s := newStore(t, nil)
	s.want(zkapi.OK, "create /new 1 container", "create /used 1 container", "create /used/x 1", "delete /used/x",
		"create /full 1 container", "create /full/x 1", "create /short 1 persistent-ttl ttl 100ms",
		"create /busy 1 persistent-ttl ttl 100ms", "create /busy/x 1", "create /long 1 persistent-ttl ttl 5000ms",
		"create /e 1 ephemeral", "create /plain 1")
	created := s.read(1, "exists /short").Stat.Mtime
	for after, want := range map[zkapi.Millis][]string{
		0: {"/used"}, 100: {"/used"}, 101: {"/short", "/used"}, 9000: {"/long", "/short", "/used"},
	} {
		if got := s.tree.Abandoned(created + after); !cmp.Equal(got, want) {
			t.Errorf("after %v: %q, want %q", after, got, want)
		}
	}
	s.want(zkapi.OK, "delete-container /used", "delete-container /short")
	if got := newStore(t, nil).tree.Abandoned(9000); got != nil {
		t.Errorf("of nothing %q is abandoned", got)
	}
}

func TestNothingElseCanBeDone(t *testing.T) {
	s := newStore(t, nil)
	for what, f := range map[string]func(){
		"prepare a read":       func() { s.propose(1, "get /") },
		"read a write":         func() { s.read(1, "delete /") },
		"apply no transaction": func() { s.tree.Apply(9, &zkapi.Txn{}, nil) },
		"half a snapshot":      func() { b := s.tree.Begin(); b.Bytes() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
}
