package checker

import (
	"slices"
	"strings"
	"testing"

	"schism/sim"
)

// calm is what every story begins with: n1 leads reign 1, and two entries are committed everywhere.
func calm(st *stage) {
	st.leads(1, 1)
	st.write(1, entries(1, 1), 1, 2, 3, 4, 5)
	st.commit(2, 1, 2, 3, 4, 5)
	st.call(1)
	st.ack(1, 1, 2)
}

var violations = []struct {
	id, name string
	story    func(st *stage)
}{
	{"one-leader-per-reign", "two leaders of one reign", func(st *stage) {
		st.leads(2, 1)
	}},
	{"one-leader-per-reign", "also one after the other", func(st *stage) {
		st.at(1).leads = false
		st.step(1, false)
		st.leads(2, 1)
	}},
	{"dual-commit", "another entry is committed at a position", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2, 3)
		st.commit(3, 1)
		st.write(3, entries(1, 1, 2), 4)
		st.commit(3, 4)
	}},
	{"dual-serve", "a reply from before what was acknowledged", func(st *stage) {
		st.call(2)
		st.ack(2, 3, 1)
	}},
	{"commit-without-quorum", "the leader counts wrong", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2)
		st.commit(3, 1)
	}},
	{"commit-without-quorum", "a follower acknowledges before its disk does", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2)
		st.at(3).log = entries(1, 1, 1)
		st.step(3, true)
		st.commit(3, 1)
	}},
	{"commit-without-quorum", "nothing that a step wrote is durable", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2)
		st.inParts(3, 3, entries(1, 1, 1, 1))
		st.commit(3, 1)
	}},
	{"commit-without-quorum", "a follower never writes", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2)
		st.at(3).log = entries(1, 1, 1)
		st.step(3, false)
		st.commit(3, 1)
	}},
	{"commit-without-quorum", "what an exit leaves is not durable", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2)
		a := st.at(3)
		a.log, a.touched = slices.Clone(entries(1, 1, 1)), 3
		st.step(3, true)
		a.committed, a.applied, a.leads = 0, 0, false
		st.event(a.id, sim.Crashed)
		a.disk = slices.Clone(a.log)
		st.start(3)
		st.commit(3, 1)
	}},
	{"commit-without-quorum", "other entries do not count", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2)
		st.write(3, entries(1, 1, 2), 3, 4, 5)
		st.commit(3, 1)
	}},
	{"ack-without-quorum", "an acknowledgement before the commit", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2, 3)
		st.call(1)
		st.ack(1, 1, 3)
	}},
	{"lost-ack", "a later leader lacks an acknowledged entry", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2, 3)
		st.commit(3, 1)
		st.call(1)
		st.ack(1, 1, 3)
		st.leads(4, 2)
	}},
	{"double-vote", "two votes in one reign", func(st *stage) {
		st.at(3).voted = vote{2, sim.Server(2)}
		st.step(3, true)
		st.at(3).voted = vote{2, sim.Server(4)}
		st.step(3, true)
	}},
	{"double-vote", "across a crash", func(st *stage) {
		st.at(3).voted = vote{2, sim.Server(2)}
		st.step(3, true)
		st.sync(3)
		st.crash(3)
		st.start(3)
		st.at(3).voted = vote{2, sim.Server(4)}
		st.step(3, true)
	}},
	{"double-vote", "a vote that was sent and never written", func(st *stage) {
		st.at(3).voted = vote{2, sim.Server(2)}
		st.event(sim.Server(3), sim.Receive, sim.Effect{Kind: sim.EffectSend})
		st.crash(3)
		st.at(3).votedOnDisk = vote{2, sim.Server(4)}
		st.start(3)
	}},
	{"reign-regress", "a reign goes back", func(st *stage) {
		st.at(3).reign = 5
		st.step(3, false)
		st.at(3).reign = 4
		st.step(3, false)
	}},
	{"reign-regress", "a durable reign goes back in a crash", func(st *stage) {
		st.at(3).voted, st.at(3).reign = vote{5, sim.Server(2)}, 5
		st.step(3, true)
		st.sync(3)
		st.crash(3)
		st.at(3).votedOnDisk, st.at(3).reign = vote{}, 0
		st.start(3)
	}},
	{"committed-truncated", "a committed entry is changed", func(st *stage) {
		st.write(2, entries(1, 2), 3)
	}},
	{"committed-truncated", "a committed entry is dropped", func(st *stage) {
		st.write(2, entries(1), 3)
	}},
	{"committed-truncated", "a committed entry does not survive a crash", func(st *stage) {
		st.crash(3)
		st.at(3).disk = entries(1)
		st.start(3)
	}},
	{"commit-regress", "a commit goes back", func(st *stage) { st.commit(1, 3) }},
	{"commit-regress", "an application goes back", func(st *stage) {
		st.at(3).applied = 1
		st.step(3, false)
	}},
	{"applied-uncommitted", "an application runs ahead", func(st *stage) {
		st.write(3, entries(1, 1, 1), 3)
		st.at(3).applied = 3
		st.step(3, false)
	}},
	{"applied-uncommitted", "a commit beyond the log", func(st *stage) { st.commit(3, 3) }},
	{"applied-uncommitted", "a snapshot of what nobody committed", func(st *stage) {
		st.at(3).base, st.at(3).log = 9, nil
		st.step(3, true)
	}},
	{"state-divergence", "equal logs, different states", func(st *stage) {
		st.write(3, entries(1, 1, 1), 1, 2, 3)
		st.commit(3, 1, 2)
		a := st.at(3)
		a.committed, a.applied, a.state = 3, 3, 666
		st.step(3, false)
	}},
	{"log-matching", "equal entries after different ones", func(st *stage) {
		st.write(3, entries(1, 1, 1, 2), 4)
		st.write(3, entries(1, 1, 3, 2), 5)
	}},
	{"minority-ack", "two of five acknowledge", func(st *stage) {
		st.split([]int{1, 2}, []int{3, 4, 5})
		st.call(1)
		st.ack(1, 2, 0)
	}},
	{"minority-ack", "two of five acknowledge after another split", func(st *stage) {
		st.split([]int{1, 2}, []int{3, 4, 5})
		st.split([]int{1, 3}, []int{2, 4, 5})
		st.call(1)
		st.ack(1, 3, 0)
	}},
}

