package etcdspec

import (
	"schism/raft/etcdapi"
	"schism/sim"
)

// Do returns the state after an operation in the only store of s, and the right reply to it.
func Do(s State, op *etcdapi.Op) (State, *etcdapi.Output) {
	w := s.stores[0]
	next, r := w.reply(op)
	return State{[]*store{next}}, &etcdapi.Output{Header: etcdapi.Header{Revision: next.now.revision}, Result: r}
}

// reply returns the store after an operation, and its right result.
func (s *store) reply(op *etcdapi.Op) (*store, etcdapi.Result) {
	errs := refused(op)
	if errs == 0 {
		errs = s.refuses(op)
	}
	code := func() (c etcdapi.Code) {
		for !errs.has(c) {
			c++
		}
		return c
	}
	if errs != 0 {
		return s, etcdapi.Result{Code: code()}
	}
	switch op.Kind {
	case etcdapi.Range, etcdapi.Put, etcdapi.DeleteRange, etcdapi.Txn:
		return s.do(op)
	case etcdapi.Compact:
		if op.Revision <= s.compacted {
			return s, etcdapi.Result{Code: etcdapi.ErrCompacted, Compacted: s.compacted}
		} else if op.Revision > s.now.revision {
			return s, etcdapi.Result{Code: etcdapi.ErrFutureRev}
		}
	case etcdapi.LeaseGrant:
		if s.live(op.Lease) {
			return s, etcdapi.Result{Code: etcdapi.ErrLeaseExist}
		}
		return s.assume(op), etcdapi.Result{Lease: op.Lease, TTL: op.TTL}
	case etcdapi.LeaseRevoke:
		if !s.live(op.Lease) {
			return s, etcdapi.Result{Code: etcdapi.ErrLeaseNotFound}
		}
	case etcdapi.LeaseTimeToLive:
		return s, etcdapi.Result{Lease: op.Lease, TTL: 1, Keys: s.attached(op.Lease)}
	}
	return s.assume(op), etcdapi.Result{}
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
	in := op.Input.(*etcdapi.Op)
	if op.Outcome == sim.Unknown {
		return Step(s, in, nil)
	}
	if Linearized(op) {
		return Step(s, in, op.Output.(*etcdapi.Output))
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
	k := kindOf(op.Input.(*etcdapi.Op), op.Output.(*etcdapi.Output))
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
