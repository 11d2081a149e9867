package rules

import "testing"

type decisions struct{ One, Two func() int }

func TestCompleteReplacesWhatIsGiven(t *testing.T) {
	number := func(n int) func() int { return func() int { return n } }
	right := decisions{number(1), number(2)}
	for name, c := range map[string]struct {
		given    *decisions
		one, two int
	}{
		"nothing": {nil, 1, 2}, "none": {&decisions{}, 1, 2}, "one": {&decisions{One: number(7)}, 7, 2},
		"both": {&decisions{number(7), number(8)}, 7, 8},
	} {
		if got := Complete(c.given, right); got.One() != c.one || got.Two() != c.two {
			t.Errorf("%s: %d and %d", name, got.One(), got.Two())
		}
	}
	if right.One() != 1 {
		t.Error("the right rules have changed")
	}
}
