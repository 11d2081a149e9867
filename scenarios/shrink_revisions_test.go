package scenarios

import (
	"context"
	"testing"
)

// TestRevisionsAreLoweredBehindTheOnlyOperationThatNamesOne: what comes after that is left out, too.
func TestRevisionsAreLoweredBehindTheOnlyOperationThatNamesOne(t *testing.T) {
	c, err := ReadCase(CasesDir + "/raft-kv-canary-1.txtar")
	if err != nil {
		t.Fatal(err)
	}
	c.Workload = Workload{{"0s get x rev 5"}, c.Workload[1], {"0s put x 3.1"}}
	if err := c.Settle(); err != nil || c.Expect == Clean {
		t.Fatal(c.Expect, err)
	}
	s := &shrinking{ctx: context.Background(), crew: newCrew(1), o: ShrinkOptions{Workers: 1}, part: wholePart}
	if err := s.begin(c); err != nil {
		t.Fatal(err)
	}
	if before := c.Workload.Ops(); !s.lowerRevisions() || s.best.Workload.Ops() >= before {
		t.Errorf("left are\n%s", s.best.Workload)
	}
}