func TestSplitBrainIsFound(t *testing.T) {
	s := NewSplitBrain(asReplica, asReply)
	for _, c := range violations {
		t.Run(c.id+"/"+strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			s.Reset()
			st := newStage(t, s)
			calm(st)
			if st.found != nil {
				t.Fatalf("too early: %s", st.found)
			}
			c.story(st)
			if st.found == nil || st.found.ID != c.id {
				t.Fatalf("got %v, want %s", st.found, c.id)
			}
		})
	}
}

func TestSplitBrainStaysSilent(t *testing.T) {
	for name, story := range map[string]func(st *stage){
		"two leaders in different reigns": func(st *stage) {
			st.leads(2, 2)
			if d := st.s.DualLeads(); d.Times != 1 || d.Old != sim.Server(1) || d.New != sim.Server(2) {
				st.t.Error(d)
			}
		},
		"a stale leader elected late": func(st *stage) {
			st.leads(3, 5)
			st.write(3, entries(1, 1, 5), 3, 4, 5)
			st.commit(3, 3)
			st.call(1)
			st.ack(1, 3, 3)
			st.leads(2, 4) // legal: it won reign 4 before reign 5 began, and learns of it only now
		},
		"an uncommitted entry is replaced": func(st *stage) {
			st.write(3, entries(1, 1, 1), 1, 2)
			st.leads(3, 2)
			st.write(3, entries(1, 1, 2), 3, 4, 5)
			st.commit(3, 3)
			st.write(3, entries(1, 1, 2), 1, 2)
			st.commit(3, 1, 2)
		},
		"a vote is lost before it was durable": func(st *stage) {
			st.at(3).voted = vote{2, sim.Server(2)}
			st.step(3, true)
			st.crash(3)
			st.start(3)
			st.at(3).voted = vote{2, sim.Server(4)}
			st.step(3, true)
		},
		"a vote in each reign": func(st *stage) {
			for r := range 5 {
				st.at(3).voted, st.at(3).reign = vote{sim.Reign(r + 2), sim.Server(r + 1)}, sim.Reign(r+2)
				st.step(3, true)
				st.sync(3)
			}
		},
		"a committed entry is lost before it was durable here": func(st *stage) {
			st.write(3, entries(1, 1, 1), 1, 2, 3)
			st.at(4).log, st.at(4).touched = entries(1, 1, 1), 3
			st.step(4, true)
			st.commit(3, 1, 4)
			st.crash(4)
			st.start(4)
			st.write(3, entries(1, 1, 1), 4)
			st.commit(3, 4)
		},
		"a step appends behind its sync": func(st *stage) {
			st.write(3, entries(1, 1, 1), 1, 2)
			st.inParts(3, 3, entries(1, 1, 1, 1))
			st.at(3).durable++
			st.event(sim.Server(3), sim.Synced)
			st.commit(3, 1)
		},
		"a restart commits and applies again": func(st *stage) {
			st.crash(3)
			st.start(3)
			st.commit(1, 3)
			st.commit(2, 3)
		},
		"a server exits and keeps what was durable": func(st *stage) {
			st.write(3, entries(1, 1, 1), 1, 2, 3)
			a := st.at(3)
			a.log, a.touched = slices.Clone(entries(1, 1, 1, 1)), 4
			st.step(3, true) // not synced
			a.committed, a.applied, a.leads = 0, 0, false
			st.event(a.id, sim.Crashed) // nothing becomes durable, and the page cache stays
			a.disk = slices.Clone(a.log)
			st.start(3)
			st.commit(3, 1) // by the disks of n1, n2 and n3
		},
		"what a step appends behind a sync is lost although that sync has ended": func(st *stage) {
			a := st.at(3)
			st.inParts(3, 4, entries(1, 1, 1, 1, 1))
			st.write(4, entries(1, 1, 1, 1, 1), 1, 2, 4)
			st.commit(5, 1, 2, 4, 3)
			a.durable = a.written - 1
			st.step(3, false)
			a.committed, a.applied, a.leads = 0, 0, false
			st.event(a.id, sim.Crashed)
			a.disk = slices.Clone(entries(1, 1, 1, 1))
			st.start(3)
		},
		"a vote that no server was told of is lost with the power": func(st *stage) {
			st.at(3).voted, st.at(3).reign = vote{5, sim.Server(2)}, 5
			st.event(sim.Server(3), sim.Receive, sim.Effect{Kind: sim.EffectSend, To: sim.Client(1)})
			st.crash(3)
			st.at(3).votedOnDisk, st.at(3).reign = vote{}, 0
			st.start(3)
		},
		"a vote that is read at a start, and not durable yet, is lost with the power": func(st *stage) {
			a := st.at(3)
			a.voted, a.reign = vote{5, sim.Server(2)}, 5
			st.step(3, true)
			a.votedOnDisk = a.voted // in the memory of the operating system
			st.event(a.id, sim.Crashed)
			st.start(3)
			st.event(a.id, sim.Timeout, sim.Effect{Kind: sim.EffectSendSafe, To: sim.Server(2)})
			st.crash(3)
			a.votedOnDisk, a.reign = vote{}, 0
			st.start(3)
		},
		"a log is compacted": func(st *stage) {
			st.at(3).base, st.at(3).log = 2, nil
			st.step(3, true)
			st.sync(3)
			st.at(3).log, st.at(3).touched = []entry{entries(1, 1, 1)[2]}, 3
			st.step(3, true)
			st.sync(3)
			st.write(3, entries(1, 1, 1), 1, 2)
			st.commit(3, 1, 3)
		},
		"a snapshot replaces a conflicting log": func(st *stage) {
			st.write(3, entries(1, 1, 1, 1), 5) // uncommitted, will be overruled
			st.leads(2, 2)
			st.write(3, entries(1, 1, 2), 1, 2, 3)
			st.commit(3, 2, 1)
			a := st.at(5)
			a.base, a.log, a.committed, a.applied, a.state = 3, nil, 3, 3, sim.Digest(0).Mix(3)
			st.step(5, true)
			st.sync(5)
			a.log, a.touched = []entry{entries(1, 1, 2, 2)[3]}, 4
			st.step(5, true)
			st.sync(5)
			st.write(4, entries(1, 1, 2, 2), 1, 2)
			st.commit(4, 2, 1, 5)
		},
		"the majority side acknowledges": func(st *stage) {
			st.split([]int{1, 2}, []int{3, 4, 5})
			st.call(1)
			st.ack(1, 4, 0)
		},
		"what was called before the split is acknowledged": func(st *stage) {
			st.call(1)
			st.split([]int{1, 2}, []int{3, 4, 5})
			st.ack(1, 2, 0)
		},
		"acknowledged after the heal": func(st *stage) {
			st.split([]int{1, 2}, []int{3, 4, 5})
			st.call(1)
			st.split([]int{1, 2, 3, 4, 5})
			st.ack(1, 2, 0)
		},
		"a bridge joins two pairs": func(st *stage) {
			st.split([]int{1, 2}, []int{4, 5}, []int{3})
			for _, n := range []int{1, 2, 4, 5} {
				st.cut[[2]sim.NodeID{sim.Server(n), sim.Server(3)}] = false
			}
			st.event(0, sim.Faulted)
			st.call(1)
			st.ack(1, 1, 0)
		},
		"an operation that needs no quorum": func(st *stage) {
			st.split([]int{1, 2}, []int{3, 4, 5})
			st.call(1)
			st.event(sim.Client(1), sim.Receive,
				sim.Effect{Kind: sim.EffectReturn, Outcome: sim.OK, Value: "stale is fine"})
		},
		"a read by a lease": func(st *stage) {
			st.split([]int{1, 2}, []int{3, 4, 5})
			st.call(1)
			st.event(sim.Client(1), sim.Receive, sim.Effect{Kind: sim.EffectReturn, Outcome: sim.OK,
				Value: Reply{Server: sim.Server(2), Leased: true}})
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			st := newStage(t, NewSplitBrain(asReplica, asReply))
			calm(st)
			story(st)
			if st.found != nil {
				t.Fatal(st.found)
			}
		})
	}
}

