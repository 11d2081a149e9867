package kvspec_test

import (
	"slices"
	"strings"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// has returns the reply of n1 at an index with those members: "n1 n2 n4?", where n4 learns.
func has(index uint64, members string) *output {
	out := at(1, result{})
	for _, m := range strings.Fields(members) {
		id := slices.IndexFunc([]string{"n1", "n2", "n3", "n4", "n5"}, func(n string) bool { return n == m[:2] }) + 1
		out.Members = append(out.Members, kvapi.Member{Node: sim.Server(id), Learner: strings.HasSuffix(m, "?")})
	}
	return indexed(index, out)
}

// TestJudgeMembersFollowsTheChanges begins with n1, n2 and n3.
func TestJudgeMembersFollowsTheChanges(t *testing.T) {
	is := func(index uint64, code kvapi.Code) *output { return indexed(index, fails(1, code)) }
	list, local := "member-list", "member-list serializable"
	joined := act{1, 1, 2, "member-add node n4 learner", has(5, "n1 n2 n3 n4?")}
	lost := func(call uint64, op string) act { return act{1, call, 0, op, nil} }
	then := func(op string, out *output) []act { return []act{joined, {1, 3, 4, op, out}} }
	for name, c := range map[string]struct {
		right bool
		acts  []act
	}{
		"nothing":             {true, nil},
		"the first members":   {true, []act{{1, 1, 2, list, has(3, "n1 n2 n3")}}},
		"other first members": {false, []act{{1, 1, 2, list, has(3, "n1 n2")}}},
		"a learner":           {true, then(list, has(5, "n1 n2 n3 n4?"))},
		"no learner":          {false, then(list, has(5, "n1 n2 n3 n4"))},
		"promoted":            {true, then("member-promote node n4", has(6, "n1 n2 n3 n4"))},
		"promoted, and not":   {false, then("member-promote node n4", has(6, "n1 n2 n3 n4?"))},
		"demoted":             {true, then("member-demote node n1", has(6, "n1? n2 n3 n4?"))},
		"removed":             {true, then("member-remove node n1", has(6, "n2 n3 n4?"))},
		"removed another one": {false, then("member-remove node n1", has(6, "n1 n3 n4?"))},
		"replaced":            {true, then("member-replace node n1 by n5", has(6, "n2 n3 n4? n5"))},
		"replaced, and stays": {false, then("member-replace node n1 by n5", has(6, "n1 n2 n3 n4? n5"))},
		"joined twice":        {false, then("member-add node n4", has(6, "n1 n2 n3 n4"))},
		"is there":            {true, then("member-add node n4", is(5, kvapi.ErrMemberExist))},
		"is said to be there": {false, then("member-add node n5", is(5, kvapi.ErrMemberExist))},
		"is not there":        {true, then("member-remove node n5", is(5, kvapi.ErrMemberNotFound))},
		"is said to be away":  {false, then("member-remove node n4", is(5, kvapi.ErrMemberNotFound))},
		"votes already":       {true, then("member-promote node n3", is(5, kvapi.ErrMemberNotLearner))},
		"cannot be done":      {true, then("member-remove node n3", is(5, kvapi.ErrUnhealthy))},
		"an old list":         {false, then(list, has(4, "n1 n2 n3"))},
		"an old local list":   {true, then(local, has(4, "n1 n2 n3"))},
		"a wrong local list":  {false, then(local, has(4, "n1 n2 n3 n4?"))},
		"an old refusal":      {true, then("member-promote node n4", is(4, kvapi.ErrMemberNotFound))},
		"two changes at one index": {false,
			then("member-remove node n1", has(5, "n2 n3 n4?"))},
		"a lost change that was done": {true,
			[]act{lost(1, "member-remove node n3"), {2, 2, 3, list, has(3, "n1 n2")}}},
		"a lost change that was not": {true,
			[]act{lost(1, "member-remove node n3"), {2, 2, 3, list, has(3, "n1 n2 n3")}}},
		"a lost change that was called later": {false,
			[]act{{2, 2, 3, list, has(3, "n1 n2")}, lost(4, "member-remove node n3")}},
		"a lost change without room": {false,
			[]act{lost(1, "member-remove node n3"), joined, {1, 3, 4, local, has(6, "n1 n2 n3 n4?")},
				{1, 5, 6, list, has(6, "n1 n2 n4?")}}},
		"a lost change in the last place": {true,
			[]act{lost(1, "member-remove node n3"), joined, {1, 3, 4, list, has(6, "n1 n2 n4?")}}},
		"one lost change, done twice": {false,
			[]act{lost(1, "member-remove node n3"), {2, 2, 3, list, has(3, "n1 n2")},
				{2, 4, 5, "member-add node n3", has(4, "n1 n2 n3")}, {2, 6, 7, list, has(9, "n1 n2")}}},
		"two lost changes in another order": {true,
			[]act{lost(1, "member-promote node n4"), lost(2, "member-add node n4 learner"),
				{2, 3, 4, list, has(9, "n1 n2 n3 n4")}}},
		"what a server has not taken": {true,
			[]act{{1, 1, 2, "member-remove node n3", fails(0, kvapi.ErrNotLeader)},
				{1, 3, 4, list, has(3, "n1 n2 n3")}}},
	} {
		r := kvspec.JudgeMembers(historyOf(t, c.acts), kvspec.FirstMembers(3, 1, 2), checker.DefaultBudget)
		if r.Check != kvspec.Members || r.Verdict == checker.Unknown || (r.Verdict == checker.Valid) != c.right {
			t.Errorf("%s: %v", name, r)
		}
	}
}

// TestJudgeMembersGivesUp: too many lost changes in too small a budget are not judged.
func TestJudgeMembersGivesUp(t *testing.T) {
	var acts []act
	for range 20 {
		acts = append(acts, act{1, 1, 0, "member-remove node n3", nil})
	}
	acts = append(acts, act{2, 2, 3, "member-list", has(90, "n1 n2")})
	for budget, want := range map[checker.Budget]checker.Verdict{
		10: checker.Unknown, checker.DefaultBudget: checker.Valid,
	} {
		if r := kvspec.JudgeMembers(historyOf(t, acts), kvspec.FirstMembers(1, 2, 3), budget); r.Verdict != want {
			t.Errorf("with a budget of %d: %v", budget, r)
		}
	}
	for range 50 {
		acts = append(acts, acts[0])
	}
	if r := kvspec.JudgeMembers(historyOf(t, acts), nil, checker.DefaultBudget); r.Verdict != checker.Unknown {
		t.Error(r)
	}
}
