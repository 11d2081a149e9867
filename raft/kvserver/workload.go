package kvserver

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"schism/raft/kvapi"
	"schism/sim"
)

// Operation is one operation of a workload: a pause, then what is called.
type Operation struct {
	// Think is the time between the end of the operation before and the call of this one.
	Think time.Duration
	In    kvapi.Op
}

// String returns the pause and the operation, "20ms put x 17". ParseOperation reads it back.
func (o Operation) String() string { return o.Think.String() + " " + o.In.String() }

// ParseOperation reads an operation as Operation.String writes it.
func ParseOperation(s string) (Operation, error) {
	pause, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	think, err := time.ParseDuration(pause)
	if err != nil || think < 0 {
		return Operation{}, fmt.Errorf("operation %q: want a pause first, such as 20ms", s)
	}
	in, err := kvapi.ParseOp(rest)
	return Operation{think, in}, err
}

// Mix is how often each kind of operation is drawn, relative to the others. A kind at 0 is not drawn.
type Mix struct {
	// Get reads a key, Range all keys, Local a key from whatever server is asked.
	Get, Range, Local int
	// Put and Delete change a key. Create puts it if it is not there; CAS puts it if its version is the one that the
	// client guesses, and reads it if not; Move deletes one key and puts another if both are there.
	Put, Delete, Create, CAS, Move int
	// Grant makes a new lease of the client's own, Attach puts a key with it, Keep keeps it alive, Revoke ends it.
	// Left asks what it has left, with its keys, Leases for the names of all.
	Grant, Attach, Keep, Revoke, Left, Leases int
	// Compact forgets a revision that the client guesses, Hash asks for the hash of a server, each time of another.
	Compact, Hash int
	// Watch begins to watch a key or all of them, from now on or from a revision that the client guesses, with all
	// sorts of options; Unwatch cancels the oldest of its watches, Progress asks how far they are.
	Watch, Unwatch, Progress int
}

// Workload describes what a client does; Draw makes a list of operations of it.
type Workload struct {
	// Ops is the number of operations of one client, Keys that of the keys: x, y, z, a, b, ….
	Ops, Keys int
	Mix       Mix
	// TTL is that of the leases; 0 is 2.
	TTL kvapi.Seconds
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
}

// StandardWorkload returns the workload of which the speed of different systems is compared, for five clients and 60
// simulated seconds: 40 operations each, put, conditional put and get on three keys.
func StandardWorkload() Workload {
	return Workload{
		Ops: 40, Keys: 3, Mix: Mix{Get: 2, Put: 1, CAS: 1},
		ThinkMin: 500 * time.Millisecond, ThinkMax: 1500 * time.Millisecond,
	}
}

// drawn is a kind of operation as Mix counts them.
type drawn int

const (
	drawGet drawn = iota
	drawRange
	drawLocal
	drawPut
	drawDelete
	drawCreate
	drawCAS
	drawMove
	drawGrant
	drawAttach
	drawKeep
	drawRevoke
	drawLeft
	drawLeases
	drawCompact
	drawHash
	drawWatch
	drawUnwatch
	drawProgress
	drawnKinds
)

// weights returns the mix by kind.
func (m *Mix) weights() [drawnKinds]int {
	return [drawnKinds]int{m.Get, m.Range, m.Local, m.Put, m.Delete, m.Create, m.CAS, m.Move, m.Grant, m.Attach, m.Keep,
		m.Revoke, m.Left, m.Leases, m.Compact, m.Hash, m.Watch, m.Unwatch, m.Progress}
}

// keyNames are the names of the first keys, one letter each.
const keyNames = "xyzabcdefghijklmnopqrstuvw"

// key returns the name of the i-th key from 0.
func key(i int) string {
	if i < len(keyNames) {
		return keyNames[i : i+1]
	}
	return "k" + strconv.Itoa(i)
}

// Draw draws the operations of the client id from c. No two writes of all clients write the same value: the seventh
// operation of c1 puts "1.7". Draw panics if w has no keys or an empty mix.
func (w Workload) Draw(c sim.Chooser, id sim.NodeID) []Operation { return w.DrawInto(nil, c, id) }

// DrawInto is Draw in the memory of ops, which nobody may use any more.
func (w Workload) DrawInto(ops []Operation, c sim.Chooser, id sim.NodeID) []Operation {
	weights, all := w.Mix.weights(), 0
	for _, n := range weights {
		all += n
	}
	if w.Keys < 1 || all < 1 {
		panic("kvserver: Workload: no keys, or nothing to do")
	}
	k := sim.Key{Decision: sim.DecideWorkload, From: id}
	d := drawing{id: id.Number(), keys: w.Keys, ttl: cmp.Or(w.TTL, 2), puts: make([]int64, w.Keys)}
	ops = slices.Grow(ops[:0], w.Ops)[:w.Ops]
	for i := range ops {
		n, kind := c.Index(k, all), 0
		for ; n >= weights[kind]; kind++ {
			n -= weights[kind]
		}
		d.number = i + 1
		ops[i].In = d.op(drawn(kind), c.Index(k, w.Keys))
		ops[i].Think = c.Span(k, w.ThinkMin, w.ThinkMax)
	}
	return ops
}

