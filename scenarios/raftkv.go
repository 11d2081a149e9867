package scenarios

import (
	"slices"
	"time"

	"schism/checker"
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/sim"
	"schism/sim/recipe"
)

// raftKV is the system of the raft/kv and the etcd scenarios: a revisioned store over Raft, and clients that play drawn
// operations against it.
type raftKV struct {
	scenario *Scenario
	setup    raftSetup
	servers  []sim.NodeID
	// parts are what the clients do. That of a resource is not used.
	parts []part[kvserver.Operation, kvapi.Op, kvapi.Output]
	// probes are what the first client does after that, probed when each is called at the earliest.
	probes []kvserver.Operation
	probed []sim.Time
	// bounds is what the system may take once it is healed.
	forecast
	bounds checker.Bounds
	// tight says which limits are small in this run, and configAt when changes of the membership take effect.
	tight    [limits]bool
	configAt raft.ConfigTime
	// leased says that leaders answer reads by their leases.
	leased bool

	mail     raft.Mail
	requests raft.Slab[kvapi.Request]
	memory   kvserver.Memory
	ghost    *raft.Ghost
	once     *kvserver.Ghost
	split    *checker.SplitBrain
	live     *checker.Liveness
	witness  raftWitness
	// journal is nil if nobody needs it.
	journal *raftJournal
	tale    chronicle
	// met is used where memberships change.
	met   changes
	watch []sim.Observer
}

// raftSetup is what these scenarios differ in besides the fields of Scenario.
type raftSetup struct {
	workload kvserver.Workload
	// draw, if not nil, draws the operations of a client instead of workload.
	draw func(c sim.Chooser, id sim.NodeID) []kvserver.Operation
	// recipe, if not nil, draws what clients do instead of a workload.
	recipe func(c sim.Chooser, id sim.NodeID) kvserver.Recipe
	// resource is the client, if any, that is the resource which the others write to while they hold a lock. It
	// refuses late writes if it is fenced.
	resource sim.NodeID
	fenced   bool
	// members, if it has operations, is what the last client does instead: it changes the membership, whose first
	// voters are the first servers. Each run draws when changes take effect.
	members kvserver.MemberWork
	// snapshotEvery is the number of entries between two snapshots.
	snapshotEvery int
	// sessions gives every client a session, in which it asks again for what it does not know to be done.
	sessions bool
	// drawLimits makes each run draw which limits of the servers are so small that they are always met.
	drawLimits bool
	// journal keeps what is committed even if nobody watches, so that it is seen when leases end. A run with a journal
	// lasts until all leases are over.
	journal bool
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
	decorate func(*kvserver.Server) raftDecorator
}

// raftElectionMax is the longest election timeout in these scenarios, raftPatience how long clients wait for an
// answer before they ask elsewhere, raftTimeout how long before they give up, raftLeaseEvery how often leaders look
// which leases are over.
const (
	raftElectionMin = 300 * time.Millisecond
	raftElectionMax = 600 * time.Millisecond
	raftHeartbeat   = 100 * time.Millisecond
	raftLeaseEvery  = 500 * time.Millisecond
	raftPatience    = 500 * time.Millisecond
	raftTimeout     = 2 * time.Second
)

// newRaftKV returns a function that makes the system of a scenario.
func newRaftKV(setup raftSetup) func(*Scenario) system {
	return func(s *Scenario) system {
		k := &raftKV{scenario: s, setup: setup, ghost: raft.NewGhost(), once: kvserver.NewGhost()}
		for i := range s.Servers {
			k.servers = append(k.servers, sim.Server(i+1))
		}
		k.parts = make([]part[kvserver.Operation, kvapi.Op, kvapi.Output], s.Clients)
		adapt := checker.Adapter(raftReplicaOf)
		if setup.members.Ops > 0 {
			adapt = raftMemberOf
		}
		k.split = checker.NewSplitBrain(adapt, k.replies)
		k.bounds = checker.Timing{
			Election: raftElectionMax, RoundTrip: s.roundTrip(), Retry: raftPatience,
		}.Bounds()
		k.bounds.Reigns += sim.Reign(setup.moves)
		k.live = checker.NewLiveness(adapt, k.bounds, 0)
		k.tale = chronicle{replyOf: raftReplyTo, marks: raftMarks, reign: "term"}
		k.watch = []sim.Observer{k.ghost, k.once, k.split, k.live, &k.tale, &k.witness}
		if setup.journal || setup.workload.Mix.Watch > 0 {
			k.journal = &raftJournal{}
			k.watch = append(k.watch, k.journal)
		}
		if setup.members.Ops > 0 {
			k.split.StartWith(raftMembership{incoming: 1<<setup.members.Voters - 1})
			k.live.Among(k.split.Membership)
			k.tale.membership = k.split.Membership
			k.met = changes{tale: &k.tale, proposed: "config-proposed", done: "config-applied"}
			k.watch = append(k.watch, &k.met)
		}
		return k
	}
}

// setUp implements system.
func (k *raftKV) setUp(c sim.Chooser) {
	if k.setup.recipe != nil {
		for i := range k.parts {
			k.parts[i].recipe, k.parts[i].moves = k.setup.recipe(c, sim.Client(i+1)), -1
		}
	}
	if k.setup.members.Ops > 0 {
		k.configAt = raft.ConfigTime(c.Index(sim.Key{Decision: sim.DecideConfig, From: limits}, 2))
	}
	for i := range k.tight {
		k.tight[i] = k.setup.drawLimits && c.Index(sim.Key{Decision: sim.DecideConfig, From: sim.NodeID(i)}, 2) == 1
	}
}

