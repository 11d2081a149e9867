package zkserver_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
	"schism/zab/zkserver"
)

func TestOperationsReadBackAsTheyPrint(t *testing.T) {
	w := everything()
	w.Watches, w.SyncedGets = true, true
	for id := 1; id <= 5; id++ {
		ops := w.Draw(sim.NewSeeded(7), sim.Client(id))
		if len(ops) != w.Ops {
			t.Errorf("c%d has %d operations", id, len(ops))
		}
		for _, op := range ops {
			back, err := zkserver.ParseOperation(op.String())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(op, back); d != "" {
				t.Errorf("%v (-want +got):\n%s", op, d)
			}
			if err := op.In.Check(); err != nil {
				t.Errorf("%v: %v", op, err)
			}
		}
	}
	for _, bad := range []string{"", "create /a 1", "-1s get /a", "1s", "1s fly /a"} {
		if op, err := zkserver.ParseOperation(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, op)
		}
	}
}

func TestOperationsAreHeldBack(t *testing.T) {
	w := everything()
	w.Ops = 10
	times := []sim.Time{sim.Time(20 * time.Second), sim.Time(25 * time.Second)}
	history := run(t, 1, world(1, w, 1, tuning{client: func(c *zkserver.ClientConfig) { c.NotBefore = times }})).History
	for i, want := range times {
		op := history[len(history)-len(times)+i]
		if op.Call < want || op.Call > want.Add(time.Second) {
			t.Errorf("%v is called at %v, held back until %v", op.Input, op.Call, want)
		}
	}
	if before := history[w.Ops-3]; before.Call > times[0] {
		t.Errorf("%v is called at %v", before.Input, before.Call)
	}
}