// drawing is what Draw keeps in mind between two operations.
type drawing struct {
	id, number, keys int
	ttl              kvapi.Seconds
	// leases counts those that the client has asked for, each with a name of its own.
	leases int
	// puts is, by key, how often the client has put it, from which it guesses versions.
	puts []int64
	// watches are the watches that it has begun and not canceled.
	watches []kvapi.WatchID
}

// op returns the operation of a kind on the i-th key.
func (d *drawing) op(kind drawn, i int) kvapi.Op {
	one := kvapi.Span{Key: key(i)}
	get := kvapi.Op{Kind: kvapi.Range, Span: one}
	switch kind {
	case drawRange:
		get.Span = kvapi.Prefix("")
	case drawLocal:
		get.Flags = kvapi.FlagSerializable
	case drawPut:
		return d.put(i)
	case drawDelete:
		return kvapi.Op{Kind: kvapi.DeleteRange, Span: one, Flags: kvapi.FlagPrevKV}
	case drawCreate:
		return d.putIf(i, kvapi.CompareCreate, 0)
	case drawCAS:
		return d.putIf(i, kvapi.CompareVersion, d.puts[i])
	case drawMove:
		other := (i + 1) % d.keys
		there := func(key string) kvapi.Compare {
			return kvapi.Compare{Result: kvapi.Greater, Span: kvapi.Span{Key: key}} // its version is above 0
		}
		txn := kvapi.Op{Kind: kvapi.Txn, If: []kvapi.Compare{there(key(i)), there(key(other))},
			Then: []kvapi.Op{{Kind: kvapi.DeleteRange, Span: one}}, Else: []kvapi.Op{get}}
		if other != i {
			txn.Then = append(txn.Then, d.put(other))
		}
		return txn
	case drawGrant:
		d.leases++
		return kvapi.Op{Kind: kvapi.LeaseGrant, Lease: d.lease(), TTL: d.ttl}
	case drawAttach:
		op := d.put(i)
		op.Lease = d.lease()
		return op
	case drawKeep:
		return kvapi.Op{Kind: kvapi.LeaseKeepAlive, Lease: d.lease()}
	case drawRevoke:
		return kvapi.Op{Kind: kvapi.LeaseRevoke, Lease: d.lease()}
	case drawLeft:
		return kvapi.Op{Kind: kvapi.LeaseTimeToLive, Lease: d.lease(), Flags: kvapi.FlagKeys}
	case drawLeases:
		return kvapi.Op{Kind: kvapi.Leases}
	case drawHash:
		return kvapi.Op{Kind: kvapi.HashKV}
	case drawCompact:
		return kvapi.Op{Kind: kvapi.Compact, Revision: kvapi.Revision(d.number)}
	case drawWatch:
		return d.watch(i)
	case drawUnwatch:
		if len(d.watches) > 0 {
			first := d.watches[0]
			d.watches = d.watches[1:]
			return kvapi.Op{Kind: kvapi.CancelWatch, WatchID: first}
		}
	case drawProgress:
		return kvapi.Op{Kind: kvapi.ProgressRequest}
	}
	return get
}

// watch returns a Watch of the i-th key, or of all. What it asks for goes by its number among those of the client.
func (d *drawing) watch(i int) kvapi.Op {
	id := kvapi.WatchID(d.number)
	n := len(d.watches) + i
	d.watches = append(d.watches, id)
	op := kvapi.Op{Kind: kvapi.Watch, Span: kvapi.Prefix(""), WatchID: id}
	if n%3 == 0 {
		op.Span = kvapi.Span{Key: key(i)}
	}
	if n%2 == 0 {
		op.Revision = kvapi.Revision(max(d.number-n, 1))
	}
	op.Flags = [...]kvapi.Flags{0, kvapi.FlagPrevKV, kvapi.FlagFragment | kvapi.FlagProgress, kvapi.FlagNoPut,
		kvapi.FlagNoDelete | kvapi.FlagPrevKV}[n%5]
	return op
}

// lease is the last lease that the client has asked for: 302 is the second one of c3.
func (d *drawing) lease() kvapi.LeaseID { return kvapi.LeaseID(d.id<<8 | max(d.leases, 1)) }

// put returns a Put of the i-th key.
func (d *drawing) put(i int) kvapi.Op {
	d.puts[i]++
	return kvapi.Op{Kind: kvapi.Put, Span: kvapi.Span{Key: key(i)},
		Value: strconv.Itoa(d.id) + "." + strconv.Itoa(d.number)}
}

// putIf returns a Txn that puts the i-th key if what target says of it is number, and reads it if not.
func (d *drawing) putIf(i int, target kvapi.CompareTarget, number int64) kvapi.Op {
	one := kvapi.Span{Key: key(i)}
	return kvapi.Op{Kind: kvapi.Txn, If: []kvapi.Compare{{Target: target, Span: one, Number: number}},
		Then: []kvapi.Op{d.put(i)}, Else: []kvapi.Op{{Kind: kvapi.Range, Span: one}}}
}
