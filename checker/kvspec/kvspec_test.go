package kvspec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"schism/checker/kvspec"
	"schism/raft/kvapi"
)

type (
	output = kvapi.Output
	result = kvapi.Result
	kv     = kvapi.KeyValue
)

// parse returns the operation of a text.
func parse(t testing.TB, text string) *kvapi.Op {
	t.Helper()
	op, err := kvapi.ParseOp(text)
	if err != nil {
		t.Fatal(err)
	}
	return &op
}

// at returns the reply r at a revision.
func at(rev kvapi.Revision, r result) *output {
	return &output{Header: kvapi.Header{Revision: rev}, Result: r}
}

// ok returns the reply that there is nothing to tell.
func ok(rev kvapi.Revision) *output { return at(rev, result{}) }

// fails returns the reply that an operation did nothing.
func fails(rev kvapi.Revision, code kvapi.Code) *output { return at(rev, result{Code: code}) }

// key returns a key: "x=17 c2 m3 v2", with "l4" for a lease.
func key(t testing.TB, text string) (k kv) {
	t.Helper()
	pair, rest, _ := strings.Cut(text, " ")
	k.Key, k.Value, _ = strings.Cut(pair, "=")
	if _, err := fmt.Sscanf(rest, "c%d m%d v%d", &k.CreateRevision, &k.ModRevision, &k.Version); err != nil {
		t.Fatal(text, err)
	}
	if _, lease, has := strings.Cut(rest, " l"); has {
		fmt.Sscan(lease, &k.Lease)
	}
	return k
}

// keys returns the result of a Range.
func keys(t testing.TB, texts ...string) (r result) {
	t.Helper()
	for _, text := range texts {
		r.KVs = append(r.KVs, key(t, text))
	}
	r.Count = int64(len(texts))
	return r
}

// was returns the result of an operation with FlagPrevKV.
func was(t testing.TB, texts ...string) result { return result{Prev: keys(t, texts...).KVs} }

// step is an operation of a story and the reply to it, nil if it is lost.
type step struct {
	op  string
	out *output
}

// TestTheStoreExplainsStories: every reply of each story is right, and none is right any more when something in it is
// changed.
func TestTheStoreExplainsStories(t *testing.T) {
	for name, story := range stories(t) {
		s := kvspec.New().Init()
		for _, x := range story {
			op := parse(t, x.op)
			next, right := kvspec.Step(s, op, x.out)
			if !right {
				t.Errorf("%s: %s is wrong in %v", name, op.Explain(x.out), s)
				break
			}
			for what, wrong := range spoiled(op, x.out) {
				if strings.Contains(name, "lease") && strings.HasSuffix(what, "revision") {
					continue // one may have ended, or not
				}
				if _, right := kvspec.Step(s, op, wrong); right {
					t.Errorf("%s: with another %s %s is right in %v", name, what, op.Explain(wrong), s)
				}
			}
			s = next
		}
	}
}

// spoiled returns replies that differ from out in one thing.
func spoiled(op *kvapi.Op, out *output) map[string]*output {
	all := map[string]*output{}
	if out == nil {
		return all
	}
	change := func(what string, do func(*output)) {
		c := *out
		do(&c)
		all[what] = &c
	}
	change("higher revision", func(o *output) { o.Revision++ })
	change("lower revision", func(o *output) { o.Revision-- })
	switch op.Kind {
	case kvapi.Range, kvapi.Put, kvapi.DeleteRange, kvapi.Txn, kvapi.Compact, kvapi.LeaseRevoke:
		change("code", func(o *output) {
			if o.Code = kvapi.ErrMemberNotFound; out.Code != kvapi.OK {
				o.Code = kvapi.OK
			}
		})
	}
	if out.Code == kvapi.OK {
		for what, r := range spoiledResult(op, &out.Result) {
			change(what, func(o *output) { o.Result = *r })
		}
	}
	return all
}

