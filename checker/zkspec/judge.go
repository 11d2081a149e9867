package zkspec

import (
	"cmp"
	"fmt"
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// What Judge and StrictSync check, and the IDs of the violations.
const (
	// ZxidOrder: acknowledged updates have zxids of their own, and one that was called after another had returned
	// has the higher one.
	ZxidOrder = "zxid-order"
	// SessionOrder: the zxids of the replies to one client never decrease, whoever serves it.
	SessionOrder = "session-order"
	// LinearizableWrites: the tree explains all updates, each at one instant between its call and its return.
	LinearizableWrites = "linearizable-writes"
	// OrderedSequential: what returned before an update was called has a lower zxid; and the tree explains all
	// updates, together with all reads, each at one instant before its return, in the order of zxids.
	OrderedSequential = "ordered-sequential-consistency"
	// StrictSync: what a client reads after a sync is no older than what had been acknowledged to anybody when
	// the sync was called.
	StrictSync = "strict-sync"
)

// Judge returns one report for each level: the order of zxids, that of the sessions, linearizable writes, and ordered
// sequential consistency. The last two are proved by a replay along the zxids, which mostly explains everything; where
// it does not, each is searched with the whole budget. A level that cannot be told because one that it stands on is
// broken is Unknown, as is a history that is not well-formed.
//
// A read with a zxid that no known update has is right: transactions of sessions, and updates whose replies were
// lost, have zxids, too. So that a read does not see the future is checked against the updates that were answered.
func Judge(history []sim.Op, budget checker.Budget) []checker.Report {
	replies, err := answered(history)
	if err != nil {
		return []checker.Report{checker.NotTold(ZxidOrder, err.Error()), checker.NotTold(SessionOrder, err.Error()),
			checker.NotTold(LinearizableWrites, err.Error()), checker.NotTold(OrderedSequential, err.Error())}
	}
	returns := byReturn(replies)
	calls := byCall(replies)
	updates := byZxid(calls)
	order, sequential := judgeOrder(returns, calls, updates)
	writes := checker.NotTold(LinearizableWrites, "the zxids of updates are no order")
	switch {
	case order.Verdict != checker.Valid && sequential.Verdict == checker.Valid:
		sequential = checker.NotTold(OrderedSequential, "there is no order of the updates")
	case order.Verdict == checker.Valid:
		possible := sequential.Verdict == checker.Valid
		if reads, ok := readsOf(replies); possible && ok && replays(updates, reads) {
			writes, sequential = replayed(len(updates), len(reads))
		} else {
			writes, sequential = judgeTree(history, updates, sequential, budget)
		}
	}
	return []checker.Report{order, judgeSessions(returns), writes, sequential}
}

// judgeTree judges what takes a tree: linearizable writes, and ordered sequential consistency unless it is known to be
// broken. A legal order of updates and reads is one of the updates, too, so that mostly one search is enough.
func judgeTree(
	history []sim.Op, updates []*reply, sequential checker.Report, budget checker.Budget,
) (writes, _ checker.Report) {
	possible := sequential.Verdict == checker.Valid
	if possible {
		sequential = linearizable(OrderedSequential, opened(history, updates), history, budget)
		if sequential.Verdict == checker.Valid {
			writes = checker.Passed(LinearizableWrites, len(updates))
			writes.Reason = "the order that explains updates and reads"
			return writes, sequential
		}
		restore(sequential.Core, history)
	}
	writes = linearizable(LinearizableWrites, chosen(history, nil), history, budget)
	if possible && writes.Verdict != checker.Valid {
		sequential = checker.NotTold(OrderedSequential, "there is no order of the updates")
	}
	return writes, sequential
}

// broken turns r into a report that b contradicts a.
func broken(r *checker.Report, a, b *reply, how string) {
	r.Contradict(a.op, b.op, fmt.Sprintf("%s %s %s", b, how, a))
}

// judgeOrder compares each update with the highest zxid of what had returned when it was called, that of updates for
// ZxidOrder and that of the others for OrderedSequential. Returns are all replies in the order in which they were
// given, calls the updates in the order of their calls, updates in that of their zxids.
func judgeOrder(returns, calls, updates []*reply) (order, sequential checker.Report) {
	order, sequential = checker.Passed(ZxidOrder, len(calls)), checker.Passed(OrderedSequential, len(calls))
	var before, beside *reply // the highest update, and the highest of the others
	for _, u := range calls {
		for len(returns) > 0 && returns[0].returned <= u.called {
			highest := &beside
			if returns[0].updates() {
				highest = &before
			}
			*highest = higher(*highest, returns[0])
			returns = returns[1:]
		}
		if before != nil && before.zxid >= u.zxid {
			broken(&order, before, u, "was called after, and has no higher zxid than,")
		}
		if beside != nil && beside.zxid >= u.zxid {
			broken(&sequential, u, beside, "returned before, and has no lower zxid than,")
		}
	}
	for i := 1; i < len(updates); i++ {
		if updates[i].zxid == updates[i-1].zxid {
			broken(&order, updates[i-1], updates[i], "has the zxid of")
		}
	}
	return order, sequential
}

// judgeSessions compares each reply with the one before it to the same client.
func judgeSessions(returns []*reply) checker.Report {
	report := checker.Passed(SessionOrder, len(returns))
	var last []*reply // by the number of the client
	for _, r := range returns {
		for len(last) <= r.client.Number() {
			last = append(last, nil)
		}
		before := &last[r.client.Number()]
		if *before != nil && (*before).zxid > r.zxid {
			broken(&report, *before, r, "has a lower zxid than the reply before it,")
		}
		*before = r
	}
	return report
}

// opened returns the updates and reads of a history. The calls of reads are put off to the beginning of time: they may
// be old. Since their zxids are judged, too, no read can stand before the call of an update that has no higher zxid,
// nor behind the return of one that has a higher one, and so its interval is cut down to that.
func opened(history []sim.Op, updates []*reply) []sim.Op {
	called, returned := make([]uint64, len(updates)+1), make([]uint64, len(updates)+1)
	for i, u := range updates {
		called[i+1] = max(called[i], u.called)
	}
	returned[len(updates)] = sim.StillOpen
	for i, u := range slices.Backward(updates) {
		returned[i] = min(returned[i+1], u.returned)
	}
	return chosen(history, func(op *sim.Op) {
		z := op.Output.(*zkapi.Output).Zxid
		i, _ := slices.BinarySearchFunc(updates, z+1, func(u *reply, z zkapi.Zxid) int {
			return cmp.Compare(u.zxid, z)
		})
		op.CallSeq, op.ReturnSeq = called[i], min(op.ReturnSeq, returned[i])
	})
}

// chosen returns the updates, and if open is not nil also the reads as it changes them. Processes are numbered anew,
// from 0 in order of first calls; a read that is changed could overlap with others of its process, and so gets one of
// its own.
func chosen(history []sim.Op, open func(read *sim.Op)) []sim.Op {
	list := make([]sim.Op, 0, len(history))
	numbers, next := map[int]int{}, 0
	for i := range history {
		list = append(list, history[i])
		op := &list[len(list)-1]
		in := op.Input.(*zkapi.Op)
		number, seen := numbers[op.Process]
		switch {
		case in.Kind.Writes() && seen:
			op.Process = number
		case in.Kind.Writes():
			numbers[op.Process], op.Process = next, next
			next++
		case isRead(in) && open != nil && op.Outcome == sim.OK:
			op.Process = next
			next++
			open(op)
		default:
			list = list[:len(list)-1]
		}
	}
	return list
}

// restore gives the operations in core the times that they have in the history.
func restore(core, history []sim.Op) {
	for i := range core {
		for j := range history {
			h := &history[j]
			if core[i].Outcome == sim.OK && core[i].Input == h.Input && core[i].Output == h.Output {
				core[i] = *h
			}
		}
	}
}

// JudgeStrictSync judges StrictSync, which only a sync through the quorum gives (ZK-1675): with it, and with ordered
// sequential consistency, the reads behind a sync are linearizable. What counts as acknowledged are updates, and
// reads that were themselves behind a sync.
func JudgeStrictSync(history []sim.Op) checker.Report {
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(StrictSync, err.Error())
	}
	report, behind := checker.Passed(StrictSync, 0), 0
	var highest []*reply // of all that count up to each return
	var ends []uint64
	floor := map[sim.NodeID]*reply{} // what the syncs of a client promise
	synced := map[sim.NodeID]bool{}
	var top *reply
	for _, r := range byReturn(replies) {
		c := r.op.Client
		if r.in.Kind == zkapi.Sync && r.out.Code == zkapi.OK {
			synced[c] = true
			n, _ := slices.BinarySearch(ends, r.op.CallSeq+1)
			if n > 0 && highest[n-1] != nil {
				floor[c] = higher(floor[c], highest[n-1])
			}
		}
		if before := floor[c]; before != nil && r.reads() {
			if behind++; r.out.Zxid < before.out.Zxid {
				broken(&report, before, r, "follows a sync, and misses")
			}
		}
		if r.updates() || r.reads() && synced[c] {
			top = higher(top, r)
		}
		highest, ends = append(highest, top), append(ends, r.op.ReturnSeq)
	}
	report.Examined(behind, "reads behind a sync")
	return report
}
