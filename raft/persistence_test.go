package raft_test

import (
	"slices"
	"testing"
	"time"

	"schism/raft"
	"schism/sim"
)

// drops is a chooser that drops, of the writes that are not durable, those with these numbers, from 0.
type drops struct {
	numbers []int
	asked   int
}

func (c *drops) Index(sim.Key, int) int { return 0 }
func (c *drops) Chance(sim.Key, sim.Ratio) bool {
	c.asked++
	return slices.Contains(c.numbers, c.asked-1)
}
func (c *drops) Span(_ sim.Key, lo, _ time.Duration) time.Duration { return lo }

// A process that restarts without a loss of power reads a snapshot that is not durable yet. It must not write anything
// that makes sense only with the snapshot, since a loss of power can take one and leave the other.
func TestLogIsRewrittenWhenTheSnapshotBelowItIsDurable(t *testing.T) {
	for _, terms := range [][]raft.Term{{1, 1, 1}, {1, 1, 1, 2, 2, 2, 2, 2, 2, 2}} {
		s := follower(t, 2, terms...)
		cs := chunks(t, compacted(t))
		s.receive(2, cs[0], cs[1])
		s.sync()
		s.receive(2, cs[2]) // and saves the snapshot
		s.start()           // it has exited, say because of another file
		s.receive(2, &raft.AppendEntries{Term: 3, Prev: raft.Position{Term: 1, Index: 8}, Entries: entries(9, 3)})
		s.expire()
		s.expire()
		s.want(raft.Follower, 3, 0) // it neither follows nor campaigns yet
		snapshot := &drops{numbers: []int{0}}
		sim.PowerCut(s.disk, sim.PowerLoss{Drop: sim.Percent}, snapshot)
		s.start()
		if s.exit != "" {
			t.Errorf("after the loss of power the node exits: %s", s.exit)
		}
		s.wantTerms(terms...)
		s.start() // without any loss it installs the snapshot
		s.sync()
		for _, m := range cs {
			s.receive(2, m)
		}
		s.start()
		s.sync()
		s.wantRestore(8, 1, stateAt(8))
		s.wantTerms()
		s.powerCut()
		s.wantRestore(8, 1, stateAt(8))
		s.sync()
		s.receive(2, &raft.AppendEntries{Term: 3, Prev: entryAt(8, 1), Entries: entries(9, 3)})
		s.sync()
		s.powerCut()
		s.wantTerms(3)
	}
}

// promises is what a node has told others, by the messages that have left it.
type promises struct {
	term  raft.Term
	votes map[raft.Term]sim.NodeID
	// acked is the last entry that it has acknowledged.
	acked raft.Position
}

// note takes notice of what has left s.
func (p *promises) note(s *solo) {
	for _, l := range s.take() {
		switch m := l.msg.(type) {
		case *raft.RequestVoteResponse:
			if p.term = max(p.term, m.Term); m.Granted && !m.PreVote {
				p.votes[m.Term] = l.to
			}
		case *raft.RequestVote:
			p.term = max(p.term, m.Term)
			p.votes[m.Term] = s.ID()
		case *raft.AppendEntriesResponse:
			p.term = max(p.term, m.Term)
			if have, ok := s.Log().Term(m.Match); m.Success && ok {
				p.acked = raft.Position{Term: have, Index: m.Match}
			}
		}
	}
}

// check checks that s, which has just started, keeps what was promised.
func (p *promises) check(t *testing.T, s *solo) {
	t.Helper()
	if s.exit != "" {
		t.Fatalf("the node exits: %s", s.exit)
	}
	if vote, ok := p.votes[s.Term()]; s.Term() < p.term || ok && vote != s.Vote() {
		t.Fatalf("the node is in term %d and voted for %v; it was in term %d, its votes were %v",
			s.Term(), s.Vote(), p.term, p.votes)
	}
	have, ok := s.Log().Term(p.acked.Index)
	if s.LastIndex() < p.acked.Index || ok && have < p.acked.Term {
		t.Fatalf("the log is %v after %v; %v was acknowledged", s.terms(), s.Log().Base(), p.acked)
	}
	if snap, ok := s.TakeRestore(); ok && string(snap.State) != stateAt(snap.Index) {
		t.Fatalf("the state of %d is %q", snap.Index, snap.State)
	}
}

// use loads and applies what there is, as an application does after every step.
func (s *solo) use() {
	s.TakeRestore()
	s.apply()
}

