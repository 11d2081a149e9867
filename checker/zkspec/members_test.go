package zkspec_test

import (
	"testing"

	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// reconfigured returns the reply to a Reconfig at z, the n-th one, after which ConfigPath says members.
func reconfigured(z zkapi.Zxid, n zkapi.Version, members string) *zkapi.Output {
	data := members + " version " + z.String()
	return with(shows(z, zkapi.Stat{Mzxid: z, Version: n, DataLength: int32(len(data))}), data)
}

// step is an operation and its reply, nil for one that was lost.
type step struct {
	op  string
	out *zkapi.Output
}

func TestStepFollowsTheMembership(t *testing.T) {
	z := func(counter uint32) zkapi.Zxid { return zkapi.NewZxid(1, counter) }
	begin := func(members string) *zkapi.Output {
		data := members + " version 0:0"
		return with(shows(z(1), zkapi.Stat{DataLength: int32(len(data))}), data)
	}
	first := []step{{"reconfig members n1,n2,n3", reconfigured(z(1), 1, "n1,n2,n3")}}
	get, lost := "get /zookeeper/config", step{op: "reconfig joining n9"}
	for _, c := range []struct {
		before []step
		op     string
		out    *zkapi.Output
		right  bool
	}{
		{nil, get, begin("n1,n2"), true},
		{nil, get, reconfigured(z(1), 0, "n1,n2"), false},
		{nil, get, with(shows(z(1), zkapi.Stat{DataLength: 5}), "n1,n2"), false},
		{[]step{{get, begin("n1,n2")}}, get, begin("n1,n3"), false},
		{[]step{{get, begin("n1,n2")}}, "reconfig joining n3", reconfigured(z(2), 1, "n1,n2,n3"), true},
		{[]step{{get, begin("n1,n2")}}, "reconfig joining n3", reconfigured(z(2), 1, "n2,n3"), false},
		{nil, "reconfig joining n3 leaving n1", reconfigured(z(1), 1, "n2,n3"), true},
		{nil, "reconfig joining n3 leaving n1", reconfigured(z(1), 1, "n1,n3"), false},
		{nil, "reconfig joining n3 leaving n1", reconfigured(z(1), 1, "n2,n4"), false},
		{first, get, reconfigured(z(1), 1, "n1,n2,n3"), true},
		{first, get, reconfigured(z(1), 1, "n1,n2,n4"), false},
		{first, "reconfig joining n4:observer", reconfigured(z(2), 2, "n1,n2,n3,n4:observer"), true},
		{first, "reconfig joining n4:observer", reconfigured(z(2), 2, "n1,n2,n3,n4"), false},
		{first, "reconfig joining n1:observer", reconfigured(z(2), 2, "n1:observer,n2,n3"), true},
		{first, "reconfig leaving n1 from 1:1", reconfigured(z(2), 2, "n2,n3"), true},
		{first, "reconfig leaving n1 from 0:0", reconfigured(z(2), 2, "n2,n3"), false},
		{first, "reconfig leaving n1", reconfigured(z(2), 3, "n2,n3"), false},
		{first, "reconfig leaving n1", with(reconfigured(z(2), 2, "n2,n3"), "n2,n3 version 1:3"), false},
		{first, "reconfig members n3:g7:w1,n2:g7:w1,n1:g9:w2",
			reconfigured(z(2), 2, "n1:g2:w2,n2:g1:w1,n3:g1:w1"), true},
		{first, "reconfig members n3:g7:w1,n2:g7:w1,n1:g9:w2",
			reconfigured(z(2), 2, "n1:g1:w2,n2:g1:w1,n3:g1:w1"), false},
		{first, "reconfig leaving n1 from 0:0", says(z(2), zkapi.BadVersion), true},
		{first, "reconfig leaving n1 from 1:1", says(z(2), zkapi.BadVersion), false},
		{first, "reconfig leaving n1", says(z(2), zkapi.BadVersion), false},
		{first, "reconfig leaving n1", says(z(2), zkapi.NewConfigNoQuorum), true},
		{first, "reconfig leaving n1", says(z(2), zkapi.NoNode), false},
		{first, "reconfig leaving n1", says(z(2), zkapi.ReconfigInProgress), true},
		{first, "reconfig leaving n1", says(zkapi.NewZxid(2, 2), zkapi.ReconfigInProgress), false},
		{append(first, lost), get, reconfigured(z(2), 2, "n1,n2,n3,n9"), true},
		{append(first, lost), "reconfig leaving n1 from 1:1", says(z(3), zkapi.BadVersion), true},
		{first, "set /zookeeper/config 1", shows(z(2), zkapi.Stat{Mzxid: z(2), Version: 2, DataLength: 1}), false},
		{first, "set /zookeeper/config 1", says(z(2), zkapi.NoAuth), true},
		{first, "delete /zookeeper/config", says(z(2), zkapi.OK), false},
		{first, "delete /zookeeper/config", says(z(2), zkapi.BadArguments), true},
	} {
		s, right := zkspec.New().Init(), true
		for _, b := range c.before {
			if s, right = zkspec.Step(s, parse(t, b.op), b.out); !right {
				t.Fatalf("before, %s is wrong", b.op)
			}
		}
		if _, right = zkspec.Step(s, parse(t, c.op), c.out); right != c.right {
			t.Errorf("%s after %d steps: right %v", parse(t, c.op).Explain(c.out), len(c.before), right)
		}
	}
}

func TestObservesSeesReconfigs(t *testing.T) {
	change := &zkapi.Op{Kind: zkapi.Reconfig, Change: &zkapi.Change{Leaving: []sim.NodeID{1}}}
	for op, want := range map[string]bool{
		"get /zookeeper/config": true, "get /x": false, "children /zookeeper": true,
	} {
		if got := zkspec.Observes(change, parse(t, op)); got != want {
			t.Errorf("%s observes a reconfig: %v", op, got)
		}
	}
}
