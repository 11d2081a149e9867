package scenarios

import (
	"fmt"
	"strconv"
	"strings"
)

// Seeds is a range of seeds, both ends included.
type Seeds struct{ First, Last uint64 }

// ParseSeeds reads "1-500", or "7" for a single seed.
func ParseSeeds(s string) (Seeds, error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	a, errA := strconv.ParseUint(first, 10, 64)
	b, errB := strconv.ParseUint(last, 10, 64)
	switch {
	case errA != nil || errB != nil:
		return Seeds{}, fmt.Errorf("seeds %q: want a range such as 1-500, or one number", s)
	case a > b:
		return Seeds{}, fmt.Errorf("seeds %q: the first is greater than the last", s)
	case b-a >= 1<<40:
		return Seeds{}, fmt.Errorf("seeds %q: more than 2^40 seeds", s)
	}
	return Seeds{a, b}, nil
}

// Count is the number of seeds in the range.
func (s Seeds) Count() int { return int(s.Last - s.First + 1) }

// String returns what ParseSeeds reads.
func (s Seeds) String() string {
	if s.First == s.Last {
		return strconv.FormatUint(s.First, 10)
	}
	return fmt.Sprintf("%d-%d", s.First, s.Last)
}