// everyRestart starts the node again in every way that losses of power can leave its disk, and checks that it keeps its
// promises: at once, and after a process that only started and exited. It returns the number of ways.
func (p *promises) everyRestart(t *testing.T, s *solo, loss sim.PowerLoss) (count int) {
	t.Helper()
	for _, again := range []bool{false, true} {
		e := sim.NewExhaust(1)
		for more := true; more; more = e.Next() {
			c := &solo{t: t, config: s.config, disk: sim.CloneDisk(s.disk), now: s.now}
			if again {
				c.start()
				p.check(t, c)
			}
			sim.PowerCut(c.disk, loss, e)
			c.start()
			p.check(t, c)
			c.sync()
			if count++; count > 100_000 {
				t.Fatal("too many ways")
			}
		}
	}
	return count
}

// life is what happens to a follower: votes, entries, a conflict, a snapshot from the leader, one of its own, and a
// candidacy.
func life(s *solo) []func() {
	at := func(term raft.Term, index raft.Index) raft.Position { return raft.Position{Term: term, Index: index} }
	file := raft.ImageOf(at(2, 8), []byte(stateAt(8)))
	chunk := func(from, to int) func() {
		return func() {
			s.receive(2, &raft.InstallSnapshot{Term: 2, ID: raft.IDOf(file), Offset: from, Data: file[from:to]})
		}
	}
	return []func(){
		func() { s.receive(3, &raft.RequestVote{Term: 1}) },
		func() { s.receive(3, &raft.AppendEntries{Term: 1, Entries: entries(1, 1, 1, 1)}) },
		func() { s.receive(2, &raft.RequestVote{Term: 2, Last: at(1, 9)}) },
		func() {
			s.receive(2, &raft.AppendEntries{Term: 2, Prev: at(1, 2), Entries: entries(3, 2, 2), Commit: 2})
		},
		chunk(0, 20), chunk(20, 50),
		func() { s.receive(2, &raft.AppendEntries{Term: 2, Prev: at(2, 4), Entries: entries(5, 2)}) },
		func() {
			s.receive(2, &raft.AppendEntries{Term: 2, Prev: at(2, 8), Entries: entries(9, 2, 2), Commit: 10})
		},
		func() {
			if s.AppliedIndex() >= 10 {
				s.snapshot(10, stateAt(10))
			}
		},
		func() { s.receive(3, &raft.AppendEntries{Term: 3, Prev: at(2, 10), Entries: entries(11, 3)}) },
		func() { s.receive(3, &raft.AppendEntries{Term: 3, Prev: at(3, 11), Entries: entries(12, 3)}) },
		func() { s.now += sim.Time(s.config.ElectionMax); s.campaign() },
	}
}

// Raft figure 2: whatever a node has promised it keeps, wherever in its life the power fails.
func TestPromisesAreKeptWhereverThePowerFails(t *testing.T) {
	for _, loss := range []sim.PowerLoss{
		{Drop: sim.Percent}, {Tear: sim.Percent}, {Drop: sim.Percent, Tear: sim.Percent},
	} {
		for schedule := range 12 {
			done := sim.Digest(schedule).Mix(0)
			switch schedule {
			case 0:
				done = 0 // the disk is never done
			case 1:
				done = ^done | done // it is done after every event
			}
			if count := live(t, loss, uint64(done)); count < 40 {
				t.Errorf("%+v, schedule %d: only %d restarts", loss, schedule, count)
			}
		}
	}
}

// live lets a follower live, and tries after every event how it restarts. Two bits of done for each event say whether a
// sync ends behind it, and whether all that the sync leads to end, too. It returns the number of restarts.
func live(t *testing.T, loss sim.PowerLoss, done uint64) (count int) {
	s := newSolo(t, 3, func(c *raft.Config) {
		plain(c)
		c.SnapshotTrailing = 0
	})
	p := &promises{votes: map[raft.Term]sim.NodeID{}}
	after := func() {
		s.use()
		p.note(s)
		count += p.everyRestart(t, s, loss)
	}
	for i, event := range life(s) {
		event()
		after()
		for done>>(2*i)&1 > 0 && len(s.syncs) > 0 {
			s.syncOnce()
			after()
			if done>>(2*i+1)&1 == 0 {
				break
			}
		}
	}
	s.sync()
	if s.exit != "" || s.Term() != 4 || s.LastIndex() < 12 && done+1 == 0 {
		t.Errorf("the life ends in term %d with a log up to %d", s.Term(), s.LastIndex())
	}
	return count
}
