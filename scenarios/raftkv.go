package scenarios

import (
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
)

// raftKV is the system of the raft/kv and the etcd scenarios: a revisioned store over Raft, and clients that play drawn
// operations against it.
type raftKV struct {
	scenario *Scenario
	setup    raftSetup
	servers  []sim.NodeID
	// ops are the operations of each client.
	ops [][]kvserver.Operation
	// healed is when the last fault of the run is over, bounds what the system may take from then on.
	healed sim.Time
	bounds checker.Bounds
	// tight says which limits are small in this run.
	tight [limits]bool
	// leased says that leaders answer reads by their leases.
	leased bool

	mail     raft.Mail
	requests raft.Slab[kvapi.Request]
	ghost    *raft.Ghost
	split    *checker.SplitBrain
	live     *checker.Liveness
	tale     chronicle
	watch    []sim.Observer
}

// raftSetup is what these scenarios differ in besides the fields of Scenario.
type raftSetup struct {
	workload kvserver.Workload
	// draw, if not nil, draws what a client does instead of workload.
	draw func(c sim.Chooser, id sim.NodeID) []kvserver.Operation
	// snapshotEvery is the number of entries between two snapshots.
	snapshotEvery int
	// drawLimits makes each run draw which limits of the servers are so small that they are always met.
	drawLimits bool
	// tune changes the configuration of the servers further; nil leaves it as it is.
	tune func(*kvserver.Config)
	// moves is how often clients ask for another leader: so many more terms may begin when nothing is broken any more.
	moves int
	// strictReads judges serializable reads as if they were linearizable.
	strictReads bool
	// checks judge histories by more than what holds in every scenario.
	checks []func([]sim.Op) checker.Report
	// mutate brings a bug into every server; nil is none.
	mutate func(*kvserver.Config)
	// decorate brings a bug into what servers hear and ask of the world; nil leaves them as they are.
	decorate func(*kvserver.Server) raftHost
}

// raftElectionMax is the longest election timeout in these scenarios, raftPatience how long clients wait for an
// answer before they ask elsewhere, raftTimeout how long before they give up.
const (
	raftElectionMin = 300 * time.Millisecond
	raftElectionMax = 600 * time.Millisecond
	raftHeartbeat   = 100 * time.Millisecond
	raftPatience    = 500 * time.Millisecond
	raftTimeout     = 2 * time.Second
)

// newRaftKV returns a function that makes the system of a scenario.
func newRaftKV(setup raftSetup) func(*Scenario) system {
	return func(s *Scenario) system {
		k := &raftKV{scenario: s, setup: setup, ghost: raft.NewGhost()}
		for i := range s.Servers {
			k.servers = append(k.servers, sim.Server(i+1))
		}
		k.ops = make([][]kvserver.Operation, s.Clients)
		k.split = checker.NewSplitBrain(raftReplicaOf, k.replies)
		k.bounds = checker.Timing{
			Election: raftElectionMax, RoundTrip: s.roundTrip(), Retry: raftPatience,
		}.Bounds()
		k.bounds.Reigns += sim.Reign(setup.moves)
		k.live = checker.NewLiveness(raftReplicaOf, k.bounds, 0)
		k.tale = chronicle{replyOf: raftReplyTo, marks: raftMarks, reign: "term"}
		k.watch = []sim.Observer{k.ghost, k.split, k.live, &k.tale}
		return k
	}
}

// prepare implements system.
func (k *raftKV) prepare(c sim.Chooser, healed sim.Time) {
	draw := k.setup.draw
	if draw == nil {
		draw = k.setup.workload.Draw
	}
	for i := range k.ops {
		k.ops[i] = draw(c, sim.Client(i+1))
	}
	k.healed = healed
	for i := range k.tight {
		k.tight[i] = k.setup.drawLimits && c.Index(sim.Key{Decision: sim.DecideConfig, From: sim.NodeID(i)}, 2) == 1
	}
	k.mail.Reset()
	k.requests.Reset()
	k.ghost.Reset()
	k.split.Reset()
	k.live.Reset(healed)
	k.tale.reset(k.scenario.Servers)
}

// server implements system.
func (k *raftKV) server(id sim.NodeID) sim.Machine {
	c := kvserver.DefaultConfig(id, k.servers)
	c.Raft.ElectionMin, c.Raft.ElectionMax, c.Raft.Heartbeat = raftElectionMin, raftElectionMax, raftHeartbeat
	c.Raft.Mail, c.SnapshotEvery = &k.mail, k.setup.snapshotEvery
	for i, small := range smallLimits {
		if k.tight[i] {
			small(&c)
		}
	}
	for _, change := range []func(*kvserver.Config){k.setup.tune, k.setup.mutate} {
		if change != nil {
			change(&c)
		}
	}
	k.leased = c.LeaseReads
	s := kvserver.NewServer(c)
	if k.setup.decorate != nil {
		return k.setup.decorate(s)
	}
	return s
}

