package kvspec

import (
	"schism/raft/kvapi"
	"schism/sim"
)

// Do returns the state after an operation in the only store of s, and the right reply to it.
func Do(s State, op *kvapi.Op) (State, *kvapi.Output) {
	w := s.stores[0]
	next, r := w.reply(op)
	return State{[]*store{next}}, &kvapi.Output{Header: kvapi.Header{Revision: next.now.revision}, Result: r}
}

// reply returns the store after an operation, and its right result.
func (s *store) reply(op *kvapi.Op) (*store, kvapi.Result) {
	errs := refused(op)
	if errs == 0 {
		errs = s.refuses(op)
	}
	code := func() (c kvapi.Code) {
		for !errs.has(c) {
			c++
		}
		return c
	}
	if errs != 0 {
		return s, kvapi.Result{Code: code()}
	}
	switch op.Kind {
	case kvapi.Range, kvapi.Put, kvapi.DeleteRange, kvapi.Txn:
		return s.do(op)
	case kvapi.Compact:
		if op.Revision <= s.compacted {
			return s, kvapi.Result{Code: kvapi.ErrCompacted, Compacted: s.compacted}
		} else if op.Revision > s.now.revision {
			return s, kvapi.Result{Code: kvapi.ErrFutureRev}
		}
	case kvapi.LeaseGrant:
		if s.live(op.Lease) {
			return s, kvapi.Result{Code: kvapi.ErrLeaseExist}
		}
		return s.assume(op), kvapi.Result{Lease: op.Lease, TTL: op.TTL}
	case kvapi.LeaseRevoke:
		if !s.live(op.Lease) {
			return s, kvapi.Result{Code: kvapi.ErrLeaseNotFound}
		}
	case kvapi.LeaseTimeToLive:
		return s, kvapi.Result{Lease: op.Lease, TTL: 1, Keys: s.attached(op.Lease)}
	}
	return s.assume(op), kvapi.Result{}
}

// End returns the state after the end of the first lease that has keys, false if there is none.
func End(s State) (State, bool) {
	holding := s.stores[0].holding()
	if len(holding) == 0 {
		return s, false
	}
	return State{[]*store{s.stores[0].end(holding[0])}}, true
}

// Explain returns what is left of a state after an operation of a history, and whether that is anything.
func Explain(s State, op *sim.Op, history []sim.Op) (State, bool) {
	in := op.Input.(*kvapi.Op)
	if op.Outcome == sim.Unknown {
		return Step(s, in, nil)
	}
	if Linearized(op) {
		return Step(s, in, op.Output.(*kvapi.Output))
	}
	replies, err := answered(history)
	if err != nil {
		panic(err)
	}
	all := newReplay(replies, (*reply).tells, 0)
	var left []*store
	for _, x := range all.ops {
		for _, w := range ended(s.stores) {
			if _, right := w.explain(x, all.compacts); right && x.op == op {
				left = append(left, w)
			}
		}
	}
	return State{left}, len(left) > 0
}

// Linearized reports whether an answered operation has its instant between its call and its return.
func Linearized(op *sim.Op) bool {
	k := kindOf(op.Input.(*kvapi.Op), op.Output.(*kvapi.Output))
	return k == changing || k == exact
}

// ended returns stores, and what they are when leases with keys end.
func ended(stores []*store) (all []*store) {
	for _, w := range stores {
		all = append(all, w)
		for _, l := range w.holding() {
			all = append(all, ended([]*store{w.end(l)})...)
		}
	}
	return all
}

// Events returns what a watch is to be told of a revision.
func Events(l *Log, w *kvapi.Op, r kvapi.Revision) []kvapi.Event { return l.of(w, r) }
