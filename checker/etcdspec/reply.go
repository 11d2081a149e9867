package etcdspec

import (
	"cmp"
	"fmt"
	"slices"

	"schism/checker"
	"schism/raft/etcdapi"
	"schism/sim"
)

// reply is an operation that was answered, or a write whose reply is lost, with what is compared most: operations are
// large, and lie far apart.
type reply struct {
	op  *sim.Op
	in  *etcdapi.Op
	out *etcdapi.Output // nil if it is lost

	called, returned uint64
	revision         etcdapi.Revision
	client           sim.NodeID
	kind             replyKind
}

// replyKind is what a reply tells of the store.
type replyKind uint8

const (
	// changing: the operation has changed keys, and so the revision is its own.
	changing replyKind = iota + 1
	// exact: the store was at the revision at some instant between the call and the return. A LeaseRevoke may have
	// changed keys, too.
	exact
	// local: some server was at the revision before the return, and shows what it had.
	local
	// aside: the same, and shows nothing.
	aside
	// event: a watch has told of a change. It is no operation.
	event
	// lost: nobody knows the reply of a write.
	lost
)

// kindOf returns what an answered operation tells.
func kindOf(in *etcdapi.Op, out *etcdapi.Output) replyKind {
	switch {
	case out.Code == etcdapi.ErrNoSpace || out.Code != etcdapi.OK && refused(in).has(out.Code):
		return aside
	case in.Kind == etcdapi.Range || in.Kind == etcdapi.Txn && !in.Writes():
		if serializable(in) {
			return local
		}
		return exact
	case changes(in, &out.Result):
		return changing
	case in.Kind == etcdapi.HashKV || in.Kind == etcdapi.LeaseTimeToLive:
		return local
	case in.Kind <= etcdapi.Compact || in.Kind == etcdapi.LeaseGrant || in.Kind == etcdapi.LeaseRevoke:
		return exact
	}
	return aside
}

// serializable reports whether any server may answer a read from what it has (isTxnSerializable).
func serializable(in *etcdapi.Op) bool {
	if in.Kind == etcdapi.Range {
		return in.Flags&etcdapi.FlagSerializable != 0
	}
	for _, branch := range [...][]etcdapi.Op{in.Then, in.Else} {
		for i := range branch {
			if branch[i].Kind != etcdapi.Range || !serializable(&branch[i]) {
				return false
			}
		}
	}
	return true
}

// changes reports whether an operation on keys with the result r has changed some.
func changes(in *etcdapi.Op, r *etcdapi.Result) bool {
	if r.Code != etcdapi.OK {
		return false
	}
	switch in.Kind {
	case etcdapi.Put:
		return true
	case etcdapi.DeleteRange:
		return r.Deleted > 0
	case etcdapi.Txn:
		branch := in.Else
		if r.Succeeded {
			branch = in.Then
		}
		for i := range min(len(branch), len(r.Responses)) {
			if changes(&branch[i], &r.Responses[i]) {
				return true
			}
		}
	}
	return false
}

// linearized reports whether the operation has its instant between its call and its return.
func (r *reply) linearized() bool { return r.kind == changing || r.kind == exact }

// String returns the operation, who called it, and its times.
func (r *reply) String() string {
	return fmt.Sprintf("%s by %s from %v to %v", describe(r.in, r.out), r.client, r.op.Call, r.op.Return)
}

// answered returns the operations with a reply and the writes without one, in the order of the history.
func answered(history []sim.Op) ([]reply, error) {
	if err := checker.WellFormed(history); err != nil {
		return nil, fmt.Errorf("the history is malformed: %w", err)
	}
	replies := make([]reply, 0, len(history))
	for i := range history {
		op := &history[i]
		in, ok := op.Input.(*etcdapi.Op)
		if !ok {
			return nil, fmt.Errorf("the history is malformed: operation %d has an input of type %T", i, op.Input)
		}
		r := reply{op: op, in: in, called: op.CallSeq, returned: op.ReturnSeq, client: op.Client, kind: lost}
		if op.Outcome == sim.OK {
			if r.out, ok = op.Output.(*etcdapi.Output); !ok {
				return nil, fmt.Errorf("the history is malformed: operation %d has no proper reply", i)
			}
			r.know()
		}
		if op.Outcome != sim.Failed && r.kind != 0 && (r.kind != lost || in.Writes()) {
			replies = append(replies, r)
		}
	}
	return replies, nil
}

// know takes over what the reply says. One that says that nothing was done is none.
func (r *reply) know() {
	switch {
	case r.out.Code.Answered():
		r.revision, r.kind = r.out.Revision, kindOf(r.in, r.out)
	case r.out.Code.Untaken():
		r.kind = 0
	default:
		r.out, r.returned = nil, sim.StillOpen
	}
}

// chosen returns the replies that is wants, sorted by key. What has equal keys stays in order.
func chosen(replies []reply, is func(*reply) bool, key func(*reply) uint64) []*reply {
	list, last, sorted := make([]*reply, 0, len(replies)), uint64(0), true
	for i := range replies {
		if r := &replies[i]; is(r) {
			k := key(r)
			list = append(list, r)
			last, sorted = k, sorted && last <= k
		}
	}
	if !sorted {
		slices.SortStableFunc(list, func(a, b *reply) int { return cmp.Compare(key(a), key(b)) })
	}
	return list
}

func call(r *reply) uint64 { return r.called }
func end(r *reply) uint64  { return r.returned }
