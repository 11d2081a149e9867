package zkserver_test

import (
	"testing"
	"time"

	"schism/sim"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
	"schism/zab/ztree"
)

// eager is a client that asks for everything at once.
type eager struct {
	server  sim.NodeID
	ops     []string
	replies []*zkapi.Reply
}

// Step implements sim.Machine.
func (e *eager) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		out.SetTimer(0, time.Second, time.Second)
	case sim.Timeout:
		out.Dial(e.server, 1)
	case sim.Opened:
		out.SendOn(ev.Chan, &zkapi.ConnectRequest{Timeout: 2000})
	case sim.Receive:
		switch m := ev.Msg.(type) {
		case *zkapi.ConnectResponse:
			for i, text := range e.ops {
				op, err := zkapi.ParseOp(text)
				if err != nil {
					panic(err)
				}
				out.SendOn(ev.Chan, &zkapi.Request{Xid: zkapi.Xid(i + 1), Op: op})
			}
		case *zkapi.Reply:
			e.replies = append(e.replies, m)
		}
	}
}

// Each read comes between the writes before and after it, wherever the client is connected, also if a sync, whose
// answer can be overtaken by commits, stands between them.
func TestRequestsOfASessionTakeEffectInTheirOrder(t *testing.T) {
	var ops []string
	ops = append(ops, "create /a 0")
	for range 30 {
		ops = append(ops, "set /a 1", "get /a", "sync /a", "set /a 2", "get /a", "set /a 3", "sync /a", "get /a",
			"add-auth alice:secret", "set /a 4", "get /none")
	}
	ops = append(ops, "create /e 1 ephemeral", "close-session", "get /a")
	for _, quorum := range []bool{false, true} {
		for seed := range uint64(10) {
			e := &eager{server: sim.Server(int(seed)%5 + 1), ops: ops}
			c := world(seed, everything(), 2, tuning{
				server:   func(c *zkserver.Config) { c.QuorumSync = quorum },
				workload: func(w *zkserver.Workload) { w.ThinkMin, w.ThinkMax = 0, 5*time.Millisecond },
			})
			c.Peers.Loss = 0 // a learner that is slow for long loses its clients
			usual := c.NewClient
			c.NewClient = func(id sim.NodeID) sim.Machine {
				if id == sim.Client(1) {
					return e
				}
				return usual(id)
			}
			c.Limit = sim.Time(20 * time.Second)
			run(t, seed, c)
			checkPipeline(t, seed, e)
		}
	}
}

// checkPipeline requires that every request but the last, which comes after the session is closed, was answered in
// its turn.
func checkPipeline(t *testing.T, seed uint64, e *eager) {
	t.Helper()
	if len(e.replies) != len(e.ops)-1 {
		t.Fatalf("seed %d: %d answers to %d requests", seed, len(e.replies), len(e.ops))
	}
	last, data := zkapi.Zxid(0), ""
	for i, m := range e.replies {
		op, _ := zkapi.ParseOp(e.ops[i])
		if m.Xid != zkapi.Xid(i+1) || m.Out.Zxid < last {
			t.Fatalf("seed %d: answer %d is %v after %v", seed, i+1, m, last)
		}
		last = m.Out.Zxid
		switch {
		case op.Kind == zkapi.SetData:
			data = op.Data
		case op.Kind == zkapi.GetData && op.Path == "/a" && m.Out.Data != data:
			t.Fatalf("seed %d: answer %d is %v, not %s", seed, i+1, m, data)
		}
	}
}

// ZK-1208: a session that is being closed creates nothing any more.
func TestNoEphemeralIsCreatedWhileItsSessionIsClosed(t *testing.T) {
	orphans := func(rules *ztree.Rules) (n int) {
		for seed := range uint64(5) {
			e := &eager{server: sim.Server(int(seed) + 1), ops: []string{"close-session", "create /e 1 ephemeral"}}
			c := world(seed, everything(), 1, tuning{server: func(c *zkserver.Config) { c.Tree = rules }})
			c.NewClient = func(sim.NodeID) sim.Machine { return e }
			c.Limit = sim.Time(5 * time.Second)
			w := sim.NewWorld(c)
			w.Run()
			tree := w.View().Machine(sim.Server(1)).(*zkserver.Server).Tree()
			if tree.Read(&zkapi.Op{Kind: zkapi.Exists, Path: "/e"}, nil).Code == zkapi.OK {
				n++
			}
		}
		return n
	}
	if n := orphans(nil); n > 0 {
		t.Errorf("%d ephemeral nodes have no session", n)
	}
	if n := orphans(&ztree.Rules{Expired: func(known, _ bool) bool { return !known }}); n == 0 { // M5
		t.Error("no ephemeral node has no session although closing sessions may write")
	}
}
