package kvspec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// drift is by how much clocks run wrong at most in these tests.
const drift checker.PPM = 100_000

// claim stands for a write to a resource.
type claim struct{ number int }

// holdings returns the judge of a lock below "lock/" whose leases end a second early at worst.
func holdings() kvspec.Contest {
	return kvspec.Contest{Prefix: "lock/", Drift: drift, Claims: func(in any) bool {
		_, ok := in.(*claim)
		return ok
	}}
}

// withClaims returns a history in seconds, in which a hash is a claim: it is no operation of the store then.
func withClaims(t *testing.T, acts []act) []sim.Op {
	history := inSeconds(historyOf(t, acts))
	for i := range history {
		if in := history[i].Input.(*kvapi.Op); in.Kind == kvapi.HashKV {
			history[i].Input, history[i].Output = &claim{i}, nil
		}
	}
	return history
}

// enter is the Txn by which a client comes to have the key of its lease, key that key.
func enter(name string) string {
	key := "lock/" + name
	return fmt.Sprintf("txn {create %s = 0} then {put %s v lease %s} else {get %s}", key, key, name, key)
}

func TestContestShowsWhoHoldsWhen(t *testing.T) {
	const keep, leave = "lease-keep-alive lease 1", "delete lock/1"
	write := func(call uint64) act { return act{1, call, call + 1, "hash", ok(1)} }
	kept := at(2, result{Lease: 1, TTL: 10})
	left := at(3, result{Deleted: 1})
	taken := []act{{1, 1, 2, "lease-grant lease 1 ttl 10", at(1, result{Lease: 1, TTL: 10})},
		{1, 3, 4, enter("1"), at(2, result{Succeeded: true, Responses: []result{{}}})}}
	for name, c := range map[string]struct {
		believed, held string
		acts           []act
	}{
		"nobody":   {"", "", nil},
		"for good": {"c1 4s-never", "c1 4s-10s", []act{write(5)}},
		"after a read": {"c1 6s-never", "c1 6s-10s",
			[]act{{1, 5, 6, "get lock/1", at(2, result{})}, write(7)}},
		"kept alive":    {"c1 4s-never", "c1 4s-16s", []act{write(5), {1, 7, 8, keep, kept}}},
		"perhaps kept":  {"c1 4s-never", "c1 4s-10s", []act{write(5), {1, 7, 0, keep, nil}}},
		"given back":    {"c1 4s-7s", "c1 4s-7s", []act{write(5), {1, 7, 8, leave, left}}},
		"lost":          {"c1 4s-8s", "c1 4s-8s", []act{write(5), {1, 7, 8, keep, fails(2, kvapi.ErrLeaseNotFound)}}},
		"taken away":    {"c1 4s-never", "c1 4s-7s", []act{write(5), {2, 7, 8, leave, left}}},
		"perhaps taken": {"c1 4s-never", "c1 4s-7s", []act{write(5), {2, 7, 0, leave, nil}}},
		"taken with others": {"c1 4s-never", "c1 4s-7s",
			[]act{write(5), {2, 7, 0, "txn {} then {} else {put x 1; delete lock/ to lock0}", nil}}},
		"revoked":   {"c1 4s-never", "c1 4s-7s", []act{write(5), {2, 7, 0, "lease-revoke lease 1", nil}}},
		"not taken": {"c1 4s-never", "c1 4s-10s", []act{write(5), {2, 7, 8, leave, ok(2)}}},
		"another taken": {"c1 4s-never", "c1 4s-10s",
			[]act{write(5), {2, 7, 0, "txn {create lock/1 = 9} then {delete lock/1} else {}", nil}}},
		"perhaps not there": {"c1 4s-never", "", []act{{2, 3, 0, leave, nil}, write(5)}},
	} {
		history := withClaims(t, slices.Concat(taken, c.acts))
		if got := show(holdings().Believed(history)); got != c.believed {
			t.Errorf("%s: believed %q, want %q", name, got, c.believed)
		}
		if got := show(holdings().Held(history)); got != c.held {
			t.Errorf("%s: held %q, want %q", name, got, c.held)
		}
	}
}

// show returns holdings on one line.
func show(list []checker.Holding) string {
	var texts []string
	for i := range list {
		h := &list[i]
		until := "never"
		if h.Until != sim.Never {
			until = time.Duration(h.Until).String()
		}
		texts = append(texts, fmt.Sprintf("%s %s-%s", h.Holder, time.Duration(h.Since), until))
	}
	return strings.Join(texts, " ")
}
