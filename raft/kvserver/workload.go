package kvserver

import (
	"fmt"
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
	In    kvapi.Input
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
	in, err := kvapi.ParseInput(rest)
	return Operation{think, in}, err
}

// Mix is how often each kind of operation is drawn, relative to the others. A kind at 0 is not
// drawn.
type Mix struct {
	Get, Put, Append, CAS, Delete int
}

// Workload describes what a client does; Draw makes a list of operations of it.
type Workload struct {
	// Ops is the number of operations of one client.
	Ops int
	// Keys is the number of keys: x, y, z, a, b, ….
	Keys int
	Mix  Mix
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
	// LocalGets makes every get a local one.
	LocalGets bool
}

// StandardWorkload returns the workload of which the speed of different systems is compared, for
// five clients and 60 simulated seconds: 40 operations each, put, append and get on three keys.
func StandardWorkload() Workload {
	return Workload{
		Ops: 40, Keys: 3, Mix: Mix{Get: 2, Put: 1, Append: 1},
		ThinkMin: 500 * time.Millisecond, ThinkMax: 1500 * time.Millisecond,
	}
}

// keyNames are the names of the first keys, one letter each.
const keyNames = "xyzabcdefghijklmnopqrstuvw"

// Draw draws the operations of the client id from c. No two writes of all clients write the same
// value: the seventh operation of c1 puts "1.7", or appends "+1.7". A compare expects what its
// client last wrote to that key, by itself, so that it tells whether somebody came between. Draw
// panics if w has no keys or an empty mix.
func (w Workload) Draw(c sim.Chooser, id sim.NodeID) []Operation {
	m := w.Mix
	weights := [...]int{m.Get, m.Put, m.Append, m.CAS, m.Delete}
	kinds := [...]kvapi.OpKind{kvapi.Get, kvapi.Put, kvapi.Append, kvapi.CAS, kvapi.Delete}
	all := 0
	for _, n := range weights {
		all += n
	}
	if w.Keys < 1 || all < 1 {
		panic("kvserver: Workload: no keys, or nothing to do")
	}
	key := sim.Key{Decision: sim.DecideWorkload, From: id}
	d := drawing{id: id.Number(), local: w.LocalGets, last: make([]string, w.Keys)}
	ops := make([]Operation, w.Ops)
	for i := range ops {
		n, kind := c.Index(key, all), 0
		for ; n >= weights[kind]; kind++ {
			n -= weights[kind]
		}
		d.number = i + 1
		ops[i].In = d.input(kinds[kind], c.Index(key, w.Keys))
		ops[i].Think = c.Span(key, w.ThinkMin, w.ThinkMax)
	}
	return ops
}

// drawing is what Draw keeps in mind between two operations.
type drawing struct {
	id, number int
	local      bool
	// last is, by key, what the client last wrote there by itself.
	last  []string
	texts texts
}

// input returns the operation of kind k on the key-th key.
func (d *drawing) input(k kvapi.OpKind, key int) kvapi.Input {
	in := kvapi.Input{Kind: k, Key: d.key(key)}
	switch k {
	case kvapi.Get:
		in.Local = d.local
	case kvapi.Put:
		in.Value = d.value("")
		d.last[key] = in.Value
	case kvapi.Append:
		in.Value = d.value("+")
	case kvapi.CAS:
		in.Expect, in.Value = d.last[key], d.value("")
		d.last[key] = in.Value
	}
	return in
}

// key returns the name of the i-th key from 0.
func (d *drawing) key(i int) string {
	if i < len(keyNames) {
		return keyNames[i : i+1]
	}
	var b [24]byte
	return d.texts.join("k", strconv.AppendInt(b[:0], int64(i), 10))
}

// value returns what only this operation writes.
func (d *drawing) value(prefix string) string {
	var b [48]byte
	v := strconv.AppendInt(b[:0], int64(d.id), 10)
	return d.texts.join(prefix, strconv.AppendInt(append(v, '.'), int64(d.number), 10))
}
