package kvspec_test

import (
	"fmt"
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
)

// elected is what a client does to be elected: c1 by the key election/1 of revision 2, c2 by election/2 of revision 3.
func elected(client int, call uint64) []act {
	key, rev := fmt.Sprintf("election/%d", client), kvapi.Revision(client+1)
	txn := "txn {create %[1]s = 0} then {put %[1]s v lease %[2]d} else {get %[1]s}"
	return []act{
		{client, call, call + 1, fmt.Sprintf("lease-grant lease %d ttl 10", client),
			at(1, result{Lease: kvapi.LeaseID(client), TTL: 10})},
		{client, call + 2, call + 3, fmt.Sprintf(txn, key, client), at(rev, result{Succeeded: true,
			Responses: []result{{}}})},
	}
}

// proclaims returns a proclaim at a revision, 0 if it has no effect.
func proclaims(client int, call uint64, rev kvapi.Revision) act {
	txn := "txn {create election/%[1]d = %[2]d} then {put election/%[1]d v lease %[1]d} else {}"
	out := at(max(rev, 3), result{})
	if rev != 0 {
		out.Succeeded, out.Responses = true, []result{{}}
	}
	return act{client, call, call + 1, fmt.Sprintf(txn, client, client+1), out}
}

// TestElections: one leader after another, two at once, and some who are deposed and proclaim.
func TestElections(t *testing.T) {
	const leader = "get election/ to election0 sort create ascend limit 1"
	depose := func(call uint64, rev kvapi.Revision) act {
		return act{3, call, call + 1, "txn {create election/1 = 2} then {delete election/1} else {}",
			at(rev, result{Succeeded: true, Responses: []result{{Deleted: 1}}})}
	}
	waited := func(call uint64) act { return act{2, call, call + 1, "get election/2", at(4, result{})} }
	reads := func(call uint64, rev kvapi.Revision, oldest ...string) act {
		return act{3, call, call + 1, leader, at(rev, keys(t, oldest...))}
	}
	for name, c := range map[string]struct {
		want string
		acts []act
	}{
		"one leads":             {"", []act{proclaims(1, 9, 4), proclaims(1, 11, 5)}},
		"one after another":     {"", []act{proclaims(1, 9, 4), depose(11, 5), waited(13), proclaims(2, 15, 6)}},
		"two at once":           {checker.MutualExclusion, []act{proclaims(1, 9, 4), proclaims(2, 11, 5)}},
		"two, one for too long": {"", []act{proclaims(1, 9, 4), waited(27), proclaims(2, 29, 5)}},
		"deposed": {kvspec.DeposedProclaim,
			[]act{proclaims(1, 9, 4), depose(11, 5), proclaims(1, 13, 6)}},
		"deposed, in vain": {"", []act{proclaims(1, 9, 4), depose(11, 5), proclaims(1, 13, 0)}},
		"deposed later":    {"", []act{proclaims(1, 9, 4), depose(11, 6), proclaims(1, 13, 5)}},
		"seen to be deposed": {kvspec.DeposedProclaim,
			[]act{reads(9, 4, "election/2=v c3 m3 v1"), proclaims(1, 13, 5)}},
		"seen that nobody leads":     {kvspec.DeposedProclaim, []act{reads(9, 4), proclaims(1, 13, 5)}},
		"seen to lead":               {"", []act{reads(9, 4, "election/1=v c2 m2 v1"), proclaims(1, 13, 5)}},
		"seen later, though earlier": {"", []act{reads(9, 5), proclaims(1, 13, 5)}},
	} {
		history := inSeconds(historyOf(t, slices.Concat(elected(1, 1), elected(2, 5), c.acts)))
		election := kvspec.Contest{Prefix: "election/", Drift: drift}
		reports := []checker.Report{checker.JudgeMutex(checker.MutualExclusion, election.Held(history)),
			kvspec.JudgeProclaims(history, election)}
		if got := brokenBy(reports); got != c.want {
			t.Errorf("%s: %q, want %q: %v", name, got, c.want, reports)
		}
	}
}
