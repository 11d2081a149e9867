package mvcc

import (
	"testing"

	"pgregory.net/rapid"

	"schism/raft/kvapi"
)

// TestHeadsOrderAsKeysDo compares keys that begin alike, are as long as a head or about, and have zeros where a head is
// padded with them.
func TestHeadsOrderAsKeysDo(t *testing.T) {
	key := rapid.Custom(func(t *rapid.T) string {
		starts := []string{"", "a", "key-00000000", "key-0000000000", "key-0000000000000000"}
		end := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 0xff}), 0, 6)
		return rapid.SampledFrom(starts).Draw(t, "start") + string(end.Draw(t, "end"))
	})
	item := func(key string) keyed { return keyed{headOf(key), &change{kv: kvapi.KeyValue{Key: key}}} }
	rapid.Check(t, func(t *rapid.T) {
		a, b := key.Draw(t, "a"), key.Draw(t, "b")
		if got := lesser(item(a), item(b)); got != (a < b) {
			t.Fatalf("%q before %q: %v", a, b, got)
		}
	})
}
