package kvserver_test

import (
	"strings"
	"testing"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// refusals counts the answers with one code of each server.
type refusals struct {
	code kvapi.Code
	of   map[sim.NodeID]int
}

// Observe implements sim.Observer.
func (r *refusals) Observe(_ sim.View, s *sim.StepInfo) error {
	for i := range s.Effects {
		m, ok := s.Effects[i].Msg.(*kvapi.Response)
		if ok && m.Out.Code == r.code {
			r.of[s.Node]++
		}
	}
	return nil
}

// oneLearner returns a world in which n4 becomes a learner after a second. The fourth client, which begins with n4,
// plays text.
func oneLearner(t *testing.T, text string) sim.Config {
	t.Helper()
	ops := [][]kvserver.Operation{script(t, "1s member-add node n4 learner"), nil, nil, script(t, text)}
	return world(1, ops, func(c *kvserver.Config) { c.Raft.Servers, c.Raft.Voters = members(5), members(3) })
}

// TestLearnersRefuseWhatIsNotSerializable: the fourth client begins with n4, which is a learner, and is sent on.
func TestLearnersRefuseWhatIsNotSerializable(t *testing.T) {
	c := oneLearner(t, "3s get x serializable\n0s put x 1\n0s watch x rev 1 id 1")
	e, r := &ear{}, &refusals{kvapi.ErrNotSupportedForLearner, map[sim.NodeID]int{}}
	c.Observers = append(c.Observers, e, r)
	history := run(t, 1, c).History
	if len(r.of) != 1 || r.of[sim.Server(4)] != 1 {
		t.Errorf("refused by %v", r.of)
	}
	if out := history[len(history)-3].Output.(*kvapi.Output); out.Server != sim.Server(4) {
		t.Errorf("the serializable read is answered by %v", out.Server)
	}
	heard(t, e, 4, "watch 1 created", "watch 1 PUT x=1 r2")
	for _, x := range e.told {
		if x.Response.Server == sim.Server(4) {
			t.Errorf("a learner says %v", x.Response)
		}
	}
}

// TestLearnersAnswerRangesOnly: what else voters answer from what they have a learner does not, as in etcd
// (isRPCSupportedForLearner).
func TestLearnersAnswerRangesOnly(t *testing.T) {
	for text, refused := range map[string]int{
		"get x serializable": 0, "get x": 1, "member-list serializable": 1, "member-list": 1, "leases": 1,
		"lease-ttl lease a": 1, "txn {} then {get x} else {}": 1, "put x 1": 1, "move-leader node n1": 1,
		// Each hash is about another server.
		"hash" + strings.Repeat("\n0s hash", 4): 1,
	} {
		c := oneLearner(t, "3s "+text)
		r := &refusals{kvapi.ErrNotSupportedForLearner, map[sim.NodeID]int{}}
		c.Observers = append(c.Observers, r)
		run(t, 1, c)
		if r.of[sim.Server(4)] != refused {
			t.Errorf("%s is refused by learners: %v", text, r.of)
		}
	}
}

// TestAServerLetsOnlySoManyReadsWait: two hundred clients read at once, and all are answered in the end.
func TestAServerLetsOnlySoManyReadsWait(t *testing.T) {
	ops := make([][]kvserver.Operation, 200)
	for i := range ops {
		ops[i] = script(t, "1s get x")
	}
	for limit, refused := range map[int]bool{50: true, len(ops): false} {
		c := world(1, ops, func(c *kvserver.Config) { c.MaxReads = limit })
		r, most := &refusals{kvapi.ErrTooManyRequests, map[sim.NodeID]int{}}, 0
		c.Observers = append(c.Observers, r)
		for i, op := range run(t, 1, c).History {
			if op.Outcome != sim.OK {
				t.Errorf("with %d reads the %d-th is %v", limit, i, op.Outcome)
			}
		}
		for _, n := range r.of {
			most = max(most, n)
		}
		if refused && most < len(ops)-limit || !refused && most > 0 {
			t.Errorf("of %d reads at once %d are refused, though %d may wait", len(ops), most, limit)
		}
	}
}