// TestSplitBrainCountsVotersOnly has two servers without a vote: two of the other three are a majority, and one with
// both of those is none.
func TestSplitBrainCountsVotersOnly(t *testing.T) {
	s := NewSplitBrain(asReplica, asReply)
	s.StartWith(MajorityOf(0b00111))
	st := newStage(t, s)
	calm(st)
	st.write(3, entries(1, 1, 1), 1, 2)
	st.commit(3, 1)
	if st.found != nil {
		t.Fatal(st.found)
	}
	st.write(4, entries(1, 1, 1, 1), 1, 4, 5)
	st.commit(4, 1)
	if st.found == nil || st.found.ID != "commit-without-quorum" {
		t.Fatalf("got %v, want commit-without-quorum", st.found)
	}
}

// TestSplitBrainFollowsTheMembership changes the membership from all five to n1, n2 and n3.
func TestSplitBrainFollowsTheMembership(t *testing.T) {
	change := entry{reign: 1, content: 9, voters: 0b00111}
	log := append(slices.Clone(entries(1, 1)), change)
	for name, c := range map[string]struct {
		story func(st *stage)
		want  string
	}{
		"both have a quorum": {func(st *stage) {
			st.write(3, log, 1, 2, 3)
			st.commit(3, 1, 2)
		}, ""},
		"the next membership alone": {func(st *stage) {
			st.write(3, log, 1, 2)
			st.commit(3, 1)
		}, "commit-without-quorum"},
		"the membership before alone": {func(st *stage) {
			st.write(3, log, 1, 4, 5)
			st.commit(3, 1)
		}, "commit-without-quorum"},
		"two of three, afterwards": {func(st *stage) {
			st.write(3, log, 1, 2, 3)
			st.commit(3, 1)
			st.write(4, append(slices.Clone(log), entry{reign: 1}), 1, 2)
			st.commit(4, 1)
			st.call(1)
			st.ack(1, 1, 4)
		}, ""},
		"three that have one vote, afterwards": {func(st *stage) {
			st.write(3, log, 1, 2, 3)
			st.commit(3, 1)
			st.write(4, append(slices.Clone(log), entry{reign: 1}), 1, 4, 5)
			st.commit(4, 1)
		}, "commit-without-quorum"},
		"the change itself needs both when more is committed with it": {func(st *stage) {
			st.write(4, append(slices.Clone(log), entry{reign: 1}), 1, 2)
			st.commit(4, 1)
		}, "commit-without-quorum"},
		"what is committed with the change needs its own": {func(st *stage) {
			st.write(3, log, 1, 2, 4)
			st.write(4, append(slices.Clone(log), entry{reign: 1}), 1, 2)
			st.commit(4, 1)
		}, ""},
		"what is committed with the change has one of three": {func(st *stage) {
			st.write(3, log, 1, 2, 4)
			st.write(4, append(slices.Clone(log), entry{reign: 1}), 1, 4, 5)
			st.commit(4, 1)
		}, "commit-without-quorum"},
		"two of three are no minority": {func(st *stage) {
			st.write(3, log, 1, 2, 3)
			st.commit(3, 1)
			st.split([]int{1, 2}, []int{3, 4, 5})
			st.call(1)
			st.ack(1, 1, 3)
		}, ""},
		"three outsiders are one": {func(st *stage) {
			st.write(3, log, 1, 2, 3, 4)
			st.commit(3, 1, 4)
			st.split([]int{1, 2}, []int{3, 4, 5})
			st.call(1)
			st.ack(1, 4, 3)
		}, "minority-ack"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			st := newStage(t, NewSplitBrain(asReplica, asReply))
			calm(st)
			c.story(st)
			switch {
			case c.want == "" && st.found != nil:
				t.Fatal(st.found)
			case c.want != "" && (st.found == nil || st.found.ID != c.want):
				t.Fatalf("got %v, want %s", st.found, c.want)
			}
		})
	}
}

