package kvserver

import (
	"strconv"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
)

// LeaseWork describes a client that lives by leases. One after the other it makes a lease that nobody has had, attaches
// a key of its own to it, keeps it alive for a while, and then revokes it or lets it end, and asks what is left.
type LeaseWork struct {
	// Leases is the number of leases, KeepsMin and KeepsMax bound how often each is kept alive.
	Leases, KeepsMin, KeepsMax int
	// TTL is the time to live of all leases.
	TTL kvapi.Seconds
	// ThinkMin and ThinkMax bound the pauses. A lease that is to end is left alone for its time to live and ThinkMax.
	ThinkMin, ThinkMax time.Duration
}

// Draw draws the operations of the client id. Its third lease is 0x1003 for c1, 0x2003 for c2.
func (w LeaseWork) Draw(c sim.Chooser, id sim.NodeID) []Operation {
	k := sim.Key{Decision: sim.DecideWorkload, From: id}
	var ops []Operation
	add := func(think time.Duration, op kvapi.Op) { ops = append(ops, Operation{think, op}) }
	pause := func() time.Duration { return c.Span(k, w.ThinkMin, w.ThinkMax) }
	own := kvapi.Span{Key: key(id.Number() - 1)}
	for n := 1; n <= w.Leases; n++ {
		lease := kvapi.LeaseID(id.Number()<<12 + n)
		keep := kvapi.Op{Kind: kvapi.LeaseKeepAlive, Lease: lease}
		add(pause(), kvapi.Op{Kind: kvapi.LeaseGrant, Lease: lease, TTL: w.TTL})
		add(0, kvapi.Op{Kind: kvapi.Put, Span: own, Lease: lease,
			Value: strconv.Itoa(id.Number()) + "." + strconv.Itoa(n)})
		for range w.KeepsMin + c.Index(k, w.KeepsMax-w.KeepsMin+1) {
			add(pause(), keep)
		}
		if c.Index(k, 3) == 0 {
			add(pause(), kvapi.Op{Kind: kvapi.LeaseRevoke, Lease: lease})
		} else {
			add(seconds(w.TTL)+w.ThinkMax, kvapi.Op{Kind: kvapi.LeaseTimeToLive, Lease: lease, Flags: kvapi.FlagKeys})
		}
		add(0, kvapi.Op{Kind: kvapi.Range, Span: own})
		add(0, keep)
	}
	return ops
}
