package zkspec_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// theater tells an observer a story about one client, line by line:
//
//	txn 5 create /x             the transaction 5 is committed: create, ephemeral, delete, set, guard, fail,
//	                            reconfig, or close for the session; "create /x; set /x" is one with two parts
//	connect 7                   the client has the session 7 on a new channel
//	connect 7 set-watches ...   and asks at once for what follows
//	ask get /x watch            the client asks
//	answer 5                    what it has asked for first is answered with OK by a server that is at 5
//	none 5                      the same with NoNode
//	event 5 NodeCreated /x      the client is told; at 0 it makes up for what was missed
//	ping 5, closed, start       a ping is answered at 5, the channel ends, the client starts again
type theater struct {
	t       *testing.T
	events  *zkspec.Events
	channel sim.ChanID
	xid     zkapi.Xid
	open    []zkapi.Xid
}

func newTheater(t *testing.T) *theater {
	th := &theater{t: t, events: zkspec.NewEvents()}
	th.events.Follow(func(sim.Machine) zkspec.Log { return nil })
	return th
}

// play tells one line, and returns what the observer says.
func (th *theater) play(line string) error {
	verb, rest, _ := strings.Cut(line, " ")
	arg, rest, _ := strings.Cut(rest, " ")
	switch verb {
	case "txn":
		th.events.Commit(th.zxid(arg), th.txn(rest))
		return nil
	case "connect":
		th.channel++
		th.open = nil
		m := &zkapi.ConnectResponse{Session: zkapi.SessionID(th.zxid(arg))}
		return th.step(&sim.Event{Kind: sim.Receive, Msg: m}, rest)
	case "ask":
		return th.step(&sim.Event{Kind: sim.Timeout}, arg+" "+rest)
	case "answer", "none":
		m := &zkapi.Reply{Xid: th.open[0], Out: zkapi.Output{Zxid: th.zxid(arg)}}
		if th.open = th.open[1:]; verb == "none" {
			m.Out.Code = zkapi.NoNode
		}
		return th.step(&sim.Event{Kind: sim.Receive, Msg: m}, "")
	case "ping":
		return th.step(&sim.Event{Kind: sim.Receive, Msg: &zkapi.PingReply{Zxid: th.zxid(arg)}}, "")
	case "event":
		return th.step(&sim.Event{Kind: sim.Receive, Msg: th.event(th.zxid(arg), rest)}, "")
	case "closed":
		return th.step(&sim.Event{Kind: sim.Closed}, "")
	case "start":
		return th.step(&sim.Event{Kind: sim.Start}, "")
	}
	th.t.Fatalf("no such line: %s", line)
	return nil
}

// step lets the client make a step in which it asks for op, "" for nothing.
func (th *theater) step(ev *sim.Event, op string) error {
	s := &sim.StepInfo{Node: sim.Client(1), Event: ev}
	ev.Chan = th.channel
	if op != "" {
		th.xid++
		th.open = append(th.open, th.xid)
		s.Effects = []sim.Effect{{Kind: sim.EffectSendOn, Chan: th.channel,
			Msg: &zkapi.Request{Xid: th.xid, Op: *parse(th.t, op)}}}
	}
	return th.events.Observe(sim.View{}, s)
}

func (th *theater) zxid(text string) (z zkapi.Zxid) {
	for _, c := range text {
		z = 10*z + zkapi.Zxid(c-'0')
	}
	return z
}

// event returns "NodeCreated /x".
func (th *theater) event(z zkapi.Zxid, text string) *zkapi.WatchEvent {
	name, path, _ := strings.Cut(text, " ")
	for what := zkapi.NodeCreated; what <= zkapi.NodeChildrenChanged; what++ {
		if what.String() == name {
			return &zkapi.WatchEvent{Type: what, State: zkapi.SyncConnected, Path: path, Zxid: z}
		}
	}
	th.t.Fatalf("no such event: %s", name)
	return nil
}

// txn returns a transaction of the session 7.
func (th *theater) txn(text string) *zkapi.Txn {
	txn := &zkapi.Txn{Session: 7, Delta: zkapi.Delta{Kind: zkapi.MultiTxn}}
	for part := range strings.SplitSeq(text, "; ") {
		verb, path, _ := strings.Cut(part, " ")
		x := zkapi.Delta{Path: path}
		switch verb {
		case "create":
			x.Kind = zkapi.CreateTxn
		case "ephemeral":
			x.Kind, x.Owner = zkapi.CreateTxn, 7
		case "delete":
			x.Kind = zkapi.DeleteTxn
		case "set":
			x.Kind = zkapi.SetDataTxn
		case "guard":
			x.Kind, x.ACL = zkapi.SetACLTxn, []zkapi.ACL{}
		case "fail":
			x.Kind, x.Code = zkapi.ErrorTxn, zkapi.NoNode
		case "reconfig":
			x.Kind = zkapi.ReconfigTxn
		case "close":
			x.Kind = zkapi.CloseSessionTxn
		default:
			th.t.Fatalf("no such transaction: %s", text)
		}
		txn.Subs = append(txn.Subs, x)
	}
	if len(txn.Subs) == 1 {
		txn.Delta = txn.Subs[0]
	}
	return txn
}

