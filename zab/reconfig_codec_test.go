package zab

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// drawAny draws an ensemble that may make no sense.
func drawAny(t *rapid.T) *Ensemble {
	e := &Ensemble{
		Version:   Zxid(rapid.Uint64().Draw(t, "version")),
		Voters:    Servers(rapid.Uint32().Draw(t, "voters")),
		Observers: Servers(rapid.Uint32().Draw(t, "observers")),
	}
	for range rapid.IntRange(0, MaxServers).Draw(t, "groups") {
		g := Group{Members: Servers(rapid.Uint32().Draw(t, "members"))}
		for i := range g.Weights {
			g.Weights[i] = rapid.Byte().Draw(t, "weight")
		}
		e.Groups = append(e.Groups, g)
	}
	return e
}

func TestEnsemblesAreDecodedAsEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, follows := drawAny(t), rapid.SliceOf(rapid.Byte()).Draw(t, "what follows")
		b := appendEnsemble(nil, e)
		got, rest, ok := decodeEnsemble(append(b, follows...))
		if !ok || !cmp.Equal(got, e) || !bytes.Equal(rest, follows) {
			t.Fatalf("%+v is decoded as %+v, %v, and %d bytes for %d", e, got, ok, len(rest), len(follows))
		}
		if n := rapid.IntRange(0, len(b)-1).Draw(t, "length"); n < len(b) {
			if got, _, ok := decodeEnsemble(b[:n]); ok {
				t.Fatalf("%d of %d bytes are decoded as %+v", n, len(b), got)
			}
		}
	})
}

func TestEnsemblesThatCannotBeEncodedAreRefused(t *testing.T) {
	e := Ensemble{Voters: 1, Groups: make([]Group, MaxServers+1)}
	e.Groups[0].Members, e.Groups[0].Weights[0] = 1, 1
	if e.valid(1) {
		t.Errorf("%d groups are accepted", len(e.Groups))
	}
	if e.Groups = e.Groups[:MaxServers]; !e.valid(1) {
		t.Errorf("%d groups are not accepted", len(e.Groups))
	}
}

// Whatever the bytes, what is decoded is what they encode, and no more than they hold.
func FuzzDecodeEnsemble(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendEnsemble(nil, &Ensemble{Version: z(1, 2), Voters: 0b111, Observers: 0b1000}))
	f.Add(appendEnsemble(nil, &Ensemble{Voters: 0b11, Groups: []Group{{Members: 0b11}, {Members: 0}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, rest, ok := decodeEnsemble(b)
		if !ok {
			if e != nil || rest != nil {
				t.Errorf("no ensemble is decoded as %+v and %d bytes", e, len(rest))
			}
			return
		}
		if got := append(appendEnsemble(nil, e), rest...); !bytes.Equal(got, b) {
			t.Errorf("%d bytes are decoded as %+v, which is encoded as %d", len(b), e, len(got))
		}
	})
}
