package kvapi

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"schism/sim"
	"schism/sim/wire"
)

func ExampleOp_Explain() {
	op, err := ParseOp("txn {mod x = 3} then {put x 17} else {get x}")
	if err != nil {
		panic(err)
	}
	out := &Output{Header: Header{Revision: 12, Server: sim.Server(3)}}
	out.Responses = []Result{{KVs: []KeyValue{{Key: "x", Value: "7", ModRevision: 5}}, Count: 1}}
	fmt.Println(op.Explain(out))
	// Output: txn {mod x = 3} then {put x 17} else {get x} -> else {[x=7]} (r12 n3)
}

// spelled has every kind of operation as workloads write it.
var spelled = map[string]Op{
	"get x":    {Kind: Range, Span: Span{Key: "x"}},
	"get a on": {Kind: Range, Span: Span{"a", "\x00"}},
	"get a to c sort mod descend rev 12 limit 5 serializable keys-only": {Kind: Range, Span: Span{"a", "c"}, By: ByMod,
		Order: Descend, Revision: 12, Limit: 5, Flags: FlagSerializable | FlagKeysOnly},
	"get a to c sort key ascend min-mod 1 max-mod 2 min-create 3 max-create 4 count-only": {Kind: Range,
		Span: Span{"a", "c"}, Order: Ascend, Bounds: Bounds{1, 2, 3, 4}, Flags: FlagCountOnly},
	"put x 17":                    {Kind: Put, Span: Span{Key: "x"}, Value: "17"},
	`put to "" lease 4d2`:         {Kind: Put, Span: Span{Key: "to"}, Lease: 0x4d2},
	"put x lease lease 1":         {Kind: Put, Span: Span{Key: "x"}, Value: "lease", Lease: 1},
	"put x to":                    {Kind: Put, Span: Span{Key: "x"}, Value: "to"},
	"put x 17 prev-kv":            {Kind: Put, Span: Span{Key: "x"}, Value: "17", Flags: FlagPrevKV},
	`put x "" ignore-value`:       {Kind: Put, Span: Span{Key: "x"}, Flags: FlagIgnoreValue},
	"put x 17 ignore-lease":       {Kind: Put, Span: Span{Key: "x"}, Value: "17", Flags: FlagIgnoreLease},
	`delete "\x00" on prev-kv`:    {Kind: DeleteRange, Span: Prefix(""), Flags: FlagPrevKV},
	"delete x":                    {Kind: DeleteRange, Span: Span{Key: "x"}},
	"txn {} then {} else {}":      {Kind: Txn},
	"compact rev 12":              {Kind: Compact, Revision: 12},
	"hash":                        {Kind: HashKV},
	"hash rev 12":                 {Kind: HashKV, Revision: 12},
	"lease-grant lease 4d2 ttl 5": {Kind: LeaseGrant, Lease: 0x4d2, TTL: 5},
	"lease-revoke lease 4d2":      {Kind: LeaseRevoke, Lease: 0x4d2},
	"lease-keep-alive lease 4d2":  {Kind: LeaseKeepAlive, Lease: 0x4d2},
	"lease-ttl lease 4d2 keys":    {Kind: LeaseTimeToLive, Lease: 0x4d2, Flags: FlagKeys},
	"leases":                      {Kind: Leases},
	"watch a on rev 5 id 1 prev-kv no-put no-delete progress-notify fragment": {Kind: Watch, Span: Span{"a", "\x00"},
		Revision: 5, WatchID: 1, Flags: FlagPrevKV | FlagNoPut | FlagNoDelete | FlagProgress | FlagFragment},
	"cancel-watch id 1":              {Kind: CancelWatch, WatchID: 1},
	"progress":                       {Kind: ProgressRequest},
	"member-add node n4 learner":     {Kind: MemberAdd, Node: 4, Flags: FlagLearner},
	"member-promote node n4":         {Kind: MemberPromote, Node: 4},
	"member-remove node n4":          {Kind: MemberRemove, Node: 4},
	"member-replace node n4 by n5":   {Kind: MemberReplace, Node: 4, Other: 5},
	"member-demote node n4":          {Kind: MemberDemote, Node: 4},
	"member-list serializable":       {Kind: MemberList, Flags: FlagSerializable},
	"move-leader node n2":            {Kind: MoveLeader, Node: 2},
	"open-session":                   {Kind: OpenSession},
	"lease-checkpoint lease 1 ttl 5": {Kind: LeaseCheckpoint, Lease: 1, TTL: 5},
	"txn {mod x = 3; value a to c != v; lease x > 4d2; version x < -1; create x = 0} " +
		"then {put x 17; get y} else {delete z}": {
		Kind: Txn,
		If: []Compare{{CompareMod, Equal, Span{Key: "x"}, "", 3}, {CompareValue, NotEqual, Span{"a", "c"}, "v", 0},
			{CompareLease, Greater, Span{Key: "x"}, "", 0x4d2}, {CompareVersion, Less, Span{Key: "x"}, "", -1},
			{CompareCreate, Equal, Span{Key: "x"}, "", 0}},
		Then: []Op{{Kind: Put, Span: Span{Key: "x"}, Value: "17"}, {Kind: Range, Span: Span{Key: "y"}}},
		Else: []Op{{Kind: DeleteRange, Span: Span{Key: "z"}}}},
	"txn {} then {txn {} then {put x 1 lease 1} else {}} else {}": {Kind: Txn, Then: []Op{{Kind: Txn,
		Then: []Op{{Kind: Put, Span: Span{Key: "x"}, Value: "1", Lease: 1}}}}},
}

