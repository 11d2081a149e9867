package kvserver_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/simtest"
)

// tell runs what one client plays.
func tell(t *testing.T, text string, tune func(*kvserver.Config), faults ...sim.Planned) *sim.Result {
	t.Helper()
	c := world(1, [][]kvserver.Operation{script(t, text)}, tune)
	c.Faults = faults
	return run(t, 1, c)
}

func TestKeysHaveRevisions(t *testing.T) {
	r := tell(t, `1s put x 1
		0s txn {version x = 1; create y = 0} then {put x 2; put y 2} else {get x}
		0s txn {version x = 1} then {put x 3} else {get x}
		0s delete x to z prev-kv
		0s get x on rev 3
		0s compact rev 4
		0s get x rev 3
		0s get x serializable
		0s compact rev 9`, nil)
	want(t, r.History, 1,
		"put x 1 -> ok (r2)",
		"txn {version x = 1; create y = 0} then {put x 2; put y 2} else {get x} -> then {ok, ok} (r3)",
		"txn {version x = 1} then {put x 3} else {get x} -> else {[x=2]} (r3)",
		"delete x to z prev-kv -> 2 deleted was [x=2 y=2] (r4)",
		"get x on rev 3 -> [x=2 y=2] (r4)",
		"compact rev 4 -> ok (r4)",
		"get x rev 3 -> ErrCompacted (r4)",
		"get x serializable -> ok (r4)",
		"compact rev 9 -> ErrFutureRev (r4)")
}

func TestKeysGoWithTheirLease(t *testing.T) {
	r := tell(t, `1s lease-grant lease a ttl 2
		0s put x 1 lease a
		1s lease-keep-alive lease a
		1500ms get x
		0s lease-ttl lease a keys
		2s get x
		0s lease-keep-alive lease a
		0s put x 2 lease a
		0s lease-ttl lease a`, nil)
	want(t, r.History, 1,
		"lease-grant lease a ttl 2 -> lease a ttl 2 (r1)",
		"put x 1 lease a -> ok (r2)",
		"lease-keep-alive lease a -> lease a ttl 2 (r2)",
		"get x -> [x=1] (r2)",
		"lease-ttl lease a keys -> lease a ttl 0 (r2)",
		"get x -> ok (r3)",
		"lease-keep-alive lease a -> ErrLeaseNotFound (r3)",
		"put x 2 lease a -> ErrLeaseNotFound (r3)",
		"lease-ttl lease a -> lease a ttl -1 (r3)")
}

// TestANewLeaderGivesLeasesTheirTime: the leader fails when a second of the lease has passed, and the next one begins
// anew.
func TestANewLeaderGivesLeasesTheirTime(t *testing.T) {
	leader := sim.NodeID(0)
	r := tell(t, `1s lease-grant lease a ttl 2
		0s put x 1 lease a
		2s get x
		2500ms get x`, nil,
		simtest.At(2*time.Second, "crash the leader", func(f sim.Faults) {
			leader, _ = f.Leader()
			f.Crash(leader, sim.PowerLoss{})
		}),
		simtest.At(6*time.Second, "restart", func(f sim.Faults) { f.Restart(leader) }))
	want(t, r.History, 1, "lease-grant lease a ttl 2 -> lease a ttl 2 (r1)", "put x 1 lease a -> ok (r2)",
		"get x -> [x=1] (r2)", "get x -> ok (r3)")
}

// TestACheckpointOutlivesTheLeader: the leader fails when a lease has 5 of 10 s left; the next one gives it those, and
// not 10. If it was kept alive meanwhile it gives it 10.
func TestACheckpointOutlivesTheLeader(t *testing.T) {
	for _, c := range []struct {
		keep, rest string
		clears     bool
	}{{"get x", "ok (r3)", true}, {"lease-keep-alive lease a", "[x=1] (r2)", true},
		{"lease-keep-alive lease a", "ok (r3)", false}} {
		r := tell(t, "1s lease-grant lease a ttl 10\n0s put x 1 lease a\n4s "+c.keep+"\n8s get x",
			func(s *kvserver.Config) {
				s.CheckpointEvery, s.Rules = time.Second, &kvserver.Rules{Clears: func() bool { return c.clears }}
			},
			simtest.At(6*time.Second, "crash the leader", func(f sim.Faults) {
				leader, _ := f.Leader()
				f.Crash(leader, sim.PowerLoss{})
			}))
		kept := map[bool]string{true: " -> lease a ttl 10 (r2)", false: " -> [x=1] (r2)"}[c.keep != "get x"]
		want(t, r.History, 1, "lease-grant lease a ttl 10 -> lease a ttl 10 (r1)", "put x 1 lease a -> ok (r2)",
			c.keep+kept, "get x -> "+c.rest)
	}
}

