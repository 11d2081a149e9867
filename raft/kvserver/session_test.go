package kvserver_test

import (
	"testing"
	"time"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// inSessions gives the clients of c, which play ops, a session each.
func inSessions(c sim.Config, ops [][]kvserver.Operation) sim.Config {
	c.NewClient = func(id sim.NodeID) sim.Machine {
		client := kvserver.DefaultClientConfig(id, members(5), ops[id.Number()-1])
		client.Sessions = true
		return kvserver.NewClient(client)
	}
	return c
}

// deaf makes the client hear nothing from the first instant to the second.
func deaf(client sim.NodeID, from, to time.Duration) []sim.Planned {
	change := func(do func(f sim.Faults, server sim.NodeID)) func(sim.Faults) {
		return func(f sim.Faults) {
			for _, s := range f.Servers() {
				do(f, s)
			}
		}
	}
	return []sim.Planned{
		simtest.At(from, "deaf", change(func(f sim.Faults, s sim.NodeID) { f.Cut(s, client) })),
		simtest.At(to, "mend", change(func(f sim.Faults, s sim.NodeID) { f.Mend(s, client) })),
	}
}

// lastVersion returns the version that the last operation, a get of one key, has read.
func lastVersion(t *testing.T, r *sim.Result) int64 {
	t.Helper()
	out, ok := r.History[len(r.History)-1].Output.(*kvapi.Output)
	if !ok || len(out.KVs) != 1 {
		t.Fatalf("the last operation has read %v", out)
	}
	return out.KVs[0].Version
}

// repeated plays two writes in a session of which the second is asked for again and again, since its answers do not
// come.
func repeated(t *testing.T, seed uint64, tune func(*kvserver.Config)) *sim.Result {
	t.Helper()
	ops := [][]kvserver.Operation{script(t, "1s put x 1\n1s put x 2\n0s get x")}
	c := inSessions(world(seed, ops, tune), ops)
	c.Faults = deaf(sim.Client(1), 1500*time.Millisecond, 3500*time.Millisecond)
	return sim.Run(c)
}

func TestAWriteInASessionIsDoneOnce(t *testing.T) {
	for seed := range uint64(20) {
		r := repeated(t, seed, nil)
		for i := range r.History {
			if o := &r.History[i]; o.Outcome != sim.OK {
				t.Fatalf("seed %d: %v is %v", seed, o.Input, o.Outcome)
			}
		}
		if v := lastVersion(t, r); v != 2 {
			t.Fatalf("seed %d: after two puts the version is %d", seed, v)
		}
	}
	again := func(c *kvserver.Config) {
		c.Rules = &kvserver.Rules{Repeated: func(_, _ kvapi.Seq) bool { return false }}
	}
	if v := lastVersion(t, repeated(t, 1, again)); v <= 2 {
		t.Errorf("if repeated requests are done again the version is %d", v)
	}
}

func TestASessionThatIsNotUsedForLongestExpires(t *testing.T) {
	ops := [][]kvserver.Operation{
		script(t, "1s put x 1\n2s put x 2\n0s put x 3"),
		script(t, "1500ms put y 1\n1s put y 2"),
		script(t, "2s put z 1\n0s get x"),
	}
	r := run(t, 1, inSessions(world(1, ops, func(c *kvserver.Config) { c.MaxSessions = 2 }), ops))
	want(t, r.History, 1, "put x 1 -> ok (r2)", "put x 2 -> unknown", "put x 3 -> ok (r6)")
	want(t, r.History, 2, "put y 1 -> ok (r3)", "put y 2 -> ok (r5)")
	want(t, r.History, 3, "put z 1 -> ok (r4)", "get x -> [x=1] (r4)")
}

func TestHistoriesOfSessionsInStormyRunsAreLinearizable(t *testing.T) {
	unknown := 0
	for seed := range uint64(20) {
		ops := drawn(seed, everything(), 4)
		r := run(t, seed, stormy(inSessions(world(seed, ops, nil), ops)))
		for i := range r.History {
			if r.History[i].Outcome == sim.Unknown {
				unknown++
			}
		}
	}
	if unknown > 200 {
		t.Errorf("%d operations are unknown although they could be asked for again", unknown)
	}
}
