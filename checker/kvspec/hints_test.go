package kvspec_test

import (
	"fmt"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
)

// TestLeasesEndAsRepliesTell: of many leases the second half ends. What replies tell later leads to the right ones,
// where trying all would take for ever.
func TestLeasesEndAsRepliesTell(t *testing.T) {
	const leases = 14
	var acts []act
	seq, rev := uint64(0), kvapi.FirstRevision
	do := func(op string, r result) {
		acts = append(acts, act{1, seq + 1, seq + 2, op, at(rev, r)})
		seq += 2
	}
	for i := 1; i <= leases; i++ {
		do(fmt.Sprintf("lease-grant lease %x ttl 5", i), result{Lease: kvapi.LeaseID(i), TTL: 5})
		rev++
		do(fmt.Sprintf("put k%d %d lease %x", i, i, i), result{})
	}
	rev += leases / 2 // their ends
	for i := leases; i > leases/2; i-- {
		do(fmt.Sprintf("lease-ttl lease %x keys", i), result{Lease: kvapi.LeaseID(i), TTL: -1})
	}
	reports := kvspec.Judge(historyOf(t, acts), checker.DefaultBudget)
	if got := brokenBy(reports); got != "" {
		t.Errorf("%s: %v", got, reports)
	}
}
