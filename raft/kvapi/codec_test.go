package kvapi

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCommandsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		data := AppendCommand(nil, r)
		if len(data) > CommandSize(r) {
			t.Fatalf("%d bytes, CommandSize says at most %d", len(data), CommandSize(r))
		}
		c, err := DecodeCommand(data)
		if err != nil {
			t.Fatal(err)
		}
		got := &Request{Session: c.Session, Seq: c.Seq, In: c.Input()}
		if d := cmp.Diff(r, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestDecodeCommandRefusesEveryPrefixAndMore(t *testing.T) {
	r := &Request{Session: 300, Seq: 7, In: Input{Kind: CAS, Key: "k", Value: "v", Expect: "e"}}
	data := AppendCommand(nil, r)
	for n := range data {
		if c, err := DecodeCommand(data[:n]); !errors.Is(err, ErrCommand) {
			t.Errorf("the first %d bytes decode as %v, error %v", n, c, err)
		}
	}
	if c, err := DecodeCommand(append(data, 0)); !errors.Is(err, ErrCommand) {
		t.Errorf("one byte more decodes as %v", c)
	}
}

func TestDecodeCommandRefusesWhatNoServerProposes(t *testing.T) {
	long := &Request{Session: 1, Seq: 1, In: Input{Kind: Put, Key: strings.Repeat("k", MaxKey+1)}}
	for name, data := range map[string][]byte{
		"a get":                  AppendCommand(nil, &Request{In: Input{Kind: Get, Key: "k"}}),
		"no kind":                {0, 1, 1, 0},
		"an unknown kind":        {byte(OpenSession) + 1, 1, 1},
		"a number not shortest":  {byte(Delete), 0x81, 0x00, 1, 0},
		"a number too long":      append([]byte{byte(Delete)}, bytes.Repeat([]byte{0xff}, 11)...),
		"a length out of bounds": {byte(Delete), 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"a key too long":         AppendCommand(nil, long),
	} {
		if c, err := DecodeCommand(data); !errors.Is(err, ErrCommand) {
			t.Errorf("%s decodes as %v, error %v", name, c, err)
		}
	}
}

func FuzzDecodeCommand(f *testing.F) {
	f.Add(AppendCommand(nil, &Request{Session: 41, Seq: 7, In: Input{Kind: Put, Key: "x", Value: "17"}}))
	f.Add(AppendCommand(nil, &Request{Seq: 1, In: Input{Kind: OpenSession}}))
	f.Add([]byte{byte(CAS), 1, 1, 1, 'k', 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCommand(data)
		if err != nil {
			return
		}
		r := &Request{Session: c.Session, Seq: c.Seq, In: c.Input()}
		if err := r.In.Check(); err != nil {
			t.Fatalf("% x decodes as %v, which no server takes: %v", data, c, err)
		}
		if again := AppendCommand(nil, r); !bytes.Equal(again, data) {
			t.Fatalf("% x decodes as %v, which encodes as % x", data, c, again)
		}
	})
}

func TestCheckRefusesWhatTheKindDoesNotUse(t *testing.T) {
	for _, in := range []Input{
		{},
		{Kind: OpenSession + 1},
		{Kind: OpenSession, Key: "x"},
		{Kind: Put, Local: true},
		{Kind: Get, Value: "1"},
		{Kind: Put, Expect: "1"},
		{Kind: Get, Key: strings.Repeat("k", MaxKey+1)},
		{Kind: Put, Value: strings.Repeat("v", MaxValue+1)},
	} {
		if in.Check() == nil {
			t.Errorf("%.50v passes", in)
		}
	}
}
