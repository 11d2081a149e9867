package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/scenarios"
)

// failing returns a case of the scenario that fails.
func failing(t *testing.T, name string) *scenarios.Case {
	t.Helper()
	for seed := uint64(1); seed < 50; seed++ {
		if c, err := scenarios.CaseOf(scenarios.Must(name), seed); err == nil && c.Expect != scenarios.Clean {
			return c
		}
	}
	t.Fatalf("no run of %s fails", name)
	return nil
}

func TestCanariesShrinkToOneFault(t *testing.T) {
	for _, name := range []string{"raft/kv/canary", "zab/zk/canary"} {
		c := failing(t, name)
		small, err := scenarios.Shrink(context.Background(), c, scenarios.ShrinkOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if small.To.Faults > 1 || small.To.Ops > 1 || !small.Done {
			t.Errorf("%s: %v, done %v\n%s", name, small, small.Done, small.Case.Text())
		}
		if small.Case.Expect != c.Expect {
			t.Errorf("%s was %s and has become %s", name, c.Expect, small.Case.Expect)
		}
	}
}

func TestShrinkingDoesNotDependOnWorkers(t *testing.T) {
	c := failing(t, "raft/kv/canary")
	for _, runs := range []int{0, 20, 100} {
		var texts []string
		for workers := 1; workers <= 3; workers++ {
			o := scenarios.ShrinkOptions{Workers: workers, Runs: runs}
			small, err := scenarios.Shrink(context.Background(), c, o)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, fmt.Sprintf("%d runs\n%s", small.Runs, small.Case.Text()))
		}
		for _, text := range texts[1:] {
			if diff := cmp.Diff(texts[0], text); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func TestCleanCasesDoNotShrink(t *testing.T) {
	c, err := scenarios.CaseOf(scenarios.Must("raft/kv/calm"), 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = scenarios.Shrink(context.Background(), c, scenarios.ShrinkOptions{})
	if !errors.Is(err, scenarios.ErrClean) {
		t.Errorf("the error is %v", err)
	}
}