// limits is the number of limits that can be small.
const limits = 8

// smallLimits make a limit of a server so small that an ordinary run meets it all the time.
var smallLimits = [limits]func(*kvserver.Config){
	func(c *kvserver.Config) { c.ApplyBatch = 1 },
	func(c *kvserver.Config) { c.Raft.MaxBatchEntries, c.Raft.MaxBatchBytes = 2, 64 },
	func(c *kvserver.Config) { c.Raft.MaxInflight, c.Raft.MaxInflightBytes = 3, 100 },
	func(c *kvserver.Config) { c.Raft.SnapshotChunk = 64 },
	func(c *kvserver.Config) { c.Raft.SnapshotTrailing = 0 },
	func(c *kvserver.Config) { c.SnapshotEvery = 5 },
	func(c *kvserver.Config) {
		c.Raft.MaxUncommitted, c.Raft.MaxUncommittedBytes, c.Raft.MaxReads = 4, 100, 2
	},
	func(c *kvserver.Config) { c.Raft.MaxCommittedBytes = 50 },
}

// client implements system.
func (k *raftKV) client(id sim.NodeID) sim.Machine {
	c := kvserver.DefaultClientConfig(id, k.servers, k.ops[id.Number()-1])
	c.Timeout, c.Patience, c.Requests = raftTimeout, raftPatience, &k.requests
	return kvserver.NewClient(c)
}

// observers implements system.
func (k *raftKV) observers() []sim.Observer { return k.watch }

// settled implements system.
func (k *raftKV) settled(v sim.View) bool {
	return v.Now() >= k.healed.Add(k.bounds.Leader) && allDone(v) && k.live.Settled(v)
}

// judge implements system.
func (k *raftKV) judge(v sim.View, r *sim.Result) []judgement {
	list := []judgement{{"live again", cannotStart(v, k.healed, k.live.Report(v, r.Stop))}}
	strict := r.History
	if k.setup.strictReads {
		strict = kvspec.Strict(strict)
	}
	levels := kvspec.Judge(strict, checker.DefaultBudget)
	levels = append(levels, kvspec.JudgeLeases(r.History, nil, leaseSlack)...)
	for _, level := range append(levels, kvspec.JudgeHashes(r.History)) {
		list = append(list, judgement{level.Check, level})
	}
	for _, check := range k.setup.checks {
		report := check(r.History)
		list = append(list, judgement{report.Check, report})
	}
	return list
}

// leaseSlack is by how much the clocks of these scenarios run wrong at most while a lease lasts: 10 % of 2 s, and the
// pause of a client's own step.
const leaseSlack = 250 * time.Millisecond

// chronicle implements system.
func (k *raftKV) chronicle() *chronicle { return &k.tale }

// raftMarks says in words what the marks of Raft mean that are worth telling.
var raftMarks = map[string]string{
	"check-quorum-failed": "has not heard from a quorum and steps down",
	"log-truncated":       "removes uncommitted entries that its leader does not have",
	"snapshot-installed":  "is so far behind that it takes over a snapshot",
}

// raftReplyTo says what a server's message to a client says about a write.
func raftReplyTo(m sim.Message) reply {
	r, ok := m.(*kvapi.Response)
	switch {
	case !ok || r.Op < kvapi.Put || r.Op > kvapi.Txn:
		return replyNone
	case r.Out.Code.Answered():
		return replyAcked
	case r.Out.Code == kvapi.ErrNotLeader || r.Out.Code == kvapi.ErrLeaderChanged:
		return replyRefused
	}
	return replyNone
}

// replies makes the replies visible to [checker.SplitBrain]. Serializable reads and hashes may be old,
// and a leader that has handed over says so when it is none any more.
func (k *raftKV) replies(input, output any) (checker.Reply, bool) {
	in, ok := input.(*kvapi.Op)
	out, answered := output.(*kvapi.Output)
	if !ok || !answered || in.Flags&kvapi.FlagSerializable != 0 || in.Kind == kvapi.HashKV ||
		in.Kind == kvapi.MoveLeader {
		return checker.Reply{}, false
	}
	return checker.Reply{Position: checker.Position(out.Index), Server: out.Server,
		Leased: k.leased && !in.Writes()}, true
}
