package zkserver_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// scripted returns a world of five servers whose clients play the given operations, one list for each, lines of text.
func scripted(t *testing.T, seed uint64, tune tuning, lists ...string) sim.Config {
	t.Helper()
	var ops [][]zkserver.Operation
	for _, list := range lists {
		var of []zkserver.Operation
		for line := range strings.Lines(list) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			op, err := zkserver.ParseOperation(line)
			if err != nil {
				t.Fatal(err)
			}
			of = append(of, op)
		}
		ops = append(ops, of)
	}
	change := tune.client
	tune.client = func(c *zkserver.ClientConfig) {
		c.Ops = ops[c.ID.Number()-1]
		if change != nil {
			change(c)
		}
	}
	c := world(seed, everything(), len(lists), tune)
	c.Limit = sim.Time(20 * time.Second)
	return c
}

// said returns what a client did and was told, a line for each operation, without the zxid and the server.
func said(history []sim.Op, client int) []string {
	var lines []string
	for i := range history {
		switch op := &history[i]; {
		case op.Client != sim.Client(client):
		case op.Outcome != sim.OK:
			lines = append(lines, op.Input.(*zkapi.Op).String()+" -> "+op.Outcome.String())
		default:
			in, out := output(op)
			line, _, _ := strings.Cut(in.Explain(out), " (")
			lines = append(lines, line)
		}
	}
	return lines
}

