package zkserver_test

import (
	"fmt"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// synced is a workload of writes, and of reads right after a sync.
func synced() zkserver.Workload {
	return zkserver.Workload{
		Ops: 150, Keys: 2, Mix: zkserver.Mix{Get: 2, Set: 2, Create: 1}, SyncedGets: true,
		ThinkMax: 120 * time.Millisecond,
	}
}

// stale returns the reads, right after a sync of the same client, that miss an update that had been answered before
// the sync was asked for.
func stale(history []sim.Op) (problems []string) {
	for i := range history {
		sync := &history[i]
		if sync.Outcome != sim.OK || sync.Input.(*zkapi.Op).Kind != zkapi.Sync {
			continue
		}
		var read *sim.Op
		for j := i + 1; j < len(history) && read == nil; j++ {
			if history[j].Client == sync.Client {
				read = &history[j]
			}
		}
		if read == nil || read.Outcome != sim.OK || read.Input.(*zkapi.Op).Kind != zkapi.GetData {
			continue
		}
		in, out := output(read)
		for j := range history {
			op := &history[j]
			if op.Outcome != sim.OK || op.ReturnSeq > sync.CallSeq || !op.Input.(*zkapi.Op).Kind.Writes() {
				continue
			}
			if _, update := output(op); update.Zxid > out.Zxid {
				problems = append(problems, fmt.Sprintf("%s misses %v", in.Explain(out), op.Input))
			}
		}
	}
	return problems
}

// paused is a run in which one leader after the other is paused for longer than it takes to elect another one.
func paused(seed uint64, tune tuning) sim.Config {
	tune.client = func(c *zkserver.ClientConfig) { c.SessionTimeout = 10_000 }
	change := tune.server
	tune.server = func(c *zkserver.Config) {
		c.MaxTicks = 100
		if change != nil {
			change(c)
		}
	}
	c := world(seed, synced(), 5, tune)
	for d := 2 * time.Second; d < 20*time.Second; d += 4 * time.Second {
		var leader sim.NodeID
		c.Faults = append(c.Faults,
			simtest.At(d, "pause the leader", func(f sim.Faults) {
				if leader, _ = f.Leader(); leader != 0 {
					f.Pause(leader)
				}
			}),
			simtest.At(d+1700*time.Millisecond, "resume", func(f sim.Faults) {
				if leader != 0 {
					f.Resume(leader)
				}
			}))
	}
	c.Limit = sim.Time(25 * time.Second)
	return c
}

// staleRuns counts the seeds with a stale read after a sync.
func staleRuns(t *testing.T, seeds uint64, config func(seed uint64) sim.Config) (n int) {
	t.Helper()
	for seed := range seeds {
		r := run(t, seed, config(seed))
		if len(stale(r.History)) > 0 {
			n++
		}
	}
	return n
}

// ZK-1675: an old leader that does not know yet answers a sync.
func TestASyncIsAsGoodAsTheLeaderThatAnswersIt(t *testing.T) {
	quorum := func(c *zkserver.Config) { c.QuorumSync = true }
	pipe := staleRuns(t, 200, func(seed uint64) sim.Config { return paused(seed, tuning{}) })
	if pipe == 0 {
		t.Error("no read after a sync through the pipe is stale")
	}
	if n := staleRuns(t, 200, func(seed uint64) sim.Config { return paused(seed, tuning{server: quorum}) }); n > 0 {
		t.Errorf("%d runs have a stale read after a sync through the quorum", n)
	}
}

func TestASyncThroughThePipeIsEnoughWhileTheLeaderStays(t *testing.T) {
	calm := func(r *zkserver.Rules) func(uint64) sim.Config {
		return func(seed uint64) sim.Config {
			c := world(seed, synced(), 5, tuning{server: func(c *zkserver.Config) { c.Rules = r }})
			c.Limit = sim.Time(15 * time.Second)
			return c
		}
	}
	if n := staleRuns(t, 10, calm(nil)); n > 0 {
		t.Errorf("%d runs have a stale read", n)
	}
	wrong := &zkserver.Rules{AsksLeader: func() bool { return false }} // B7
	if n := staleRuns(t, 10, calm(wrong)); n == 0 {
		t.Error("no run has a stale read although servers answer syncs themselves")
	}
}
