package mvcc

import (
	"fmt"
	"strings"
	"testing"

	"schism/checker/kvspec"
	"schism/raft/kvapi"
)

// TestStoreAgreesWithTheSpecification: every reply in 10,000 lists of 50 operations is one that package kvspec, which
// shares no code with the store, takes for right.
func TestStoreAgreesWithTheSpecification(t *testing.T) {
	lists := 10_000
	if testing.Short() {
		lists = 1000
	}
	for seed := range lists {
		g := generated(seed)
		if err := specified(&g, nil, 50); err != nil {
			t.Fatalf("list %d: %v", seed, err)
		}
	}
}

// specified applies n random operations to a store with the rules, and returns the first reply that is not right, with
// what was done before.
func specified(s source, rules *Rules, n int) error {
	store, state := New(rules), kvspec.New().Init()
	var told []string
	for range n {
		op := anyOp(s, store.Revision())
		out := &kvapi.Output{Result: store.Apply(&op)}
		out.Header.Revision = store.Revision()
		told = append(told, op.Explain(out))
		next, right := kvspec.Step(state, &op, out)
		if !right {
			return fmt.Errorf("the last reply is wrong:\n%s\nin %v", strings.Join(told, "\n"), state)
		}
		state = next
	}
	return nil
}

func TestSpecificationFindsWrongStores(t *testing.T) {
	for name, rules := range map[string]Rules{
		"a txn that changes nothing has a revision": {Revises: func(int) bool { return true }},
		"a key that is put keeps its lease": {
			Attached: func(old, _ kvapi.LeaseID, _ bool) kvapi.LeaseID { return old }},
		"compaction forgets what is there": {
			Keeps: func(bool, kvapi.Revision, kvapi.Revision) bool { return false }},
		"a key that was deleted keeps its versions": {
			Succeeds: func(before *kvapi.KeyValue, _ bool, _ kvapi.Revision) (kvapi.Revision, int64) {
				return before.CreateRevision, before.Version + 1
			}},
	} {
		found := false
		for seed := range 100 {
			g := generated(seed)
			found = found || specified(&g, &rules, 50) != nil
		}
		if !found {
			t.Errorf("100 lists are right though %s", name)
		}
	}
}
