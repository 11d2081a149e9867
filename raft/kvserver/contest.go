package kvserver

import (
	"encoding/binary"
	"time"

	"schism/raft/kvapi"
)

// contestPoll is the pause before one who waits looks again, contestTTL the time to live of the leases, and
// contestMoves bounds what one client does.
const (
	contestPoll                = 150 * time.Millisecond
	contestTTL   kvapi.Seconds = 2
	contestMoves               = 5000
)

// step is what a recipe has asked for last.
type step byte

const (
	starting step = iota
	granting      // a lease
	entering      // a key that goes with the lease
	waiting       // whether there is an older key than its own
	enduring      // that the lease lives on while it waits
	looking       // whether its own key is still there
	using         // what only the holder may do
	renewing      // that the lease lives on while it holds
	leaving       // the end of its key
	revoking      // the end of its lease
)

// contender is what the recipes of locks and elections have in common (package clientv3/concurrency): of all keys below
// a prefix, which each go with a lease, the oldest is its owner's who holds the lock or leads.
//
//  1. Each lease has a name of its own. The key is named after the lease: so what was asked for and not answered can at
//     any later time make or delete no other key than that of the lease it was asked with.
//  2. It is asked again for a key whose answer is lost: the second time it is there, and read.
//  3. lease is 0 if there is none, or none that it counts on any more.
//  4. create is the revision that created its key, 0 as long as it does not know it.
//
// It has no clock: that its lease has run out it learns from the store, or takes for granted if the store does not
// answer for as long as it waits for an answer, as clientv3 does. A client that was stopped meanwhile believes that it
// still holds what it had. That is what tokens are for.
type contender struct {
	// prefix, client and mutex never change. With mutex it asks along with its key who is first, and again after it has
	// waited whether its key is there (concurrency.Mutex); Election.Campaign does neither.
	prefix string
	client int
	mutex  bool

	step   step
	moves  int
	leases int
	lease  kvapi.LeaseID
	create kvapi.Revision
}

// ask makes an operation the next move.
func (c *contender) ask(s step, op kvapi.Op) Move {
	c.step = s
	return Move{Op: op}
}

// key returns the name of its key.
func (c *contender) key() string { return c.prefix + c.lease.String() }

// own returns a read of its key.
func (c *contender) own() kvapi.Op {
	return kvapi.Op{Kind: kvapi.Range, Span: kvapi.Span{Key: c.key()}}
}

// first returns a read of the oldest key (clientv3.WithFirstCreate).
func first(prefix string) kvapi.Op {
	return kvapi.Op{Kind: kvapi.Range, Span: kvapi.Prefix(prefix), By: kvapi.ByCreate, Order: kvapi.Ascend, Limit: 1}
}

// created returns the condition that the key was created by the revision r, 0 for that it is not there.
func created(key string, r kvapi.Revision) []kvapi.Compare {
	return []kvapi.Compare{{Target: kvapi.CompareCreate, Span: kvapi.Span{Key: key}, Number: int64(r)}}
}

// enter asks for its key with that value, and first for a lease if it has none.
func (c *contender) enter(value string) Move {
	c.create = 0
	if c.lease == 0 {
		c.leases++
		name := kvapi.LeaseID(c.client<<16 | c.leases)
		return c.ask(granting, kvapi.Op{Kind: kvapi.LeaseGrant, Lease: name, TTL: contestTTL})
	}
	key := c.key()
	put := kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: key}, Value: value, Lease: c.lease}
	txn := kvapi.Op{Kind: kvapi.Txn, If: created(key, 0), Then: []kvapi.Op{put}, Else: []kvapi.Op{c.own()}}
	if c.mutex {
		txn.Then, txn.Else = append(txn.Then, first(c.prefix)), append(txn.Else, first(c.prefix))
	}
	return c.ask(entering, txn)
}

// wait asks for the youngest of the keys that are older than its own (waitDeletes).
func (c *contender) wait() Move {
	op := first(c.prefix)
	op.Order, op.Bounds.MaxCreate = kvapi.Descend, c.create-1
	return c.ask(waiting, op)
}

// keepAlive asks that the lease lives on.
func (c *contender) keepAlive(s step) Move {
	return c.ask(s, kvapi.Op{Kind: kvapi.LeaseKeepAlive, Lease: c.lease})
}

// contend goes on until it holds, which it reports; then there is no move. out is nil if nobody knows. owns decides by
// the revisions that created its own key and the oldest one whether it has come to hold already; nil is right.
func (c *contender) contend(out *kvapi.Output, value string, owns func(own, oldest kvapi.Revision) bool) (Move, bool) {
	ok := out != nil && out.Code == kvapi.OK
	if out != nil && out.Code == kvapi.ErrLeaseNotFound {
		c.lease = 0
		return c.enter(value), false
	}
	switch {
	case c.step == granting && ok:
		c.lease = out.Lease
	case c.step == entering && ok:
		c.create = out.Revision
		if !out.Succeeded {
			c.create = out.Responses[0].KVs[0].CreateRevision
		}
		if !c.mutex {
			return c.wait(), false
		}
		oldest := out.Responses[1].KVs[0].CreateRevision
		if owns == nil && oldest == c.create || owns != nil && owns(c.create, oldest) {
			return Move{}, true
		}
		return c.wait(), false
	case c.step == waiting && ok && len(out.KVs) > 0:
		m := c.keepAlive(enduring)
		m.Think = contestPoll
		return m, false
	case c.step == waiting && ok && c.mutex:
		return c.ask(looking, c.own()), false
	case c.step == waiting && ok:
		return Move{}, true
	case c.step == looking && ok && len(out.KVs) > 0 && out.KVs[0].CreateRevision == c.create:
		return Move{}, true
	case c.step == looking && !ok:
		return c.ask(looking, c.own()), false
	case c.step == enduring || c.step == waiting:
		return c.wait(), false
	}
	return c.enter(value), false
}

// revoke asks for the end of its lease, if it has one, and reports whether it does.
func (c *contender) revoke() (Move, bool) {
	if c.lease == 0 {
		return Move{}, false
	}
	return c.ask(revoking, kvapi.Op{Kind: kvapi.LeaseRevoke, Lease: c.lease}), true
}

// append appends what changes.
func (c *contender) append(b []byte) []byte {
	b = append(b, byte(c.step))
	for _, x := range [...]uint64{uint64(c.moves), uint64(c.leases), uint64(c.lease), uint64(c.create)} {
		b = binary.AppendUvarint(b, x)
	}
	return b
}
