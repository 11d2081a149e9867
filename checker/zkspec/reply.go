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
	replies := make([]reply, 0, len(history))
	err := checker.EachTyped(history, func(op *sim.Op, in *zkapi.Op, out *zkapi.Output) {
		if out != nil {
			replies = append(replies, newReply(op, in, out))
		}
	})
	if err != nil {
		return nil, err
	}
	return replies, nil
}

// byReturn returns the replies in the order in which they were given.
func byReturn(replies []reply) []*reply {
	return checker.Chosen(replies, func(*reply) bool { return true }, func(r *reply) uint64 { return r.returned })
}

// byCall returns the replies to updates in the order in which these were called.
func byCall(replies []reply) []*reply {
	return checker.Chosen(replies, (*reply).updates, func(r *reply) uint64 { return r.called })
}

// byZxid returns list in the order of zxids. What has equal ones stays in order.
func byZxid(list []*reply) []*reply {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *reply) int { return cmp.Compare(a.zxid, b.zxid) })
	return list
}

// higher returns the one with the higher zxid, a if they are equal; a may be nil.
func higher(a, b *reply) *reply {
	if a != nil && a.zxid >= b.zxid {
		return a
	}
	return b
}