// want compares what a client was told.
func want(t *testing.T, history []sim.Op, client int, lines ...string) {
	t.Helper()
	if got := said(history, client); !slices.Equal(got, lines) {
		t.Errorf("c%d:\n%s\nwant\n%s", client, strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

// peeker is an observer that lets faults look at a world.
type peeker struct{ sim.View }

// Observe implements sim.Observer.
func (p *peeker) Observe(v sim.View, _ *sim.StepInfo) error {
	p.View = v
	return nil
}

// server returns the server that serves the client.
func (p *peeker) server(client int) sim.NodeID {
	return p.Machine(sim.Client(client)).(*zkserver.Client).Server()
}

// everywhere changes the links between a client and all servers.
func everywhere(f sim.Faults, client int, change func(from, to sim.NodeID)) {
	simtest.Between([]sim.NodeID{sim.Client(client)}, f.Servers(), change)
}

// cutOff changes the links between a server and all others.
func cutOff(f sim.Faults, n sim.NodeID, change func(from, to sim.NodeID)) {
	simtest.Between([]sim.NodeID{n}, f.Servers(), change)
}

func TestEphemeralsGoWithASessionThatExpires(t *testing.T) {
	c := scripted(t, 1, tuning{}, "1s create /e 1 ephemeral\n7s create /e 2 ephemeral",
		"2900ms sync /\n0s exists /e\n2s sync /\n0s exists /e")
	c.Faults = []sim.Planned{
		simtest.At(2*time.Second, "cut c1 off", func(f sim.Faults) { everywhere(f, 1, f.Cut) }),
		simtest.At(7*time.Second, "mend", func(f sim.Faults) { everywhere(f, 1, f.Mend) }),
	}
	r := run(t, 1, c)
	want(t, r.History, 1, "create /e 1 ephemeral -> /e", "create /e 2 ephemeral -> /e")
	want(t, r.History, 2, "sync / -> ok", "exists /e -> version 0", "sync / -> ok", "exists /e -> NoNode")
	if a, b := owner(r.History, 0), owner(r.History, -1); a == b || a == 0 {
		t.Errorf("the sessions of c1 are %v and %v", a, b)
	}
}

// owner returns the owner of the node that the first, or the last, create has created.
func owner(history []sim.Op, which int) zkapi.SessionID {
	var all []zkapi.SessionID
	for i := range history {
		if op := &history[i]; op.Outcome == sim.OK && op.Input.(*zkapi.Op).Kind == zkapi.Create {
			all = append(all, op.Output.(*zkapi.Output).Stat.EphemeralOwner)
		}
	}
	return all[(which+len(all))%len(all)]
}

func TestASessionLivesOnAtAnotherServer(t *testing.T) {
	c := scripted(t, 1, tuning{}, "1s create /e 1 ephemeral\n4s create /f 2 ephemeral\n0s children /")
	p := &peeker{}
	c.Observers = []sim.Observer{p}
	c.Faults = []sim.Planned{simtest.At(2*time.Second, "crash", func(f sim.Faults) {
		f.Crash(p.server(1), sim.PowerLoss{})
	})}
	r := run(t, 1, c)
	want(t, r.History, 1, "create /e 1 ephemeral -> /e", "create /f 2 ephemeral -> /f",
		"children / -> [e f zookeeper] cversion 1")
	if a, b := owner(r.History, 0), owner(r.History, -1); a != b {
		t.Errorf("the sessions of c1 are %v and %v", a, b)
	}
	from := r.History[0].Output.(*zkapi.Output).Server
	if to := r.History[1].Output.(*zkapi.Output).Server; to == from {
		t.Errorf("c1 was served by %v, then by %v", from, to)
	}
}

func TestASessionThatIsClosedTakesItsEphemeralsAlong(t *testing.T) {
	c := scripted(t, 1, tuning{},
		"1s create /e 1 ephemeral\n0s close-session\n0s create /e 2 ephemeral\n0s get /e",
		"3s close-session\n0s close-session")
	r := run(t, 1, c)
	want(t, r.History, 1, "create /e 1 ephemeral -> /e", "close-session -> ok", "create /e 2 ephemeral -> /e",
		"get /e -> 2 version 0")
	want(t, r.History, 2, "close-session -> ok", "close-session -> ok")
	if a, b := owner(r.History, 0), owner(r.History, -1); a == b {
		t.Errorf("c1 has the session %v twice", a)
	}
}

// learners makes a client keep away from n5, which will lead.
func learners(c *zkserver.ClientConfig) { c.Servers = c.Servers[:4] }

// delayed returns a run in which the way from the server that c1 is connected to, to the leader n5 stands still while
// c1 gives up on a write and asks another server for another one.
func delayed(t *testing.T, tune tuning) sim.Config {
	tune.client = func(c *zkserver.ClientConfig) {
		learners(c)
		c.Timeout = 100 * time.Millisecond
	}
	c := scripted(t, 1, tune, "1s create /a 1\n1s set /a 2\n50ms set /a 3\n1s get /a")
	p := &peeker{}
	c.Observers = []sim.Observer{p}
	n, n5 := sim.NodeID(0), sim.Server(5)
	c.Faults = []sim.Planned{
		simtest.At(1900*time.Millisecond, "cut", func(f sim.Faults) {
			n = p.server(1)
			f.Cut(n, n5)
		}),
		simtest.At(2280*time.Millisecond, "mend", func(f sim.Faults) { f.Mend(n, n5) }),
	}
	return c
}

func TestAWriteOfASessionThatHasMovedFails(t *testing.T) {
	r := run(t, 1, delayed(t, tuning{}))
	want(t, r.History, 1, "create /a 1 -> /a", "set /a 2 -> unknown", "set /a 3 -> ok version 1",
		"get /a -> 3 version 1")

	wrong := &zkserver.Rules{Owns: func(_, _ sim.NodeID) bool { return true }} // M7
	r = run(t, 1, delayed(t, tuning{server: func(c *zkserver.Config) { c.Rules = wrong }}))
	want(t, r.History, 1, "create /a 1 -> /a", "set /a 2 -> unknown", "set /a 3 -> ok version 1",
		"get /a -> 2 version 2")
}

// lagging returns a run in which c1 loses its server and comes to the next one, which is slow to apply what is
// committed.
func lagging(t *testing.T, tune tuning) sim.Config {
	tune.client = learners
	c := scripted(t, 1, tune, "1s create /a 1\n1s set /a 2\n80ms get /a")
	p := &peeker{}
	c.Observers = []sim.Observer{p}
	c.Faults = []sim.Planned{
		simtest.At(1950*time.Millisecond, "slow", func(f sim.Faults) {
			f.SetTaskDelay(sim.Server(p.server(1).Number()%4+1), 200*time.Millisecond, 200*time.Millisecond)
		}),
		simtest.At(2060*time.Millisecond, "reset", func(f sim.Faults) { f.ResetChannels(p.server(1), sim.Client(1)) }),
	}
	return c
}

func TestAServerThatLagsSendsClientsAwayThatHaveSeenMore(t *testing.T) {
	r := run(t, 1, lagging(t, tuning{}))
	want(t, r.History, 1, "create /a 1 -> /a", "set /a 2 -> ok version 1", "get /a -> 2 version 1")
	ahead := func(m sim.Reached) bool { return m.Mark == "client-ahead" }
	if !slices.ContainsFunc(r.Reached, ahead) {
		t.Error("nobody was sent away")
	}

	wrong := &zkserver.Rules{Serves: func(_, _ zkapi.Zxid) bool { return true }} // M8
	c, j := watched(lagging(t, tuning{server: func(c *zkserver.Config) { c.Rules = wrong }}))
	r = sim.Run(c)
	want(t, r.History, 1, "create /a 1 -> /a", "set /a 2 -> ok version 1", "get /a -> 1 version 0")
	if problems := j.judge(r.History); len(problems) == 0 || !strings.Contains(problems[0], "c1 went back") {
		t.Errorf("the judge says %q", problems)
	}
}

func TestAServerThatLosesItsLeaderSendsItsClientsAway(t *testing.T) {
	c := scripted(t, 1, tuning{client: learners}, "1s create /a 1\n2s set /a 2\n0s get /a")
	p := &peeker{}
	c.Observers = []sim.Observer{p}
	n := sim.NodeID(0)
	c.Faults = []sim.Planned{simtest.At(2*time.Second, "cut off", func(f sim.Faults) {
		n = p.server(1)
		cutOff(f, n, f.Cut)
	})}
	r := run(t, 1, c)
	want(t, r.History, 1, "create /a 1 -> /a", "set /a 2 -> ok version 1", "get /a -> 2 version 1")
	if to := r.History[2].Output.(*zkapi.Output).Server; n == 0 || to == n || p.server(1) == n {
		t.Errorf("c1 was served by %v, then by %v", n, to)
	}
}

func TestContainersGoWhenTheyAreEmpty(t *testing.T) {
	c := scripted(t, 1, tuning{server: func(c *zkserver.Config) { c.ContainerEvery = time.Second }},
		"1s create /c 1 container\n0s create /new 1 container\n0s create /c/x 1\n"+
			"0s create /t 1 persistent-ttl ttl 1500ms\n2s children /\n0s delete /c/x\n3s children /")
	r := run(t, 1, c)
	want(t, r.History, 1, "create /c 1 container -> /c", "create /new 1 container -> /new", "create /c/x 1 -> /c/x",
		"create /t 1 persistent-ttl ttl 1500ms -> /t", "children / -> [c new t zookeeper] cversion 2",
		"delete /c/x -> ok", "children / -> [new zookeeper] cversion 4")
}

func TestAnIdentityIsWhoAuthenticates(t *testing.T) {
	alice := zkapi.DigestIdentity("alice:secret")
	c := scripted(t, 1, tuning{},
		"1s add-auth alice:secret\n0s create /a 1 acl "+zkapi.ACL{Identity: alice, Perms: zkapi.PermAll}.String()+
			"\n0s get /a\n0s add-auth nobody",
		"2s get /a\n0s set /a 2\n0s add-auth alice:secret\n0s set /a 2\n0s get /a")
	c, _ = watched(c)
	r := sim.Run(c)
	got, wanted := said(r.History, 1)[2:], []string{"get /a -> 1 version 0", "add-auth nobody -> AuthFailed"}
	if !slices.Equal(got, wanted) {
		t.Errorf("c1: %q, want %q", got, wanted)
	}
	want(t, r.History, 2, "get /a -> NoAuth", "set /a 2 -> NoAuth", "add-auth alice:secret -> ok",
		"set /a 2 -> ok version 1", "get /a -> 2 version 1")
}

func TestANewLeaderGivesEverySessionAWholeTimeout(t *testing.T) {
	play := func(rules *zkserver.Rules) []string {
		c := scripted(t, 1, tuning{client: learners, server: func(c *zkserver.Config) { c.Rules = rules }},
			"1s create /e 1 ephemeral\n3s exists /e")
		c.Faults = []sim.Planned{simtest.At(2*time.Second, "crash n5", func(f sim.Faults) {
			f.Crash(sim.Server(5), sim.PowerLoss{})
		})}
		return said(run(t, 1, c).History, 1)
	}
	if got := play(nil)[1]; got != "exists /e -> version 0" {
		t.Error(got)
	}
	if got := play(&zkserver.Rules{Refreshes: func() bool { return false }})[1]; got != "exists /e -> NoNode" {
		t.Errorf("%s, although the new leader gives no time", got)
	}
}

// thief is a client that tries to take up a session without its password.
type thief struct {
	session zkapi.SessionID
	answers []*zkapi.ConnectResponse
	closed  int
}

// Step implements sim.Machine.
func (h *thief) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		out.SetTimer(0, time.Second, time.Second)
	case sim.Timeout:
		out.Dial(sim.Server(1), 1)
	case sim.Opened:
		out.SendOn(ev.Chan, &zkapi.ConnectRequest{Session: h.session, Password: 7})
	case sim.Receive:
		h.answers = append(h.answers, ev.Msg.(*zkapi.ConnectResponse))
	case sim.Closed:
		h.closed++
	}
}

func TestNobodyGetsASessionWithoutItsPassword(t *testing.T) {
	h := &thief{session: 1}
	c := world(1, everything(), 1, tuning{})
	c.NewClient = func(sim.NodeID) sim.Machine { return h }
	c.Limit = sim.Time(5 * time.Second)
	run(t, 1, c)
	if len(h.answers) != 1 || h.answers[0].Session != 0 || h.closed != 1 {
		t.Errorf("the answers are %v, and the channel was closed %d times", h.answers, h.closed)
	}
}
