package zkapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/sim"
)

func ExampleOp_Explain() {
	op, err := ParseOp("set /a 18 version 3")
	if err != nil {
		panic(err)
	}
	out := &Output{Zxid: NewZxid(1, 9), Server: sim.Server(2)}
	out.Code = BadVersion
	fmt.Println(op.Explain(out))
	// Output: set /a 18 version 3 -> BadVersion (1:9 n2)
}

// alice may do everything, everybody else may look.
var alice = []ACL{{Identity{"digest", "alice:k=:"}, PermAll}, {Anyone, PermRead}}

// spelled has every kind of operation as workloads write it.
var spelled = map[string]Op{
	"create /a 17":                             {Kind: Create, Path: "/a", Data: "17"},
	"create /a/b- 17 ephemeral-sequential":     {Kind: Create, Path: "/a/b-", Data: "17", Mode: EphemeralSequential},
	`create /a "" ephemeral`:                   {Kind: Create, Path: "/a", Mode: Ephemeral},
	"create /a x persistent-ttl ttl 5000ms":    {Kind: Create, Path: "/a", Data: "x", Mode: PersistentTTL, TTL: 5000},
	"create /a x container acl world:anyone:r": {Kind: Create, Path: "/a", Data: "x", Mode: Container, ACL: alice[1:]},
	"create /a x persistent-ttl ttl 0ms":       {Kind: Create, Path: "/a", Data: "x", Mode: PersistentTTL},
	"create /a ephemeral":                      {Kind: Create, Path: "/a", Data: "ephemeral"},
	"create /a ttl acl world:anyone:r":         {Kind: Create, Path: "/a", Data: "ttl", ACL: alice[1:]},
	"delete /a":                                {Kind: Delete, Path: "/a", Version: AnyVersion},
	"delete /a version 3":                      {Kind: Delete, Path: "/a", Version: 3},
	"set /a 18":                                {Kind: SetData, Path: "/a", Data: "18", Version: AnyVersion},
	"set /a 18 version -2":                     {Kind: SetData, Path: "/a", Data: "18", Version: -2},
	`set /a "a b;{}\n" version 0`:              {Kind: SetData, Path: "/a", Data: "a b;{}\n"},
	`set "/\u00e9" ";"`:                        {Kind: SetData, Path: "/é", Data: ";", Version: AnyVersion},
	"set-acl /a":                               {Kind: SetACL, Path: "/a", Version: AnyVersion},
	"set-acl /a version 1 acl digest:alice:k=::cdrwa world:anyone:r": {
		Kind: SetACL, Path: "/a", Version: 1, ACL: alice},
	"set-acl /a acl auth::- ip:10.0.0.3:cr": {Kind: SetACL, Path: "/a", Version: AnyVersion, ACL: []ACL{
		{Identity{"auth", ""}, 0}, {Identity{"ip", "10.0.0.3"}, PermCreate | PermRead}}},
	"check /b version 2": {Kind: Check, Path: "/b", Version: 2},
	"multi {create /a 1; check /b version 2; delete /c}": {Kind: Multi, Ops: []Op{
		{Kind: Create, Path: "/a", Data: "1"}, {Kind: Check, Path: "/b", Version: 2},
		{Kind: Delete, Path: "/c", Version: AnyVersion}}},
	"multi {}":            {Kind: Multi},
	"delete-container /a": {Kind: DeleteContainer, Path: "/a"},
	"reconfig joining n4,n5:observer leaving n1,n2 from 1:9": {Kind: Reconfig, Change: &Change{
		Joining: []Member{{Server: 4}, {Server: 5, Observer: true}}, Leaving: []sim.NodeID{1, 2}, From: NewZxid(1, 9)}},
	"reconfig leaving n1": {Kind: Reconfig, Change: &Change{Leaving: []sim.NodeID{1}, From: AnyMembership}},
	"reconfig members n1:g1:w1,n3:g2:w0 from 0:0": {Kind: Reconfig, Change: &Change{
		Members: []Member{{Server: 1, Group: 1, Weight: 1}, {Server: 3, Group: 2}}}},
	"exists /a watch":  {Kind: Exists, Path: "/a", Watch: true},
	"get /a":           {Kind: GetData, Path: "/a"},
	"get /a watch":     {Kind: GetData, Path: "/a", Watch: true},
	"get-acl /a":       {Kind: GetACL, Path: "/a"},
	"children / watch": {Kind: GetChildren, Path: "/", Watch: true},
	"sync /a":          {Kind: Sync, Path: "/a"},
	"add-watch /a persistent": {
		Kind: AddWatch, Path: "/a", WatchMode: PersistentWatch},
	"add-watch /a persistent-recursive": {Kind: AddWatch, Path: "/a", WatchMode: PersistentRecursiveWatch},
	"set-watches 0:0":                   {Kind: SetWatches, Watches: &WatchList{}},
	"set-watches 1:7 data /a data /b exist /c child /a persistent /d recursive /": {Kind: SetWatches,
		Watches: &WatchList{NewZxid(1, 7), []string{"/a", "/b"}, []string{"/c"}, []string{"/a"}, []string{"/d"},
			[]string{"/"}}},
	"add-auth alice:secret": {Kind: AddAuth, Data: "alice:secret"},
	"create-session 4000ms": {Kind: CreateSession, Timeout: 4000},
	"close-session":         {Kind: CloseSession},
}

