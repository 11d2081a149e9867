package scenarios

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/nemesis"
	"schism/sim"
)

func TestNearestNeighbourOfTheCanary(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/canary"), 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := Neighbour(context.Background(), c, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n.Nearest == nil || n.Nearest.What != "2.741690722s split leader+2 | rest: split leader | rest" || !n.Done {
		t.Errorf("want that it passes if the leader is alone:\n%s", n)
	}
	for _, change := range n.Tried[:4] {
		if change.ID != c.Expect {
			t.Errorf("%s comes to %s", change.What, change.ID)
		}
	}
	if text := n.String(); !strings.Contains(text, "4 of 7 come to raft-leader-completeness:\n") {
		t.Errorf("got\n%s", text)
	}
}

func TestNeighboursAreOfTheWorkloadIfNoneOfTheScheduleIsClean(t *testing.T) {
	m := &raftMutants[8] // a txn that changes nothing has a revision
	c := shrunken(t, m.mutated(), m.seed, 300)
	n, err := Neighbour(context.Background(), c, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Schedule) > 0 || n.Nearest == nil || !strings.HasSuffix(n.Nearest.What, ": left out") {
		t.Errorf("%s\n%s", c.Schedule, n)
	}
}

func TestSmallestChangesComeFirst(t *testing.T) {
	s := &neighbourhood{base: Case{
		Schedule: nemesis.Schedule{
			{When: sim.Trigger{After: 100 * time.Millisecond}, Do: nemesis.Crash{
				Target: nemesis.Nodes(sim.Server(1)), Loss: sim.PowerLoss{Drop: sim.Always}}},
			{When: sim.Trigger{After: 200 * time.Millisecond}, Do: nemesis.Recover{}},
		},
		Workload: Workload{{"10ms get x", "0s put x 1"}},
	}}
	var got []string
	for _, change := range slices.Concat(append(s.scheduleChanges(), s.workloadChanges()...)...) {
		got = append(got, change.What)
	}
	crash := s.base.Schedule[0].String()
	want := []string{
		crash + ": at 99ms", crash + ": at 101ms", crash + ": at 90ms", crash + ": at 110ms",
		crash + ": crash n1", crash + ": left out",
		"c1 10ms get x: after 9ms", "c1 10ms get x: after 11ms", "c1 0s put x 1: after 1ms",
		"c1 10ms get x: after 9ms", "c1 10ms get x: after 11ms",
		"c1 10ms get x: left out", "c1 0s put x 1: left out",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c := s.base
	c.Workload = c.Workload.clone()
	s.workloadChanges()[2][0].make(&c)
	if diff := cmp.Diff(Workload{{"10ms put x 1"}}, c.Workload); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotMendedInTheCaseIsNotMendedInItsNeighbours(t *testing.T) {
	c := DrawCase(Must("raft/kv/calm"), 1, sim.NewSeeded(1))
	var err error
	if c.Schedule, err = nemesis.ParseSchedule("2s crash n1\n3s crash n2\n4s crash n3\n"); err != nil {
		t.Fatal(err)
	}
	n, err := Neighbour(context.Background(), c, ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if text := n.String(); !strings.Contains(text, "come to "+LivenessDown+":\n") {
		t.Errorf("want that the servers stay down:\n%s", text)
	}
}

func TestTheMostNumerousChangesAreCurtailed(t *testing.T) {
	kinds := [][]Change{make([]Change, 9), make([]Change, 2), make([]Change, 6)}
	if left := curtail(kinds, 11); left != 6 || len(kinds[0])+len(kinds[2]) != 9 || len(kinds[1]) != 2 {
		t.Errorf("%d are left out, and there are %d, %d and %d", left, len(kinds[0]), len(kinds[1]), len(kinds[2]))
	}
	if left := curtail(kinds, 11); left != 0 {
		t.Errorf("%d are left out of 11", left)
	}
	if text := (&Neighbours{Left: 6, Done: true}).String(); !strings.Contains(text, "6 more changes were not tried\n") {
		t.Errorf("it does not say that some were not tried:\n%s", text)
	}
}

func TestNeighboursDoNotDependOnWorkers(t *testing.T) {
	c := shrunken(t, Must("raft/kv/canary"), 1, 300)
	var texts []string
	for workers := 1; workers <= 3; workers++ {
		n, err := Neighbour(context.Background(), c, ExplainOptions{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		f, err := NoReturn(context.Background(), c, ExplainOptions{Workers: workers, Prefixes: 4, Continuations: 10})
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, n.String()+f.String())
	}
	for _, text := range texts[1:] {
		if diff := cmp.Diff(texts[0], text); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSearchesThatExplainCanBeInterrupted(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/canary"), 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	runs := 0
	o := ExplainOptions{Workers: 1, Progress: func(_, _ int) {
		if runs++; runs%3 == 0 {
			cancel()
		}
	}}
	n, err := Neighbour(ctx, c, o)
	if err != nil || n.Done || len(n.Tried) != 3 {
		t.Errorf("%v\n%s", err, n)
	}
	f, err := NoReturn(ctx, c, o)
	if err != nil || f.Done || f.Point != nil || !strings.Contains(f.String(), "stopped before the end\n") {
		t.Errorf("%v\n%s", err, f)
	}
}

func TestCleanCasesHaveNoNeighbours(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/calm"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Neighbour(context.Background(), c, ExplainOptions{}); !errors.Is(err, ErrClean) {
		t.Errorf("the error is %v", err)
	}
	if _, err := NoReturn(context.Background(), c, ExplainOptions{}); !errors.Is(err, ErrClean) {
		t.Errorf("the error is %v", err)
	}
}
