package zkapi

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"schism/sim/wire"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestOpsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		op := anyOp(t, Create, CloseSession)
		got, err := DecodeOp(AppendOp(nil, &op))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(op, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestTxnsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		txn := anyTxn(t)
		data := AppendTxn(nil, &txn)
		if len(data) > TxnSize(&txn) {
			t.Fatalf("%d bytes, TxnSize says at most %d", len(data), TxnSize(&txn))
		}
		got, err := DecodeTxn(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(txn, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// sampleTxns has a transaction of each kind.
var sampleTxns = []Txn{
	{Session: 300, Xid: 7, Time: -5, Delta: Delta{Kind: CreateTxn, Path: "/a", Data: "x", ACL: alice, Owner: 300,
		ParentCversion: -7}},
	{Session: 1 << 62, Xid: 1<<32 - 1, Delta: Delta{Kind: DeleteTxn, Path: "/a"}},
	{Delta: Delta{Kind: SetDataTxn, Path: "/a", Data: "x", Version: 3}},
	{Delta: Delta{Kind: SetACLTxn, Path: "/a", Version: 3}},
	{Delta: Delta{Kind: ErrorTxn, Code: NotEmpty}},
	{Delta: Delta{Kind: MultiTxn, Subs: []Delta{{Kind: CheckTxn, Path: "/a"}, {Kind: DeleteTxn, Path: "/b"}}}},
	{Delta: Delta{Kind: CreateSessionTxn, Timeout: 4000}},
	{Delta: Delta{Kind: CloseSessionTxn, Paths: []string{"/a", "/b"}}},
	{Delta: Delta{Kind: ReconfigTxn, Data: "n1,n2 version 1:9", Version: 3}},
}

func TestTransactionsReadWell(t *testing.T) {
	for i, want := range []string{
		"createTxn /a x of -7 owner 0x12c digest:alice:k=::cdrwa world:anyone:r (0x12c #7)",
		"deleteTxn /a (0x4000000000000000 #4294967295)",
		"setDataTxn /a x version 3 (0x0 #0)",
		"setACLTxn /a version 3 (0x0 #0)",
		"errorTxn NotEmpty (0x0 #0)",
		"multiTxn {checkTxn /a; deleteTxn /b} (0x0 #0)",
		"createSessionTxn 4000ms (0x0 #0)",
		"closeSessionTxn /a /b (0x0 #0)",
		`reconfigTxn "n1,n2 version 1:9" version 3 (0x0 #0)`,
	} {
		if got := sampleTxns[i].String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestDecodersRefuseEveryPrefixAndMore(t *testing.T) {
	refused := func(data []byte, txn bool) bool {
		if txn {
			_, err := DecodeTxn(data)
			return errors.Is(err, ErrTxn)
		}
		_, err := DecodeOp(data)
		return errors.Is(err, ErrOp)
	}
	check := func(name string, data []byte, txn bool) {
		for n := range data {
			if !refused(data[:n], txn) {
				t.Errorf("%s: the first %d bytes decode", name, n)
			}
		}
		if !refused(append(data, 0), txn) {
			t.Errorf("%s: one byte more decodes", name)
		}
	}
	for text, op := range spelled {
		check(text, AppendOp(nil, &op), false)
	}
	for _, txn := range sampleTxns {
		check(txn.String(), AppendTxn(nil, &txn), true)
	}
}

func TestDecodeOpRefusesWhatIsNoOperation(t *testing.T) {
	for name, data := range map[string][]byte{
		"no kind":                {0},
		"an unknown kind":        {byte(CloseSession) + 1},
		"a mode out of bounds":   {byte(Create), 0, 0, 7, 0},
		"a watch that is no bit": {byte(GetData), 1, '/', 2},
		"no watch mode":          {byte(AddWatch), 1, '/', 0},
		"a number not shortest":  {byte(GetACL), 0x81, 0x00, '/'},
		"a number too long":      append([]byte{byte(GetACL)}, bytes.Repeat([]byte{0xff}, 11)...),
		"a number over 64 bits":  {byte(SetWatches), 255, 255, 255, 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 0},
		"a version over 32 bits": {byte(Check), 0, 0x80, 0x80, 0x80, 0x80, 0x10},
		"a negative timeout":     {byte(CreateSession), 1},
		"permissions":            {byte(SetACL), 0, 0, 1, 32, 0, 0},
		"a get in a multi":       {byte(Multi), 1, byte(GetACL), 0},
		"a multi in a multi":     {byte(Multi), 1, byte(Multi), 0},
		"a path too long":        wire.AppendText([]byte{byte(GetACL)}, strings.Repeat("x", MaxPath+1)),
		"a scheme with a colon":  {byte(SetACL), 0, 0, 1, 1, 1, ':', 0},
	} {
		if op, err := DecodeOp(data); !errors.Is(err, ErrOp) {
			t.Errorf("%s decodes as %v, error %v", name, op.String(), err)
		}
	}
}

func TestDecodeTxnRefusesWhatNoLeaderProposes(t *testing.T) {
	long := strings.Repeat("x", maxTxnPath+1)
	many := slices.Repeat([]Delta{{Kind: DeleteTxn}}, MaxOps+1)
	for name, data := range map[string][]byte{
		"a path too long":      AppendTxn(nil, &Txn{Delta: Delta{Kind: DeleteTxn, Path: long}}),
		"an ephemeral's path":  AppendTxn(nil, &Txn{Delta: Delta{Kind: CloseSessionTxn, Paths: []string{long}}}),
		"too many operations":  AppendTxn(nil, &Txn{Delta: Delta{Kind: MultiTxn, Subs: many}}),
		"a long access list":   AppendTxn(nil, &Txn{Delta: Delta{Kind: SetACLTxn, ACL: make([]ACL, MaxACL+1)}}),
		"no kind":              {0, 0, 0, 0},
		"an unknown kind":      {0, 0, 0, byte(ReconfigTxn) + 1},
		"an xid over 32 bits":  {0, 0x80, 0x80, 0x80, 0x80, 0x10, 0, byte(DeleteTxn), 0},
		"a positive code":      {0, 0, 0, byte(ErrorTxn), 2},
		"a code out of bounds": {0, 0, 0, byte(ErrorTxn), 0xff, 0x01},
		"a multi in a multi":   {0, 0, 0, byte(MultiTxn), 1, byte(MultiTxn), 0},
		"a session in a multi": {0, 0, 0, byte(MultiTxn), 1, byte(CreateSessionTxn), 0},
		"a negative timeout":   {0, 0, 0, byte(CreateSessionTxn), 1},
	} {
		if txn, err := DecodeTxn(data); !errors.Is(err, ErrTxn) {
			t.Errorf("%s decodes as %v, error %v", name, txn.String(), err)
		}
	}
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
		if err := op.Check(); err != nil {
			t.Fatalf("% x decodes as %v, which no server takes: %v", data, op.String(), err)
		}
		if again := AppendOp(nil, &op); !bytes.Equal(again, data) {
			t.Fatalf("% x decodes as %v, which encodes as % x", data, op.String(), again)
		}
	})
}

func FuzzDecodeTxn(f *testing.F) {
	for _, txn := range sampleTxns {
		f.Add(AppendTxn(nil, &txn))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		txn, err := DecodeTxn(data)
		if err != nil {
			return
		}
		again := AppendTxn(nil, &txn)
		if !bytes.Equal(again, data) {
			t.Fatalf("% x decodes as %v, which encodes as % x", data, txn.String(), again)
		}
		if len(again) > TxnSize(&txn) {
			t.Fatalf("%v has %d bytes, TxnSize says at most %d", txn.String(), len(again), TxnSize(&txn))
		}
	})
}

// anyTxn draws a transaction.
func anyTxn(t *rapid.T) Txn {
	return Txn{
		Session: SessionID(rapid.Uint64().Draw(t, "session")), Xid: Xid(rapid.Uint32().Draw(t, "xid")),
		Time: Millis(rapid.Int64().Draw(t, "time")), Delta: anyDelta(t, ReconfigTxn),
	}
}

// anyDelta draws what a transaction of a kind up to last changes.
func anyDelta(t *rapid.T, last TxnKind) Delta {
	text := rapid.StringN(0, 9, 40)
	x := Delta{Kind: TxnKind(rapid.IntRange(1, int(last)).Draw(t, "kind"))}
	f := x.uses()
	if f&usesPath != 0 {
		x.Path = text.Draw(t, "path")
	}
	if f&usesData != 0 {
		x.Data = text.Draw(t, "data")
	}
	if f&usesVersion != 0 {
		x.Version = Version(rapid.Int32().Draw(t, "version"))
	}
	if f&usesACL != 0 {
		x.ACL = anyACL(t)
	}
	switch x.Kind {
	case CreateTxn:
		x.Owner = SessionID(rapid.Uint64().Draw(t, "owner"))
		x.ParentCversion = Version(rapid.Int32().Draw(t, "cversion"))
	case ErrorTxn:
		x.Code = Code(rapid.Int32Range(-127, 0).Draw(t, "code"))
	case CreateSessionTxn:
		x.Timeout = Millis(rapid.Int64Range(0, int64(MaxTimeout)).Draw(t, "timeout"))
	case CloseSessionTxn:
		x.Paths = append(x.Paths, rapid.SliceOfN(text, 0, 3).Draw(t, "paths")...)
	case MultiTxn:
		for range rapid.IntRange(0, 3).Draw(t, "subs") {
			x.Subs = append(x.Subs, anyDelta(t, ErrorTxn))
		}
	}
	return x
}
