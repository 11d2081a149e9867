package zkspec

import (
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// Judge and JudgeStrictSync go by zxids, and need no search for what is right. The functions here ask porcupine for all
// of it, so that the ones can be held against the others. They are for small histories: a search that takes more steps
// than its budget says Unknown.

// SearchUpdates judges LinearizableWrites by a search.
func SearchUpdates(history []sim.Op, budget checker.Budget) checker.Report {
	return searched(history, LinearizableWrites, budget, func(p *placement) bool { return p.updates })
}

// SearchStrictSync judges the updates and the reads that follow a sync of their client: all are linearizable, if each
// such read begins when the last sync before it was called. It reports on StrictSync.
func SearchStrictSync(history []sim.Op, budget checker.Budget) checker.Report {
	return searched(history, StrictSync, budget, func(p *placement) bool {
		if p.reads && p.synced != nil {
			p.op.CallSeq = p.synced.CallSeq
			return true
		}
		return p.updates
	})
}

// SearchOrdered judges OrderedSequential, with the order of zxids and that of the sessions, by a search for one order
// of all operations that were answered: an update has its place between its call and its return, anything else anywhere
// before its return.
//
// Intervals alone do not say that the operations of a client stay in order once their calls are put off to the
// beginning of time: program orders of two operations each in two sessions are no interval order. So the state of the
// specification has, for each client, the number of its operations so far, and refuses one whose turn it is not.
func SearchOrdered(history []sim.Op, budget checker.Budget) checker.Report {
	return searched(history, OrderedSequential, budget, func(p *placement) bool {
		if !p.updates {
			p.op.CallSeq = 0
		}
		p.in.turn = p.turn
		return true
	})
}

// placement is an operation of a history, and where a search may place it.
type placement struct {
	// op is a copy of the operation, with the input in, that may be given another call.
	op sim.Op
	in *turned
	// updates says that it became a transaction, or may have, reads that it was answered with something about nodes.
	updates, reads bool
	// synced is the last sync that its client was answered before, nil if there is none.
	synced *sim.Op
	// turn is its number among the answered operations of its client, from 1; 0 if it was not answered.
	turn int
}

// turned is an operation of the client client. If turn is not 0 it comes after turn-1 others with one.
type turned struct {
	op           *zkapi.Op
	client, turn int
}

// turns is the state in a search: the tree, and how many operations with a turn each client has had.
type turns struct {
	State
	had []int
}

// inTurns returns the specification of a search in which clients clients take part. It suggests no order.
func inTurns(clients int) *checker.Spec[turns, *turned, *zkapi.Output] {
	tree := New()
	return &checker.Spec[turns, *turned, *zkapi.Output]{
		Init: func() turns { return turns{tree.Init(), make([]int, clients)} },
		Step: func(s turns, in **turned, out **zkapi.Output) (turns, bool) {
			had := s.had
			if t := *in; t.turn != 0 {
				if had[t.client] != t.turn-1 {
					return s, false
				}
				had = slices.Clone(had)
				had[t.client]++
			}
			next, right := Step(s.State, (*in).op, known(out))
			return turns{next, had}, right
		},
		Equal:         func(a, b turns) bool { return slices.Equal(a.had, b.had) && tree.Equal(a.State, b.State) },
		Hash:          func(s turns) uint64 { return tree.Hash(s.State) },
		ReadOnly:      func(in **turned) bool { return tree.ReadOnly(&(*in).op) },
		Observes:      func(w, in **turned, out **zkapi.Output) bool { return tree.Observes(&(*w).op, &(*in).op, out) },
		Describe:      func(in **turned, out **zkapi.Output) string { return tree.Describe(&(*in).op, out) },
		DescribeState: func(s turns) string { return s.State.String() },
	}
}

// searched searches for an order of the operations that takes chooses, and which it may change.
func searched(
	history []sim.Op, check string, budget checker.Budget, takes func(*placement) bool,
) checker.Report {
	if _, err := answered(history); err != nil {
		return checker.NotTold(check, err.Error())
	}
	var ops []sim.Op
	originals := map[any]*sim.Op{} // by the input that the search sees
	clients := map[sim.NodeID]*progress{}
	for i := range history {
		c := clients[history[i].Client]
		if c == nil {
			c = &progress{number: len(clients)}
			clients[history[i].Client] = c
		}
		p := c.place(&history[i])
		if (p.turn != 0 || p.updates) && takes(p) {
			p.op.Process, p.op.Input = len(ops), p.in
			ops = append(ops, p.op)
			originals[p.in] = &history[i]
		}
	}
	report := checker.Judge(inTurns(len(clients)), ops, budget)
	report.Check = check
	for i := range report.Core {
		core := &report.Core[i]
		original := originals[core.Input]
		core.Input, core.Process, core.CallSeq = original.Input, original.Process, original.CallSeq
	}
	return report
}

// progress is what a client has called so far.
type progress struct {
	// number is that of the client, from 0, turns counts its operations that were answered.
	number, turns int
	// synced is its last sync that was answered with OK.
	synced *sim.Op
}

// place returns the next operation of the client.
func (c *progress) place(op *sim.Op) *placement {
	in := op.Input.(*zkapi.Op)
	p := &placement{op: *op, in: &turned{op: in, client: c.number}, synced: c.synced}
	switch op.Outcome {
	case sim.OK:
		r := newReply(op, in, op.Output.(*zkapi.Output))
		c.turns++
		p.turn, p.updates, p.reads = c.turns, r.updates(), r.reads()
		if in.Kind == zkapi.Sync && r.out.Code == zkapi.OK {
			c.synced = op
		}
	case sim.Unknown:
		p.updates = in.Kind.Writes()
	}
	return p
}
