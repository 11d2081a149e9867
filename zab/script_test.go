package zab_test

import (
	"fmt"
	"testing"
	"time"

	"schism/sim"
	"schism/zab"
)

// line is one message that an actor waits for, what it checks then, and what it answers.
type line struct {
	hears string
	check func(real *server) error
	says  []sim.Message
}

// actor plays a server that follows a script, so that a conversation with one real server has no surprises. It elects
// whom the script says, answers pings, and else says nothing that is not in its lines.
type actor struct {
	t          *testing.T
	id, leader sim.NodeID
	real       **server
	lines      []line
	// closed says that the real server has closed the channel to its leader, or to its learner.
	closed  bool
	channel sim.ChanID
}

const (
	actorElects sim.Token = iota + 1
	actorLearns
)

// Step implements sim.Machine.
func (a *actor) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	other := (*a.real).ID()
	switch {
	case ev.Kind == sim.Start && a.id > other:
		out.Dial(other, actorElects)
	case ev.Kind == sim.Start:
		out.SetTimer(1, 500*time.Millisecond, 500*time.Millisecond) // until then the real one is elected
	case ev.Kind == sim.Timeout && len(a.lines) > 0:
		out.Dial(other, actorLearns)
	case ev.Kind == sim.Opened && ev.Token == actorElects:
		out.SendOn(ev.Chan, &zab.Hello{})
		out.SendOn(ev.Chan, a.vote(0))
	case ev.Kind == sim.Opened && ev.Token == actorLearns:
		a.channel = ev.Chan
		out.SendOn(ev.Chan, &zab.FollowerInfo{})
	case ev.Kind == sim.Closed && ev.Chan == a.channel:
		a.closed = true
	case ev.Kind == sim.Receive:
		a.receive(&ev, out)
	}
}

// vote is the actor's word in an election of which the real server has told zxid.
func (a *actor) vote(z zab.Zxid) *zab.Notification {
	n := &zab.Notification{Vote: zab.Vote{Leader: a.leader, Zxid: z}, Round: 1, State: zab.Following,
		Ensemble: three()}
	switch a.leader {
	case a.id:
		n.State = zab.Leading
	case (*a.real).ID():
		n.State = zab.Looking
	}
	return n
}

func (a *actor) receive(ev *sim.Event, out *sim.Effects) {
	switch m := ev.Msg.(type) {
	case *zab.Hello:
		if a.id > ev.From {
			out.Close(ev.Chan) // there is one that this server has dialed
		}
		return
	case *zab.Notification:
		if m.State == zab.Looking && a.id < ev.From {
			out.SendOn(ev.Chan, a.vote(m.Zxid))
		}
		return
	case *zab.Ping:
		out.SendOn(ev.Chan, m)
		return
	case *zab.FollowerInfo:
		a.channel = ev.Chan
	}
	if len(a.lines) == 0 {
		a.t.Errorf("%s hears %s and has no more lines", a.id, ev.Msg.Kind())
		return
	}
	l := a.lines[0]
	if l.hears != ev.Msg.Kind() {
		a.t.Errorf("%s hears %s %v, want %s", a.id, ev.Msg.Kind(), ev.Msg, l.hears)
		return
	}
	a.lines = a.lines[1:]
	if l.check != nil {
		if err := l.check(*a.real); err != nil {
			a.t.Errorf("when %s hears %s: %v", a.id, l.hears, err)
		}
	}
	for _, m := range l.says {
		out.SendOn(ev.Chan, m)
	}
}

// play lets the real server talk to two actors, of which the one called speaks has lines. Both vote for leader. It
// returns the real server and the speaker as they are at the end.
func play(t *testing.T, real, speaks, leader sim.NodeID, every time.Duration, lines ...line) (*server, *actor) {
	t.Helper()
	var s *server
	var speaker *actor
	c := cluster(3, 1, func(_ *zab.Config, x *server) { x.every, x.snapshotEvery = every, 0 })
	c.Limit = sim.Time(5 * time.Second)
	c.Observers = nil
	machine := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		if id == real {
			s = machine(id).(*server)
			return s
		}
		a := &actor{t: t, id: id, leader: leader, real: &s}
		if id == speaks {
			a.lines, speaker = lines, a
		}
		if s == nil {
			s = machine(real).(*server) // whose ID they need
		}
		return a
	}
	if r := sim.Run(c); r.Violation != nil {
		t.Fatal(r.Violation)
	}
	if len(speaker.lines) > 0 {
		t.Fatalf("nobody has said %q", speaker.lines[0].hears)
	}
	return s, speaker
}

// epochs checks both epochs of the real server.
func epochs(accepted, current zab.Epoch) func(*server) error {
	return func(s *server) error {
		if s.AcceptedEpoch() != accepted || s.CurrentEpoch() != current {
			return fmt.Errorf("the epochs are %d and %d, want %d and %d", s.AcceptedEpoch(), s.CurrentEpoch(),
				accepted, current)
		}
		return nil
	}
}

// history checks up to where the real server has logged and committed.
func history(logged, committed zab.Index) func(*server) error {
	return func(s *server) error {
		if s.History().LastIndex() != logged || s.CommittedIndex() != committed {
			return fmt.Errorf("logged and committed are %d and %d, want %d and %d", s.History().LastIndex(),
				s.CommittedIndex(), logged, committed)
		}
		return nil
	}
}

func txn(epoch zab.Epoch, counter uint32) *zab.Propose {
	return &zab.Propose{Txn: zab.Txn{Zxid: zab.NewZxid(epoch, counter), Data: []byte{byte(counter)}}}
}

func commit(epoch zab.Epoch, counter uint32) *zab.Commit {
	return &zab.Commit{Zxid: zab.NewZxid(epoch, counter)}
}

