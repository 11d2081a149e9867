package checker

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"schism/sim"
)

// The system under judgement in these tests: cells that are read, written, extended and compared.

type cellIn struct {
	Op        string // "get", "put", "append", "cas"
	Key       string
	Value     string
	Expect    string
	Anonymous bool // the reply carries no position
}

type cellOut struct {
	Value    string
	Swapped  bool
	Position uint64
}

// apply is the sequential truth that cellSpec checks replies against.
func (in *cellIn) apply(state string) (string, cellOut) {
	switch in.Op {
	case "put":
		return in.Value, cellOut{}
	case "append":
		return state + in.Value, cellOut{}
	case "cas":
		if state == in.Expect {
			return in.Value, cellOut{Value: state, Swapped: true}
		}
	}
	return state, cellOut{Value: state}
}

var cellSpec = &Spec[string, cellIn, cellOut]{
	Init: func() string { return "" },
	Step: func(s string, in *cellIn, out *cellOut) (string, bool) {
		next, right := in.apply(s)
		return next, out == nil || out.Value == right.Value && out.Swapped == right.Swapped
	},
	Key:      func(in *cellIn) string { return in.Key },
	ReadOnly: func(in *cellIn) bool { return in.Op == "get" },
	Position: func(out *cellOut) uint64 { return out.Position },
	Observes: func(w, in *cellIn, out *cellOut) bool {
		if in.Op == "cas" && (out == nil || out.Swapped) {
			return strings.Contains(in.Expect, w.Value)
		}
		return out != nil && strings.Contains(out.Value, w.Value)
	},
	Describe: func(in *cellIn, out *cellOut) string {
		s := in.Op + " " + in.Key
		if in.Op == "cas" {
			s += " " + in.Expect + "→" + in.Value
		} else if in.Op != "get" {
			s += "=" + in.Value
		}
		if out == nil {
			return s + " -> ?"
		}
		return fmt.Sprintf("%s -> %q", s, out.Value)
	},
}

// history writes histories by hand, one event per number.
type history []sim.Op

// op adds an operation of the client i between the events call and ret.
func (h *history) op(i int, call, ret uint64, in cellIn, out cellOut) *history {
	*h = append(*h, sim.Op{Client: sim.Client(i), Process: i - 1, Input: in, Output: out, CallSeq: call,
		ReturnSeq: ret, Call: sim.Time(call * 1e6), Return: sim.Time(ret * 1e6), Outcome: sim.OK})
	return h
}

// lost adds an operation of the client i whose outcome stays unknown.
func (h *history) lost(i int, call uint64, in cellIn) *history {
	*h = append(*h, sim.Op{Client: sim.Client(i), Process: i - 1, Input: in, CallSeq: call,
		ReturnSeq: sim.StillOpen, Call: sim.Time(call * 1e6), Return: sim.Never})
	return h
}

func put(v string) cellIn      { return cellIn{Op: "put", Key: "x", Value: v} }
func get() cellIn              { return cellIn{Op: "get", Key: "x"} }
func saw(v string) cellOut     { return cellOut{Value: v} }
func cas(old, v string) cellIn { return cellIn{Op: "cas", Key: "x", Expect: old, Value: v} }

// shape bounds a generated history.
type shape struct {
	operations, clients, keys int
	// loss is the share of operations in percent whose outcome stays unknown.
	loss int
	// shared makes clients write the same few values instead of unique ones.
	shared bool
}

// generator makes a linearizable history: a sequential run, whose operations take effect at one event each,
// seen by overlapping clients. Unknown operations may take effect long after the client gave up, or never.
type generator struct {
	shape
	t       *rapid.T
	ops     history
	cells   map[string]string
	clients []caller
	// late are operations that nobody waits for any more and that have not happened yet.
	late      []int
	next      int // process number
	seq       uint64
	positions uint64
}

type caller struct {
	process int
	open    int // index of the open operation, -1 for none
	done    bool
	out     cellOut
}

func linearizable(t *rapid.T, s shape) history {
	g := generator{shape: s, t: t, cells: map[string]string{}}
	for range s.clients {
		g.clients = append(g.clients, caller{process: -1, open: -1})
	}
	for len(g.ops) < s.operations || g.busy() {
		g.seq++
		if len(g.late) > 0 && g.draw(8) == 0 {
			at := g.draw(len(g.late))
			g.happen(g.late[at])
			g.late = append(g.late[:at], g.late[at+1:]...)
			continue
		}
		g.step(g.draw(s.clients))
	}
	return g.ops
}