// TestAKeepAliveOutlivesTheLeader: the leader fails when it has just cleared a checkpoint and kept a lease alive, of
// which the next one may have learnt, but not that it is committed.
func TestAKeepAliveOutlivesTheLeader(t *testing.T) {
	ends := func(awaits bool) (early int) {
		for seed := range uint64(8) {
			for after := 20 * time.Millisecond; after <= 120*time.Millisecond; after += 10 * time.Millisecond {
				text := "1s lease-grant lease a ttl 10\n0s put x 1 lease a\n4s lease-keep-alive lease a\n9s get x"
				c := world(seed, [][]kvserver.Operation{script(t, text)}, func(s *kvserver.Config) {
					s.CheckpointEvery = time.Second
					s.Rules = &kvserver.Rules{AwaitsTerm: func() bool { return awaits }}
				})
				c.Faults = []sim.Planned{simtest.At(5*time.Second+after, "crash the leader", func(f sim.Faults) {
					leader, _ := f.Leader()
					f.Crash(leader, sim.PowerLoss{})
				})}
				h := sim.Run(c).History
				kept, there := h[2].Output.(*kvapi.Output)
				out, read := h[len(h)-1].Output.(*kvapi.Output)
				if there && read && kept.Code == kvapi.OK && len(out.KVs) == 0 {
					early++
				}
			}
		}
		return early
	}
	if n := ends(true); n > 0 {
		t.Errorf("the lease has ended too early in %d runs", n)
	}
	if ends(false) == 0 {
		t.Error("no lease ends too early though new leaders do not wait for what was before")
	}
}

func TestMembersComeAndGo(t *testing.T) {
	three := func(c *kvserver.Config) {
		c.Raft.Servers, c.Raft.Voters = members(5), members(3)
	}
	r := tell(t, `1s member-list
		0s member-add node n4 learner
		0s member-add node n4
		0s member-promote node n3
		1s member-promote node n4
		0s member-replace node n1 by n5
		1s member-demote node n2
		0s member-remove node n2
		0s member-remove node n9
		0s put x 1
		0s member-list serializable`, three)
	want(t, r.History, 1,
		"member-list -> n1 n2 n3 (r1)",
		"member-add node n4 learner -> n1 n2 n3 n4 (learner) (r1)",
		"member-add node n4 -> ErrMemberExist (r1)",
		"member-promote node n3 -> ErrMemberNotLearner (r1)",
		"member-promote node n4 -> n1 n2 n3 n4 (r1)",
		"member-replace node n1 by n5 -> n2 n3 n4 n5 (r1)",
		"member-demote node n2 -> n2 (learner) n3 n4 n5 (r1)",
		"member-remove node n2 -> n3 n4 n5 (r1)",
		"member-remove node n9 -> ErrMemberNotFound (r1)",
		"put x 1 -> ok (r2)",
		"member-list serializable -> n3 n4 n5 (r2)")
}

func TestLeadersMove(t *testing.T) {
	var after sim.NodeID
	r := tell(t, "1s move-leader node n3\n0s move-leader node n3\n0s put x 1\n0s get x", nil,
		simtest.At(3*time.Second, "look", func(f sim.Faults) { after, _ = f.Leader() }))
	want(t, r.History, 1, "move-leader node n3 -> ok (r1)", "move-leader node n3 -> ok (r1)", "put x 1 -> ok (r2)",
		"get x -> [x=1] (r2)")
	if after != sim.Server(3) {
		t.Errorf("%v leads", after)
	}
}

// TestAMoveToOneIsNotAnsweredByAnother: the leader is cut off when it is told to hand over, and the others elect whom
// they want.
func TestAMoveToOneIsNotAnsweredByAnother(t *testing.T) {
	others := 0
	for seed := range uint64(60) {
		c := world(seed, [][]kvserver.Operation{script(t, "2500ms move-leader node n3")}, nil)
		var old, leader sim.NodeID
		rest := func(f sim.Faults) (ids []sim.NodeID) {
			return slices.DeleteFunc(slices.Clone(f.Servers()), func(n sim.NodeID) bool { return n == old })
		}
		c.Faults = []sim.Planned{
			simtest.At(2*time.Second, "cut the leader off", func(f sim.Faults) {
				old, _ = f.Leader()
				simtest.Between([]sim.NodeID{old}, rest(f), f.Cut)
			}),
			simtest.At(3700*time.Millisecond, "mend", func(f sim.Faults) {
				simtest.Between([]sim.NodeID{old}, rest(f), f.Mend)
				leader, _ = f.Leader()
			}),
		}
		r := run(t, seed, c)
		if leader == sim.Server(3) || old == sim.Server(3) {
			continue
		}
		others++
		if o := &r.History[0]; o.Outcome == sim.OK && o.Output.(*kvapi.Output).Code == kvapi.OK {
			t.Errorf("seed %d: n3 leads, it is said, and %v does", seed, leader)
		}
	}
	if others < 5 {
		t.Errorf("another than n3 was elected in %d runs only", others)
	}
}

func TestHashesAreEqualEverywhere(t *testing.T) {
	r := tell(t, "1s put x 1\n0s put y 2\n1s hash rev 2\n0s hash rev 2\n0s hash", nil)
	var hashes []uint64
	for i := range r.History {
		if r.History[i].Input.(*kvapi.Op).Kind == kvapi.HashKV {
			hashes = append(hashes, r.History[i].Output.(*kvapi.Output).Hash)
		}
	}
	if len(hashes) != 3 || hashes[0] != hashes[1] || hashes[0] == hashes[2] {
		t.Errorf("hashes %x", hashes)
	}
}
