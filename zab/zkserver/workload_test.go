package zkserver_test

import (
	"testing"

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
