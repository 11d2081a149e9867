package mvcc

import (
	"fmt"
	"strings"
	"testing"

	"schism/raft/kvapi"
)

// talk applies operations to a new store. Each line is an operation, " -> ", the revision after it and its result as
// show prints it.
func talk(t *testing.T, lines ...string) *Store {
	t.Helper()
	store := New(nil)
	for _, line := range lines {
		text, want, _ := strings.Cut(line, " -> ")
		got := say(t, &store, text)
		if got != want {
			t.Errorf("%s -> %s, want %s", text, got, want)
		}
	}
	return &store
}

// say applies one operation and returns the revision after it and the result.
func say(t testing.TB, store *Store, text string) string {
	t.Helper()
	op, err := kvapi.ParseOp(text)
	if err != nil {
		t.Fatal(err)
	}
	r := store.Apply(&op)
	return fmt.Sprintf("r%d %s", store.Revision(), show(&r))
}

// show prints a result, of each key "key=value", the revisions that created and changed it, its version and its lease.
func show(r *kvapi.Result) string {
	parts := []string{r.Code.String()}
	if r.Responses != nil || r.Succeeded {
		parts[0] = map[bool]string{true: "then", false: "else"}[r.Succeeded]
		for i := range r.Responses {
			parts = append(parts, "("+show(&r.Responses[i])+")")
		}
	}
	for i := range r.KVs {
		parts = append(parts, showKV(&r.KVs[i]))
	}
	if r.Count != 0 && r.Count != int64(len(r.KVs)) {
		parts = append(parts, fmt.Sprintf("of %d", r.Count))
	}
	if r.More {
		parts = append(parts, "more")
	}
	if r.Deleted != 0 {
		parts = append(parts, fmt.Sprintf("deleted %d", r.Deleted))
	}
	for i := range r.Prev {
		parts = append(parts, "was "+showKV(&r.Prev[i]))
	}
	if r.Lease != 0 {
		parts = append(parts, fmt.Sprintf("lease %v ttl %d of %d %v", r.Lease, r.TTL, r.GrantedTTL, r.Keys))
	}
	if r.Leases != nil {
		parts = append(parts, fmt.Sprint(r.Leases))
	}
	return strings.TrimPrefix(strings.Join(parts, " "), "ok ")
}

func showKV(kv *kvapi.KeyValue) string {
	s := fmt.Sprintf("%s=%s(%d %d v%d)", kv.Key, kv.Value, kv.CreateRevision, kv.ModRevision, kv.Version)
	if kv.Lease != 0 {
		s += "@" + kv.Lease.String()
	}
	return s
}

// showEvents prints events as show prints keys.
func showEvents(events []kvapi.Event) string {
	var parts []string
	for i := range events {
		e := &events[i]
		s := showKV(&e.KV)
		if e.Type == kvapi.EventDelete {
			s = fmt.Sprintf("%s deleted(%d)", e.KV.Key, e.KV.ModRevision)
		}
		if e.Prev != nil {
			s += " was " + showKV(e.Prev)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}
