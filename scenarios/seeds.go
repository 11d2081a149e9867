package scenarios

import (
	"fmt"
	"strconv"
	"strings"
)

// Seeds is a range of seeds, both ends included, or one of every Step of it.
//
//  1. First ≤ Last, or the range is empty.
//  2. Last - First < 2^40.
type Seeds struct {
	First, Last uint64
	// Step is the distance from one seed to the next; 0 is 1.
	Step uint64
}

// maxSeeds is more than the seeds that a range has.
const maxSeeds = 1 << 40

// ParseSeeds reads "1-500", "7" for a single seed, or "1-500/4" for every fourth from 1 on.
func ParseSeeds(s string) (Seeds, error) {
	ends, every, steps := strings.Cut(s, "/")
	first, last, isRange := strings.Cut(ends, "-")
	if !isRange {
		last = first
	}
	a, errA := strconv.ParseUint(first, 10, 64)
	b, errB := strconv.ParseUint(last, 10, 64)
	var step uint64
	var errStep error
	if steps {
		if step, errStep = strconv.ParseUint(every, 10, 32); step == 0 {
			errStep = strconv.ErrSyntax
		}
	}
	switch {
	case errA != nil || errB != nil || errStep != nil:
		return Seeds{}, fmt.Errorf("seeds %q: want a range such as 1-500, one number, or every fourth as 1-500/4", s)
	case a > b:
		return Seeds{}, fmt.Errorf("seeds %q: the first is greater than the last", s)
	case b-a >= maxSeeds:
		return Seeds{}, fmt.Errorf("seeds %q: more than 2^40 seeds", s)
	}
	return Seeds{a, b, step}, nil
}

// step returns the distance from one seed to the next.
func (s Seeds) step() uint64 { return max(s.Step, 1) }

// Count is the number of seeds in the range.
func (s Seeds) Count() int {
	if s.First > s.Last {
		return 0
	}
	return int((s.Last-s.First)/s.step() + 1)
}

// At returns the seed number i, from 0.
func (s Seeds) At(i int) uint64 { return s.First + uint64(i)*s.step() }

// Begin returns the first n seeds of the range; n is at least 1 and at most Count.
func (s Seeds) Begin(n int) Seeds { return Seeds{s.First, s.At(n - 1), s.Step} }

// After returns the n seeds, at least 1, that come after the first so many: also beyond the range.
func (s Seeds) After(first, n int) Seeds { return Seeds{s.At(first), s.At(first + n - 1), s.Step} }

// Shard returns the share of the seeds that the shard has.
func (s Seeds) Shard(part Shard) Seeds {
	return Seeds{s.At(part.Index - 1), s.Last, s.step() * uint64(part.Of)}
}

// String returns what ParseSeeds reads.
func (s Seeds) String() string {
	text := strconv.FormatUint(s.First, 10)
	if s.First == s.Last {
		return text
	}
	text += "-" + strconv.FormatUint(s.Last, 10)
	if s.step() > 1 {
		text += "/" + strconv.FormatUint(s.Step, 10)
	}
	return text
}

// Shard is one of several shares into which work is divided: number Index, from 1, of Of. The shares have nothing in
// common, and everything is in one of them.
type Shard struct{ Index, Of int }

// Whole is the only shard.
var Whole = Shard{1, 1}

// maxShards bounds the number of shards.
const maxShards = 10_000

// ParseShard reads "2/4".
func ParseShard(s string) (Shard, error) {
	index, of, _ := strings.Cut(s, "/")
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	if errI != nil || errN != nil || i < 1 || n < i || n > maxShards {
		return Shard{}, fmt.Errorf("shard %q: want i/n with 1 ≤ i ≤ n ≤ %d, such as 2/4", s, maxShards)
	}
	return Shard{i, n}, nil
}

// Has reports whether thing number i, from 0, is in the shard.
func (p Shard) Has(i int) bool { return i%p.Of == p.Index-1 }

// String returns what ParseShard reads.
func (p Shard) String() string { return fmt.Sprintf("%d/%d", p.Index, p.Of) }

// commitDigits is how many hexadecimal digits of a commit's hash make its first seed: so few that programs which
// keep numbers as floating point read it right.
const commitDigits = 12

// CommitSeeds returns the n seeds, from 1 to 2^40, that belong to a commit. The first is the number that the first 12
// hexadecimal digits of its hash make, the others follow it.
func CommitSeeds(hash string, n uint64) (Seeds, error) {
	for i := range len(hash) {
		if !strings.ContainsRune("0123456789abcdefABCDEF", rune(hash[i])) {
			return Seeds{}, fmt.Errorf("commit %q: want a hash of hexadecimal digits", hash)
		}
	}
	if len(hash) < commitDigits {
		return Seeds{}, fmt.Errorf("commit %q: want at least %d digits of its hash", hash, commitDigits)
	}
	first, err := strconv.ParseUint(hash[:commitDigits], 16, 64)
	if err != nil {
		return Seeds{}, fmt.Errorf("commit %q: %w", hash, err)
	}
	return Seeds{First: first, Last: first + n - 1}, nil
}
