package mvcc_test

import (
	"testing"

	"schism/raft/kvapi"
	"schism/raft/mvcc"
	"schism/sim"
	"schism/sim/simtest"
)

// machine is everything of this package that a server has.
type machine struct{ store mvcc.Store }

// Step implements sim.Machine.
func (m *machine) Step(sim.Time, sim.Event, *sim.Effects) {}

// Clone implements sim.Cloner.
func (m *machine) Clone() sim.Cloner { return &machine{m.store.Clone()} }

// AppendHash implements sim.Cloner.
func (m *machine) AppendHash(b []byte) []byte { return m.store.AppendState(b) }

// grown returns a machine after the texts.
func grown(t *testing.T, texts ...string) sim.Cloner {
	m := &machine{store: mvcc.New(nil)}
	for _, text := range texts {
		op, err := kvapi.ParseOp(text)
		if err != nil {
			t.Fatal(err)
		}
		m.store.Apply(&op)
	}
	return m
}

// many returns a machine with so many changes and leases that they have nodes above them.
func many() sim.Cloner {
	m := &machine{store: mvcc.New(nil)}
	for range 70 {
		m.store.Apply(&kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: "a"}})
		m.store.Apply(&kvapi.Op{Kind: kvapi.LeaseGrant})
	}
	return m
}

func TestEveryFieldReachesCloneAndHash(t *testing.T) {
	machines := []sim.Cloner{
		grown(t, "lease-grant ttl 5", "put a 1 lease 1", "put b 1", "delete b"),
		grown(t, "lease-grant ttl 5", "lease-checkpoint lease 1 ttl 3", "put a 1 lease 1", "put a 2 lease 1", "put b 1",
			"delete b", "compact rev 3", "put c 1"),
		many(),
	}
	simtest.CheckCloner(t, machines,
		simtest.Ignore("mvcc.Rules", "never change; clones share them"),
		simtest.Ignore("mvcc.Store.keys", "follow from the log (Store, property 2)"),
		simtest.Ignore("mvcc.Store.attached", "follow from the log (Store, property 3)"),
		simtest.Ignore("mvcc.Store.logSum", "follows from the log (Store, property 4)"),
		simtest.Ignore("mvcc.Store.leaseSum", "follows from the leases (Store, property 4)"),
		simtest.Ignore("mvcc.Store.memory", "has what has not been made yet"),
		simtest.Ignore("mvcc.change.before", "follows from the log"),
		simtest.Ignore("btree.Map.isoid", "says who owns the memory, which no step can tell"),
		simtest.Ignore("btree.mapNode.isoid", "says who owns the memory, which no step can tell"),
		simtest.Ignore("btree.Map.empty", "is never written"),
		simtest.Ignore("btree.Map.min", "never changes"),
		simtest.Ignore("btree.Map.max", "never changes"),
		simtest.Ignore("btree.Map.copyValues", "never changes"),
		simtest.Ignore("btree.Map.isoCopyValues", "never changes"),
		simtest.Ignore("btree.mapPair.key", "follows from the value"),
		simtest.Ignore("btree.mapNode.count", "follows from the items"),
		simtest.CopyOnWrite("btree.Map.root", "nodes are copied before they are changed"))
}
