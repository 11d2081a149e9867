package kvspec

import (
	"strings"
	"testing"

	"schism/raft/kvapi"
)

// TestBelowIsWhatBeginsWithThePrefix compares with what a prefix is.
func TestBelowIsWhatBeginsWithThePrefix(t *testing.T) {
	keys := []string{"\x00", "a", "a\x00", "a\xff", "ab", "b", "\xfe", "\xff", "\xff\x00", "\xff\xff", "\xff\xff\x01"}
	for _, prefix := range []string{"a", "ab", "a\xff", "\xfe\xff", "\xff", "\xff\xff"} {
		for _, key := range keys {
			if got, want := covers(below(prefix), key), strings.HasPrefix(key, prefix); got != want {
				t.Errorf("%q below %q: %v, want %v", key, prefix, got, want)
			}
		}
	}
	for _, key := range keys {
		if !covers(everything, key) {
			t.Errorf("%q is not in everything", key)
		}
	}
}

// TestBothUnderstandOperations: what the store and its judge know of operations they know alike.
func TestBothUnderstandOperations(t *testing.T) {
	for kind := kvapi.Range; kind <= kvapi.LeaseCheckpoint; kind++ {
		for _, op := range []kvapi.Op{{Kind: kind}, {Kind: kvapi.Txn, Then: []kvapi.Op{{Kind: kind}}},
			{Kind: kvapi.Txn, Else: []kvapi.Op{{Kind: kvapi.Txn, Then: []kvapi.Op{{Kind: kind}}}}}} {
			if writes(&op) != op.Writes() {
				t.Errorf("%v writes: %v", &op, writes(&op))
			}
		}
	}
	for _, s := range []kvapi.Span{{Key: "b"}, {Key: "b", End: "d"}, {Key: "b", End: "\x00"}, {Key: "d", End: "b"},
		everything, below("b")} {
		for _, key := range []string{"\x00", "a", "b", "b\x00", "c", "d", "e"} {
			if covers(s, key) != s.Contains(key) {
				t.Errorf("%q in %v: %v", key, s, covers(s, key))
			}
		}
	}
	for r := kvapi.Equal; r <= kvapi.NotEqual; r++ {
		for c := -1; c <= 1; c++ {
			if met(r, c) != r.Holds(c) {
				t.Errorf("%d %v 0: %v", c, r, met(r, c))
			}
		}
	}
}
