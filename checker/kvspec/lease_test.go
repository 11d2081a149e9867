package kvspec_test

import (
	"strings"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// inSeconds gives the operations of a history true times: event n happens at n seconds.
func inSeconds(history []sim.Op) []sim.Op {
	second := func(seq uint64) sim.Time { return sim.Time(time.Duration(seq) * time.Second) }
	for i := range history {
		op := &history[i]
		if op.Call, op.Return = second(op.CallSeq), sim.Never; op.Outcome == sim.OK {
			op.Return = second(op.ReturnSeq)
		}
	}
	return history
}

// TestJudgeLeases: leases of ten seconds end too early, in time, or twice.
func TestJudgeLeases(t *testing.T) {
	const missing, revoke = kvapi.ErrLeaseNotFound, "lease-revoke lease 1"
	const grant, keep = "lease-grant lease 1 ttl 10", "lease-keep-alive lease 1"
	lives := func(rev kvapi.Revision, ttl kvapi.Seconds) *output { return at(rev, result{Lease: 1, TTL: ttl}) }
	gone := func(c int, call, ret uint64, rev kvapi.Revision) act {
		return act{c, call, ret, keep, fails(rev, missing)}
	}
	kept := func(c int, call, ret uint64, rev kvapi.Revision) act {
		return act{c, call, ret, keep, lives(rev, 10)}
	}
	granted := act{1, 1, 2, grant, lives(1, 10)}
	put := act{1, 3, 4, "put x 1 lease 1", ok(2)}
	for name, c := range map[string]struct {
		want string
		acts []act
	}{
		"in time":          {"", []act{granted, gone(1, 12, 13, 1)}},
		"too early":        {kvspec.LeaseKept, []act{granted, gone(1, 8, 9, 1)}},
		"within the slack": {"", []act{granted, gone(1, 9, 10, 1)}},
		"kept, too early":  {kvspec.LeaseKept, []act{granted, kept(1, 9, 10, 1), gone(1, 15, 16, 1)}},
		"kept, in time":    {"", []act{granted, kept(1, 9, 10, 1), gone(1, 19, 20, 1)}},
		"a put, too early": {kvspec.LeaseKept,
			[]act{granted, {1, 3, 4, "put x 1 lease 1", fails(1, missing)}}},
		"a put keeps nothing": {"", []act{granted, {1, 9, 10, "put x 1 lease 1", ok(2)}, gone(1, 12, 13, 2)}},
		"no time to live": {kvspec.LeaseKept,
			[]act{granted, {1, 3, 4, "lease-ttl lease 1", lives(1, -1)}}},
		"no time to live at a server that is behind": {"", []act{
			{1, 1, 2, grant, &output{Header: kvapi.Header{Revision: 1, Index: 5}, Result: result{Lease: 1, TTL: 10}}},
			{2, 3, 4, "lease-ttl lease 1",
				&output{Header: kvapi.Header{Revision: 1, Index: 4}, Result: result{Lease: 1, TTL: -1}}}}},
		"not granted yet": {"", []act{granted, gone(2, 1, 3, 1)}},
		"revoked":         {"", []act{granted, {2, 3, 4, revoke, ok(1)}, gone(1, 5, 6, 1)}},
		"perhaps revoked": {"", []act{granted, {2, 3, 0, revoke, nil}, gone(1, 5, 6, 1)}},
		"revoked later":   {kvspec.LeaseKept, []act{granted, gone(1, 5, 6, 1), {2, 7, 0, revoke, nil}}},
		"granted twice":   {"", []act{granted, gone(1, 3, 4, 1), {1, 5, 6, grant, lives(1, 10)}}},
		"kept after a revoke": {kvspec.LeaseGone,
			[]act{granted, {2, 3, 4, revoke, ok(1)}, kept(1, 5, 6, 1)}},
		"kept in a revoke":   {"", []act{granted, {2, 3, 6, revoke, ok(1)}, kept(1, 5, 7, 1)}},
		"kept after its end": {kvspec.LeaseGone, []act{granted, gone(1, 13, 14, 1), kept(1, 15, 16, 1)}},
		"a put after its end": {kvspec.LeaseGone,
			[]act{granted, gone(1, 13, 14, 1), {1, 15, 16, "put x 1 lease 1", ok(2)}}},
		"a key gone too early": {kvspec.LeaseKept, []act{granted, put, {2, 8, 9, "get x", at(3, keys(t))}}},
		"a key gone in time":   {"", []act{granted, put, {2, 8, 12, "get x", at(3, keys(t))}}},
		"a key gone, and kept": {kvspec.LeaseGone,
			[]act{granted, put, {2, 8, 12, "get x", at(3, keys(t))}, kept(2, 13, 14, 3)}},
	} {
		history := inSeconds(historyOf(t, c.acts))
		log, explained := kvspec.LogOf(history, nil, checker.DefaultBudget)
		if !explained && c.want != kvspec.LeaseGone {
			t.Errorf("%s: no log", name)
		}
		reports := kvspec.JudgeLeases(history, log, drift)
		if got := brokenBy(reports); got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, reports)
		}
	}
}

// TestJudgeLeasesKnowsWhatEndsALease: of what servers have committed, the end of a lease is what takes its keys along,
// and not what a client has done to them, even if the lease ends later without keys.
func TestJudgeLeasesKnowsWhatEndsALease(t *testing.T) {
	history := inSeconds(historyOf(t, []act{
		{1, 1, 2, "lease-grant lease 1 ttl 10", at(1, result{Lease: 1, TTL: 10})},
		{1, 3, 4, "put x 1 lease 1", ok(2)},
		{2, 5, 6, "get x", at(3, keys(t))},
	}))
	for ops, want := range map[string]string{"delete x": "", "delete x;lease-revoke lease 1": "",
		"lease-revoke lease 1": kvspec.LeaseKept} {
		log := kvspec.NewLog()
		for _, text := range strings.Split("lease-grant lease 1 ttl 10;put x 1 lease 1;"+ops, ";") {
			log.Add(parse(t, text), 0)
		}
		if got := brokenBy(kvspec.JudgeLeases(history, log, drift)); got != want {
			t.Errorf("%s: %q, want %q", ops, got, want)
		}
	}
}

// TestJudgeHashes: equal revisions, of stores that have forgotten the same, have equal hashes.
func TestJudgeHashes(t *testing.T) {
	first := act{2, 1, 2, "hash", at(2, result{Hash: 7})}
	hash := func(op string, rev kvapi.Revision, hash uint64, compacted kvapi.Revision) act {
		return act{3, 3, 4, op, at(rev, result{Hash: hash, Compacted: compacted})}
	}
	put := act{1, 1, 2, "put x 1", ok(2)}
	for name, c := range map[string]struct {
		want string
		acts []act
	}{
		"equal":                {"", []act{put, first, hash("hash", 2, 7, 0)}},
		"other revisions":      {"", []act{put, first, hash("hash", 1, 8, 0)}},
		"forgotten":            {"", []act{put, first, hash("hash", 2, 8, 2)}},
		"unequal":              {kvspec.SameHash, []act{put, first, hash("hash", 2, 8, 0)}},
		"unequal, of the past": {kvspec.SameHash, []act{put, first, hash("hash rev 2", 5, 8, 0)}},
		"failed": {"",
			[]act{put, first, {3, 3, 4, "hash rev 9", fails(2, kvapi.ErrFutureRev)}}},
	} {
		if got := brokenBy([]checker.Report{kvspec.JudgeHashes(historyOf(t, c.acts))}); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
