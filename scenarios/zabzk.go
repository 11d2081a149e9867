package scenarios

import (
	"cmp"
	"slices"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/sim/recipe"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// zabZK is the system of the zab/zk scenarios: a tree of znodes over ZAB, and clients that play drawn operations
// against it.
type zabZK struct {
	scenario *Scenario
	setup    zabSetup
	servers  []sim.NodeID
	// parts are what the clients do. That of a resource is not used.
	parts []part[zkserver.Operation, zkapi.Op, zkapi.Output]
	// probes are what the first client does after that, probed when each is called at the earliest.
	probes []zkserver.Operation
	probed []sim.Time
	// bounds is what the system may take once it is healed.
	forecast
	bounds checker.Bounds

	ghost *zab.Ghost
	split *checker.SplitBrain
	live  *checker.Liveness
	told  *zkspec.Events
	over  *zkspec.Expiry
	tale  chronicle
	// met is used where there is an ensemble.
	met   changes
	watch []sim.Observer
}

// zabSetup is what the zab/zk scenarios differ in besides the fields of Scenario.
type zabSetup struct {
	workload zkserver.Workload
	// reads is the workload of the last readers clients instead.
	reads   zkserver.Workload
	readers int
	// recipe, if not nil, draws what the last players clients do instead of a workload; 0 is all of them.
	players int
	recipe  func(c sim.Chooser, id sim.NodeID) zkserver.Recipe
	// resource is the client, if any, that is the resource which the others write to while they hold a lock. It
	// refuses late writes if it is fenced.
	resource sim.NodeID
	fenced   bool
	// snapshotEvery is the number of transactions between two snapshots.
	snapshotEvery int
	// tick is that of the servers; 0 is zabTick.
	tick time.Duration
	// ensemble is the membership that runs begin with; none is all servers as voters.
	ensemble zab.Ensemble
	// tune changes the configuration of the servers further; nil leaves it as it is.
	tune func(*zkserver.Config)
	// checks judge histories by more than what holds in every scenario.
	checks []func([]sim.Op) checker.Report
	// mutate brings a bug into every server, mutateClient one into every client; nil is none.
	mutate       func(*zkserver.Config)
	mutateClient func(*zkserver.ClientConfig)
	// decorate brings a bug into what servers hear and ask of the world; nil leaves them as they are.
	decorate func(*zkserver.Server) decorator
}

// The times of these scenarios: the usual tick of the servers, the longest that one waits before it repeats its vote,
// how long a client waits for an answer, and how long before it tries another server.
const (
	zabTick      = 100 * time.Millisecond
	zabNotifyMax = 1600 * time.Millisecond
	zabTimeout   = 2 * time.Second
	zabConnect   = 500 * time.Millisecond
)

// newZabZK returns a function that makes the system of a scenario.
func newZabZK(setup zabSetup) func(*Scenario) system {
	return func(s *Scenario) system {
		k := &zabZK{scenario: s, setup: setup, ghost: zab.NewGhost()}
		k.setup.tick = cmp.Or(setup.tick, zabTick)
		for i := range s.Servers {
			k.servers = append(k.servers, sim.Server(i+1))
		}
		k.parts = make([]part[zkserver.Operation, zkapi.Op, zkapi.Output], s.Clients)
		k.bounds = k.timing().Bounds()
		k.split = checker.NewSplitBrain(zabReplicaOf, nil)
		k.live = checker.NewLiveness(zabReplicaOf, k.bounds, 0)
		k.tale = chronicle{replyOf: zabReplyTo, marks: zabMarks, reign: "epoch"}
		k.told = zkspec.NewEvents()
		if setup.workload.Watches {
			k.told.Follow(zabLogOf)
		}
		k.watch = []sim.Observer{k.ghost, k.split, k.live, k.told, &k.tale}
		if k.over = zkspec.NewExpiry(zabProposerOf); !s.Whole {
			k.watch = append(k.watch, k.over)
		}
		if e := setup.ensemble; e.Voters != 0 {
			k.split.StartWith(zabMembership{&e})
			k.tale.membership = k.split.Membership
			k.met = changes{tale: &k.tale, proposed: "reconfig-proposed", done: "reconfig-activated"}
			k.watch = append(k.watch, &joins{observers: e.Observers, tale: &k.tale}, &k.met)
		}
		return k
	}
}

// timing returns how slow the parts of the system are at worst once it is healed: an election takes as long as the
// longest silence between two votes and the wait for a better one, and then the learners have to find their leader.
func (k *zabZK) timing() checker.Timing {
	return checker.Timing{
		Election:  zabNotifyMax + 10*k.setup.tick,
		RoundTrip: k.scenario.roundTrip(),
		Retry:     zabConnect,
	}
}

// setUp implements system.
func (k *zabZK) setUp(c sim.Chooser) {
	if k.setup.recipe == nil {
		return
	}
	for i := len(k.parts) - cmp.Or(k.setup.players, len(k.parts)); i < len(k.parts); i++ {
		k.parts[i].recipe, k.parts[i].moves = k.setup.recipe(c, sim.Client(i+1)), -1
	}
}

// draw implements system.
func (k *zabZK) draw(c sim.Chooser) {
	for i := range k.parts {
		p := &k.parts[i]
		if p.recipe != nil {
			continue
		}
		w := &k.setup.workload
		if i >= len(k.parts)-k.setup.readers {
			w = &k.setup.reads
		}
		p.ops = w.Draw(c, sim.Client(i+1))
	}
}

// workload implements system.
func (k *zabZK) workload() Workload { return workloadOf(k.parts, k.setup.resource) }

// play implements system.
func (k *zabZK) play(w Workload) error { return playAll(k.parts, w, zkserver.ParseOperation) }

// plainer implements system.
func (k *zabZK) plainer(operation string) []string {
	return plainerLines(operation, zkserver.ParseOperation, zkserver.Operation.Plainer)
}

// prepare implements system.
func (k *zabZK) prepare(f forecast) {
	k.forecast = f
	k.askForWrite()
	k.ghost.Reset()
	k.split.Reset()
	k.told.Reset()
	k.over.Reset()
	k.live.Reset(f.healed)
	if f.core != 0 {
		k.live.Core(f.core, time.Duration(f.outside(len(k.servers)))*zabConnect)
	}
	k.tale.reset(k.scenario.Servers)
	k.met.reset()
}

// server implements system.
func (k *zabZK) server(id sim.NodeID) sim.Machine {
	c := zkserver.DefaultConfig(id, k.servers)
	c.SnapshotEvery = cmp.Or(k.snapshotEvery, k.setup.snapshotEvery)
	c.Zab.Tick, c.Zab.NotifyMax, c.Zab.SnapshotTrailing = k.setup.tick, zabNotifyMax, c.SnapshotEvery/2
	if k.setup.ensemble.Voters != 0 {
		c.Zab.Ensemble = k.setup.ensemble
	}
	if k.setup.tune != nil {
		k.setup.tune(&c)
	}
	if k.setup.mutate != nil {
		k.setup.mutate(&c)
	}
	s := zkserver.NewServer(c)
	if k.setup.decorate != nil {
		return k.setup.decorate(s)
	}
	return s
}

// client implements system.
func (k *zabZK) client(id sim.NodeID) sim.Machine {
	if id == k.setup.resource {
		return recipe.NewResource(k.setup.fenced)
	}
	part := &k.parts[id.Number()-1]
	c := zkserver.DefaultClientConfig(id, k.servers, part.ops)
	c.Recipe = part.played()
	if id.Number() == 1 {
		c.Ops, c.NotBefore = slices.Concat(part.ops, k.probes), k.probed
	}
	c.Timeout, c.ConnectTimeout = zabTimeout, zabConnect
	if k.setup.mutateClient != nil {
		k.setup.mutateClient(&c)
	}
	return zkserver.NewClient(c)
}

// observers implements system.
func (k *zabZK) observers() []sim.Observer { return k.watch }

// settled implements system.
func (k *zabZK) settled(v sim.View) bool {
	return v.Now() >= k.healed.Add(k.bounds.Leader) && allDone(v) && k.live.Settled(v) && k.told.Owes() == ""
}

// chronicle implements system.
func (k *zabZK) chronicle() *chronicle { return &k.tale }

// zabMarks says in words what the marks of ZAB mean that are worth telling.
var zabMarks = map[string]string{
	"quorum-lost":        "has not heard from a quorum and stops leading",
	"history-truncated":  "removes transactions that its leader does not have",
	"session-expired":    "closes a session whose client has been silent for too long",
	"reconfig-proposed":  "proposes another membership",
	"snapshot-installed": "is so far behind that it takes over a snapshot",
}

// zabReplyTo says what a server's message to a client says about a write.
func zabReplyTo(m sim.Message) reply {
	if r, ok := m.(*zkapi.Reply); ok && r.Op.Writes() {
		return replyAcked
	}
	return replyNone
}
