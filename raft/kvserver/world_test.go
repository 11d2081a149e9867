package kvserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// members returns the first n servers.
func members(n int) []sim.NodeID {
	ids := make([]sim.NodeID, n)
	for i := range ids {
		ids[i] = sim.Server(i + 1)
	}
	return ids
}

// everything is a workload of all kinds of operations.
func everything() kvserver.Workload {
	return kvserver.Workload{
		Ops: 60, Keys: 3,
		Mix: kvserver.Mix{Get: 3, Range: 1, Local: 1, Put: 3, Delete: 1, Create: 1, CAS: 2, Move: 1, Grant: 1,
			Attach: 2, Keep: 1, Revoke: 1, Compact: 1},
		ThinkMin: 100 * time.Millisecond, ThinkMax: 700 * time.Millisecond,
	}
}

// world returns five servers in fine weather, and clients that play ops, a list each.
func world(seed uint64, ops [][]kvserver.Operation, tune func(*kvserver.Config)) sim.Config {
	servers := members(5)
	return sim.Config{
		Servers: 5, Clients: len(ops), Chooser: sim.NewSeeded(seed), Limit: sim.Time(40 * time.Second),
		Observers: []sim.Observer{raft.NewGhost()},
		Peers:     sim.Link{Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent},
		Disk:      sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond},
		NewServer: func(id sim.NodeID) sim.Machine {
			c := kvserver.DefaultConfig(id, servers)
			c.SnapshotEvery = 20
			if tune != nil {
				tune(&c)
			}
			return kvserver.NewServer(c)
		},
		NewClient: func(id sim.NodeID) sim.Machine {
			return kvserver.NewClient(kvserver.DefaultClientConfig(id, servers, ops[id.Number()-1]))
		},
	}
}

// drawn returns what clients play of a workload.
func drawn(seed uint64, w kvserver.Workload, clients int) (ops [][]kvserver.Operation) {
	c := sim.NewSeeded(seed)
	for i := range clients {
		ops = append(ops, w.Draw(c, sim.Client(i+1)))
	}
	return ops
}

// script returns the operations that text says, a line each.
func script(t *testing.T, text string) (ops []kvserver.Operation) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		op, err := kvserver.ParseOperation(line)
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, op)
	}
	return ops
}

// run runs c, and requires that nothing is violated and that the history is what such a store may tell.
func run(t *testing.T, seed uint64, c sim.Config) *sim.Result {
	t.Helper()
	r := sim.Run(c)
	if r.Violation != nil {
		t.Fatalf("seed %d: %v at %v", seed, r.Violation, r.Violation.At)
	}
	for _, level := range kvspec.Judge(r.History, checker.DefaultBudget) {
		if level.Verdict == checker.Invalid {
			t.Errorf("seed %d: %s: %s", seed, level.Check, level.Reason)
		}
	}
	return r
}

// want compares what a client was told, a line for each operation, without the server.
func want(t *testing.T, history []sim.Op, client int, lines ...string) {
	t.Helper()
	var got []string
	for i := range history {
		switch op := &history[i]; {
		case op.Client != sim.Client(client):
		case op.Outcome != sim.OK:
			got = append(got, op.Input.(*kvapi.Op).String()+" -> "+op.Outcome.String())
		default:
			line := op.Input.(*kvapi.Op).Explain(op.Output.(*kvapi.Output))
			got = append(got, line[:strings.LastIndex(line, " n")]+")")
		}
	}
	if !slices.Equal(got, lines) {
		t.Errorf("c%d:\n%s\nwant\n%s", client, strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

// stormy adds a split, and crashes that lose half of what is not durable.
func stormy(c sim.Config) sim.Config {
	cut := func(f sim.Faults, change func(from, to sim.NodeID)) {
		simtest.Between(f.Servers()[:2], f.Servers()[2:], change)
	}
	c.Faults = []sim.Planned{
		simtest.At(5*time.Second, "split", func(f sim.Faults) { cut(f, f.Cut) }),
		simtest.At(10*time.Second, "heal", func(f sim.Faults) { cut(f, f.Mend) }),
	}
	for i, d := range []time.Duration{12, 15, 18, 21, 24} {
		n := sim.Server(i%5 + 1)
		c.Faults = append(c.Faults,
			simtest.At(d*time.Second, "crash", func(f sim.Faults) {
				f.Crash(n, sim.PowerLoss{Drop: 50 * sim.Percent})
			}),
			simtest.At(d*time.Second+2*time.Second, "restart", func(f sim.Faults) { f.Restart(n) }))
	}
	return c
}

func TestHistoriesOfStormyRunsAreLinearizable(t *testing.T) {
	reached, answered := map[string]bool{}, 0
	for seed := range uint64(30) {
		r := run(t, seed, stormy(world(seed, drawn(seed, everything(), 4), nil)))
		for _, m := range r.Reached {
			reached[m.Mark] = true
		}
		for i := range r.History {
			if r.History[i].Outcome == sim.OK {
				answered++
			}
		}
	}
	for _, m := range []string{"lease-expired", "snapshot-installed", "log-truncated"} {
		if !reached[m] {
			t.Errorf("no run has reached %s", m)
		}
	}
	if answered < 30*200 {
		t.Errorf("only %d of %d operations were answered", answered, 30*240)
	}
}

func TestOperationsAreHeldBack(t *testing.T) {
	ops := [][]kvserver.Operation{script(t, "1s put x 1\n0s put x 2\n0s put x 3")}
	times := []sim.Time{sim.Time(5 * time.Second), sim.Time(7 * time.Second)}
	c := world(1, ops, nil)
	c.NewClient = func(id sim.NodeID) sim.Machine {
		client := kvserver.DefaultClientConfig(id, members(5), ops[0])
		client.NotBefore = times
		return kvserver.NewClient(client)
	}
	history := run(t, 1, c).History
	if first := history[0].Call; first > sim.Time(2*time.Second) {
		t.Errorf("the first operation is called at %v", first)
	}
	for i, want := range times {
		if op := &history[i+1]; op.Call < want || op.Call > want.Add(time.Second) {
			t.Errorf("%v is called at %v, held back until %v", op.Input, op.Call, want)
		}
	}
}
