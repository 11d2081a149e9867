package scenarios

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// all returns the seeds one by one.
func (s Seeds) all() []uint64 {
	var all []uint64
	for i := range s.Count() {
		all = append(all, s.At(i))
	}
	return all
}

func TestShardsDivideSeedsWithoutOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint64Range(0, 1<<48).Draw(t, "first")
		last := first + rapid.Uint64Range(0, 300).Draw(t, "more")
		whole := Seeds{first, last, rapid.Uint64Range(0, 7).Draw(t, "step")}
		shards := rapid.IntRange(1, 20).Draw(t, "shards")
		var all []uint64
		for i := range shards {
			share := whole.Shard(Shard{i + 1, shards})
			all = append(all, share.all()...)
			if n := share.Count(); n > 0 {
				read, err := ParseSeeds(share.String())
				if err != nil || !slices.Equal(read.all(), share.all()) {
					t.Fatalf("%s reads back as %v, %v", share, read, err)
				}
			}
		}
		slices.Sort(all)
		if !slices.Equal(all, whole.all()) {
			t.Fatalf("%d shards of %s have %v", shards, whole, all)
		}
	})
}

func TestShardsDivideThingsWithoutOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, 20).Draw(t, "shards")
		for thing := range 50 {
			has := 0
			for i := range shards {
				if (Shard{i + 1, shards}).Has(thing) {
					has++
				}
			}
			if has != 1 {
				t.Fatalf("thing %d is in %d of %d shards", thing, has, shards)
			}
		}
	})
}

func TestCommitSeeds(t *testing.T) {
	got, err := CommitSeeds("710cbf4b16fe00000000000000000000deadbeef", 100)
	if want := (Seeds{First: 0x710cbf4b16fe, Last: 0x710cbf4b16fe + 99}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if other, err := CommitSeeds("710CBF4B16FE", 100); other != got || err != nil {
		t.Errorf("what follows the twelfth digit makes a difference: %v, %v", other, err)
	}
	for _, hash := range []string{"", "710cbf4", "main", "710cbf4b16fg", "-10cbf4b16fe", "710cbf4b16fe "} {
		if got, err := CommitSeeds(hash, 1); err == nil {
			t.Errorf("%q is the hash of a commit, with the seeds %v", hash, got)
		}
	}
}

func TestParseShard(t *testing.T) {
	if got, err := ParseShard("2/4"); got != (Shard{2, 4}) || err != nil || got.String() != "2/4" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, s := range []string{"", "1", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "a/b", "1/100000"} {
		if got, err := ParseShard(s); err == nil {
			t.Errorf("%q is the shard %v", s, got)
		}
	}
}

func TestParseSeeds(t *testing.T) {
	for s, want := range map[string]Seeds{
		"7":       {First: 7, Last: 7},
		"1-500":   {First: 1, Last: 500},
		"1-500/4": {First: 1, Last: 500, Step: 4},
	} {
		if got, err := ParseSeeds(s); got != want || err != nil || got.String() != s {
			t.Errorf("%q is %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "-", "5-1", "1-500/", "1-500/0", "1-500/x", "1/2/3", "0-1099511627776"} {
		if got, err := ParseSeeds(s); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
}