// spoiledResult returns results that differ from r in one thing.
func spoiledResult(op *kvapi.Op, r *result) map[string]*result {
	all := map[string]*result{}
	change := func(what string, do func(*result)) {
		c := *r
		c.KVs, c.Prev, c.Responses = slices.Clone(r.KVs), slices.Clone(r.Prev), slices.Clone(r.Responses)
		do(&c)
		all[what] = &c
	}
	switch op.Kind {
	case kvapi.Range:
		change("count", func(r *result) { r.Count++ })
		change("more", func(r *result) { r.More = !r.More })
		if len(r.KVs) > 0 {
			change("value", func(r *result) { r.KVs[0].Value += "'" })
			change("version", func(r *result) { r.KVs[0].Version++ })
			change("mod", func(r *result) { r.KVs[0].ModRevision++ })
			change("create", func(r *result) { r.KVs[0].CreateRevision-- })
			change("lease", func(r *result) { r.KVs[0].Lease++ })
			change("number of keys", func(r *result) { r.KVs = r.KVs[1:] })
		}
		if len(r.KVs) > 1 {
			change("order", func(r *result) { slices.Reverse(r.KVs) })
		}
	case kvapi.Put, kvapi.DeleteRange:
		change("deleted", func(r *result) { r.Deleted++ })
		change("prev", func(r *result) { r.Prev = append(r.Prev, kv{Key: "no"}) })
	case kvapi.Txn:
		change("branch", func(r *result) { r.Succeeded = !r.Succeeded })
		change("length", func(r *result) { r.Responses = append(r.Responses, result{}) })
		branch := op.Else
		if r.Succeeded {
			branch = op.Then
		}
		for i := range r.Responses {
			for what, x := range spoiledResult(&branch[i], &r.Responses[i]) {
				change(fmt.Sprintf("%s in %d", what, i), func(r *result) { r.Responses[i] = *x })
			}
		}
	}
	return all
}

// TestStatesAreNeverChanged: the same operation in the same state gives the same twice.
func TestStatesAreNeverChanged(t *testing.T) {
	spec := kvspec.New()
	s := spec.Init()
	for _, text := range []string{"put x 1", "lease-grant lease 1 ttl 5", "put y 2 lease 1", "put x 3",
		"delete x", "txn {} then {put z 1; delete y} else {}", "compact rev 3", "lease-revoke lease 1"} {
		op, before, hash := parse(t, text), s.String(), spec.Hash(s)
		a, _ := kvspec.Step(s, op, nil)
		b, _ := kvspec.Step(s, op, nil)
		if !spec.Equal(a, b) || spec.Hash(a) != spec.Hash(b) || s.String() != before || spec.Hash(s) != hash {
			t.Errorf("%s changes %s", text, before)
		}
		s = a
	}
}

// TestTheStoreRefutes: replies that look right and are not.
func TestTheStoreRefutes(t *testing.T) {
	for _, c := range []struct {
		before []string
		op     string
		out    *output
	}{
		{[]string{"lease-grant lease 7 ttl 5", "put x 1 lease 7"}, "lease-grant lease 7 ttl 5",
			at(2, result{Lease: 7, TTL: 5})},
		{[]string{"lease-grant lease 7 ttl 5", "put x 1 lease 7"}, "put y 1 lease 7",
			fails(2, kvapi.ErrLeaseNotFound)},
		{nil, "lease-grant lease 7 ttl 5", at(1, result{Lease: 7, TTL: 4})},
		{nil, "lease-grant lease 7 ttl 5", at(1, result{Lease: 8, TTL: 5})},
		{nil, "lease-grant ttl 5", at(1, result{TTL: 5})},
		{[]string{"put x 1", "put x 2", "compact rev 3"}, "get x rev 2",
			at(3, result{Code: kvapi.ErrCompacted, Compacted: 2})},
		{nil, "txn {} then {put x 1; put x 2} else {}", at(2, then(result{}, result{}))},
		{[]string{"put a 1", "put b 2"}, "get a to c min-create 3", at(3, keys(t, "a=1 c2 m2 v1", "b=2 c3 m3 v1"))},
		{[]string{"put a 1", "put b 1"}, "get a to c sort version descend",
			at(3, keys(t, "a=1 c2 m2 v1", "a=1 c2 m2 v1"))},
	} {
		s := kvspec.New().Init()
		for _, text := range c.before {
			s, _ = kvspec.Step(s, parse(t, text), nil)
		}
		op := parse(t, c.op)
		if _, right := kvspec.Step(s, op, c.out); right {
			t.Errorf("%s is right in %v", op.Explain(c.out), s)
		}
	}
	s, _ := kvspec.Step(kvspec.New().Init(), parse(t, "txn {} then {put a 1; put b 1} else {}"), nil)
	for _, order := range [][]string{{"a=1 c2 m2 v1", "b=1 c2 m2 v1"}, {"b=1 c2 m2 v1", "a=1 c2 m2 v1"}} {
		if _, right := kvspec.Step(s, parse(t, "get a to c sort mod ascend"), at(2, keys(t, order...))); !right {
			t.Errorf("of equal ones %v is the wrong order", order)
		}
	}
}
