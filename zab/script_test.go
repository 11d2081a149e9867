package zab_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab"
)

// talk is a conversation with one real server. The other two are actors that follow a script, so that it has no
// surprises. They elect whom the script says, answer pings, and else say nothing that is not in their lines.
type talk struct {
	real sim.NodeID
	// elects is whom both actors want as the leader in the real server's first election, its second one, and so on; in
	// later ones they are silent.
	elects []sim.NodeID
	// vote, if not nil, is what an actor answers instead to the word of the real server; nil is nothing.
	vote func(id sim.NodeID, heard *zab.Notification) *zab.Notification
	// info is what actors say first to the real server.
	info zab.FollowerInfo
	// every is how often the real server proposes something while it leads; 0 is never.
	every time.Duration
	// tune changes the real server; nil leaves it as it is.
	tune func(*zab.Config, *server)
	// cut is when the real server loses its power for a moment; 0 is never.
	cut time.Duration
	// speaks has the lines, and the other actor, which comes a second later, the lines late.
	speaks      sim.NodeID
	lines, late []line
}

// line is one message that an actor waits for, what it checks then, and what it answers.
type line struct {
	// hears is the kind of the message, or the kind and what it says: "AckEpoch current epoch 1, last 1:2".
	hears string
	check func(*witness) error
	says  []sim.Message
}

// leave is no message: an actor that says it closes its channel to the real server.
type leave struct{ sim.Message }

// witness is the real server, and what only its tests look at.
type witness struct {
	*server
	disk *sim.Disk
	// led says that it has ever been elected, whether others have joined it or not.
	led bool
}

// Step implements sim.Machine.
func (w *witness) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if ev.Kind == sim.Start {
		w.disk = ev.Disk
	}
	w.server.Step(now, ev, out)
	w.led = w.led || w.State() == zab.Leading
}

// actor plays a server.
type actor struct {
	*talk
	t     *testing.T
	id    sim.NodeID
	told  *witness
	lines []line
	// waits is how long after an election an actor goes to the real server.
	waits time.Duration
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
	switch {
	case ev.Kind == sim.Timeout && len(a.lines) > 0 && a.channel == 0:
		out.Dial(a.real, actorLearns)
	case ev.Kind == sim.Opened && ev.Token == actorElects:
		out.SendOn(ev.Chan, &zab.Hello{})
	case ev.Kind == sim.Opened && ev.Token == actorLearns:
		a.channel = ev.Chan
		out.SendOn(ev.Chan, &a.info)
	case ev.Kind == sim.Closed && ev.Chan == a.channel:
		a.closed, a.channel = true, 0
	case ev.Kind == sim.Receive:
		a.receive(&ev, out)
	}
}

// answer is the actor's word in an election of which the real server has told n; nil is nothing.
func (a *actor) answer(n *zab.Notification) *zab.Notification {
	if a.vote != nil {
		return a.vote(a.id, n)
	}
	if int(n.Round) > len(a.elects) {
		return nil
	}
	leader := a.elects[n.Round-1]
	m := &zab.Notification{Vote: zab.Vote{Leader: leader}, Round: n.Round, State: zab.Following, Ensemble: n.Ensemble}
	switch leader {
	case a.id:
		m.State = zab.Leading
	case a.real:
		m.Vote, m.State = n.Vote, zab.Looking
	}
	return m
}

func (a *actor) receive(ev *sim.Event, out *sim.Effects) {
	switch m := ev.Msg.(type) {
	case *zab.Hello:
		if a.id > ev.From {
			out.Close(ev.Chan) // the greater one of two dials
			out.Dial(ev.From, actorElects)
		}
		return
	case *zab.Notification:
		if m.State != zab.Looking {
			return
		}
		if v := a.answer(m); v != nil {
			out.SendOn(ev.Chan, v)
			if v.Leader == a.real {
				out.SetTimer(1, a.waits, a.waits) // until then the real one is elected
			}
		}
		return
	case *zab.Ping:
		if len(a.lines) == 0 || a.lines[0].hears != m.Kind() {
			out.SendOn(ev.Chan, m)
			return
		}
	case *zab.FollowerInfo:
		a.channel = ev.Chan
	}
	a.perform(ev, out)
}

// perform plays the next line, which the message of ev must be the cue for.
func (a *actor) perform(ev *sim.Event, out *sim.Effects) {
	heard := strings.TrimSpace(ev.Msg.Kind() + " " + ev.Msg.String())
	if len(a.lines) == 0 {
		a.t.Errorf("%s hears %s and has no more lines", a.id, heard)
		return
	}
	l := a.lines[0]
	if l.hears != ev.Msg.Kind() && l.hears != heard {
		a.t.Errorf("%s hears %s, want %s", a.id, heard, l.hears)
		return
	}
	a.lines = a.lines[1:]
	if l.check != nil {
		if err := l.check(a.told); err != nil {
			a.t.Errorf("when %s hears %s: %v", a.id, heard, err)
		}
	}
	for _, m := range l.says {
		if _, leaves := m.(leave); leaves {
			out.Close(ev.Chan)
			a.channel = 0
			continue
		}
		out.SendOn(ev.Chan, m)
	}
}

