package checker_test

import (
	"slices"
	"testing"
	"time"

	"schism/checker"
	"schism/sim"
)

// TestJudgeMutex: holdings by client, from one second to another.
func TestJudgeMutex(t *testing.T) {
	for name, c := range map[string]struct {
		holdings [][3]int
		want     checker.Verdict
	}{
		"nobody":               {nil, checker.Valid},
		"in turn":              {[][3]int{{1, 1, 2}, {2, 2, 3}, {1, 3, 9}}, checker.Valid},
		"at once":              {[][3]int{{1, 1, 3}, {2, 2, 4}}, checker.Invalid},
		"one within the other": {[][3]int{{1, 1, 9}, {1, 2, 3}, {2, 8, 10}}, checker.Invalid},
		"oneself":              {[][3]int{{1, 1, 9}, {1, 2, 10}, {2, 10, 11}}, checker.Valid},
		"not at all":           {[][3]int{{1, 1, 9}, {2, 5, 5}, {2, 6, 4}}, checker.Valid},
		"one that never ends":  {[][3]int{{1, 1, 99}, {2, 50, 51}}, checker.Invalid},
	} {
		list := make([]checker.Holding, len(c.holdings))
		for i, h := range c.holdings {
			at := func(seconds int) sim.Time { return sim.Time(time.Duration(seconds) * time.Second) }
			client := sim.Client(h[0])
			list[i] = checker.Holding{Holder: client, Since: at(h[1]), Until: at(h[2]), Op: &sim.Op{Client: client}}
		}
		for range 2 { // the order does not matter
			r := checker.JudgeMutex(checker.MutualExclusion, list)
			if r.Verdict != c.want || r.Check != checker.MutualExclusion {
				t.Errorf("%s: %v, want %v", name, r, c.want)
			}
			slices.Reverse(list)
		}
	}
}