func TestOpsPrintAndParseBack(t *testing.T) {
	kinds := map[OpKind]bool{}
	for text, op := range spelled {
		kinds[op.Kind] = true
		if got := op.String(); got != text {
			t.Errorf("prints as %s, want %s", got, text)
		}
		got, err := ParseOp(text)
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(op, got); d != "" {
			t.Errorf("%s parses differently (-want +got):\n%s", text, d)
		}
	}
	if len(kinds) != int(opKinds)-1 {
		t.Errorf("%d of %d kinds are spelled", len(kinds), opKinds-1)
	}
}

func TestParseOpRefusesWhatIsNoOperation(t *testing.T) {
	deep := strings.Repeat("txn {} then {", MaxDepth+1) + strings.Repeat("} else {}", MaxDepth+1)
	for _, text := range []string{
		"", "get", "get x y", "get x to", `get x to ""`, `get x to "\x00"`, "get x sort", "get x sort size ascend",
		"get x sort mod up", "get x rev", "get x rev 0", "get x rev x", "get x rev 01", "get x keys-only serializable",
		"get x limit 5 rev 5", "put x", "put x to y 1", "put x 1 rev 5", "put x 1 lease xyz", "put x 1 lease 0",
		"put x 1 lease 04d2", "GET x", "txn", "txn {}", "txn {} then {}", "txn {mod x 3} then {} else {}",
		"txn {mod x = a} then {} else {}", "txn {size x = 1} then {} else {}", "txn {mod x ~ 1} then {} else {}",
		"txn {mod x = 1;} then {} else {}", "txn {} then {compact rev 5} else {}", "txn {} then {get x get y} else {}",
		"member-add node c1", "member-add node 4", "move-leader node n2 by n3", "watch a id", "progress now",
		`get "x`, `get "x"y`, "get é", "get {", deep,
	} {
		if op, err := ParseOp(text); err == nil {
			t.Errorf("%q parses as %v", text, op.String())
		}
	}
}

