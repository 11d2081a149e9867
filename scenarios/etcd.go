package scenarios

import (
	"time"

	"schism/checker"
	"schism/checker/etcdspec"
	"schism/raft"
	"schism/raft/etcdapi"
	"schism/raft/etcdserver"
	"schism/sim"
)

// etcdKV is the system of the etcd scenarios: a revisioned store over Raft, and clients that play drawn operations
// against it.
type etcdKV struct {
	scenario *Scenario
	setup    etcdSetup
	servers  []sim.NodeID
	// ops are the operations of each client.
	ops [][]etcdserver.Operation
	// healed is when the last fault of the run is over, bounds what the system may take from then on.
	healed sim.Time
	bounds checker.Bounds

	mail     raft.Mail
	requests raft.Slab[etcdapi.Request]
	ghost    *raft.Ghost
	split    *checker.SplitBrain
	live     *checker.Liveness
	tale     chronicle
	watch    []sim.Observer
}

// etcdSetup is what the etcd scenarios differ in besides the fields of Scenario.
type etcdSetup struct {
	workload etcdserver.Workload
	// snapshotEvery is the number of entries between two snapshots.
	snapshotEvery int
	// tune changes the configuration of the servers further; nil leaves it as it is.
	tune func(*etcdserver.Config)
	// mutate brings a bug into every server; nil is none.
	mutate func(*etcdserver.Config)
}

// newEtcd returns a function that makes the system of a scenario.
func newEtcd(setup etcdSetup) func(*Scenario) system {
	return func(s *Scenario) system {
		k := &etcdKV{scenario: s, setup: setup, ghost: raft.NewGhost()}
		for i := range s.Servers {
			k.servers = append(k.servers, sim.Server(i+1))
		}
		k.ops = make([][]etcdserver.Operation, s.Clients)
		k.split = checker.NewSplitBrain(raftReplicaOf, etcdReplies)
		k.bounds = checker.Timing{
			Election: raftElectionMax, RoundTrip: s.roundTrip(), Retry: raftPatience,
		}.Bounds()
		k.live = checker.NewLiveness(raftReplicaOf, k.bounds, 0)
		k.tale = chronicle{replyOf: etcdReplyTo, marks: raftMarks, reign: "term"}
		k.watch = []sim.Observer{k.ghost, k.split, k.live, &k.tale}
		return k
	}
}

// prepare implements system.
func (k *etcdKV) prepare(c sim.Chooser, healed sim.Time) {
	for i := range k.ops {
		k.ops[i] = k.setup.workload.Draw(c, sim.Client(i+1))
	}
	k.healed = healed
	k.mail.Reset()
	k.requests.Reset()
	k.ghost.Reset()
	k.split.Reset()
	k.live.Reset(healed)
	k.tale.reset(k.scenario.Servers)
}

// server implements system.
func (k *etcdKV) server(id sim.NodeID) sim.Machine {
	c := etcdserver.DefaultConfig(id, k.servers)
	c.Raft.ElectionMin, c.Raft.ElectionMax, c.Raft.Heartbeat = raftElectionMin, raftElectionMax, raftHeartbeat
	c.Raft.Mail, c.SnapshotEvery = &k.mail, k.setup.snapshotEvery
	for _, change := range []func(*etcdserver.Config){k.setup.tune, k.setup.mutate} {
		if change != nil {
			change(&c)
		}
	}
	return etcdserver.NewServer(c)
}

// client implements system.
func (k *etcdKV) client(id sim.NodeID) sim.Machine {
	c := etcdserver.DefaultClientConfig(id, k.servers, k.ops[id.Number()-1])
	c.Timeout, c.Patience, c.Requests = raftTimeout, raftPatience, &k.requests
	return etcdserver.NewClient(c)
}

// observers implements system.
func (k *etcdKV) observers() []sim.Observer { return k.watch }

// settled implements system.
func (k *etcdKV) settled(v sim.View) bool {
	return v.Now() >= k.healed.Add(k.bounds.Leader) && allDone(v) && k.live.Settled(v)
}

// judge implements system.
func (k *etcdKV) judge(v sim.View, r *sim.Result) []judgement {
	list := []judgement{{"live again", cannotStart(v, k.healed, k.live.Report(v, r.Stop))}}
	levels := etcdspec.Judge(r.History, checker.DefaultBudget)
	levels = append(levels, etcdspec.JudgeLeases(r.History, nil, leaseSlack)...)
	for _, level := range append(levels, etcdspec.JudgeHashes(r.History)) {
		list = append(list, judgement{level.Check, level})
	}
	return list
}

// leaseSlack is by how much the clocks of these scenarios run wrong at most while a lease lasts: 10 % of 2 s, and the
// pause of a client's own step.
const leaseSlack = 250 * time.Millisecond

// chronicle implements system.
func (k *etcdKV) chronicle() *chronicle { return &k.tale }

// etcdReplyTo says what a server's message to a client says about a write.
func etcdReplyTo(m sim.Message) reply {
	r, ok := m.(*etcdapi.Response)
	switch {
	case !ok || r.Op < etcdapi.Put || r.Op > etcdapi.Txn:
		return replyNone
	case r.Out.Code.Answered():
		return replyAcked
	case r.Out.Code == etcdapi.ErrNotLeader || r.Out.Code == etcdapi.ErrLeaderChanged:
		return replyRefused
	}
	return replyNone
}

// etcdReplies makes the replies visible to [checker.SplitBrain]. Serializable reads and hashes may be old.
func etcdReplies(input, output any) (checker.Reply, bool) {
	in, ok := input.(*etcdapi.Op)
	out, answered := output.(*etcdapi.Output)
	if !ok || !answered || in.Flags&etcdapi.FlagSerializable != 0 || in.Kind == etcdapi.HashKV {
		return checker.Reply{}, false
	}
	return checker.Reply{Position: checker.Position(out.Index), Server: out.Server}, true
}