// Zab1_0Test.testNormalRun: what a leader says to a follower that has nothing.
func TestLeaderNormalRun(t *testing.T) {
	s, _ := play(t, 3, 1, 3, 0,
		line{hears: "LeaderInfo", check: epochs(1, 0), says: []sim.Message{&zab.AckEpoch{Counts: true}}},
		line{hears: "Diff"},
		line{hears: "NewLeader", says: []sim.Message{&zab.Ack{Zxid: zab.NewZxid(1, 0)}}},
		line{hears: "UpToDate", check: epochs(1, 1)})
	if _, leads := s.Reign(); !leads {
		t.Error("it does not lead")
	}
}

// Zab1_0Test.testTxnTimeout: a follower that acknowledges nothing is cut off, and then the leader has no quorum.
func TestLeaderCutsOffWhoAcknowledgesNothing(t *testing.T) {
	s, a := play(t, 3, 1, 3, 2*time.Second,
		line{hears: "LeaderInfo", says: []sim.Message{&zab.AckEpoch{Counts: true}}},
		line{hears: "Diff"},
		line{hears: "NewLeader", says: []sim.Message{&zab.Ack{Zxid: zab.NewZxid(1, 0)}}},
		line{hears: "UpToDate"},
		line{hears: "Propose"})
	if _, leads := s.Reign(); leads || !a.closed {
		t.Errorf("leads %v, the channel is closed %v", leads, a.closed)
	}
}

// Zab1_0Test.testAbandonBeforeACKEpoch: who has promised nothing is not led.
func TestLeaderWithoutPromisesGivesUp(t *testing.T) {
	s, a := play(t, 3, 1, 3, 0, line{hears: "LeaderInfo", check: epochs(1, 0)})
	if _, leads := s.Reign(); leads || !a.closed || s.CurrentEpoch() != 0 {
		t.Errorf("leads %v, the channel is closed %v, current epoch %d", leads, a.closed, s.CurrentEpoch())
	}
}

// Zab1_0Test.testLeaderBehind: a follower of a later epoch is not led by who knows less.
func TestLeaderDoesNotLeadWhoKnowsMore(t *testing.T) {
	s, a := play(t, 3, 1, 3, 0, line{hears: "LeaderInfo", says: []sim.Message{
		&zab.AckEpoch{CurrentEpoch: 1, Last: zab.NewZxid(1, 7), Counts: true}}})
	if _, leads := s.Reign(); leads || !a.closed {
		t.Errorf("leads %v, the channel is closed %v", leads, a.closed)
	}
}

// Zab1_0Test.testNormalFollowerRun: a follower accepts an epoch by its promise and makes it its own by accepting the
// history. Nothing of that is visible before UpToDate.
func TestFollowerNormalRun(t *testing.T) {
	s, _ := play(t, 1, 3, 3, 0,
		line{hears: "FollowerInfo", check: epochs(0, 0), says: []sim.Message{&zab.LeaderInfo{Epoch: 1}}},
		line{hears: "AckEpoch", check: epochs(1, 0), says: []sim.Message{
			&zab.Sync{Mode: zab.Diff}, txn(1, 1), commit(1, 1), &zab.NewLeader{Epoch: 1, Ensemble: three()}}},
		line{hears: "Ack", check: both(epochs(1, 1), history(1, 0)), says: []sim.Message{
			txn(1, 2), commit(1, 2), &zab.UpToDate{}}},
		line{hears: "Ack"},
		line{hears: "Ack", check: history(2, 2)})
	if s.applied != 2 {
		t.Errorf("has applied %d", s.applied)
	}
}

// Zab1_0Test, ProcessCommitInSyncAfterAckNewLeader (ZK-4394): what is proposed before
// NewLeader may be committed after it.
func TestFollowerCommitsAfterNewLeaderWhatCameBefore(t *testing.T) {
	s, _ := play(t, 1, 3, 3, 0,
		line{hears: "FollowerInfo", says: []sim.Message{&zab.LeaderInfo{Epoch: 1}}},
		line{hears: "AckEpoch", says: []sim.Message{
			&zab.Sync{Mode: zab.Diff}, txn(1, 1), &zab.NewLeader{Epoch: 1, Ensemble: three()}}},
		line{hears: "Ack", says: []sim.Message{commit(1, 1), &zab.UpToDate{}}},
		line{hears: "Ack"},
		line{hears: "Ack"})
	if s.CommittedIndex() != 1 || s.applied != 1 {
		t.Errorf("committed %d, applied %d", s.CommittedIndex(), s.applied)
	}
}

// Zab1_0Test.testLastAcceptedEpoch: an epoch that is earlier than the accepted one is not followed.
func TestFollowerFollowsNoEarlierEpoch(t *testing.T) {
	s, a := play(t, 1, 3, 3, 0,
		line{hears: "FollowerInfo", says: []sim.Message{&zab.LeaderInfo{Epoch: 5}}},
		line{hears: "AckEpoch", says: []sim.Message{&zab.Sync{Mode: zab.Diff}, &zab.LeaderInfo{Epoch: 4}}})
	if s.AcceptedEpoch() != 5 || s.CurrentEpoch() != 0 || !a.closed {
		t.Errorf("the epochs are %d and %d, the channel is closed %v", s.AcceptedEpoch(), s.CurrentEpoch(), a.closed)
	}
}

// three is the ensemble of the three servers.
func three() *zab.Ensemble { return &zab.Ensemble{Voters: 0b111} }

func both(checks ...func(*server) error) func(*server) error {
	return func(s *server) error {
		for _, check := range checks {
			if err := check(s); err != nil {
				return err
			}
		}
		return nil
	}
}
