package zkspec

import (
	"time"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// Lock is a lock that clients take by ephemeral nodes with numbers (ZooKeeper recipes, "Locks"): the node with the
// lowest one holds it.
type Lock struct {
	// Claims reports of the input of an operation, which need not be one of the service, whether a client calls it only
	// because it holds the lock.
	Claims func(in any) bool
	// Timeout is that of the sessions.
	Timeout time.Duration
}

// Believed returns when clients believed that they held the lock: from the answer after which they made the first claim
// until they called something of the service again.
func (l Lock) Believed(history []sim.Op) []checker.Holding { return l.read(history, false) }

// Held returns when clients surely held the lock in true time: while they believed so, and for no longer than the
// session surely lasts after they called for the node: four fifths of its timeout, see [Expiry]. That it lives longer,
// because the servers hear of the client, a history does not show.
func (l Lock) Held(history []sim.Op) []checker.Holding { return l.read(history, true) }

// queuer is what one client has come to.
type queuer struct {
	// last is its last operation of the service, node the last that made a node with a number.
	last, node *sim.Op
	// holds is the index of its holding, -1 if it has none.
	holds int
}

// read returns the holdings that a history shows, which is in the order of calls.
func (l Lock) read(history []sim.Op, surely bool) (list []checker.Holding) {
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
			if surely && q.node != nil {
				h.Until = q.node.Call.Add(l.Timeout * 4 / 5)
			}
			q.holds = len(list)
			list = append(list, h)
		case ofService:
			if q.holds >= 0 {
				list[q.holds].Until = min(list[q.holds].Until, op.Call)
				q.holds = -1
			}
			q.last = op
			if in.Kind == zkapi.Create && in.Mode == zkapi.EphemeralSequential && op.Outcome == sim.OK {
				q.node = op
			}
		}
	}
	return list
}