func TestOpsPrintAndParseBack(t *testing.T) {
	for text, op := range spelled {
		if got := op.String(); got != text {
			t.Errorf("%#v prints as %s, want %s", op, got, text)
		}
		got, err := ParseOp(text)
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(op, got); d != "" {
			t.Errorf("%s parses differently (-want +got):\n%s", text, d)
		}
	}
}

func TestParseOpTakesWhatMeansTheSame(t *testing.T) {
	for text, want := range map[string]string{
		"  get   /a  ":                           "get /a",
		"create /a 1 persistent":                 "create /a 1",
		`get "/a" watch`:                         "get /a watch",
		"multi{delete /a;delete /b version -1 }": "multi {delete /a; delete /b}",
	} {
		op, err := ParseOp(text)
		if got := op.String(); err != nil || got != want {
			t.Errorf("%s parses as %s, error %v", text, got, err)
		}
	}
}

func TestParseOpRefusesWhatIsNoOperation(t *testing.T) {
	for _, text := range []string{
		"", " ", "get", "get /a /b", "get /a watch watch", "set /a", "set /a 1 2", "set /a 1 version", "increment /a",
		"set /a 1 version 2147483648", "set /a 1 version x", "GET /a", "get {", "get ;", "{", "get /a; get /b",
		"create /a 1 often",
		"create /a 1 ephemeral container", "create /a 1 ephemeral ttl 5ms", "create /a 1 persistent-ttl ttl 5",
		"create /a 1 acl", "create /a 1 acl world:anyone", "create /a 1 acl world:anyone:rr",
		"create /a 1 acl world:anyone:", "create /a 1 acl world:anyone:x", "set-acl /a acl world:anyone:r version 1",
		"multi", "multi {", "multi {get /a}", "multi {multi {}}", "multi {delete /a delete /b}", "multi {delete /a;}",
		`multi {delete /a ";" delete /b}`,
		"multi {} {}", "add-watch /a", "add-watch /a once", "set-watches", "set-watches 1", "set-watches 1:x",
		"set-watches 1:7 data", "set-watches 1:7 all /a", "set-watches 01:7", "create-session", "create-session 4s",
		"create-session -1ms", "close-session now",
		"reconfig", "reconfig from 1:9", "reconfig members", "reconfig members n1,", "reconfig members c1",
		"reconfig members n1 leaving n2", "reconfig members n1:watcher", "reconfig members n1:g0:w1",
		"reconfig members n1:observer:g1", "reconfig members n1:g1", "reconfig leaving n1:observer",
		"reconfig leaving n1 joining n2", "reconfig leaving n1 from 9",
		`get "/a`, `get "/a"b`, `get /a"b`, "get /a\tb", "get /é", "get #a",
	} {
		if op, err := ParseOp(text); err == nil {
			t.Errorf("%q parses as %v", text, op.String())
		}
	}
}

func FuzzParseOp(f *testing.F) {
	for text := range spelled {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		op, err := ParseOp(text)
		if err != nil {
			return
		}
		again, err := ParseOp(op.String())
		if err != nil {
			t.Fatalf("%q parses as %v, which does not parse: %v", text, op.String(), err)
		}
		if d := cmp.Diff(op, again); d != "" {
			t.Fatalf("%q prints and parses back differently:\n%s", text, d)
		}
	})
}

func TestAnyOpPrintsAndParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := anyOp(t, Create, CloseSession)
		if err := op.Check(); err != nil {
			t.Fatal(err)
		}
		got, err := ParseOp(op.String())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(op, got); d != "" {
			t.Fatalf("%s parses differently (-want +got):\n%s", op.String(), d)
		}
	})
}

