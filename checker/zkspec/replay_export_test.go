package zkspec

import (
	"schism/checker"
	"schism/sim"
)

// Replays reports whether the zxids of a history are in order and the tree explains it along them.
func Replays(history []sim.Op) bool {
	replies, updates, possible := ordered(history)
	reads, ok := readsOf(replies)
	return possible && ok && replays(updates, reads)
}

// JudgeBySearch returns the verdicts on linearizable writes and ordered sequential consistency without the replay.
func JudgeBySearch(history []sim.Op) (writes, sequential checker.Report) {
	_, updates, possible := ordered(history)
	sequential = checker.NotTold(OrderedSequential, "the zxids are in no order")
	if possible {
		sequential = checker.Passed(OrderedSequential, len(updates))
	}
	return judgeTree(history, updates, sequential, checker.DefaultBudget)
}

// ordered returns what judges of trees get, and whether the order of zxids is right.
func ordered(history []sim.Op) (replies []reply, updates []*reply, possible bool) {
	replies, err := answered(history)
	if err != nil {
		return nil, nil, false
	}
	calls := byCall(replies)
	updates = byZxid(calls)
	order, sequential := judgeOrder(byReturn(replies), calls, updates)
	return replies, updates, order.Verdict == checker.Valid && sequential.Verdict == checker.Valid
}
