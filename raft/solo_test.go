package raft_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/raft"
	"schism/sim"
)

// solo is one node alone with its test, which is its network, its clock, and decides how long its disk takes. It is n1
// of so many voters.
type solo struct {
	*raft.Node
	t      testing.TB
	config raft.Config
	disk   *sim.Disk
	now    sim.Time
	// sent has left and not been taken; held waits until what was written before is durable.
	sent, held []letter
	// syncs have been asked for and not answered; dirty says that something is not durable.
	syncs []sim.Token
	dirty bool
	// timers are the timers that are set, marks those since the start, exit the reason for which the node exited.
	timers map[sim.TimerID]sim.Effect
	marks  map[string]int
	exit   string
}

// letter is a message with its receiver.
type letter struct {
	to  sim.NodeID
	msg sim.Message
}

// String returns "n2 AppendEntries t1 prev 0^0 commit 0".
func (l letter) String() string { return fmt.Sprintf("%v %s %v", l.to, l.msg.Kind(), l.msg) }

func voters(n int) (all []sim.NodeID) {
	for i := range n {
		all = append(all, sim.Server(i+1))
	}
	return all
}

// newSolo returns a node that has started on an empty disk.
func newSolo(t testing.TB, n int, tune func(*raft.Config)) *solo {
	t.Helper()
	s := &solo{t: t, config: raft.DefaultConfig(sim.Server(1), voters(n)), disk: &sim.Disk{}}
	if tune != nil {
		tune(&s.config)
	}
	s.start()
	s.sync()
	return s
}

// plain turns off what is not in the paper: elections begin at once, and candidates are heard by everybody.
func plain(c *raft.Config) { c.PreVote, c.CheckQuorum = false, false }

// start begins a new life with what the disk holds.
func (s *solo) start() {
	s.Node = raft.New(s.config)
	s.sent, s.held, s.syncs, s.dirty, s.exit = nil, nil, nil, false, ""
	s.timers, s.marks = map[sim.TimerID]sim.Effect{}, map[string]int{}
	s.step(sim.Event{Kind: sim.Start, Disk: s.disk})
}

// powerCut loses what is not durable, and starts the node again.
func (s *solo) powerCut() {
	sim.PowerCut(s.disk, sim.PowerLoss{Drop: sim.Always}, nil)
	s.start()
}

// step steps the node and carries out what it asks for.
func (s *solo) step(ev sim.Event) {
	var out sim.Effects
	s.Node.Step(s.now, ev, &out)
	s.carry(&out)
}

func (s *solo) carry(out *sim.Effects) {
	for _, f := range out.List() {
		switch f.Kind {
		case sim.EffectSend:
			s.sent = append(s.sent, letter{f.To, f.Msg})
		case sim.EffectSendSafe:
			if s.dirty {
				s.held = append(s.held, letter{f.To, f.Msg})
			} else {
				s.sent = append(s.sent, letter{f.To, f.Msg})
			}
		case sim.EffectAppend, sim.EffectReplace, sim.EffectTruncate, sim.EffectRemove:
			s.dirty = true
		case sim.EffectSync:
			s.syncs = append(s.syncs, f.Token)
		case sim.EffectSetTimer:
			s.timers[f.Timer] = f
		case sim.EffectStopTimer:
			delete(s.timers, f.Timer)
		case sim.EffectMark:
			s.marks[f.Name]++
		case sim.EffectExit:
			s.exit = f.Name
		}
	}
	sim.Carry(s.disk, out)
}

func syncedEvent(token sim.Token) sim.Event { return sim.Event{Kind: sim.Synced, Token: token} }

// receive lets messages from one member arrive.
func (s *solo) receive(from int, messages ...sim.Message) {
	for _, m := range messages {
		s.step(sim.Event{Kind: sim.Receive, From: sim.Server(from), Msg: m})
	}
}

// sync lets everything become durable, until the node asks for no more.
func (s *solo) sync() {
	for rounds := 0; len(s.syncs) > 0; rounds++ {
		if rounds > 10 {
			s.t.Fatal("the node asks for one sync after the other")
		}
		s.syncOnce()
	}
}

// syncOnce lets everything become durable that is written now, and tells the node.
func (s *solo) syncOnce() {
	tokens := s.syncs
	s.syncs, s.dirty = nil, false
	sim.SyncAll(s.disk)
	s.sent, s.held = append(s.sent, s.held...), nil
	for _, token := range tokens {
		s.step(syncedEvent(token))
	}
}

// expire lets the election timer run out, after the longest time that it may take.
func (s *solo) expire() {
	f, ok := s.timers[raft.ElectionTimer]
	if !ok {
		s.t.Fatal("the election timer is not set")
	}
	delete(s.timers, raft.ElectionTimer)
	s.now += sim.Time(f.Max)
	s.step(sim.Event{Kind: sim.Timeout, Timer: raft.ElectionTimer})
}

// campaign lets election timeouts pass until the node asks for votes.
func (s *solo) campaign() {
	for range 3 {
		s.expire()
		if s.Role() == raft.PreCandidate || s.Role() == raft.Candidate {
			return
		}
	}
	s.t.Fatalf("a %v does not campaign", s.Role())
}

