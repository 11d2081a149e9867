package kvspec

import (
	"fmt"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// reply is an operation that was answered, or a write whose reply is lost, with what is compared most: operations are
// large, and lie far apart.
type reply struct {
	op  *sim.Op
	in  *kvapi.Op
	out *kvapi.Output // nil if it is lost

	called, returned uint64
	revision         kvapi.Revision
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
func kindOf(in *kvapi.Op, out *kvapi.Output) replyKind {
	switch {
	case out.Code == kvapi.ErrNoSpace || out.Code != kvapi.OK && refused(in).has(out.Code):
		return aside
	case in.Kind == kvapi.Range || in.Kind == kvapi.Txn && !writes(in):
		if serializable(in) {
			return local
		}
		return exact
	case changes(in, &out.Result):
		return changing
	case in.Kind == kvapi.HashKV || in.Kind == kvapi.LeaseTimeToLive:
		return local
	case in.Kind <= kvapi.Compact || in.Kind == kvapi.LeaseGrant || in.Kind == kvapi.LeaseRevoke:
		return exact
	}
	return aside
}

// serializable reports whether any server may answer a read from what it has (isTxnSerializable).
func serializable(in *kvapi.Op) bool {
	if in.Kind == kvapi.Range {
		return in.Flags&kvapi.FlagSerializable != 0
	}
	for _, branch := range [...][]kvapi.Op{in.Then, in.Else} {
		for i := range branch {
			if branch[i].Kind != kvapi.Range || !serializable(&branch[i]) {
				return false
			}
		}
	}
	return true
}

// changes reports whether an operation on keys with the result r has changed some.
func changes(in *kvapi.Op, r *kvapi.Result) bool {
	if r.Code != kvapi.OK {
		return false
	}
	switch in.Kind {
	case kvapi.Put:
		return true
	case kvapi.DeleteRange:
		return r.Deleted > 0
	case kvapi.Txn:
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
	replies := make([]reply, 0, len(history))
	err := checker.EachTyped(history, func(op *sim.Op, in *kvapi.Op, out *kvapi.Output) {
		r := reply{op: op, in: in, out: out, called: op.CallSeq, returned: op.ReturnSeq, client: op.Client, kind: lost}
		if out != nil {
			r.know()
		}
		if op.Outcome != sim.Failed && r.kind != 0 && (r.kind != lost || writes(in)) {
			replies = append(replies, r)
		}
	})
	if err != nil {
		return nil, err
	}
	return replies, nil
}

// asks reports whether a history has an operation of a kind.
func asks(history []sim.Op, kind kvapi.OpKind) bool {
	return slices.ContainsFunc(history, func(op sim.Op) bool {
		in, ok := op.Input.(*kvapi.Op)
		return ok && in.Kind == kind
	})
}

// know takes over what the reply says. One that says that nothing was done, or nothing at all, is none.
func (r *reply) know() {
	switch {
	case r.out.Code.Answered():
		if r.revision, r.kind = r.out.Revision, kindOf(r.in, r.out); r.kind == aside && r.revision == 0 {
			r.kind = 0
		}
	case r.out.Code.Untaken():
		r.kind = 0
	default:
		r.out, r.returned = nil, sim.StillOpen
	}
}

func call(r *reply) uint64 { return r.called }
func end(r *reply) uint64  { return r.returned }