// draw implements system.
func (k *raftKV) draw(c sim.Chooser) {
	for i := range k.parts {
		p := &k.parts[i]
		switch id := sim.Client(i + 1); {
		case p.recipe != nil:
		case k.setup.draw != nil:
			p.ops = k.setup.draw(c, id)
		default:
			p.ops = k.setup.workload.DrawInto(p.ops, c, id)
		}
	}
	if w := k.setup.members; w.Ops > 0 {
		last := len(k.parts) - 1
		k.parts[last].ops = w.Draw(c, sim.Client(last+1))
	}
}

// workload implements system.
func (k *raftKV) workload() Workload { return workloadOf(k.parts, k.setup.resource) }

// play implements system.
func (k *raftKV) play(w Workload) error { return playAll(k.parts, w, kvserver.ParseOperation) }

// plainer implements system.
func (k *raftKV) plainer(operation string) []string {
	return plainerLines(operation, kvserver.ParseOperation, kvserver.Operation.Plainer)
}

// prepare implements system.
func (k *raftKV) prepare(f forecast) {
	k.forecast = f
	k.askForWrite()
	k.mail.Reset()
	k.requests.Reset()
	k.memory.Reset()
	k.ghost.Reset()
	k.once.Reset()
	k.split.Reset()
	k.live.Reset(f.healed)
	if f.core != 0 {
		k.live.Core(f.core, time.Duration(f.outside(len(k.servers)))*raftPatience)
	}
	k.tale.reset(k.scenario.Servers)
	k.met.reset()
	k.witness.reset()
	if k.journal != nil {
		k.journal.reset()
	}
}

// server implements system.
func (k *raftKV) server(id sim.NodeID) sim.Machine {
	c := kvserver.DefaultConfig(id, k.servers)
	c.Raft.Servers, c.Raft.ApplyConfigAt = k.servers, k.configAt
	if k.setup.members.Ops > 0 {
		c.Raft.Voters = k.servers[:k.setup.members.Voters]
	}
	c.Raft.ElectionMin, c.Raft.ElectionMax, c.Raft.Heartbeat = raftElectionMin, raftElectionMax, raftHeartbeat
	c.Raft.Mail, c.Memory = &k.mail, &k.memory
	c.SnapshotEvery = k.setup.snapshotEvery
	c.MaxSessions, c.LeaseEvery = maxSessions, raftLeaseEvery
	for i, small := range smallLimits {
		if k.tight[i] {
			small(&c)
		}
	}
	if k.snapshotEvery > 0 {
		c.SnapshotEvery = k.snapshotEvery
		c.Raft.SnapshotTrailing = min(c.Raft.SnapshotTrailing, k.snapshotEvery/2)
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
	if id == k.setup.resource {
		return recipe.NewResource(k.setup.fenced)
	}
	part := &k.parts[id.Number()-1]
	c := kvserver.DefaultClientConfig(id, k.servers, part.ops)
	c.Recipe = part.played()
	c.Timeout, c.Patience, c.Requests = raftTimeout, raftPatience, &k.requests
	c.Sessions = k.setup.sessions
	if id.Number() == 1 {
		c.Ops, c.NotBefore = slices.Concat(part.ops, k.probes), k.probed
	}
	return kvserver.NewClient(c)
}

// observers implements system.
func (k *raftKV) observers() []sim.Observer { return k.watch }

// settled implements system.
func (k *raftKV) settled(v sim.View) bool {
	return v.Now() >= k.healed.Add(k.bounds.Leader) && allDone(v) && k.live.Settled(v) &&
		(k.journal == nil || !k.journal.owes(v) && len(k.journal.log.Leases()) == 0)
}

// chronicle implements system.
func (k *raftKV) chronicle() *chronicle { return &k.tale }

// raftMarks says in words what the marks of Raft mean that are worth telling.
var raftMarks = map[string]string{
	"check-quorum-failed":         "has not heard from a quorum and steps down",
	"log-truncated":               "removes uncommitted entries that its leader does not have",
	"snapshot-installed":          "is so far behind that it takes over a snapshot",
	"config-proposed":             "proposes another membership",
	"joint-entered":               "has committed a membership of two halves",
	"joint-left":                  "has left the old half of the membership behind",
	"learner-promoted":            "has given a learner a vote",
	"removed-leader-stepped-down": "does not belong to its own membership any more and steps down",
	"transfer-begun":              "hands its leadership over",
	"transfer-aborted":            "gives up to hand its leadership over",
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

// replies makes the replies visible to [checker.SplitBrain]. Serializable reads and hashes may be old, and so may that
// on which a change of the membership is refused, or whom a server takes for the leader. What is about watches is
// answered by nobody.
func (k *raftKV) replies(input, output any) (checker.Reply, bool) {
	in, ok := input.(*kvapi.Op)
	out, answered := output.(*kvapi.Output)
	if !ok || !answered || in.Flags&kvapi.FlagSerializable != 0 || out.Server == 0 {
		return checker.Reply{}, false
	}
	switch in.Kind {
	case kvapi.HashKV, kvapi.MoveLeader:
		return checker.Reply{}, false
	case kvapi.MemberAdd, kvapi.MemberPromote, kvapi.MemberRemove, kvapi.MemberReplace, kvapi.MemberDemote:
		if out.Code != kvapi.OK {
			return checker.Reply{}, false
		}
	}
	return checker.Reply{Position: checker.Position(out.Index), Server: out.Server,
		Leased: k.leased && !in.Writes()}, true
}
