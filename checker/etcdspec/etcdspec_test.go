package etcdspec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"schism/checker/etcdspec"
	"schism/raft/etcdapi"
)

type (
	output = etcdapi.Output
	result = etcdapi.Result
	kv     = etcdapi.KeyValue
)

// parse returns the operation of a text.
func parse(t testing.TB, text string) *etcdapi.Op {
	t.Helper()
	op, err := etcdapi.ParseOp(text)
	if err != nil {
		t.Fatal(err)
	}
	return &op
}

// at returns the reply r at a revision.
func at(rev etcdapi.Revision, r result) *output {
	return &output{Header: etcdapi.Header{Revision: rev}, Result: r}
}

// ok returns the reply that there is nothing to tell.
func ok(rev etcdapi.Revision) *output { return at(rev, result{}) }

// fails returns the reply that an operation did nothing.
func fails(rev etcdapi.Revision, code etcdapi.Code) *output { return at(rev, result{Code: code}) }

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
		s := etcdspec.New().Init()
		for _, x := range story {
			op := parse(t, x.op)
			next, right := etcdspec.Step(s, op, x.out)
			if !right {
				t.Errorf("%s: %s is wrong in %v", name, op.Explain(x.out), s)
				break
			}
			for what, wrong := range spoiled(op, x.out) {
				if strings.Contains(name, "lease") && strings.HasSuffix(what, "revision") {
					continue // one may have ended, or not
				}
				if _, right := etcdspec.Step(s, op, wrong); right {
					t.Errorf("%s: with another %s %s is right in %v", name, what, op.Explain(wrong), s)
				}
			}
			s = next
		}
	}
}

// spoiled returns replies that differ from out in one thing.
func spoiled(op *etcdapi.Op, out *output) map[string]*output {
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
	case etcdapi.Range, etcdapi.Put, etcdapi.DeleteRange, etcdapi.Txn, etcdapi.Compact, etcdapi.LeaseRevoke:
		change("code", func(o *output) {
			if o.Code = etcdapi.ErrMemberNotFound; out.Code != etcdapi.OK {
				o.Code = etcdapi.OK
			}
		})
	}
	if out.Code == etcdapi.OK {
		for what, r := range spoiledResult(op, &out.Result) {
			change(what, func(o *output) { o.Result = *r })
		}
	}
	return all
}

// spoiledResult returns results that differ from r in one thing.
func spoiledResult(op *etcdapi.Op, r *result) map[string]*result {
	all := map[string]*result{}
	change := func(what string, do func(*result)) {
		c := *r
		c.KVs, c.Prev, c.Responses = slices.Clone(r.KVs), slices.Clone(r.Prev), slices.Clone(r.Responses)
		do(&c)
		all[what] = &c
	}
	switch op.Kind {
	case etcdapi.Range:
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
	case etcdapi.Put, etcdapi.DeleteRange:
		change("deleted", func(r *result) { r.Deleted++ })
		change("prev", func(r *result) { r.Prev = append(r.Prev, kv{Key: "no"}) })
	case etcdapi.Txn:
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
	spec := etcdspec.New()
	s := spec.Init()
	for _, text := range []string{"put x 1", "lease-grant lease 1 ttl 5", "put y 2 lease 1", "put x 3",
		"delete x", "txn {} then {put z 1; delete y} else {}", "compact rev 3", "lease-revoke lease 1"} {
		op, before, hash := parse(t, text), s.String(), spec.Hash(s)
		a, _ := etcdspec.Step(s, op, nil)
		b, _ := etcdspec.Step(s, op, nil)
		if !spec.Equal(a, b) || spec.Hash(a) != spec.Hash(b) || s.String() != before || spec.Hash(s) != hash {
			t.Errorf("%s changes %s", text, before)
		}
		s = a
	}
}
