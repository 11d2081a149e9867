package zkspec

import (
	"time"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// Lock is a lock that clients take by ephemeral nodes with numbers (ZooKeeper recipes, "Locks"): the node with the
// lowest one holds it. Nobody deletes the node below which they queue.
type Lock struct {
	// Claims reports of the input of an operation, which need not be one of the service, whether a client calls it only
	// because it holds the lock.
	Claims func(in any) bool
	// Timeout is that of the sessions.
	Timeout time.Duration
}

// Believed returns when clients believed that they held the lock: from the answer after which they made the first claim
// until they called something of the service again.
func (l Lock) Believed(history []sim.Op) []checker.Holding {
	var list []checker.Holding
	for _, b := range l.read(history) {
		list = append(list, b.Holding)
	}
	return list
}

// Held returns when clients surely held the lock in true time: while they believed so and their node was surely there,
// which it is until the last of
//
//  1. four fifths of the timeout of the session after the create was called, see [Expiry];
//  2. the call of the delete that was answered with OK: no other has deleted it;
//  3. the call of any update that has no higher zxid than a listing that shows the node: what has deleted it has a
//     higher one, and so was proposed later.
//
// A claim by a node that the client does not know is none.
func (l Lock) Held(history []sim.Op) []checker.Holding {
	var list []checker.Holding
	seen := look(history)
	for _, b := range l.read(history) {
		if b.node != nil {
			b.Until = min(b.Until, max(b.node.Call.Add(l.Timeout*4/5), seen.there(b.node)))
			list = append(list, b.Holding)
		}
	}
	return list
}

// belief is a holding, and the create of the node that it is by; nil if that is not known.
type belief struct {
	checker.Holding
	node *sim.Op
}

// queuer is what one client has come to.
type queuer struct {
	// last is its last operation of the service, node the create of its node, nil if it has none, or does not know it.
	last, node *sim.Op
	// holds is the index of its holding, -1 if it has none.
	holds int
}

// read returns the holdings that a history shows, which is in the order of calls.
func (l Lock) read(history []sim.Op) (list []belief) {
	clients := map[sim.NodeID]*queuer{}
	for i := range history {
		op := &history[i]
		q := clients[op.Client]
		if q == nil {
			q = &queuer{holds: -1}
			clients[op.Client] = q
		}
		in, ofService := op.Input.(*zkapi.Op)
		switch {
		case l.Claims(op.Input) && q.holds < 0 && q.last != nil && q.last.Outcome == sim.OK:
			h := checker.Holding{Holder: op.Client, Since: q.last.Return, Until: sim.Never, Op: q.last}
			q.holds = len(list)
			list = append(list, belief{h, q.node})
		case ofService:
			if q.holds >= 0 {
				list[q.holds].Until = op.Call
				q.holds = -1
			}
			q.follow(op, in)
		}
	}
	return list
}

// follow takes over what an operation of the service shows.
func (q *queuer) follow(op *sim.Op, in *zkapi.Op) {
	q.last = op
	if in.Kind != zkapi.Create || in.Mode != zkapi.EphemeralSequential {
		return
	}
	q.node = nil
	if out, answered := op.Output.(*zkapi.Output); answered && op.Outcome == sim.OK && out.Code == zkapi.OK {
		q.node = op
	}
}
