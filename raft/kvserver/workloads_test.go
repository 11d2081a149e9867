package kvserver_test

import (
	"testing"
	"time"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// bankWork and leaseWork are small workloads.
var (
	bankWork = kvserver.BankWork{Ops: 40, Accounts: 3, Coins: 4, ThinkMax: 50 * time.Millisecond}

	leaseWork = kvserver.LeaseWork{Leases: 4, KeepsMax: 3, TTL: 2, ThinkMax: time.Second}
)

// TestDrawnOperationsReadBack: what is drawn is right, prints, parses back, and puts no value twice.
func TestDrawnOperationsReadBack(t *testing.T) {
	values := map[string]bool{}
	for i := range 4 {
		c, id := sim.NewSeeded(7), sim.Client(i+1)
		for _, op := range append(bankWork.Draw(c, id), leaseWork.Draw(c, id)...) {
			if err := op.In.Check(); err != nil {
				t.Errorf("%s: %v", op, err)
			}
			back, err := kvserver.ParseOperation(op.String())
			if err != nil || back.String() != op.String() {
				t.Errorf("%s reads back as %s: %v", op, back, err)
			}
			for _, put := range op.In.Then {
				if put.Kind == kvapi.Put && values[put.Value] {
					t.Errorf("%s puts %s again", op, put.Value)
				}
				values[put.Value] = true
			}
		}
	}
}

// TestABankIsOpenedOnceAndCoinsMove: every transfer finds its coin, and what is left are all coins.
func TestABankIsOpenedOnceAndCoinsMove(t *testing.T) {
	var ops [][]kvserver.Operation
	for i := range 3 {
		ops = append(ops, bankWork.Draw(sim.NewSeeded(1), sim.Client(i+1)))
	}
	r := run(t, 1, world(1, ops, nil))
	opened, moved := 0, 0
	for i := range r.History {
		in, out := r.History[i].Input.(*kvapi.Op), r.History[i].Output.(*kvapi.Output)
		if in.Kind != kvapi.Txn {
			continue
		}
		if len(in.Then) == bankWork.Coins {
			if out.Succeeded {
				opened++
			}
			continue
		}
		got := &out.Result
		for len(got.Responses) == 1 && !got.Succeeded {
			got = &got.Responses[0]
		}
		if !got.Succeeded {
			t.Errorf("%s moved nothing", in.Explain(out))
		}
		moved++
	}
	if opened != 1 || moved < 30 {
		t.Errorf("opened %d times, %d coins moved", opened, moved)
	}
	last := r.History[len(r.History)-1].Output.(*kvapi.Output)
	if n := int(last.Revision); n != 1+opened+moved {
		t.Errorf("%d transactions ended at revision %d", opened+moved, n)
	}
}

// TestLeasesThatAreLeftAloneEnd: each client makes leases of its own, and some of them end by themselves.
func TestLeasesThatAreLeftAloneEnd(t *testing.T) {
	var ops [][]kvserver.Operation
	for i := range 3 {
		ops = append(ops, leaseWork.Draw(sim.NewSeeded(2), sim.Client(i+1)))
	}
	r := run(t, 2, world(2, ops, nil))
	ended := 0
	for i := range r.History {
		in, out := r.History[i].Input.(*kvapi.Op), r.History[i].Output.(*kvapi.Output)
		switch {
		case in.Kind == kvapi.LeaseGrant && out.Code != kvapi.OK:
			t.Errorf("%s", in.Explain(out))
		case in.Kind == kvapi.LeaseTimeToLive && out.TTL < 0:
			ended++
		}
	}
	if ended < 3 {
		t.Errorf("%d leases ended by themselves", ended)
	}
}