func TestCheckRefusesWhatTheKindDoesNotUse(t *testing.T) {
	long := strings.Repeat("x", MaxValue+1)
	for name, op := range map[string]Op{
		"no kind":           {},
		"an unknown kind":   {Kind: opKinds},
		"a range":           {Kind: Put, Span: Span{"a", "b"}},
		"a key":             {Kind: Compact, Span: Span{Key: "a"}},
		"a value":           {Kind: Range, Value: "1"},
		"a lease":           {Kind: DeleteRange, Lease: 1},
		"a revision":        {Kind: Put, Revision: 1},
		"an order":          {Kind: DeleteRange, Order: Ascend},
		"an unknown order":  {Kind: Range, By: sortTargets},
		"a flag":            {Kind: Range, Flags: FlagPrevKV},
		"an unknown flag":   {Kind: Range, Flags: flagsEnd},
		"conditions":        {Kind: Put, If: []Compare{{}}},
		"a client":          {Kind: MemberAdd, Node: sim.Client(1)},
		"an empty list":     {Kind: Txn, If: []Compare{}},
		"a long list":       {Kind: Txn, Then: slices.Repeat([]Op{{Kind: Range}}, maxList+1)},
		"a compact in it":   {Kind: Txn, Then: []Op{{Kind: Compact}}},
		"a wrong operation": {Kind: Txn, Else: []Op{{Kind: Put, Limit: 1}}},
		"a wrong condition": {Kind: Txn, If: []Compare{{Target: compareTargets}}},
		"two expectations":  {Kind: Txn, If: []Compare{{Target: CompareMod, Value: "1"}}},
		"a long key":        {Kind: Range, Span: Span{Key: long}},
		"a long value":      {Kind: Put, Value: long},
	} {
		if op.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestSpansContainKeys(t *testing.T) {
	for s, keys := range map[Span]string{
		{"b", ""}: "b", {"b", "d"}: "b bb c", {"b", "\x00"}: "b bb c d e", {"d", "b"}: "", {"bb", "bb"}: "",
		Prefix("b"): "b bb", Prefix(""): "a b bb c d e", Prefix("\xff"): "", Prefix("a\xff"): "",
	} {
		var in []string
		for _, k := range strings.Fields("a b bb c d e") {
			if s.Contains(k) {
				in = append(in, k)
			}
		}
		if got := strings.Join(in, " "); got != keys {
			t.Errorf("%q contains %q, want %q", s, got, keys)
		}
	}
}

func TestOnlyWritesGoThroughTheLog(t *testing.T) {
	for text, op := range spelled {
		first, _, _ := strings.Cut(text, " ")
		want := slices.Contains(strings.Fields("put delete compact lease-grant lease-revoke lease-checkpoint "+
			"open-session member-add member-promote member-remove member-replace member-demote"), first) ||
			first == "txn" && (strings.Contains(text, "put") || strings.Contains(text, "delete"))
		if op.Writes() != want {
			t.Errorf("%s writes: %v", text, op.Writes())
		}
	}
}

// anyResult draws a result.
func anyResult(t *rapid.T, depth int) Result {
	number := rapid.Int64Range(-2, 300)
	kvs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) KeyValue {
		return KeyValue{Key: rapid.String().Draw(t, "key"), Value: rapid.String().Draw(t, "value"),
			CreateRevision: Revision(number.Draw(t, "create")), ModRevision: Revision(number.Draw(t, "mod")),
			Version: number.Draw(t, "version"), Lease: LeaseID(number.Draw(t, "lease"))}
	}), 0, 3)
	r := Result{Code: Code(rapid.IntRange(0, int(codes)-1).Draw(t, "code")), More: rapid.Bool().Draw(t, "more"),
		KVs: kvs.Draw(t, "kvs"), Prev: kvs.Draw(t, "prev"), Count: number.Draw(t, "count"),
		Deleted: number.Draw(t, "deleted"), Succeeded: rapid.Bool().Draw(t, "succeeded"),
		Lease: LeaseID(number.Draw(t, "lease")), TTL: Seconds(number.Draw(t, "ttl")),
		GrantedTTL: Seconds(number.Draw(t, "granted")), Hash: rapid.Uint64().Draw(t, "hash"),
		Compacted: Revision(number.Draw(t, "compacted"))}
	for i := range rapid.IntRange(0, 2).Draw(t, "members") {
		r.Members = append(r.Members, Member{sim.Server(i + 1), rapid.Bool().Draw(t, "learner")})
		r.Leases, r.Keys = append(r.Leases, LeaseID(i)), append(r.Keys, "k")
	}
	if depth > 0 && rapid.Bool().Draw(t, "txn") {
		r.Responses = []Result{}
		for range rapid.IntRange(0, 2).Draw(t, "responses") {
			r.Responses = append(r.Responses, anyResult(t, depth-1))
		}
	}
	return r
}

func TestAnyOutputEncodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Output{Header: Header{Revision: 7, Index: 9, Term: 3}, Result: anyResult(t, MaxDepth)}
		data := AppendOutput(nil, &want)
		d := wire.NewDecoder(data)
		got := ReadOutput(&d)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); !d.Done() || diff != "" {
			t.Fatalf("%v: %s", d.Done(), diff)
		}
		if (want.Responses == nil) != (got.Responses == nil) {
			t.Fatalf("%#v, not %#v", got.Responses, want.Responses)
		}
	})
}

