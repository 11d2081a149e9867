package kvspec

import (
	"cmp"
	"slices"
	"strings"

	"schism/raft/kvapi"
)

// change is an operation on keys while it is done. What it changes has the revision after that of before.
type change struct {
	before  *store
	keys    *node
	changed bool
}

// do returns the store after an operation on keys that nothing refuses, and the result.
func (s *store) do(op *kvapi.Op) (*store, kvapi.Result) {
	c := change{before: s, keys: s.now.keys}
	r := c.do(op)
	if !c.changed {
		return s, r
	}
	return s.with(c.keys), r
}

// do does one operation.
func (c *change) do(op *kvapi.Op) kvapi.Result {
	switch op.Kind {
	case kvapi.Range:
		return c.get(op)
	case kvapi.Put:
		return c.put(op)
	case kvapi.DeleteRange:
		return c.delete(op)
	}
	branch, succeeded := c.before.branch(op)
	r := kvapi.Result{Succeeded: succeeded}
	if len(branch) > 0 {
		r.Responses = make([]kvapi.Result, len(branch))
	}
	for i := range branch {
		r.Responses[i] = c.do(&branch[i])
	}
	return r
}

// branch returns what a Txn does in s, and whether its conditions hold. Those of the Txns in it are about s, too, and
// not about what was done before them (compareToPath).
func (s *store) branch(op *kvapi.Op) (branch []kvapi.Op, succeeded bool) {
	if s.holds(op.If) {
		return op.Then, true
	}
	return op.Else, false
}

// put puts a key.
func (c *change) put(op *kvapi.Op) (r kvapi.Result) {
	rev := c.before.now.revision + 1
	kv := kvapi.KeyValue{Key: op.Span.Key, Value: op.Value, CreateRevision: rev, ModRevision: rev, Version: 1,
		Lease: op.Lease}
	if was := c.keys.find(kv.Key); was != nil {
		kv.CreateRevision, kv.Version = was.CreateRevision, was.Version+1
		if op.Flags&kvapi.FlagIgnoreValue != 0 {
			kv.Value = was.Value
		}
		if op.Flags&kvapi.FlagIgnoreLease != 0 {
			kv.Lease = was.Lease
		}
		if op.Flags&kvapi.FlagPrevKV != 0 {
			r.Prev = []kvapi.KeyValue{*was}
		}
	}
	c.keys, c.changed = c.keys.with(leaf(kv)), true
	return r
}

// delete deletes keys.
func (c *change) delete(op *kvapi.Op) (r kvapi.Result) {
	for _, kv := range c.keys.all(op.Span, nil) {
		c.keys, c.changed = c.keys.without(kv.Key), true
		r.Deleted++
		if op.Flags&kvapi.FlagPrevKV != 0 {
			r.Prev = append(r.Prev, *kv)
		}
	}
	return r
}

// get returns keys.
func (c *change) get(op *kvapi.Op) (r kvapi.Result) {
	keys := c.keys
	if op.Revision > 0 {
		keys = c.before.now.at(op.Revision).keys
	}
	if plain(op) {
		if kv := keys.find(op.Span.Key); kv != nil {
			r.KVs, r.Count = []kvapi.KeyValue{*kv}, 1
		}
		return r
	}
	list := keys.all(op.Span, nil)
	r.Count = int64(len(list))
	if op.Flags&kvapi.FlagCountOnly != 0 {
		return r
	}
	if op.Bounds != (kvapi.Bounds{}) {
		list = slices.DeleteFunc(list, func(kv *kvapi.KeyValue) bool { return !within(op.Bounds, kv) })
	}
	if op.By != kvapi.ByKey || op.Order == kvapi.Descend {
		slices.SortStableFunc(list, func(a, b *kvapi.KeyValue) int { return inOrder(op, a, b) })
	}
	if r.More = op.Limit > 0 && int64(len(list)) > op.Limit; r.More {
		list = list[:op.Limit]
	}
	if len(list) > 0 {
		r.KVs = make([]kvapi.KeyValue, len(list))
	}
	for i, kv := range list {
		if r.KVs[i] = *kv; op.Flags&kvapi.FlagKeysOnly != 0 {
			r.KVs[i].Value = ""
		}
	}
	return r
}

// within reports whether a key passes the bounds.
func within(b kvapi.Bounds, kv *kvapi.KeyValue) bool {
	return kv.ModRevision >= b.MinMod && (b.MaxMod == 0 || kv.ModRevision <= b.MaxMod) &&
		kv.CreateRevision >= b.MinCreate && (b.MaxCreate == 0 || kv.CreateRevision <= b.MaxCreate)
}

// inOrder compares two keys as a Range sorts them.
func inOrder(op *kvapi.Op, a, b *kvapi.KeyValue) int {
	d := 0
	switch op.By {
	case kvapi.ByKey:
		d = strings.Compare(a.Key, b.Key)
	case kvapi.ByVersion:
		d = cmp.Compare(a.Version, b.Version)
	case kvapi.ByCreate:
		d = cmp.Compare(a.CreateRevision, b.CreateRevision)
	case kvapi.ByMod:
		d = cmp.Compare(a.ModRevision, b.ModRevision)
	case kvapi.ByValue:
		d = strings.Compare(a.Value, b.Value)
	}
	if op.Order == kvapi.Descend {
		return -d
	}
	return d
}

// holds reports whether all conditions hold.
func (s *store) holds(conditions []kvapi.Compare) bool {
	for i := range conditions {
		c := &conditions[i]
		if single(c.Span) {
			kv := s.now.keys.find(c.Span.Key)
			if !holds(c, kv) {
				return false
			}
			continue
		}
		all := s.now.keys.all(c.Span, nil)
		if len(all) == 0 && !holds(c, nil) {
			return false
		}
		for _, kv := range all {
			if !holds(c, kv) {
				return false
			}
		}
	}
	return true
}

// holds reports whether a condition holds for a key, nil if it is not there.
func holds(c *kvapi.Compare, kv *kvapi.KeyValue) bool {
	if kv == nil {
		if c.Target == kvapi.CompareValue {
			return false
		}
		kv = &kvapi.KeyValue{}
	}
	there := int64(0)
	switch c.Target {
	case kvapi.CompareValue:
		return met(c.Result, strings.Compare(kv.Value, c.Value))
	case kvapi.CompareVersion:
		there = kv.Version
	case kvapi.CompareCreate:
		there = int64(kv.CreateRevision)
	case kvapi.CompareMod:
		there = int64(kv.ModRevision)
	case kvapi.CompareLease:
		there = int64(kv.Lease)
	}
	return met(c.Result, cmp.Compare(there, c.Number))
}
