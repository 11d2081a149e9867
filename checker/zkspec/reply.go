package zkspec

import (
	"cmp"
	"fmt"
	"slices"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// reply is an operation that was answered, with what is compared most: operations are large, and lie far apart.
type reply struct {
	op  *sim.Op
	in  *zkapi.Op
	out *zkapi.Output

	called, returned uint64
	zxid             zkapi.Zxid
	client           sim.NodeID
	kind             replyKind
}

// replyKind is what a reply is about.
type replyKind uint8

const (
	// update: the operation became a transaction.
	update replyKind = iota + 1
	// read: the operation shows nodes.
	read
	// refused: the operation would be an update, and never became a transaction.
	refused
	// other: nothing of that.
	other
)

func newReply(op *sim.Op, in *zkapi.Op, out *zkapi.Output) reply {
	r := reply{op: op, in: in, out: out, called: op.CallSeq, returned: op.ReturnSeq, zxid: out.Zxid,
		client: op.Client, kind: other}
	switch writes := in.Kind.Writes(); {
	case writes && unasked(out):
		r.kind = refused
	case writes:
		r.kind = update
	case isRead(in):
		r.kind = read
	}
	return r
}

// isRead reports whether the operation shows nodes.
func isRead(in *zkapi.Op) bool { return in.Kind >= zkapi.Exists && in.Kind <= zkapi.GetChildren }

// updates reports whether the operation became a transaction.
func (r *reply) updates() bool { return r.kind == update }

// reads reports whether the operation shows nodes.
func (r *reply) reads() bool { return r.kind == read }

// String returns the operation, who called it, and its times.
func (r *reply) String() string {
	return fmt.Sprintf("%s by %s from %v to %v", r.in.Explain(r.out), r.op.Client, r.op.Call, r.op.Return)
}

// answered returns the operations with a reply, in the order of the history.
func answered(history []sim.Op) ([]reply, error) {
	if err := checker.WellFormed(history); err != nil {
		return nil, fmt.Errorf("the history is malformed: %w", err)
	}
	replies := make([]reply, 0, len(history))
	for i := range history {
		op := &history[i]
		in, ok := op.Input.(*zkapi.Op)
		if !ok {
			return nil, fmt.Errorf("the history is malformed: operation %d has an input of type %T", i, op.Input)
		}
		if op.Outcome != sim.OK {
			continue
		}
		out, ok := op.Output.(*zkapi.Output)
		if !ok {
			return nil, fmt.Errorf("the history is malformed: operation %d has no proper reply", i)
		}
		replies = append(replies, newReply(op, in, out))
	}
	return replies, nil
}

// byReturn returns the replies in the order in which they were given.
func byReturn(replies []reply) []*reply {
	list := make([]*reply, len(replies))
	for i := range replies {
		list[i] = &replies[i]
	}
	return sorted(list, func(r *reply) uint64 { return r.returned })
}

// byCall returns the replies to updates in the order in which these were called.
func byCall(replies []reply) []*reply {
	list := make([]*reply, 0, len(replies))
	for i := range replies {
		if replies[i].updates() {
			list = append(list, &replies[i])
		}
	}
	return sorted(list, func(r *reply) uint64 { return r.called })
}

// byZxid returns list in the order of zxids.
func byZxid(list []*reply) []*reply {
	return sorted(slices.Clone(list), func(r *reply) uint64 { return uint64(r.zxid) })
}

// sorted sorts list by key, and returns it. What has equal keys stays in order.
func sorted(list []*reply, key func(*reply) uint64) []*reply {
	slices.SortStableFunc(list, func(a, b *reply) int { return cmp.Compare(key(a), key(b)) })
	return list
}

// higher returns the one with the higher zxid, a if they are equal; a may be nil.
func higher(a, b *reply) *reply {
	if a != nil && a.zxid >= b.zxid {
		return a
	}
	return b
}
