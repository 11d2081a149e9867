package kvspec_test

import (
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
)

// TestJudgeBank: reads of a bank of two coins show it whole, or not.
func TestJudgeBank(t *testing.T) {
	const read, move = "get bank/ to bank0", "txn {version bank/x/1 > 0} then {put y 1} else {get bank/ to bank0}"
	whole := keys(t, "bank/x/1=1 c2 m2 v1", "bank/y/2=1 c2 m2 v1")
	twice := keys(t, "bank/x/1=1 c2 m2 v1", "bank/y/1=1 c2 m2 v1")
	half := keys(t, "bank/x/1=1 c2 m2 v1")
	other := keys(t, "bank/x/1=1 c2 m2 v1", "bank/y/9=1 c2 m2 v1")
	nobody := keys(t, "1=1 c2 m2 v1", "bank/y/1=1 c2 m2 v1")
	const untold = kvspec.BankWhole + "?"
	for name, c := range map[string]struct {
		want string
		acts []act
	}{
		"nothing":       {untold, nil},
		"whole":         {"", []act{{1, 1, 2, read, at(2, whole)}}},
		"not open":      {untold, []act{{1, 1, 2, read, at(1, keys(t))}}},
		"lost":          {untold, []act{{1, 1, 0, read, nil}}},
		"failed":        {untold, []act{{1, 1, 2, read, fails(2, kvapi.ErrCompacted)}}},
		"a part of it":  {untold, []act{{1, 1, 2, "get bank/x/1", at(2, half)}}},
		"some of it":    {untold, []act{{1, 1, 2, read + " limit 1", at(2, half)}}},
		"only how many": {untold, []act{{1, 1, 2, read + " count-only", at(2, keys(t))}}},
		"empty again": {kvspec.BankWhole,
			[]act{{1, 1, 2, read, at(2, whole)}, {2, 3, 4, read, at(3, keys(t))}}},
		"empty again, but old": {"",
			[]act{{1, 1, 2, read, at(2, whole)}, {2, 3, 4, read + " serializable", at(1, keys(t))}}},
		"another coin":         {kvspec.BankWhole, []act{{1, 1, 2, read, at(2, other)}}},
		"a coin is missing":    {kvspec.BankWhole, []act{{1, 1, 2, read, at(2, half)}}},
		"a coin twice":         {kvspec.BankWhole, []act{{1, 1, 2, read, at(2, twice)}}},
		"a coin without a key": {kvspec.BankWhole, []act{{1, 1, 2, read, at(2, nobody)}}},
		"an old read": {kvspec.BankWhole,
			[]act{{1, 1, 2, read + " serializable", at(2, half)}}},
		"in a txn": {kvspec.BankWhole, []act{{1, 1, 2, move, at(2, result{Responses: []result{half}})}}},
		"in another branch": {untold,
			[]act{{1, 1, 2, move, at(2, result{Succeeded: true, Responses: []result{half}})}}},
	} {
		reports := []checker.Report{kvspec.JudgeBank(historyOf(t, c.acts), kvapi.Prefix("bank/"), 2)}
		if got := brokenBy(reports); got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, reports)
		}
	}
}

// TestStrict: what is stale only if it had to be fresh is stale then, also in a Txn; the history stays as it is.
func TestStrict(t *testing.T) {
	one := keys(t, "x=1 c2 m2 v1")
	for _, read := range []string{"get x serializable", "txn {} then {get x serializable} else {}"} {
		out := at(2, one)
		if read[0] == 't' {
			out = at(2, result{Succeeded: true, Responses: []result{one}})
		}
		history := historyOf(t, []act{{1, 1, 2, "put x 1", ok(2)}, {1, 3, 4, "put x 2", ok(3)}, {2, 5, 6, read, out}})
		strict := kvspec.Judge(kvspec.Strict(history), checker.DefaultBudget)
		if strict[1].Verdict != checker.Invalid || strict[1].Check != kvspec.FreshReads {
			t.Errorf("%s: %v", read, strict)
		}
		if got := brokenBy(kvspec.Judge(history, checker.DefaultBudget)); got != "" {
			t.Errorf("%s, as it was asked for: %s", read, got)
		}
	}
}