func FuzzReadOutput(f *testing.F) {
	f.Add(AppendOutput(nil, &Output{Result: Result{Responses: []Result{{Count: 1}}, Hash: 7}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := wire.NewDecoder(data)
		out := ReadOutput(&d)
		if d.Done() && !bytes.Equal(AppendOutput(nil, &out), data) {
			t.Errorf("%x is read as %v", data, &out)
		}
	})
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

func FuzzDecodeOp(f *testing.F) {
	for _, op := range spelled {
		f.Add(AppendOp(nil, &op))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		op, err := DecodeOp(data)
		if err != nil {
			return
		}
		if again := AppendOp(nil, &op); !bytes.Equal(again, data) {
			t.Fatalf("% x decodes as %v, which encodes as % x", data, op.String(), again)
		}
	})
}

func TestAnyOpPrintsAndEncodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := anyOp(t, LeaseCheckpoint, 2)
		if err := op.Check(); err != nil {
			t.Fatal(err)
		}
		parsed, err := ParseOp(op.String())
		if d := cmp.Diff(op, parsed); err != nil || d != "" {
			t.Fatalf("%s parses differently, error %v (-want +got):\n%s", op.String(), err, d)
		}
		data := AppendOp(nil, &op)
		decoded, err := DecodeOp(data)
		if d := cmp.Diff(op, decoded); err != nil || d != "" {
			t.Fatalf("%s decodes differently, error %v (-want +got):\n%s", op.String(), err, d)
		}
		if _, err := DecodeOp(data[:len(data)-1]); !errors.Is(err, ErrOp) {
			t.Fatalf("%s decodes without its last byte, error %v", op.String(), err)
		}
		if op.Fold(0) != decoded.Fold(0) {
			t.Fatalf("%s folds differently", op.String())
		}
	})
}

// anyOp draws an operation of a kind up to last that passes Check, with Txns at most depth deep.
func anyOp(t *rapid.T, last OpKind, depth int) Op {
	text := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 8), func(b []byte) string { return string(b) })
	op := Op{Kind: OpKind(rapid.IntRange(1, int(last)).Draw(t, "kind"))}
	if op.Kind == Txn && depth == 0 {
		op.Kind = Range
	}
	u := uses[op.Kind]
	op.Flags = Flags(rapid.Uint16().Draw(t, "flags")) & u.flags
	if u.fields&(usesSpan|usesKey) != 0 {
		op.Span.Key = text.Draw(t, "key")
	}
	if u.fields&usesSpan != 0 {
		op.Span.End = text.Draw(t, "end")
	}
	if u.fields&usesValue != 0 {
		op.Value = text.Draw(t, "value")
	}
	if u.fields&usesSort != 0 {
		op.By = SortTarget(rapid.IntRange(0, int(sortTargets)-1).Draw(t, "by"))
		op.Order = SortOrder(rapid.IntRange(0, int(sortOrders)-1).Draw(t, "order"))
	}
	for i := range numbers {
		switch n := &numbers[i]; {
		case u.fields&n.of == 0:
		case n.of&(usesNode|usesOther) != 0:
			n.set(&op, int64(rapid.IntRange(0, 9).Draw(t, n.name)))
		default:
			n.set(&op, rapid.Int64().Draw(t, n.name))
		}
	}
	if u.fields&usesTxn == 0 {
		return op
	}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		c := Compare{Target: CompareTarget(rapid.IntRange(0, int(compareTargets)-1).Draw(t, "target")),
			Result: CompareResult(rapid.IntRange(0, int(compareResults)-1).Draw(t, "result")),
			Span:   Span{text.Draw(t, "key"), text.Draw(t, "end")}}
		if c.Target == CompareValue {
			c.Value = text.Draw(t, "expected")
		} else {
			c.Number = rapid.Int64().Draw(t, "expected")
		}
		op.If = append(op.If, c)
	}
	for range rapid.IntRange(0, 2).Draw(t, "then") {
		op.Then = append(op.Then, anyOp(t, Txn, depth-1))
	}
	for range rapid.IntRange(0, 2).Draw(t, "else") {
		op.Else = append(op.Else, anyOp(t, Txn, depth-1))
	}
	return op
}
