package zkspec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// What JudgeQueue checks, and the IDs of the violations.
const (
	// Queue is the name of the report on a queue with which nothing is wrong.
	Queue = "queue"
	// QueueTwice: no item is taken twice.
	QueueTwice = "queue-twice"
	// QueueLost: an item that was put is listed until somebody takes it, or may have without knowing.
	QueueLost = "queue-lost"
	// QueueOrder: items that are put later have higher numbers, and are taken later.
	QueueOrder = "queue-order"
)

// item is an item of a queue whose name is known.
type item struct {
	put, taken *reply
	// lost is when somebody first called for it who never heard the answer, StillOpen if nobody has.
	lost uint64
}

// JudgeQueue judges a queue: the nodes that sequential creates put below the node root, which whoever deletes one has
// taken, and nobody changes otherwise. What happened to items whose put was not answered nobody knows; they are left
// out.
func JudgeQueue(history []sim.Op, root string) checker.Report {
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(Queue, err.Error())
	}
	report := checker.Passed(Queue, 0)
	slices.SortStableFunc(replies, func(a, b reply) int { return cmp.Compare(a.out.Zxid, b.out.Zxid) })
	items := map[string]*item{}
	var names []string // in the order of zxids
	for i := range replies {
		r := &replies[i]
		if r.in.Kind == zkapi.Create && r.in.Mode.IsSequential() && r.out.Code == zkapi.OK &&
			strings.HasPrefix(r.out.Path, root+"/") {
			items[r.out.Path] = &item{put: r, lost: sim.StillOpen}
			names = append(names, r.out.Path)
		}
	}
	judgeTakers(&report, replies, history, items)
	for i := range replies {
		if r := &replies[i]; r.in.Kind == zkapi.GetChildren && r.in.Path == root && r.out.Code == zkapi.OK {
			judgeListing(&report, r, names, items)
		}
	}
	judgeNumbers(&report, names, items) // last: what is lost is passed over, too
	report.Examined(len(names), "items")
	return report
}

// queueBroken is broken with another name of the check.
func queueBroken(report *checker.Report, id string, a, b *reply, how string) {
	if report.Verdict == checker.Valid {
		broken(report, a, b, how)
		report.Check = id
	}
}

// judgeTakers finds out who has taken the items.
func judgeTakers(report *checker.Report, replies []reply, history []sim.Op, items map[string]*item) {
	for i := range replies {
		r := &replies[i]
		it := items[r.in.Path]
		if it == nil || r.in.Kind != zkapi.Delete || r.out.Code != zkapi.OK {
			continue
		}
		if it.taken != nil {
			queueBroken(report, QueueTwice, it.taken, r, "takes what was taken by")
		}
		it.taken = r
	}
	for i := range history {
		in := history[i].Input.(*zkapi.Op)
		if it := items[in.Path]; it != nil && in.Kind == zkapi.Delete && history[i].Outcome == sim.Unknown {
			it.lost = min(it.lost, history[i].CallSeq)
		}
	}
}

// judgeNumbers compares each item with the one put before it, and with those before it which were there when it was
// taken.
func judgeNumbers(report *checker.Report, names []string, items map[string]*item) {
	for i, name := range names {
		it := items[name]
		if i > 0 && !lower(names[i-1], name) {
			queueBroken(report, QueueOrder, items[names[i-1]].put, it.put, "has no higher number than")
		}
		for _, before := range names[:i] {
			b := items[before]
			passed := b.taken == nil && b.lost == sim.StillOpen ||
				b.taken != nil && it.taken != nil && b.taken.out.Zxid > it.taken.out.Zxid
			if it.taken != nil && passed {
				queueBroken(report, QueueOrder, b.put, it.taken, "passes over")
			}
		}
	}
}

// lower reports whether the number at the end of a is lower than that of b.
func lower(a, b string) bool {
	number := func(name string) string { return name[max(0, len(name)-10):] }
	return number(a) < number(b)
}

// judgeListing compares what a listing shows with what must, and what cannot, be there at its zxid.
func judgeListing(report *checker.Report, r *reply, names []string, items map[string]*item) {
	for _, name := range names {
		it := items[name]
		if it.put.out.Zxid > r.out.Zxid {
			return
		}
		_, shown := slices.BinarySearch(r.out.Children, name[strings.LastIndexByte(name, '/')+1:])
		taken := it.taken != nil && it.taken.out.Zxid <= r.out.Zxid
		switch {
		case taken && shown:
			queueBroken(report, QueueTwice, it.taken, r, "shows again what was taken by")
		case !taken && !shown && it.lost > r.op.ReturnSeq:
			queueBroken(report, QueueLost, it.put, r, fmt.Sprintf("does not show %s, which nobody has taken, of", name))
		}
	}
}