// elect makes the node the leader of the next term, with the votes of the members after it.
func (s *solo) elect() {
	s.t.Helper()
	s.campaign()
	n := len(s.config.Voters)
	if s.config.PreVote {
		for i := 2; i <= n/2+1; i++ {
			s.receive(i, &raft.RequestVoteResponse{Term: s.Term() + 1, Granted: true, PreVote: true})
		}
	}
	s.sync()
	for i := 2; i <= n/2+1; i++ {
		s.receive(i, &raft.RequestVoteResponse{Term: s.Term(), Granted: true})
	}
	if s.Role() != raft.Leader {
		s.t.Fatalf("the node is a %v after its election", s.Role())
	}
}

// beat lets the heartbeat timer run out.
func (s *solo) beat() {
	s.now += sim.Time(s.config.Heartbeat)
	s.step(sim.Event{Kind: sim.Timeout, Timer: raft.HeartbeatTimer})
}

// propose proposes text, and fails the test if that is refused.
func (s *solo) propose(text string) raft.Index {
	s.t.Helper()
	i, ok := s.tryPropose(text)
	if !ok {
		s.t.Fatalf("proposal %q was refused", text)
	}
	return i
}

func (s *solo) tryPropose(text string) (raft.Index, bool) {
	var out sim.Effects
	i, _, ok := s.Propose([]byte(text), &out)
	s.carry(&out)
	return i, ok
}

// ack acknowledges in the name of members that they have everything up to match.
func (s *solo) ack(match raft.Index, from ...int) {
	for _, i := range from {
		s.receive(i, &raft.AppendEntriesResponse{Term: s.Term(), Success: true, Match: match})
	}
}

// fill makes the node's log that of the given terms, as a follower of another in the last of them.
func (s *solo) fill(terms ...raft.Term) {
	s.t.Helper()
	leader := 2
	if s.config.ID == sim.Server(2) {
		leader = 3
	}
	s.receive(leader, &raft.AppendEntries{Term: terms[len(terms)-1], Entries: entries(1, terms...)})
	s.sync()
	s.wantTerms(terms...)
	s.take()
}

// entries returns entries of the given terms from the index first on.
func entries(first raft.Index, terms ...raft.Term) (es []raft.Entry) {
	for i, term := range terms {
		index := first + raft.Index(i)
		es = append(es, raft.Entry{Term: term, Index: index, Data: fmt.Appendf(nil, "%d of term %d", index, term)})
	}
	return es
}

func entryAt(index raft.Index, term raft.Term) raft.Position {
	return raft.Position{Term: term, Index: index}
}

// terms returns the terms of the entries of the log.
func (s *solo) terms() (terms []raft.Term) {
	for i := s.Log().Base().Index + 1; i <= s.LastIndex(); i++ {
		term, _ := s.Log().Term(i)
		terms = append(terms, term)
	}
	return terms
}

func (s *solo) wantTerms(want ...raft.Term) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.terms()); diff != "" && len(want)+len(s.terms()) > 0 {
		s.t.Errorf("terms of the log (-want +got):\n%s", diff)
	}
}

// take returns what has left since it was last called.
func (s *solo) take() (letters []letter) {
	letters, s.sent = s.sent, nil
	return letters
}

// wantSent fails the test unless exactly these messages have left since the last take.
func (s *solo) wantSent(want ...string) {
	s.t.Helper()
	compareLetters(s.t, "sent", want, s.take())
}

// wantHeld fails the test unless exactly these messages wait for the disk.
func (s *solo) wantHeld(want ...string) {
	s.t.Helper()
	compareLetters(s.t, "waiting for the disk", want, s.held)
}

func compareLetters(t testing.TB, what string, want []string, letters []letter) {
	t.Helper()
	var got []string
	for _, l := range letters {
		got = append(got, l.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// want fails the test unless the node has this role, term and vote.
func (s *solo) want(role raft.Role, term raft.Term, vote int) {
	s.t.Helper()
	if s.Role() != role || s.Term() != term || s.Vote() != sim.NodeID(vote) {
		s.t.Errorf("the node is a %v in term %d and voted for %v, want a %v in term %d and n%d",
			s.Role(), s.Term(), s.Vote(), role, term, vote)
	}
}

func (s *solo) wantCommit(want raft.Index) {
	s.t.Helper()
	if got := s.CommitIndex(); got != want {
		s.t.Errorf("the commit index is %d, want %d", got, want)
	}
}

// group is several nodes whose messages the test delivers.
type group []*solo

// newGroup returns n nodes that have started.
func newGroup(t testing.TB, n int, tune func(*raft.Config)) (g group) {
	for i := range n {
		g = append(g, newSolo(t, n, func(c *raft.Config) {
			c.ID = sim.Server(i + 1)
			if tune != nil {
				tune(c)
			}
		}))
	}
	return g
}

// deliver delivers what the given nodes send to each other, until they are quiet or pass, if not nil, has refused the
// rest; what they send to others is lost. It returns the number of messages delivered.
func (g group) deliver(pass func(l letter) bool, among ...int) (count int) {
	up := map[sim.NodeID]bool{}
	for _, i := range among {
		up[sim.Server(i)] = true
	}
	for quiet := false; !quiet; {
		quiet = true
		for _, i := range among {
			from := g[i-1]
			from.sync()
			for _, l := range from.take() {
				if !up[l.to] || pass != nil && !pass(l) {
					continue
				}
				quiet = false
				if count++; count > 1000 {
					from.t.Fatal("the nodes talk without end")
				}
				g[l.to.Number()-1].receive(i, l.msg)
			}
		}
	}
	return count
}
