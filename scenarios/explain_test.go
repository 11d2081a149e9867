package scenarios_test

import (
	"context"
	"strings"
	"testing"

	"schism/scenarios"
)

// TestSystemsOfOthersAreExplained has a server that says that it has written what it has not synced.
func TestSystemsOfOthersAreExplained(t *testing.T) {
	var c *scenarios.Case
	for seed := uint64(1); c == nil || c.Expect == scenarios.Clean; seed++ {
		var err error
		if c, err = scenarios.CaseOf(registers(true), seed); err != nil || seed == 50 {
			t.Fatal(err, seed)
		}
	}
	small, err := scenarios.Shrink(context.Background(), c, scenarios.ShrinkOptions{Runs: 1000})
	if err != nil {
		t.Fatal(err)
	}
	_, slice, err := small.Case.Explain()
	if err != nil {
		t.Fatal(err)
	}
	text := slice.String()
	for _, want := range []string{"  calls put ", "  <- n1: put ", "crash n1", "get -> "} {
		if !strings.Contains(text, want) {
			t.Errorf("the slice does not say %q:\n%s", want, text)
		}
	}
	n, err := scenarios.Neighbour(context.Background(), small.Case, scenarios.ExplainOptions{})
	if err != nil || n.Nearest == nil {
		t.Errorf("%v\n%s", err, n)
	}
	f, err := scenarios.NoReturn(context.Background(), small.Case, scenarios.ExplainOptions{Continuations: 10})
	if err != nil || f.Point == nil {
		t.Errorf("%v\n%s", err, f)
	}
}
