package kvspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
)

// countsOf returns what each report has counted.
func countsOf(reports []checker.Report) map[string]int {
	counts := map[string]int{}
	for i := range reports {
		counts[reports[i].Check] = reports[i].Effort.Operations
	}
	return counts
}

// TestReportsCountWhatTheyLookAt: a reply to a read is no change, and a hash no serializable read.
func TestReportsCountWhatTheyLookAt(t *testing.T) {
	one := keys(t, "x=1 c2 m2 v1")
	reports := kvspec.Judge(historyOf(t, []act{
		{1, 1, 2, "put x 1", ok(2)}, {2, 3, 4, "get x", at(2, one)}, {2, 5, 6, "get x serializable", at(2, one)},
		{3, 7, 8, "hash", at(2, result{Hash: 7})}, {3, 9, 0, "put x 2", nil},
	}), checker.DefaultBudget)
	counts := countsOf(reports)
	for check, want := range map[string]int{kvspec.RevisionOrder: 1, kvspec.FreshReads: 2, kvspec.ClientOrder: 2,
		checker.Linearizability: 2, kvspec.SerializableReads: 1} {
		if counts[check] != want {
			t.Errorf("%s counts %d, want %d: %v", check, counts[check], want, reports)
		}
	}
}

// TestJudgeHashesCountsPairs: a hash that has nothing to be compared with does not count.
func TestJudgeHashesCountsPairs(t *testing.T) {
	hash := func(client int, call uint64, out *output) act { return act{client, call, call + 1, "hash", out} }
	alone := []act{hash(1, 1, at(2, result{Hash: 7})), hash(2, 3, at(3, result{Hash: 8}))}
	for want, acts := range [][]act{alone, append(alone[:2:2], hash(3, 5, at(3, result{Hash: 8})))} {
		if r := kvspec.JudgeHashes(historyOf(t, acts)); r.Verdict != checker.Valid || r.Effort.Operations != want {
			t.Errorf("%v of %d pairs, want %d", r, r.Effort.Operations, want)
		}
	}
}

// TestJudgeWatchesCountsWhatBearsOnEachGuarantee: two events in one revision, one after it, a bookmark.
func TestJudgeWatchesCountsWhatBearsOnEachGuarantee(t *testing.T) {
	log := kvspec.NewLog()
	for _, text := range []string{"txn {} then {put x 1; put y 1} else {}", "put x 2"} {
		log.Add(parse(t, text), 0)
	}
	reports := watched(t, log, "watch x to z rev 1 id 1", "created r1; x=1/2.2,1 y=1/2.2,1; x=2/2.3,2; r3", 3)
	counts := countsOf(reports)
	for check, want := range map[string]int{kvspec.WatchFilter: 3, kvspec.WatchOrdered: 3, kvspec.WatchUnique: 3,
		kvspec.WatchFaithful: 3, kvspec.WatchAtomic: 2, kvspec.WatchResumable: 1, kvspec.WatchReliable: 1,
		kvspec.WatchBookmarkable: 1, kvspec.WatchComplete: 1, kvspec.WatchPrevKV: 0, kvspec.WatchCompacted: 0,
		kvspec.WatchCanceled: 0} {
		if counts[check] != want {
			t.Errorf("%s counts %d, want %d: %v", check, counts[check], want, reports)
		}
	}
}
