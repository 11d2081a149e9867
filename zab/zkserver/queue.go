package zkserver

import (
	"encoding/binary"
	"strconv"
	"time"

	"schism/sim"
	"schism/zab/zkapi"
)

// QueuePath is the node below which the items of a queue are (ZooKeeper recipes, "Queues").
const QueuePath = "/queue"

// QueueWork describes what a client does with a queue: it puts items into it, then it takes items out.
type QueueWork struct {
	// Items is how many it puts into it, Looks how often it looks for one to take.
	Items, Looks int
	// ThinkMin and ThinkMax bound the pauses.
	ThinkMin, ThinkMax time.Duration
	// TTL is how long an item stays if nobody takes it; 0 is for ever.
	TTL zkapi.Millis
	// Choose returns the index of the one to take among the items, which are sorted and not none; nil is the first.
	Choose func(items []string) int
}

// Draw draws the recipe of the client id from c.
func (w QueueWork) Draw(c sim.Chooser, id sim.NodeID) Recipe {
	key := sim.Key{Decision: sim.DecideWorkload, From: id}
	q := &queue{work: &w, client: id.Number()}
	for range w.Items + w.Looks {
		q.pauses = append(q.pauses, c.Span(key, w.ThinkMin, w.ThinkMax))
	}
	return q
}

// queue is the recipe of a queue, with nodes that stay and have numbers. Whoever deletes an item has taken it; one that
// finds it gone looks again. So an item whose taker never hears the answer is lost to both.
type queue struct {
	// work, client and pauses never change; clones share them.
	work   *QueueWork
	client int
	pauses []time.Duration
	// made says that the client has asked for QueuePath, taking that it has asked to delete an item last.
	made, taking bool
	// next is how many items it has put and how often it has looked.
	next int
}

// Next implements Recipe.
func (q *queue) Next(last Ended) (Move, bool) {
	if !q.made {
		q.made = true
		return Move{Op: zkapi.Op{Kind: zkapi.Create, Path: QueuePath}}, true
	}
	if last.Out != nil && len(last.Out.Children) > 0 && !q.taking {
		q.taking = true
		return q.take(last.Out.Children), true
	}
	q.taking = false
	if q.next == len(q.pauses) {
		return Move{}, false
	}
	m := Move{Think: q.pauses[q.next], Op: zkapi.Op{Kind: zkapi.GetChildren, Path: QueuePath}}
	if q.next++; q.next <= q.work.Items {
		m.Op = zkapi.Op{
			Kind: zkapi.Create, Mode: zkapi.PersistentSequential, Path: QueuePath + "/i-",
			Data: strconv.Itoa(q.client) + "." + strconv.Itoa(q.next),
		}
		if q.work.TTL > 0 {
			m.Op.Mode, m.Op.TTL = zkapi.PersistentSequentialTTL, q.work.TTL
		}
	}
	return m, true
}

// take deletes an item.
func (q *queue) take(items []string) Move {
	i := 0
	if q.work.Choose != nil {
		i = q.work.Choose(items)
	}
	return Move{Op: zkapi.Op{Kind: zkapi.Delete, Path: QueuePath + "/" + items[i], Version: zkapi.AnyVersion}}
}

// Clone implements Recipe.
func (q *queue) Clone() Recipe {
	d := *q
	return &d
}

// AppendHash implements Recipe.
func (q *queue) AppendHash(b []byte) []byte {
	b = append(b, byte(flag(q.made)), byte(flag(q.taking)))
	return binary.AppendUvarint(b, uint64(q.next))
}
