package sim

import "testing"

func TestDigestTellsNeighboursApart(t *testing.T) {
	seen := map[Digest]string{}
	add := func(name string, d Digest) {
		if other, dup := seen[d]; dup {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[d] = name
	}
	add("nothing", Digest(0))
	for _, s := range []string{"", "\x00", "\x00\x00", "a", "ab", "ba", "abcdefgh", "abcdefgh\x00", "abcdefghi"} {
		if a, b := Digest(0).MixString(s), Digest(0).MixBytes([]byte(s)); a != b {
			t.Errorf("%q as a string gives %v, as bytes %v", s, a, b)
		}
		add("bytes "+s, Digest(0).MixString(s))
		add("after one "+s, Digest(1).MixString(s))
	}
	d := Digest(0xfedcba9876543210)
	if back, err := ParseDigest(d.String()); err != nil || back != d {
		t.Errorf("%v is read back as %v, %v", d, back, err)
	}
	for _, bad := range []string{"", "x", "12345678901234567", "-1"} {
		if _, err := ParseDigest(bad); err == nil {
			t.Errorf("ParseDigest accepts %q", bad)
		}
	}
}

// TestDigestOfTextIsThatOfItsWords compares the fast ways with the definition: the length, and then the bytes, eight at
// a time, the last ones with zeros behind them.
func TestDigestOfTextIsThatOfItsWords(t *testing.T) {
	text := "0123456789 the quick brown fox"
	for n := range len(text) {
		want := Digest(7).Mix(uint64(n))
		for i := 0; i < n; i += 8 {
			var word uint64
			for j := i; j < min(i+8, n); j++ {
				word |= uint64(text[j]) << (8 * (j - i))
			}
			want = want.Mix(word)
		}
		if got := Digest(7).MixString(text[:n]); got != want {
			t.Errorf("%q as a string gives %v, want %v", text[:n], got, want)
		}
		if got := Digest(7).MixBytes([]byte(text[:n])); got != want {
			t.Errorf("%q as bytes gives %v, want %v", text[:n], got, want)
		}
	}
}
