package digest_test

import (
	"strings"
	"testing"

	"schism/sim/digest"
)

// TestTextsThatDifferHaveOtherDigests changes, cuts and lengthens texts around the size of a word.
func TestTextsThatDifferHaveOtherDigests(t *testing.T) {
	seen := map[digest.Digest]string{}
	for n := range 20 {
		text := strings.Repeat("a", n)
		variants := []string{text, text + "\x00"}
		for i := range n {
			variants = append(variants, text[:i]+"b"+text[i+1:])
		}
		for _, v := range variants {
			d := digest.Digest(1).Text(v)
			if other, found := seen[d]; found && other != v {
				t.Errorf("%q and %q have one digest", v, other)
			}
			seen[d] = v
		}
	}
	if a, b := digest.Digest(0).Text("a").Text("b"), digest.Digest(0).Text("ab"); a == b {
		t.Error("where a text ends makes no difference")
	}
	if a, b := digest.Digest(0).Mix(1).Mix(2), digest.Digest(0).Mix(2).Mix(1); a == b {
		t.Error("the order makes no difference")
	}
}
