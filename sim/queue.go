package sim

// pendingKind tells what happens when a pending entry is due.
type pendingKind uint8

const (
	pendNothing     pendingKind = iota // cancelled
	pendStart                          // a node starts
	pendDatagram                       // a datagram arrives
	pendArrived                        // a datagram that has arrived already waits for its process
	pendTimer                          // a timer may run out
	pendTask                           // a task has its turn
	pendSyncDone                       // the running sync ends
	pendAnswer                         // the next answer to a sync is told
	pendReadDone                       // a read ends
	pendWriteFail                      // a failed write is told
	pendFault                          // a planned fault
	pendStream                         // the head of one direction of a channel arrives
	pendReset                          // the word that the other end of a channel is gone arrives
	pendBroken                         // a channel breaks by a fault
	pendDialTimeout                    // a dialer gives up
	pendNews                           // a node learns something about a channel
	pendIdle                           // a node is not busy any more
)

// pending is one scheduled happening. Which fields matter depends on kind.
type pending struct {
	msg Message
	// sum is the digest of msg, or a token.
	sum Digest
	// life is the incarnation that it is meant for, 0 for any.
	life uint32
	// aux is a timer's generation, the event that sent a datagram, or an index: of a fault, a channel, a stored read
	// or error.
	aux  uint32
	dest uint16
	from NodeID
	kind pendingKind
	// id is a timer, a task, an end of a channel, a kind of news, or which copy of a datagram it is.
	id uint8
}

// entry is one place in the heap: the packed key and the slot of the pending it stands for.
type entry struct {
	key  uint64
	slot uint32
}

// sequenceBits is how much of the key orders entries of one instant by insertion. Should it wrap within
// an instant, only the order in which the chooser is offered them changes.
const sequenceBits = 20

// queue holds what is scheduled: a bottom-up binary heap of packed keys over a slab of values.
type queue struct {
	heap     []entry
	slab     []pending
	free     []uint32
	sequence uint64
}

func (q *queue) reset() {
	clear(q.slab)
	q.heap, q.slab, q.free, q.sequence = q.heap[:0], q.slab[:0], q.free[:0], 0
}

func (q *queue) copyInto(dst *queue) {
	dst.heap = append(dst.heap[:0], q.heap...)
	dst.slab = append(dst.slab[:0], q.slab...)
	dst.free = append(dst.free[:0], q.free...)
	dst.sequence = q.sequence
}

// store puts p into the slab and returns its slot.
func (q *queue) store(p *pending) uint32 {
	if n := len(q.free); n > 0 {
		slot := q.free[n-1]
		q.free = q.free[:n-1]
		q.slab[slot] = *p
		return slot
	}
	q.slab = append(q.slab, *p)
	return uint32(len(q.slab) - 1)
}

// release frees slot. Its message stays reachable until the slot is used again.
func (q *queue) release(slot uint32) {
	q.slab[slot].kind = pendNothing // dropFlying looks for what is in flight
	q.free = append(q.free, slot)
}

// push schedules slot at the instant at, 0 ≤ at ≤ MaxTime.
func (q *queue) push(at Time, slot uint32) {
	key := uint64(at)<<sequenceBits | q.sequence&(1<<sequenceBits-1)
	q.sequence++
	h := append(q.heap, entry{})
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].key <= key {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = entry{key, slot}
	q.heap = h
}

// first returns the instant of the earliest entry; the queue must not be empty.
func (q *queue) first() Time { return Time(q.heap[0].key >> sequenceBits) }

// pop removes the earliest entry and returns its slot; the queue must not be empty.
func (q *queue) pop() uint32 {
	h := q.heap
	slot := h[0].slot
	n := len(h) - 1
	last := h[n]
	h = h[:n]
	q.heap = h
	if n == 0 {
		return slot
	}
	// Walk the hole down to a leaf, then let the last entry rise from there: it mostly belongs low.
	hole := 0
	for {
		child := 2*hole + 1
		if child >= n {
			break
		}
		if right := child + 1; right < n && h[right].key < h[child].key {
			child = right
		}
		h[hole] = h[child]
		hole = child
	}
	for hole > 0 {
		parent := (hole - 1) / 2
		if h[parent].key <= last.key {
			break
		}
		h[hole] = h[parent]
		hole = parent
	}
	h[hole] = last
	return slot
}
