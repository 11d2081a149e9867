package zkserver

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"schism/sim"
	"schism/zab/zkapi"
)

// Operation is one operation of a workload: a pause, then what is called.
type Operation struct {
	// Think is the time between the end of the operation before and the call of this one.
	Think time.Duration
	In    zkapi.Op
}

// String returns the pause and the operation, "20ms set /x 17". ParseOperation reads it back.
func (o Operation) String() string { return o.Think.String() + " " + o.In.String() }

// ParseOperation reads an operation as Operation.String writes it.
func ParseOperation(s string) (Operation, error) {
	pause, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	think, err := time.ParseDuration(pause)
	if err != nil || think < 0 {
		return Operation{}, fmt.Errorf("operation %q: want a pause first, such as 20ms", s)
	}
	in, err := zkapi.ParseOp(rest)
	return Operation{think, in}, err
}

// Mix is how often each kind of operation is drawn, relative to the others. A kind at 0 is not drawn.
type Mix struct {
	// Get, Exists and Children read, Sync flushes.
	Get, Exists, Children, Sync int
	// Set sets whatever the version is, CAS only if it is the one that the client guesses.
	Set, CAS int
	// Create creates a node for good, Ephemeral one that goes with the session, Sequential one with a number, below
	// the node, every second time one that goes with the session. Delete deletes the node, whatever its version is or
	// if it is the one that the client guesses, or the first one below it. Multi sets one node if another one has the
	// version that the client guesses.
	Create, Ephemeral, Sequential, Delete, Multi int
	// AddWatch leaves a watch that stays, every second time one for all that is below the node, too.
	AddWatch int
	// Pair sets two nodes at once, whatever their versions are. Guard lets nobody but the client change the node. Check
	// checks the node outside a Multi, which there is not.
	Pair, Guard, Check int
}

// Workload describes what a client does; Draw makes a list of operations of it.
type Workload struct {
	// Ops is the number of operations of one client.
	Ops int
	// Keys is the number of nodes: /x, /y, /z, /a, /b, ….
	Keys int
	Mix  Mix
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
	// SyncedGets makes a sync of every get's predecessor: it is called right before it.
	SyncedGets bool
	// Watches makes reads leave watches.
	Watches bool
}

// StandardWorkload returns the workload of which the speed of different systems is compared, for five clients and 60
// simulated seconds: 40 operations each, set, create and get on three nodes.
func StandardWorkload() Workload {
	return Workload{
		Ops: 40, Keys: 3, Mix: Mix{Get: 2, Set: 1, Create: 1},
		ThinkMin: 500 * time.Millisecond, ThinkMax: 1500 * time.Millisecond,
	}
}

// keyNames are the names of the first nodes, one letter each.
const keyNames = "xyzabcdefghijklmnopqrstuvw"

// Draw draws the operations of the client id from c. No two writes of all clients write the same data: the seventh
// operation of c1 writes "1.7". Draw panics if w has no keys or an empty mix.
func (w Workload) Draw(c sim.Chooser, id sim.NodeID) []Operation {
	weights, all := w.Mix.weights(), 0
	for _, n := range weights {
		all += n
	}
	if w.Keys < 1 || all < 1 {
		panic("zkserver: Workload: no keys, or nothing to do")
	}
	key := sim.Key{Decision: sim.DecideWorkload, From: id}
	d := drawing{w: &w, id: id.Number(), sets: make([]zkapi.Version, w.Keys)}
	ops := make([]Operation, 0, w.Ops)
	for len(ops) < w.Ops {
		n, kind := c.Index(key, all), 0
		for ; n >= weights[kind]; kind++ {
			n -= weights[kind]
		}
		d.number = len(ops) + 1
		in := d.op(drawn(kind), c.Index(key, w.Keys))
		think := c.Span(key, w.ThinkMin, w.ThinkMax)
		if in.Kind == zkapi.GetData && w.SyncedGets && len(ops)+1 < w.Ops {
			ops = append(ops, Operation{think, zkapi.Op{Kind: zkapi.Sync, Path: in.Path}})
			think = 0
		}
		ops = append(ops, Operation{think, in})
	}
	return ops
}

// numbered is what the paths of nodes with numbers end with before the number, firstNumbered with that of the first.
const (
	numbered      = "/s"
	firstNumbered = numbered + "0000000000"
)

// drawn is a kind of operation as Mix counts them.
type drawn int