// oneShot is how most stories begin: /x and /y are there, and the client watches the data of /x since 2.
const oneShot = "txn 1 create /x|txn 2 create /y|connect 7|ask get /x watch|answer 2|"

// lasting begins with a watch of /x, or of all below it, that stays.
const (
	lasting   = "txn 1 create /x|connect 7|ask add-watch /x persistent|answer 1|"
	recursive = "txn 1 create /x|connect 7|ask add-watch /x persistent-recursive|answer 1|"
)

// away is how a client comes back that has seen all up to 2 and watches the data of /x, back that it asks to.
const (
	back = "connect 7 set-watches 0:2 data /x"
	away = "closed|txn 3 set /x|" + back + "|"
)

var eventStories = []struct{ name, story, finds string }{
	{"told before the answer", oneShot + "txn 3 set /x|event 3 NodeDataChanged /x|ping 3|txn 4 set /x|ping 4", ""},
	{"a failed one is none", oneShot + "txn 3 fail|txn 4 create /x|ping 4", ""},
	{"what another node sees", oneShot + "txn 3 set /y|ping 3", ""},
	{"what happened before", "txn 1 create /x|txn 2 set /x|connect 7|ask get /x watch|answer 2|ping 2", ""},
	{"an answer without a watch", "txn 1 create /x|connect 7|ask get /x watch|none 1|txn 2 set /x|ping 2", ""},
	{"not told", oneShot + "txn 3 set /x|ping 3", zkspec.WatchLost},
	{"not told before a read", oneShot + "txn 3 set /x|ask get /y watch|answer 3", zkspec.WatchLost},
	{"not told before another event", oneShot + "ask get /y watch|answer 2|txn 3 set /x|txn 4 set /y|" +
		"event 4 NodeDataChanged /y", zkspec.WatchLost},
	{"not yet told", oneShot + "txn 3 set /x", zkspec.Watches},
	{"told twice", oneShot + "txn 3 set /x|event 3 NodeDataChanged /x|event 3 NodeDataChanged /x",
		zkspec.WatchUnasked},
	{"a one-shot watch that stays", oneShot + "txn 3 set /x|event 3 NodeDataChanged /x|txn 4 set /x|" +
		"event 4 NodeDataChanged /x", zkspec.WatchUnasked},
	{"the wrong node", oneShot + "txn 3 set /x|event 3 NodeDataChanged /y", zkspec.WatchUnasked},
	{"the wrong type", oneShot + "txn 3 set /x|event 3 NodeDeleted /x", zkspec.WatchUnasked},
	{"the wrong transaction", oneShot + "txn 3 set /x|txn 4 set /y|event 4 NodeDataChanged /x", zkspec.WatchLost},
	{"no such transaction", oneShot + "event 3 NodeDataChanged /x", zkspec.WatchUnasked},
	{"another session", oneShot + "closed|txn 3 set /x|connect 8|ask get /y watch|answer 3", ""},
	{"another life", oneShot + "start|txn 3 set /x|connect 8|ask get /y watch|answer 3", ""},

	{"a node that is created", "connect 7|ask exists /z watch|none 0|txn 1 create /z|event 1 NodeCreated /z|ping 1",
		""},
	{"a node that is not", "connect 7|ask exists /z watch|none 0|txn 1 create /z|ping 1", zkspec.WatchLost},
	{"a list of children", "txn 1 create /x|connect 7|ask children /x watch|answer 1|txn 2 set /x|txn 3 create /x/a|" +
		"event 3 NodeChildrenChanged /x|txn 4 delete /x/a|ping 4", ""},
	{"node and list deleted, told once", "txn 1 create /x|connect 7|ask children /x watch|answer 1|ask get /x watch|" +
		"answer 1|txn 2 delete /x|event 2 NodeDeleted /x|ping 2", ""},
	{"node and list deleted, told twice", "txn 1 create /x|connect 7|ask children /x watch|answer 1|ask get /x watch|" +
		"answer 1|txn 2 delete /x|event 2 NodeDeleted /x|event 2 NodeDeleted /x", zkspec.WatchUnasked},
	{"the parent's list", "connect 7|ask children / watch|answer 0|txn 1 create /x|" +
		"event 1 NodeChildrenChanged /|ping 1", ""},
	{"two parts of one", oneShot + "ask get /y watch|answer 2|txn 3 set /y; set /x|event 3 NodeDataChanged /x|" +
		"event 3 NodeDataChanged /y|ping 3", ""},
	{"half of one", oneShot + "ask get /y watch|answer 2|txn 3 set /y; set /x|event 3 NodeDataChanged /x|ping 3",
		zkspec.WatchLost},
	{"only the first of two parts", oneShot + "txn 3 delete /x; create /x|event 3 NodeDeleted /x|ping 3", ""},
	{"both of two parts", oneShot + "txn 3 delete /x; create /x|event 3 NodeDeleted /x|event 3 NodeCreated /x",
		zkspec.WatchUnasked},
	{"a session that ends", "txn 1 ephemeral /e|connect 8|ask get /e watch|answer 1|txn 2 close|" +
		"event 2 NodeDeleted /e|ping 2", ""},
	{"a session whose nodes stay", "txn 1 ephemeral /e|connect 8|ask get /e watch|answer 1|txn 2 close|ping 2",
		zkspec.WatchLost},
	{"a membership", "connect 7|ask get /zookeeper/config watch|answer 0|txn 1 reconfig|" +
		"event 1 NodeDataChanged /zookeeper/config|txn 2 reconfig|ping 2", ""},
	{"a membership, not told", "connect 7|ask get /zookeeper/config watch|answer 0|txn 1 reconfig|ping 1",
		zkspec.WatchLost},
	{"who may not read", oneShot + "txn 3 guard /x|txn 4 set /x|ping 4", ""},

	{"persistent", lasting + "txn 2 set /x|event 2 NodeDataChanged /x|txn 3 create /x/a|" +
		"event 3 NodeChildrenChanged /x|txn 4 set /x/a|txn 5 delete /x/a|event 5 NodeChildrenChanged /x|ping 5", ""},
	{"persistent, once", lasting + "txn 2 set /x|event 2 NodeDataChanged /x|txn 3 set /x|ping 3",
		zkspec.WatchLost},
	{"persistent, below", lasting + "txn 2 create /x/a|event 2 NodeCreated /x/a", zkspec.WatchUnasked},
	{"recursive", recursive + "txn 2 set /x|event 2 NodeDataChanged /x|txn 3 create /x/a|event 3 NodeCreated /x/a|" +
		"txn 4 create /x/a/b|event 4 NodeCreated /x/a/b|txn 5 create /y|ping 5", ""},
	{"recursive, the node only", recursive + "txn 2 create /x/a|ping 2", zkspec.WatchLost},
	{"recursive, a list", recursive + "txn 2 create /x/a|event 2 NodeCreated /x/a|event 2 NodeChildrenChanged /x",
		zkspec.WatchUnasked},
	{"recursive and one-shot", recursive + "ask get /x watch|answer 1|txn 2 set /x|event 2 NodeDataChanged /x|ping 2",
		""},

	{"made up for", oneShot + away + "event 0 NodeDataChanged /x|answer 3|ping 3", ""},
	{"not made up for", oneShot + away + "answer 3", zkspec.WatchLost},
	{"made up for twice", oneShot + away + "event 0 NodeDataChanged /x|event 0 NodeDataChanged /x|answer 3",
		zkspec.WatchUnasked},
	{"made up for the wrong way", oneShot + away + "event 0 NodeDeleted /x|answer 3", zkspec.WatchLost},
	{"made up for more", oneShot + away + "event 0 NodeDataChanged /x|event 0 NodeDataChanged /y|answer 3",
		zkspec.WatchUnasked},
	{"nothing to make up for", oneShot + "closed|" + back + "|event 0 NodeDataChanged /x|answer 2",
		zkspec.WatchUnasked},
	{"made up for unasked", oneShot + "event 0 NodeDataChanged /x", zkspec.WatchUnasked},
	{"told before the watch is back", oneShot + away + "event 3 NodeDataChanged /x", zkspec.WatchUnasked},
	{"left again", oneShot + "closed|" + back + "|answer 2|txn 3 set /x|event 3 NodeDataChanged /x|ping 3", ""},
	{"not left again", oneShot + "closed|" + back + "|answer 2|txn 3 set /x|ping 3", zkspec.WatchLost},
	{"a server that is not so far", oneShot + away + "answer 2|event 3 NodeDataChanged /x|ping 3", ""},
	{"deleted while away", oneShot + "closed|txn 3 delete /x|" + back + "|event 0 NodeDeleted /x|answer 3", ""},
	{"created again while away", oneShot + "closed|txn 3 delete /x|txn 4 create /x|" + back +
		"|event 0 NodeDataChanged /x|answer 4", ""},
	{"created while away", "connect 7|ask exists /z watch|none 0|closed|txn 1 create /z|" +
		"connect 7 set-watches 0:0 exist /z|event 0 NodeCreated /z|answer 1", ""},
	{"created and deleted while away", "connect 7|ask exists /z watch|none 0|closed|txn 1 create /z|txn 2 delete /z|" +
		"connect 7 set-watches 0:0 exist /z|answer 2|txn 3 create /z|event 3 NodeCreated /z|ping 3", ""},
	{"a list while away", "txn 1 create /x|connect 7|ask children /x watch|answer 1|closed|txn 2 create /x/a|" +
		"connect 7 set-watches 0:1 child /x|event 0 NodeChildrenChanged /x|answer 2", ""},
	{"a list while away, not told", "txn 1 create /x|connect 7|ask children /x watch|answer 1|closed|" +
		"txn 2 create /x/a|connect 7 set-watches 0:1 child /x|answer 2", zkspec.WatchLost},
	{"persistent ones miss what they miss", lasting + "closed|txn 2 set /x|connect 7 set-watches 0:1 persistent /x|" +
		"answer 2|txn 3 set /x|event 3 NodeDataChanged /x|ping 3", ""},
	{"persistent ones are not made up for", lasting + "closed|txn 2 set /x|connect 7 set-watches 0:1 persistent /x|" +
		"event 0 NodeDataChanged /x|answer 2", zkspec.WatchUnasked},
	{"lost before it was told", oneShot + "txn 3 set /x|closed|" + back + "|event 0 NodeDataChanged /x|answer 3",
		""},
	{"lost in the middle", oneShot + "ask get /y watch|answer 2|txn 3 set /y; set /x|event 3 NodeDataChanged /y|" +
		"closed|" + back + "|event 0 NodeDataChanged /x|answer 3", ""},
	{"lost again", oneShot + away + "event 0 NodeDataChanged /x|closed|connect 7|ask get /y watch|answer 3", ""},
	{"told, and brought along", oneShot + "txn 3 set /x|event 3 NodeDataChanged /x|closed|" + back,
		zkspec.WatchList},
	{"not brought along", oneShot + "closed|connect 7", zkspec.WatchList},
	{"brought along as another", oneShot + "closed|connect 7 set-watches 0:2 child /x", zkspec.WatchList},
	{"brought along twice", oneShot + "closed|" + back + " data /x", zkspec.WatchList},
}

