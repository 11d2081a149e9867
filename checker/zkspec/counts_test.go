package zkspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/zab/zkapi"
)

// TestReportsCountWhatTheyLookAt: an update, a read behind a sync, and one that is not.
func TestReportsCountWhatTheyLookAt(t *testing.T) {
	seen := with(shows(1, zkapi.Stat{Czxid: 1, Mzxid: 1, Pzxid: 1, DataLength: 1}), "1")
	history := historyOf(t, []act{{1, 1, 2, "create /x 1", made(1, "/x", 1, 0)},
		{2, 3, 4, "sync /x", says(1, zkapi.OK)},
		{2, 5, 6, "get /x", seen}, {3, 7, 8, "get /x", seen}, {1, 9, 10, "get /y", says(1, zkapi.NoNode)}})
	reports := append(zkspec.Judge(history, checker.DefaultBudget), zkspec.JudgeStrictSync(history),
		zkspec.JudgeSameTree(history), zkspec.JudgeClientOrder(history))
	counts := map[string]int{}
	for i := range reports {
		counts[reports[i].Check] = reports[i].Effort.Operations
	}
	for check, want := range map[string]int{zkspec.ZxidOrder: 1, zkspec.SessionOrder: 5, zkspec.StrictSync: 1,
		zkspec.SameTree: 2, zkspec.ClientOrder: 0} {
		if counts[check] != want {
			t.Errorf("%s counts %d, want %d: %v", check, counts[check], want, reports)
		}
	}
}