func TestCheckRefusesWhatTheKindDoesNotUse(t *testing.T) {
	long := strings.Repeat("x", MaxData+1)
	for name, op := range map[string]Op{
		"no kind":            {},
		"an unknown kind":    {Kind: CloseSession + 1},
		"a path":             {Kind: Multi, Path: "/"},
		"data":               {Kind: GetData, Path: "/", Data: "1"},
		"a mode":             {Kind: SetData, Path: "/", Mode: Ephemeral},
		"an unknown mode":    {Kind: Create, Path: "/", Mode: PersistentSequentialTTL + 1},
		"a time to live":     {Kind: Create, Path: "/", Mode: Ephemeral, TTL: 1},
		"a version":          {Kind: Create, Path: "/", Version: 1},
		"a timeout":          {Kind: CloseSession, Timeout: 1},
		"too long a timeout": {Kind: CreateSession, Timeout: MaxTimeout + 1},
		"a watch":            {Kind: GetACL, Path: "/", Watch: true},
		"a watch mode":       {Kind: GetData, Path: "/", WatchMode: PersistentWatch},
		"no watch mode":      {Kind: AddWatch, Path: "/"},
		"an access list":     {Kind: SetData, Path: "/", ACL: OpenACL()},
		"an empty list":      {Kind: SetACL, Path: "/", ACL: []ACL{}},
		"a long list":        {Kind: SetACL, Path: "/", ACL: make([]ACL, MaxACL+1)},
		"a scheme":           {Kind: SetACL, Path: "/", ACL: []ACL{{Identity{"a:b", ""}, 1}}},
		"a long identity":    {Kind: SetACL, Path: "/", ACL: []ACL{{Identity{"a", long}, 1}}},
		"permissions":        {Kind: SetACL, Path: "/", ACL: []ACL{{Anyone, PermAll + 1}}},
		"no watches":         {Kind: SetWatches},
		"watches":            {Kind: Sync, Watches: &WatchList{}},
		"empty watches":      {Kind: SetWatches, Watches: &WatchList{Data: []string{}}},
		"a long watch":       {Kind: SetWatches, Watches: &WatchList{Child: []string{long}}},
		"many watches":       {Kind: SetWatches, Watches: &WatchList{Child: make([]string, MaxWatches+1)}},
		"operations":         {Kind: Sync, Ops: []Op{{Kind: Check}}},
		"no operations":      {Kind: Multi, Ops: []Op{}},
		"many operations":    {Kind: Multi, Ops: slices.Repeat([]Op{{Kind: Check}}, MaxOps+1)},
		"a get in a multi":   {Kind: Multi, Ops: []Op{{Kind: GetData}}},
		"a wrong operation":  {Kind: Multi, Ops: []Op{{Kind: Check, Data: "1"}}},
		"a multi in a multi": {Kind: Multi, Ops: []Op{{Kind: Multi}}},
		"no change":          {Kind: Reconfig},
		"an empty change":    {Kind: Reconfig, Change: &Change{}},
		"a change":           {Kind: Sync, Change: &Change{Leaving: []sim.NodeID{1}}},
		"two changes":        {Kind: Reconfig, Change: &Change{Members: make([]Member, 1), Leaving: []sim.NodeID{1}}},
		"a client":           {Kind: Reconfig, Change: &Change{Leaving: []sim.NodeID{sim.Client(1)}}},
		"a joining client":   {Kind: Reconfig, Change: &Change{Joining: []Member{{Server: sim.Client(1)}}}},
		"many members":       {Kind: Reconfig, Change: &Change{Leaving: make([]sim.NodeID, MaxMembers+1)}},
		"an empty list of members": {Kind: Reconfig, Change: &Change{
			Members: []Member{}, Joining: []Member{{Server: 1}}}},
		"a long path": {Kind: GetData, Path: long},
		"long data":   {Kind: SetData, Path: "/", Data: long},
	} {
		if op.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestExplainTellsWhatHappened(t *testing.T) {
	at := func(r Result) *Output { return &Output{Result: r, Zxid: NewZxid(1, 9), Server: sim.Server(2)} }
	stat := Stat{Version: 3, Aversion: 1, Cversion: 5}
	for want, c := range map[string]struct {
		op string
		r  Result
	}{
		"create /a- 1 persistent-sequential -> /a-0000000003 (1:9 n2)": {
			"create /a- 1 persistent-sequential", Result{Path: "/a-0000000003"}},
		"create /a 1 -> NodeExists (1:9 n2)":   {"create /a 1", Result{Code: NodeExists}},
		"delete /a -> ok (1:9 n2)":             {"delete /a", Result{}},
		"set /a 1 -> ok version 3 (1:9 n2)":    {"set /a 1", Result{Stat: stat}},
		"set-acl /a -> ok aversion 1 (1:9 n2)": {"set-acl /a", Result{Stat: stat}},
		"exists /a -> version 3 (1:9 n2)":      {"exists /a", Result{Stat: stat}},
		"exists /a -> NoNode (1:9 n2)":         {"exists /a", Result{Code: NoNode}},
		"get /a -> 17 version 3 (1:9 n2)":      {"get /a", Result{Data: "17", Stat: stat}},
		"get-acl /a -> acl world:anyone:cdrwa (1:9 n2)": {
			"get-acl /a", Result{ACL: OpenACL(), Stat: stat}},
		"children /a -> [b c] cversion 5 (1:9 n2)": {
			"children /a", Result{Children: []string{"b", "c"}, Stat: stat}},
		"children /a -> [] cversion 5 (1:9 n2)": {"children /a", Result{Stat: stat}},
		"multi {create /a 1; delete /b; set /c 1} -> ok {/a, ok, ok version 3} (1:9 n2)": {
			"multi {create /a 1; delete /b; set /c 1}",
			Result{Results: []Result{{Path: "/a", Stat: stat}, {}, {Stat: stat}}}},
		"multi {delete /a; delete /b; delete /c} -> NoNode {ok, NoNode, RuntimeInconsistency} (1:9 n2)": {
			"multi {delete /a; delete /b; delete /c}",
			Result{Code: NoNode, Results: []Result{{}, {Code: NoNode}, {Code: RuntimeInconsistency}}}},
		`reconfig leaving n3 -> "n1,n2 version 1:9" (1:9 n2)`: {
			"reconfig leaving n3", Result{Data: "n1,n2 version 1:9", Stat: stat}},
		"reconfig leaving n3 from 1:7 -> BadVersion (1:9 n2)": {
			"reconfig leaving n3 from 1:7", Result{Code: BadVersion}},
		"multi {delete /a} -> SessionExpired (1:9 n2)": {"multi {delete /a}", Result{Code: SessionExpired}},
	} {
		op, err := ParseOp(c.op)
		if err != nil {
			t.Fatal(err)
		}
		if got := op.Explain(at(c.r)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestOutputsReadWellByThemselves(t *testing.T) {
	for want, r := range map[string]Result{
		"ok (1:9 n2)":             {},
		"NoNode (1:9 n2)":         {Code: NoNode},
		"17 (1:9 n2)":             {Data: "17"},
		"/a (1:9 n2)":             {Path: "/a"},
		"[b] cversion 0 (1:9 n2)": {Children: []string{"b"}},
	} {
		out := &Output{Result: r, Zxid: NewZxid(1, 9), Server: sim.Server(2)}
		if got := out.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// anyOp draws an operation of a kind from lo to hi that passes Check.
func anyOp(t *rapid.T, lo, hi OpKind) Op {
	text := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) })
	op := Op{Kind: OpKind(rapid.IntRange(int(lo), int(hi)).Draw(t, "kind"))}
	f := uses[op.Kind]
	if f&usesPath != 0 {
		op.Path = text.Draw(t, "path")
	}
	if f&usesData != 0 {
		op.Data = text.Draw(t, "data")
	}
	if f&usesMode != 0 {
		op.Mode = CreateMode(rapid.IntRange(0, int(PersistentSequentialTTL)).Draw(t, "mode"))
	}
	if op.Mode.IsTTL() {
		op.TTL = Millis(rapid.Int64().Draw(t, "ttl"))
	}
	if f&usesVersion != 0 {
		op.Version = Version(rapid.Int32().Draw(t, "version"))
	}
	if f&usesTimeout != 0 {
		op.Timeout = Millis(rapid.Int64Range(0, int64(MaxTimeout)).Draw(t, "timeout"))
	}
	if f&usesWatchMode != 0 {
		op.WatchMode = WatchMode(rapid.IntRange(1, 2).Draw(t, "watch mode"))
	}
	if f&usesWatch != 0 {
		op.Watch = rapid.Bool().Draw(t, "watch")
	}
	if f&usesACL != 0 {
		op.ACL = anyACL(t)
	}
	if f&usesWatches != 0 {
		op.Watches = &WatchList{Relative: Zxid(rapid.Uint64().Draw(t, "zxid"))}
		for _, l := range op.Watches.lists() {
			*l = append(*l, rapid.SliceOfN(text, 0, 3).Draw(t, "paths")...)
		}
	}
	if f&usesChange != 0 {
		op.Change = anyChange(t)
	}
	if f&usesOps != 0 {
		for range rapid.IntRange(0, 3).Draw(t, "ops") {
			op.Ops = append(op.Ops, anyOp(t, Create, Delete))
		}
	}
	return op
}

// anyACL draws an access list that passes Check.
func anyACL(t *rapid.T) []ACL {
	var acl []ACL
	scheme := rapid.StringN(0, 5, 20).Filter(func(s string) bool { return !strings.Contains(s, ":") })
	for range rapid.IntRange(0, 3).Draw(t, "acl") {
		acl = append(acl, ACL{
			Identity{scheme.Draw(t, "scheme"), rapid.StringN(0, 9, 40).Draw(t, "id")},
			Perms(rapid.IntRange(0, int(PermAll)).Draw(t, "perms")),
		})
	}
	return acl
}