// play lets the conversation happen, of which every line must be said. It returns the real server and the speaker as
// they are at the end.
func (k talk) play(t *testing.T) (*witness, *actor) {
	t.Helper()
	actors := k.run(t)
	for id := range sim.NodeID(4) {
		if a := actors[id]; a != nil && len(a.lines) > 0 {
			t.Fatalf("nobody has said %q to %s", a.lines[0].hears, id)
		}
	}
	return actors[k.speaks].told, actors[k.speaks]
}

// run lets the conversation happen. It returns the actors as they are at the end.
func (k talk) run(t *testing.T) map[sim.NodeID]*actor {
	t.Helper()
	w, actors := &witness{}, map[sim.NodeID]*actor{}
	c := cluster(3, 1, func(c *zab.Config, x *server) {
		x.every, x.snapshotEvery = k.every, 0
		if k.tune != nil {
			k.tune(c, x)
		}
	})
	c.Limit = sim.Time(5 * time.Second)
	if k.cut > 0 {
		c.Faults = []sim.Planned{
			simtest.At(k.cut, "cut the power", func(f sim.Faults) { f.Crash(k.real, sim.PowerLoss{Drop: sim.Always}) }),
			simtest.At(k.cut+100*time.Millisecond, "restart", func(f sim.Faults) { f.Restart(k.real) }),
		}
	}
	machine := c.NewServer
	c.NewServer = func(id sim.NodeID) sim.Machine {
		if id == k.real {
			w.server = machine(id).(*server)
			return w
		}
		a := &actor{talk: &k, t: t, id: id, told: w, lines: k.late, waits: 1500 * time.Millisecond}
		if id == k.speaks {
			a.lines, a.waits = k.lines, 500*time.Millisecond
		}
		actors[id] = a
		return a
	}
	if r := sim.Run(c); r.Violation != nil {
		t.Fatal(r.Violation)
	}
	return actors
}

// led is the conversation of a follower, n1, with its leader, n3.
func led(lines ...line) talk { return talk{real: 1, speaks: 3, elects: []sim.NodeID{3}, lines: lines} }

// leads is that of a leader, n3, with its follower n1.
func leads(lines ...line) talk {
	return talk{real: 3, speaks: 1, elects: []sim.NodeID{3}, lines: lines}
}

// says is what a line says.
func says(m ...sim.Message) []sim.Message { return m }

func txn(epoch zab.Epoch, counter uint32) *zab.Propose {
	return &zab.Propose{Txn: zab.Txn{Zxid: zab.NewZxid(epoch, counter), Data: []byte{byte(counter)}}}
}

func commit(epoch zab.Epoch, counter uint32) *zab.Commit {
	return &zab.Commit{Zxid: zab.NewZxid(epoch, counter)}
}

func ack(epoch zab.Epoch, counter uint32) *zab.Ack {
	return &zab.Ack{Zxid: zab.NewZxid(epoch, counter)}
}

func newLeader(epoch zab.Epoch) *zab.NewLeader {
	return &zab.NewLeader{Epoch: epoch, Ensemble: &zab.Ensemble{Voters: 0b111}}
}

// at is the place number i of the history, of the epoch with the number counter.
func at(i zab.Index, epoch zab.Epoch, counter uint32) zab.Position {
	return zab.Position{Zxid: zab.NewZxid(epoch, counter), Index: i}
}

// epochs checks both epochs of the real server.
func epochs(accepted, current zab.Epoch) func(*witness) error {
	return func(s *witness) error {
		if s.AcceptedEpoch() != accepted || s.CurrentEpoch() != current {
			return fmt.Errorf("the epochs are %d and %d, want %d and %d", s.AcceptedEpoch(), s.CurrentEpoch(),
				accepted, current)
		}
		return nil
	}
}

// history checks up to where the real server has logged and committed.
func history(logged, committed zab.Index) func(*witness) error {
	return func(s *witness) error {
		if s.History().LastIndex() != logged || s.CommittedIndex() != committed {
			return fmt.Errorf("logged and committed are %d and %d, want %d and %d", s.History().LastIndex(),
				s.CommittedIndex(), logged, committed)
		}
		return nil
	}
}

// noSnapshot checks that there is none on the disk.
func noSnapshot(s *witness) error {
	if _, err := s.disk.ReadFile(zab.SnapshotFile); !errors.Is(err, sim.ErrNotExist) {
		return fmt.Errorf("there is a snapshot: %v", err)
	}
	return nil
}

func all(checks ...func(*witness) error) func(*witness) error {
	return func(s *witness) error {
		for _, check := range checks {
			if err := check(s); err != nil {
				return err
			}
		}
		return nil
	}
}

// must fails the test unless the check holds at the end.
func must(t *testing.T, s *witness, checks ...func(*witness) error) {
	t.Helper()
	if err := all(checks...)(s); err != nil {
		t.Errorf("at the end: %v", err)
	}
}
