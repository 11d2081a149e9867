package scenarios

import (
	"strings"
	"testing"

	"schism/nemesis"
	"schism/sim"
)

// TestServersComeIntoEveryState: a schedule can wait for each state, and in some run of these scenarios it comes.
func TestServersComeIntoEveryState(t *testing.T) {
	raft := []string{"raft/kv/crash-storm", "etcd/move-leader", "etcd/member-replace"}
	zab := []string{"zab/zk/crash-storm", "zab/zk/reconfig"}
	for _, c := range []struct {
		scenarios, states []string
	}{
		{raft, namesOf(raftStates)}, {zab, namesOf(zabStates)},
		{raft, []string{sim.StateWritePending, sim.StateSyncPending, sim.StateSendPending}},
	} {
		for _, state := range c.states {
			if !comesInto(state, c.scenarios) {
				t.Errorf("nobody ever is in the state %s", state)
			}
		}
	}
}

// comesInto reports whether a server comes into a state in one of a few runs.
func comesInto(state string, scenarios []string) bool {
	for _, name := range scenarios {
		s := Must(name)
		r := NewRunner(s)
		for seed := uint64(1); seed <= 3; seed++ {
			r.chooser.Reset(seed)
			schedule := append(s.Plan(r.chooser, r.servers, r.clients), nemesis.Entry{When: sim.Trigger{State: state},
				Do: nemesis.Provoke{Target: nemesis.All, What: "nothing"}})
			for _, f := range r.RunWith(r.chooser, schedule, Options{}).Applied {
				if f.What.String() == "provoke all nothing" {
					return true
				}
			}
		}
	}
	return false
}

func TestCasesThatWaitForUnknownStatesFail(t *testing.T) {
	c, err := CaseOf(Must("raft/kv/calm"), 1)
	if err != nil {
		t.Fatal(err)
	}
	const head = "-- schedule --\n"
	text := strings.Replace(string(c.Text()), head, head+"0s when dreaming on n1 crash n1\n", 1)
	read, err := ParseCase([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = read.Run(Options{}); err == nil || !strings.Contains(err.Error(), `"dreaming"`) {
		t.Errorf("nobody knows the state: %v", err)
	}
}
