package zkspec

import (
	"fmt"

	"schism/checker"
)

// readsOf returns the reads in the order of zxids. It returns false if there are updates that never became
// transactions: their zxids do not say where they stand.
func readsOf(replies []reply) (reads []*reply, ok bool) {
	for i := range replies {
		switch replies[i].kind {
		case read:
			reads = append(reads, &replies[i])
		case refused:
			return nil, false
		}
	}
	return byZxid(reads), true
}

// replays reports whether the tree explains all updates and reads along the zxids, each read after the updates that it
// can have seen. If judgeOrder has found nothing wrong that proves both levels that take a tree: of two updates the one
// that returned before the other was called stands first, and so does a read that returned before an update was called.
// What nobody knows to have happened is left out, which is right. False says nothing: a lost update may be missing.
func replays(updates, reads []*reply) bool {
	tree := New().Init()
	for len(updates)+len(reads) > 0 {
		first := &reads
		if len(reads) == 0 || len(updates) > 0 && updates[0].zxid <= reads[0].zxid {
			first = &updates
		}
		next, right := Step(tree, (*first)[0].in, (*first)[0].out)
		if !right {
			return false
		}
		tree, *first = next, (*first)[1:]
	}
	return true
}

// replayed returns the reports on a history that replays.
func replayed(updates, reads int) (writes, sequential checker.Report) {
	writes, sequential = checker.Passed(LinearizableWrites, updates), checker.Passed(OrderedSequential, updates+reads)
	writes.Reason = "the order that explains updates and reads"
	sequential.Reason = fmt.Sprintf("the order of zxids explains %d updates and %d reads", updates, reads)
	sequential.Effort.Keys, sequential.Effort.Witnessed = 1, 1
	return writes, sequential
}