func TestSplitBrainForgetsOnReset(t *testing.T) {
	s := NewSplitBrain(asReplica, asReply)
	for range 3 {
		st := newStage(t, s)
		calm(st)
		st.leads(2, 2)
		if st.found != nil || s.DualLeads().Times != 1 || s.Acked() != 2 {
			t.Fatal(st.found, s.DualLeads(), s.Acked())
		}
		s.Reset()
		if s.DualLeads().Times != 0 || s.Acked() != 0 {
			t.Fatal("remembers")
		}
	}
}

func TestSplitBrainAllocatesNothingOnQuietSteps(t *testing.T) {
	st := newStage(t, NewSplitBrain(asReplica, asReply))
	calm(st)
	info := &sim.StepInfo{Node: sim.Server(2), Event: &sim.Event{Kind: sim.Timeout}}
	if n := testing.AllocsPerRun(100, func() { st.s.observe(st, info) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSplitBrainQuietStep(b *testing.B) {
	st := newStage(nil, NewSplitBrain(asReplica, asReply))
	calm(st)
	info := &sim.StepInfo{Node: sim.Server(2), Event: &sim.Event{Kind: sim.Timeout},
		Effects: make([]sim.Effect, 3)}
	b.ReportAllocs()
	for b.Loop() {
		st.s.observe(st, info)
	}
}

func BenchmarkSplitBrainEntry(b *testing.B) {
	s := NewSplitBrain(asReplica, asReply)
	st := newStage(nil, s)
	calm(st)
	b.ReportAllocs()
	for b.Loop() {
		for i := range st.servers {
			a := st.at(i + 1)
			a.log = append(a.log, entry{reign: 1, content: sim.Digest(len(a.log))})
			a.touched = a.LastPosition()
			st.step(i+1, true)
			st.servers[i].durable = a.written
		}
		if len(st.at(1).log) == 10_000 {
			s.Reset()
			st = newStage(nil, s)
			calm(st)
		}
	}
}