// TestEventsAreComplete tells a story each, and expects one finding, with the last line, or none. The name of the
// report as what is found stands for a run that has ended too early.
func TestEventsAreComplete(t *testing.T) {
	for _, c := range eventStories {
		t.Run(c.name, func(t *testing.T) {
			th := newTheater(t)
			lines := strings.Split(c.story, "|")
			for i, line := range lines {
				err := th.play(line)
				if err == nil {
					continue
				}
				var found *sim.Violation
				if !errors.As(err, &found) || found.ID != c.finds || i != len(lines)-1 {
					t.Fatalf("%s: want %q, got %v", line, c.finds, err)
				}
				return
			}
			want := checker.Valid
			if c.finds == zkspec.Watches {
				want = checker.Unknown
			} else if c.finds != "" {
				t.Fatalf("%s is not found", c.finds)
			}
			if r := th.events.Report(); r.Verdict != want {
				t.Errorf("at the end: %v", r)
			}
		})
	}
}

// TestEventsForget plays all stories without findings with one observer.
func TestEventsForget(t *testing.T) {
	th := newTheater(t)
	for _, c := range eventStories {
		if c.finds != "" {
			continue
		}
		th.events.Reset()
		i := slices.IndexFunc(strings.Split(c.story, "|"), func(line string) bool { return th.play(line) != nil })
		if i >= 0 {
			t.Errorf("%s, after others: line %d", c.name, i)
		}
	}
}

// gap is a log of two transactions of which the first is gone.
type gap struct{}

func (gap) CommittedPosition() checker.Position { return 2 }

func (gap) TxnAt(p checker.Position) (zkapi.Zxid, []byte, bool) {
	return zkapi.Zxid(p), zkapi.AppendTxn(nil, &zkapi.Txn{}), p == 2
}

// TestEventsThatCannotBeJudgedAreUnknown: nobody knows what the transaction did that no server could show.
func TestEventsThatCannotBeJudgedAreUnknown(t *testing.T) {
	th := newTheater(t)
	th.events.Read(gap{})
	for _, line := range strings.Split(oneShot+"event 3 NodeDataChanged /y|ping 3", "|") {
		if err := th.play(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if r := th.events.Report(); r.Verdict != checker.Unknown {
		t.Error(r)
	}
}
