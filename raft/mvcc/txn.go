package mvcc

import (
	"cmp"
	"strings"

	"schism/raft/kvapi"
)

// plan is a Txn whose conditions were asked: all of them, those of nested Txns too, about the store as it is before
// anything is done (compareToPath).
type plan struct {
	holds bool
	ops   []kvapi.Op
	// nested are the plans of the Txns in ops, in order.
	nested []plan
}

// txn does a Txn: it asks, checks what will be done, and does it, so that what fails has done nothing.
func (s *Store) txn(op *kvapi.Op) kvapi.Result {
	p := s.plan(op)
	if c := s.rules.Checked(s.check(&p)); c != kvapi.OK {
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
func (s *Store) plan(op *kvapi.Op) plan {
	p := plan{holds: true, ops: op.Then}
	for i := range op.If {
		if !s.holds(&op.If[i]) {
			p.holds, p.ops = false, op.Else
			break
		}
	}
	for i := range p.ops {
		if p.ops[i].Kind == kvapi.Txn {
			p.nested = append(p.nested, s.plan(&p.ops[i]))
		}
	}
	return p
}

// holds reports whether a condition holds: for every key that is there, or for one of zeros if none is. Of a key that
// is not there no condition on the value holds (applyCompare).
func (s *Store) holds(c *kvapi.Compare) bool {
	none, all := true, true
	s.each(c.Span, latest, func(kv *kvapi.KeyValue) {
		none = false
		all = all && c.Result.Holds(compareWith(c, kv))
	})
	if none {
		return c.Target != kvapi.CompareValue && c.Result.Holds(compareWith(c, &kvapi.KeyValue{}))
	}
	return all
}

// compareWith compares what is there with what is expected.
func compareWith(c *kvapi.Compare, kv *kvapi.KeyValue) int {
	switch c.Target {
	case kvapi.CompareCreate:
		return cmp.Compare(int64(kv.CreateRevision), c.Number)
	case kvapi.CompareMod:
		return cmp.Compare(int64(kv.ModRevision), c.Number)
	case kvapi.CompareValue:
		return strings.Compare(kv.Value, c.Value)
	case kvapi.CompareLease:
		return cmp.Compare(int64(kv.Lease), c.Number)
	}
	return cmp.Compare(kv.Version, c.Number)
}

// check returns the first error that what is planned would meet, in order (checkTxn).
func (s *Store) check(p *plan) kvapi.Code {
	nested := p.nested
	for i := range p.ops {
		c := kvapi.OK
		switch op := &p.ops[i]; op.Kind {
		case kvapi.Range:
			c = s.checkRange(op)
		case kvapi.Put:
			c = cmp.Or(s.checkKept(op), s.checkLease(op))
		case kvapi.Txn:
			c, nested = s.check(&nested[0]), nested[1:]
		}
		if c != kvapi.OK {
			return c
		}
	}
	return kvapi.OK
}

// do does what is planned.
func (w *writer) do(p *plan) kvapi.Result {
	r := kvapi.Result{Succeeded: p.holds}
	if len(p.ops) > 0 {
		r.Responses = w.spare().results.take(len(p.ops))
	}
	nested := p.nested
	for i := range p.ops {
		switch op, into := &p.ops[i], &r.Responses[i]; op.Kind {
		case kvapi.Range:
			w.readRange(op, into)
		case kvapi.Put:
			w.put(op, into)
		case kvapi.DeleteRange:
			w.deleteRange(op, into)
		case kvapi.Txn:
			*into, nested = w.do(&nested[0]), nested[1:]
		}
	}
	return r
}
