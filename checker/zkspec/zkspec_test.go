package zkspec_test

import (
	"strings"
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// parse returns the operation that text says.
func parse(t *testing.T, text string) *zkapi.Op {
	t.Helper()
	op, err := zkapi.ParseOp(text)
	if err != nil {
		t.Fatal(err)
	}
	return &op
}

// says returns a reply with a code.
func says(z zkapi.Zxid, c zkapi.Code) *zkapi.Output {
	return &zkapi.Output{Result: zkapi.Result{Code: c}, Zxid: z, Server: sim.Server(1)}
}

// made returns the reply to a Create at z of a node with data of n bytes.
func made(z zkapi.Zxid, path string, n int32, owner zkapi.SessionID) *zkapi.Output {
	out := says(z, zkapi.OK)
	out.Path = path
	out.Stat = zkapi.Stat{Czxid: z, Mzxid: z, Pzxid: z, DataLength: n, EphemeralOwner: owner}
	return out
}

// shows returns a reply with a stat.
func shows(z zkapi.Zxid, s zkapi.Stat) *zkapi.Output {
	out := says(z, zkapi.OK)
	out.Stat = s
	return out
}

// with returns out with the data and the names of children.
func with(out *zkapi.Output, data string, children ...string) *zkapi.Output {
	out.Data, out.Children = data, children
	return out
}

// together returns the reply to a Multi.
func together(z zkapi.Zxid, c zkapi.Code, parts ...*zkapi.Output) *zkapi.Output {
	out := says(z, c)
	for _, p := range parts {
		out.Results = append(out.Results, p.Result)
	}
	return out
}

// family returns a tree with /a, below it a node with a number and an ephemeral one, and /b, which was set once.
func family(t *testing.T) zkspec.State {
	t.Helper()
	s := zkspec.New().Init()
	for _, c := range []struct {
		op  string
		out *zkapi.Output
	}{
		{"create /a 1", made(1, "/a", 1, 0)},
		{"create /a/n- 22 persistent-sequential", made(2, "/a/n-0000000000", 2, 0)},
		{`create /a/e "" ephemeral`, made(3, "/a/e", 0, 77)},
		{"create /b 333", made(4, "/b", 3, 0)},
		{"set /b 4444", shows(5, zkapi.Stat{Czxid: 4, Mzxid: 5, Pzxid: 4, Version: 1, DataLength: 4})},
	} {
		var right bool
		if s, right = zkspec.Step(s, parse(t, c.op), c.out); !right {
			t.Fatalf("%s: wrong", c.op)
		}
	}
	return s
}

func TestStepFollowsTheWordsOfZkapi(t *testing.T) {
	a := zkapi.Stat{Czxid: 1, Mzxid: 1, Pzxid: 3, Cversion: 2, NumChildren: 2, DataLength: 1}
	less := zkapi.Stat{Czxid: 1, Mzxid: 1, Pzxid: 6, Cversion: 3, NumChildren: 1, DataLength: 1}
	none := zkapi.Stat{Czxid: 1, Mzxid: 1, Pzxid: 6, Cversion: 4, DataLength: 1}
	e := zkapi.Stat{Czxid: 3, Mzxid: 3, Pzxid: 3, EphemeralOwner: 77}
	stranger := e
	stranger.EphemeralOwner = 78
	b := zkapi.Stat{Czxid: 4, Mzxid: 5, Pzxid: 4, Version: 1, DataLength: 4}
	set := zkapi.Stat{Czxid: 4, Mzxid: 7, Pzxid: 4, Version: 2, DataLength: 1}
	early := b
	early.Mzxid = 4
	inconsistent := says(0, zkapi.RuntimeInconsistency)
	fine := says(0, zkapi.OK)
	for _, c := range []struct {
		op    string
		out   *zkapi.Output
		right bool
	}{
		{"create /c 1", made(7, "/c", 1, 0), true},
		{"create /c 1", made(5, "/c", 1, 0), false},
		{"create /c 1", made(7, "/d", 1, 0), false},
		{"create /c 1", made(7, "/c", 2, 0), false},
		{"create /c 1", made(7, "/c", 1, 77), false},
		{"create /c 1 ephemeral", made(7, "/c", 1, 0), false},
		{"create /c 1 container", made(7, "/c", 1, zkapi.ContainerOwner), true},
		{"create /c 1 persistent-ttl ttl 5ms", made(7, "/c", 1, zkapi.TTLOwner(5)), true},
		{"create /c 1 persistent-ttl ttl 5ms", made(7, "/c", 1, zkapi.TTLOwner(6)), false},
		{"create /c 1", says(7, zkapi.NodeExists), false},
		{"create /c 1", says(7, zkapi.SessionExpired), true},
		{"create /b 1", says(7, zkapi.NodeExists), true},
		{"create /b 1", made(7, "/b", 1, 0), false},
		{"create /a/e 1", says(7, zkapi.NodeExists), true},
		{"create /a/e 1", made(7, "/a/e", 1, 0), true},
		{"create /a/e/x 1", says(7, zkapi.NoChildrenForEphemerals), true},
		{"create /a/e/x 1", says(7, zkapi.NoNode), true},
		{"create /a/e/x 1", made(7, "/a/e/x", 1, 0), false},
		{"create /b/x 1", says(7, zkapi.NoChildrenForEphemerals), false},
		{"create /c/x 1", says(7, zkapi.NoNode), true},
		{"create /b/x 1", says(7, zkapi.NoNode), false},
		{"create b 1", says(7, zkapi.BadArguments), true},
		{"create /c 1", says(7, zkapi.BadArguments), false},
		{"create /a/n- 1 persistent-sequential", made(7, "/a/n-0000000002", 1, 0), true},
		{"create /a/n- 1 persistent-sequential", made(7, "/a/n-0000000001", 1, 0), false},
		{"create /c 1", says(7, zkapi.NoAuth), false},
		{"delete /b", says(7, zkapi.OK), true},
		{"delete /b version 1", says(7, zkapi.OK), true},
		{"delete /b version 0", says(7, zkapi.OK), false},
		{"delete /b version 0", says(7, zkapi.BadVersion), true},
		{"delete /b version 1", says(7, zkapi.BadVersion), false},
		{"delete /b", says(7, zkapi.NotEmpty), false},
		{"delete /b", says(7, zkapi.NoNode), false},
		{"delete /a", says(7, zkapi.NotEmpty), true},
		{"delete /a", says(7, zkapi.OK), false},
		{"delete /c", says(7, zkapi.NoNode), true},
		{"delete /c", says(7, zkapi.OK), false},
		{"delete /a/e", says(7, zkapi.NoNode), true},
		{"delete /a/e", says(7, zkapi.OK), true},
		{"delete /", says(7, zkapi.BadArguments), true},
		{"set /b 1", shows(7, set), true},
		{"set /b 1", shows(8, set), false},
		{"set /b 1 version 1", shows(7, set), true},
		{"set /b 1 version 2", shows(7, set), false},
		{"set /b 1 version 2", says(7, zkapi.BadVersion), true},
		{"set /b 1", says(7, zkapi.BadVersion), false},
		{"set /c 1", says(7, zkapi.NoNode), true},
		{"check /b", says(7, zkapi.Unimplemented), true},
		{"check /b", says(7, zkapi.OK), false},
		{"multi {check /b version 1; set /b 1}", together(7, zkapi.OK, fine, shows(7, set)), true},
		{"multi {check /b version 0; set /b 1}", together(7, zkapi.OK, fine, shows(7, set)), false},
		{"multi {check /b version 0; set /b 1}",
			together(7, zkapi.BadVersion, says(7, zkapi.BadVersion), inconsistent), true},
		{"multi {check /b version 0; set /b 1}", together(7, zkapi.BadVersion, says(7, zkapi.BadVersion), fine), false},
		{"multi {create /c 1; create /c 2; set /b 1}",
			together(7, zkapi.NodeExists, fine, says(7, zkapi.NodeExists), inconsistent), true},
		{"multi {create /c 1; create /c 2; set /b 1}",
			together(7, zkapi.NodeExists, says(7, zkapi.NodeExists), inconsistent, inconsistent), false},
		{"multi {create /c 1; delete /c; create /c/x 1}",
			together(7, zkapi.NoNode, fine, fine, says(7, zkapi.NoNode)), true},
		{"exists /b", shows(5, b), true},
		{"exists /b", shows(9, b), true},
		{"exists /b", shows(4, b), false},
		{"exists /b", shows(5, early), false},
		{"exists /b", says(5, zkapi.NoNode), false},
		{"exists /c", says(5, zkapi.NoNode), true},
		{"exists /c", shows(5, b), false},
		{"exists /a/e", shows(5, e), true},
		{"exists /a/e", shows(5, stranger), false},
		{"exists /a/e", says(6, zkapi.NoNode), true},
		{"exists /a", shows(6, a), true},
		{"exists /a", shows(6, less), true},
		{"exists /a", shows(6, none), false},
		{"get /b", with(shows(5, b), "4444"), true},
		{"get /b", with(shows(5, b), "4445"), false},
		{"get /b", with(shows(5, b), "333"), false},
		{"children /a", with(shows(5, a), "", "e", "n-0000000000"), true},
		{"children /a", with(shows(6, less), "", "n-0000000000"), true},
		{"children /a", with(shows(6, less), "", "e"), false},
		{"children /a", with(shows(5, a), "", "n-0000000000"), false},
		{"children /a", with(shows(5, a), "", "e", "n-0000000001"), false},
		{"sync /a", says(5, zkapi.OK), true},
		{"sync /a", says(4, zkapi.OK), false},
		{"close-session", says(7, zkapi.OK), true},
	} {
		if _, right := zkspec.Step(family(t), parse(t, c.op), c.out); right != c.right {
			t.Errorf("%s: right is %v", parse(t, c.op).Explain(c.out), right)
		}
	}
}

func TestWhatHasGoneStaysAway(t *testing.T) {
	s, right := zkspec.Step(family(t), parse(t, "exists /a/e"), says(6, zkapi.NoNode))
	if !right || strings.Contains(s.String(), "/a/e") {
		t.Fatalf("right is %v, %v", right, s)
	}
	e := zkapi.Stat{Czxid: 3, Mzxid: 3, Pzxid: 3, EphemeralOwner: 77}
	if _, right := zkspec.Step(s, parse(t, "exists /a/e"), shows(6, e)); right {
		t.Error("an ephemeral node comes back")
	}
}

func TestAnAccessListMayRefuse(t *testing.T) {
	stat := zkapi.Stat{Czxid: 4, Mzxid: 5, Pzxid: 4, Version: 1, Aversion: 1, DataLength: 4}
	s, right := zkspec.Step(family(t), parse(t, "set-acl /b acl world:anyone:r"), shows(6, stat))
	if !right {
		t.Fatal("wrong")
	}
	for op, want := range map[string]bool{"set /b 1": true, "create /b/x 1": true, "set /a 1": false} {
		if _, right := zkspec.Step(s, parse(t, op), says(7, zkapi.NoAuth)); right != want {
			t.Errorf("%s: refused rightly is %v", op, right)
		}
	}
}

// An update of which nobody knows whether it was done is found in what others are told.
func TestLostUpdatesAreTakenToSucceed(t *testing.T) {
	s, _ := zkspec.Step(family(t), parse(t, "set /b 1"), nil)
	stat := zkapi.Stat{Czxid: 4, Mzxid: 6, Pzxid: 4, Version: 2, DataLength: 1}
	s, right := zkspec.Step(s, parse(t, "get /b"), with(shows(8, stat), "1"))
	if !right {
		t.Fatal("wrong")
	}
	stat.Mzxid = 7
	if _, right := zkspec.Step(s, parse(t, "get /b"), with(shows(8, stat), "1")); right {
		t.Error("a node has two mzxids")
	}
	same, _ := zkspec.Step(s, parse(t, "create /b 1"), nil)
	if spec := zkspec.New(); !spec.Equal(s, same) || spec.Hash(s) != spec.Hash(same) {
		t.Error("an update that cannot be done changes something")
	}
}

// breakOne returns the history with one reply changed, the last one that change accepts.
func breakOne(history []sim.Op, change func(in *zkapi.Op, out *zkapi.Output) bool) []sim.Op {
	list := append([]sim.Op(nil), history...)
	for i := len(list) * 3 / 4; i >= 0; i-- {
		if list[i].Outcome != sim.OK {
			continue
		}
		out := *list[i].Output.(*zkapi.Output)
		out.Children = append([]string(nil), out.Children...)
		if change(list[i].Input.(*zkapi.Op), &out) {
			list[i].Output = &out
			return list
		}
	}
	return nil
}

func TestEachLevelIsBroken(t *testing.T) {
	var top zkapi.Zxid
	for _, c := range []struct {
		name, broken string
		change       func(in *zkapi.Op, out *zkapi.Output) bool
	}{
		{"an update with an old zxid", zkspec.ZxidOrder, func(in *zkapi.Op, out *zkapi.Output) bool {
			out.Zxid -= 20
			return in.Kind.Writes()
		}},
		{"a reply with an old zxid", zkspec.SessionOrder, func(in *zkapi.Op, out *zkapi.Output) bool {
			out.Zxid -= 60
			return in.Kind == zkapi.GetData
		}},
		{"a read that sees the future", zkspec.OrderedSequential, func(in *zkapi.Op, out *zkapi.Output) bool {
			out.Zxid = top
			return in.Kind == zkapi.GetData
		}},
		{"another version", zkspec.LinearizableWrites, func(in *zkapi.Op, out *zkapi.Output) bool {
			out.Stat.Version++
			return in.Kind == zkapi.SetData && out.Code == zkapi.OK
		}},
		{"another error", zkspec.LinearizableWrites, func(in *zkapi.Op, out *zkapi.Output) bool {
			ok := out.Code == zkapi.BadVersion && in.Kind == zkapi.SetData
			out.Code = zkapi.NoNode
			return ok
		}},
		{"another number", zkspec.LinearizableWrites, func(in *zkapi.Op, out *zkapi.Output) bool {
			out.Path += "0"
			return in.Mode.IsSequential() && out.Code == zkapi.OK
		}},
		{"other data", zkspec.OrderedSequential, func(in *zkapi.Op, out *zkapi.Output) bool {
			out.Data = "9" + out.Data[min(1, len(out.Data)):]
			return in.Kind == zkapi.GetData && out.Code == zkapi.OK
		}},
		{"no node", zkspec.OrderedSequential, func(in *zkapi.Op, out *zkapi.Output) bool {
			ok := in.Kind == zkapi.GetData && out.Code == zkapi.OK && out.Stat.EphemeralOwner == 0
			out.Result = zkapi.Result{Code: zkapi.NoNode}
			return ok
		}},
		{"one child less", zkspec.OrderedSequential, func(in *zkapi.Op, out *zkapi.Output) bool {
			if in.Kind != zkapi.GetChildren || len(out.Children) < 2 {
				return false
			}
			out.Children = out.Children[1:]
			out.Stat.NumChildren, out.Stat.Cversion = out.Stat.NumChildren-1, out.Stat.Cversion+1
			return true
		}},
	} {
		for seed := range uint64(3) {
			history := run(t, world(seed, everything(), nil))
			for i := range history {
				if history[i].Outcome == sim.OK {
					top = max(top, history[i].Output.(*zkapi.Output).Zxid)
				}
			}
			expectValid(t, seed, history)
			bad := breakOne(history, c.change)
			if bad == nil {
				t.Errorf("%s: seed %d has nothing to break", c.name, seed)
				continue
			}
			for _, r := range zkspec.Judge(bad, checker.DefaultBudget) {
				if r.Check == c.broken && r.Verdict != checker.Invalid {
					t.Errorf("%s: seed %d: %v", c.name, seed, r)
				}
			}
		}
	}
}

func TestAMalformedHistoryIsUnknown(t *testing.T) {
	for _, history := range [][]sim.Op{
		{{Input: 7}},
		{{Input: &zkapi.Op{Kind: zkapi.Delete}, Outcome: sim.OK, Output: says(1, zkapi.OK), CallSeq: 2, ReturnSeq: 1}},
	} {
		for _, r := range append(zkspec.Judge(history, 1), zkspec.JudgeStrictSync(history)) {
			if r.Verdict != checker.Unknown {
				t.Errorf("%v", r)
			}
		}
	}
}