func (g *generator) draw(n int) int { return rapid.IntRange(0, n-1).Draw(g.t, "choice") }

func (g *generator) busy() bool {
	for _, c := range g.clients {
		if c.open >= 0 {
			return true
		}
	}
	return false
}

func (g *generator) step(i int) {
	c := &g.clients[i]
	switch {
	case c.open < 0:
		if len(g.ops) < g.operations {
			g.call(i)
		}
	case g.draw(100) < g.loss:
		if !c.done {
			g.late = append(g.late, c.open)
		}
		c.open, c.process = -1, -1
	case !c.done:
		c.out, c.done = g.happen(c.open), true
	default:
		op := &g.ops[c.open]
		op.Outcome, op.Output, op.ReturnSeq, op.Return = sim.OK, c.out, g.seq, sim.Time(g.seq*1e6)
		c.open = -1
		if g.draw(4) == 0 && len(g.ops) < g.operations {
			g.call(i) // in the same event
		}
	}
}

func (g *generator) call(i int) {
	c := &g.clients[i]
	if c.process < 0 {
		c.process = g.next
		g.next++
	}
	in := cellIn{Op: []string{"get", "put", "get", "append", "cas"}[g.draw(5)],
		Key: string(rune('x' + g.draw(g.keys)))}
	if in.Op != "get" {
		in.Value = fmt.Sprintf("%d;", len(g.ops))
		if g.shared {
			in.Value = fmt.Sprintf("%d;", g.draw(2))
		}
	}
	if in.Op == "cas" {
		in.Expect = g.cells[in.Key]
	}
	c.open, c.done = len(g.ops), false
	g.ops.lost(i+1, g.seq, in)
	g.ops[c.open].Process = c.process
}

func (g *generator) happen(i int) cellOut {
	in := g.ops[i].Input.(cellIn)
	next, out := in.apply(g.cells[in.Key])
	g.cells[in.Key] = next
	g.positions++
	out.Position = g.positions
	return out
}

// corrupted makes histories of up to operations operations on one key in which up to corruptions replies are not
// what the cell answered.
func corrupted(operations, corruptions int) *rapid.Generator[history] {
	return rapid.Custom(func(t *rapid.T) history {
		s := shape{operations: rapid.IntRange(1, operations).Draw(t, "operations"), clients: 4, keys: 1,
			loss: rapid.IntRange(0, 15).Draw(t, "loss"), shared: rapid.Bool().Draw(t, "shared")}
		h := linearizable(t, s)
		for range rapid.IntRange(0, corruptions).Draw(t, "corruptions") {
			corrupt(t, h)
		}
		return h
	})
}

// corrupt changes a reply in h, which may or may not break it.
func corrupt(t *rapid.T, h history) {
	var replies []*sim.Op
	for i := range h {
		if h[i].Outcome == sim.OK {
			replies = append(replies, &h[i])
		}
	}
	if len(replies) == 0 {
		return
	}
	i := rapid.IntRange(0, len(replies)-1).Draw(t, "victim")
	j := rapid.IntRange(0, len(replies)-1).Draw(t, "other")
	x, y := replies[i].Output.(cellOut), replies[j].Output.(cellOut)
	switch rapid.IntRange(0, 4).Draw(t, "corruption") {
	case 0:
		x.Value += "unwritten;"
	case 1:
		x.Value, y.Value = y.Value, x.Value
	case 2:
		x.Value = y.Value
	case 3:
		x.Swapped = !x.Swapped
	case 4:
		x.Position, y.Position = y.Position, x.Position
	}
	replies[j].Output = y
	replies[i].Output = x
}

// explicable is the dumb alternative: it tries every order of the operations of one key.
func explicable(ops []*operation[cellIn, cellOut]) bool {
	used := make([]bool, len(ops))
	var extend func(state string) bool
	extend = func(state string) bool {
		finished := true
		for i, op := range ops {
			finished = finished && (used[i] || !op.known)
		}
		if finished {
			return true
		}
		for i, op := range ops {
			if used[i] || !first(ops, used, i) {
				continue
			}
			next, right := op.in.apply(state)
			if op.known && (op.out.Value != right.Value || op.out.Swapped != right.Swapped) {
				continue
			}
			used[i] = true
			if extend(next) {
				return true
			}
			used[i] = false
		}
		return false
	}
	return extend("")
}

// first reports whether nothing that is left has returned before ops[i] was called.
func first(ops []*operation[cellIn, cellOut], used []bool, i int) bool {
	for j, other := range ops {
		if !used[j] && j != i && other.ret < ops[i].call {
			return false
		}
	}
	return true
}