const (
	drawGet drawn = iota
	drawExists
	drawChildren
	drawSync
	drawSet
	drawCAS
	drawCreate
	drawEphemeral
	drawSequential
	drawDelete
	drawMulti
	drawAddWatch
	drawPair
	drawGuard
	drawCheck
	drawnKinds
)

// weights returns the mix by kind.
func (m *Mix) weights() [drawnKinds]int {
	return [drawnKinds]int{m.Get, m.Exists, m.Children, m.Sync, m.Set, m.CAS, m.Create, m.Ephemeral, m.Sequential,
		m.Delete, m.Multi, m.AddWatch, m.Pair, m.Guard, m.Check}
}

// drawing is what Draw keeps in mind between two operations.
type drawing struct {
	w          *Workload
	id, number int
	// sets is, by key, how often the client has set it, from which it guesses versions.
	sets []zkapi.Version
}

// op returns the operation of a kind on the key-th node.
func (d *drawing) op(kind drawn, key int) zkapi.Op {
	op := zkapi.Op{Path: path(key)}
	switch kind {
	case drawGet:
		op.Kind, op.Watch = zkapi.GetData, d.w.Watches
	case drawExists:
		op.Kind, op.Watch = zkapi.Exists, d.w.Watches
	case drawChildren:
		op.Kind, op.Watch = zkapi.GetChildren, d.w.Watches
	case drawSync:
		op.Kind = zkapi.Sync
	case drawSet, drawCAS:
		op.Kind, op.Version, op.Data = zkapi.SetData, zkapi.AnyVersion, d.value()
		if kind == drawCAS {
			op.Version = d.sets[key]
		}
		d.sets[key]++
	case drawCreate, drawEphemeral, drawSequential:
		op.Kind, op.Data = zkapi.Create, d.value()
		if kind == drawEphemeral {
			op.Mode = zkapi.Ephemeral
		}
		if kind == drawSequential {
			op.Path, op.Mode = op.Path+numbered, zkapi.PersistentSequential
			if d.odd() {
				op.Mode = zkapi.EphemeralSequential
			}
		}
	case drawDelete:
		op.Kind, op.Version = zkapi.Delete, zkapi.AnyVersion
		switch {
		case d.number%3 == 0:
			op.Path += firstNumbered
		case d.odd():
			op.Version = d.sets[key]
		}
	case drawMulti:
		other := path((key + 1) % d.w.Keys)
		ops := []zkapi.Op{
			{Kind: zkapi.Check, Path: op.Path, Version: d.sets[key]},
			{Kind: zkapi.SetData, Path: other, Data: d.value(), Version: zkapi.AnyVersion},
		}
		op = zkapi.Op{Kind: zkapi.Multi, Ops: ops}
	case drawAddWatch:
		op.Kind, op.WatchMode = zkapi.AddWatch, zkapi.PersistentWatch
		if d.odd() {
			op.WatchMode = zkapi.PersistentRecursiveWatch
		}
	case drawPair:
		op = d.pair(key)
	case drawGuard:
		op.Kind, op.Version, op.ACL = zkapi.SetACL, zkapi.AnyVersion, d.own()
	case drawCheck:
		op.Kind, op.Version = zkapi.Check, d.sets[key]
	}
	return op
}

// pair returns what sets the key-th node and the next one.
func (d *drawing) pair(key int) zkapi.Op {
	return zkapi.Op{Kind: zkapi.Multi, Ops: []zkapi.Op{
		{Kind: zkapi.SetData, Path: path(key), Data: d.value(), Version: zkapi.AnyVersion},
		{Kind: zkapi.SetData, Path: path((key + 1) % d.w.Keys), Data: d.value() + "+", Version: zkapi.AnyVersion},
	}}
}

// own returns the access list of what everybody may read, and only the client may change. A client is who its address
// says.
func (d *drawing) own() []zkapi.ACL {
	self := zkapi.Identity{Scheme: "ip", ID: sim.Client(d.id).String()}
	return []zkapi.ACL{{Identity: zkapi.Anyone, Perms: zkapi.PermRead}, {Identity: self, Perms: zkapi.PermAll}}
}

// odd reports whether every second operation of the client is at hand.
func (d *drawing) odd() bool { return d.number%2 == 1 }

// path returns the i-th node from 0.
func path(i int) string {
	if i < len(keyNames) {
		return "/" + keyNames[i:i+1]
	}
	return "/k" + strconv.Itoa(i)
}

// value returns what only this operation writes.
func (d *drawing) value() string { return strconv.Itoa(d.id) + "." + strconv.Itoa(d.number) }
