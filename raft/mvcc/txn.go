package mvcc

import (
	"cmp"
	"strings"

	"schism/raft/etcdapi"
)

// plan is a Txn whose conditions were asked: all of them, those of nested Txns too, about the store as it is before
// anything is done (compareToPath).
type plan struct {
	holds bool
	ops   []etcdapi.Op
	// nested are the plans of the Txns in ops, in order.
	nested []plan
}

// txn does a Txn: it asks, checks what will be done, and does it, so that what fails has done nothing.
func (s *Store) txn(op *etcdapi.Op) etcdapi.Result {
	p := s.plan(op)
	if c := s.check(&p); c != etcdapi.OK {
		return s.failed(c)
	}
	w := writer{Store: s}
	r := w.do(&p)
	if op.Writes() {
		w.end()
	}
	return r
}

// plan asks the conditions of op.
func (s *Store) plan(op *etcdapi.Op) plan {
	p := plan{holds: true, ops: op.Then}
	for i := range op.If {
		if !s.holds(&op.If[i]) {
			p.holds, p.ops = false, op.Else
			break
		}
	}
	for i := range p.ops {
		if p.ops[i].Kind == etcdapi.Txn {
			p.nested = append(p.nested, s.plan(&p.ops[i]))
		}
	}
	return p
}

// holds reports whether a condition holds: for every key that is there, or for one of zeros if none is. Of a key that
// is not there no condition on the value holds (applyCompare).
func (s *Store) holds(c *etcdapi.Compare) bool {
	none, all := true, true
	s.each(c.Span, latest, func(kv *etcdapi.KeyValue) {
		none = false
		all = all && c.Result.Holds(compareWith(c, kv))
	})
	if none {
		return c.Target != etcdapi.CompareValue && c.Result.Holds(compareWith(c, &etcdapi.KeyValue{}))
	}
	return all
}

// compareWith compares what is there with what is expected.
func compareWith(c *etcdapi.Compare, kv *etcdapi.KeyValue) int {
	switch c.Target {
	case etcdapi.CompareCreate:
		return cmp.Compare(int64(kv.CreateRevision), c.Number)
	case etcdapi.CompareMod:
		return cmp.Compare(int64(kv.ModRevision), c.Number)
	case etcdapi.CompareValue:
		return strings.Compare(kv.Value, c.Value)
	case etcdapi.CompareLease:
		return cmp.Compare(int64(kv.Lease), c.Number)
	}
	return cmp.Compare(kv.Version, c.Number)
}

// check returns the first error that what is planned would meet, in order (checkTxn).
func (s *Store) check(p *plan) etcdapi.Code {
	nested := p.nested
	for i := range p.ops {
		c := etcdapi.OK
		switch op := &p.ops[i]; op.Kind {
		case etcdapi.Range:
			c = s.checkRange(op)
		case etcdapi.Put:
			c = cmp.Or(s.checkKept(op), s.checkLease(op))
		case etcdapi.Txn:
			c, nested = s.check(&nested[0]), nested[1:]
		}
		if c != etcdapi.OK {
			return c
		}
	}
	return etcdapi.OK
}

// do does what is planned.
func (w *writer) do(p *plan) etcdapi.Result {
	r := etcdapi.Result{Succeeded: p.holds}
	if len(p.ops) > 0 {
		r.Responses = make([]etcdapi.Result, len(p.ops))
	}
	nested := p.nested
	for i := range p.ops {
		switch op, into := &p.ops[i], &r.Responses[i]; op.Kind {
		case etcdapi.Range:
			w.readRange(op, into)
		case etcdapi.Put:
			w.put(op, into)
		case etcdapi.DeleteRange:
			w.deleteRange(op, into)
		case etcdapi.Txn:
			*into, nested = w.do(&nested[0]), nested[1:]
		}
	}
	return r
}
