// Package zkspec is the sequential specification of the ZooKeeper-like store, and the judge of its histories: what
// one client after another would see of a single tree, and what clients at once may see of many copies. It is written
// from the words of package zkapi alone and shares no code with the store that it judges.
//
//	for _, r := range zkspec.Judge(result.History, checker.DefaultBudget) {
//		fmt.Println(r)
//	}
//
// Updates are linearizable, and reads may be old: all fit into one legal order that has the program order of every
// client, and in which no update comes before what had ended before it was called. That is ordered sequential
// consistency (Lev-Ari, Bortnikov, Keidar, Shraer, IPL 2017). Zxids say which order it is. Nobody believes them: that
// they respect real time and the sessions, and that the tree explains every reply along them, is what is checked.
//
// Not everything that happens is in a history: sessions expire, and servers delete containers and nodes with a time to
// live. A node of such a kind is therefore one that may be there: it goes when a reply shows that it has gone, or that
// what it stands in the way of was done, and stays until then. It does not go while something is below it that stays.
// Of its parent the number of children may be any that this allows. So a store that deletes an ephemeral node too
// early, or too late, is not found here, but one that shows it again is.
//
// Nor is everything in a reply judged. Times are free; the Pzxid of a node may be higher than what the history says,
// for a child may have gone. Of access lists only is known who has one: a node that was ever given another than
// [zkapi.OpenACL] may refuse anybody anything, and what GetACL lists is free. Where an operation has two reasons to
// fail either is right, for the words do not say which comes first. That a membership has no quorum, or that servers
// are unknown, the tree does not say: Reconfigs may be refused for it.
//
// What must hold of what clients see, and who checks it:
//
//	C1  updates have zxids of their own, later ones have higher ones   Judge: ZxidOrder; SearchUpdates
//	C2  along the zxids the tree explains every update                 Judge: LinearizableWrites; SearchUpdates
//	C3  a read shows the tree at its zxid                              Judge: OrderedSequential; JudgeSameTree
//	C4  the zxids of one client never go back                          Judge: SessionOrder; SearchOrdered
//	C5  no read shows an update that is not called yet                 Judge: OrderedSequential; SearchOrdered
//	C6  what returned before an update was called is below it          Judge: OrderedSequential; SearchOrdered
//	C7  reads behind a sync through the quorum are not old             JudgeStrictSync; SearchStrictSync
//	C8  what was acknowledged, or read, is in the log in the end       JudgeDurable; zab.Ghost and checker.SplitBrain
//	C9  the updates of a client are done in its order                  JudgeClientOrder
//	C10 a session lasts as long as it should, and no longer            Expiry; JudgeSessionEnd; scenarios: no-orphans
//	C11 the numbers of sequential nodes increase                       as C2, for the tree knows them; JudgeQueue
//	C12 watches tell everything, once, in order, and before answers    Events
//	C13 reads are not older than a bound                               nobody
//	C14 once all is well again, writes are answered                    checker.Liveness, with NeedsWrite
//
// Of C7 the weaker level, a sync that only flushes the pipe to a leader, is not checked: who that leader was no reply
// says. Of C9, clients with one operation at a time show only what lost answers and new connections can bring out of
// order. C13 nobody promises: a server that nothing reaches serves what it has until it notices.
//
// What watches tell is no part of a history either: [Events] looks on.
package zkspec

import (
	"slices"

	"schism/checker"
	"schism/zab/zkapi"
)

// Spec is the specification of the whole tree. Operations and outputs are large, and stay where they are.
type Spec = checker.Spec[State, *zkapi.Op, *zkapi.Output]

// New returns the specification. It takes reads, too; whether they may be old is for the history to say.
func New() *Spec {
	return &Spec{
		Init: func() State { return State{root: begin()} },
		Step: func(s State, in **zkapi.Op, out **zkapi.Output) (State, bool) {
			return Step(s, *in, known(out))
		},
		Equal:         State.equal,
		Hash:          func(s State) uint64 { return uint64(s.root.hash.Mix(uint64(s.last))) },
		ReadOnly:      func(in **zkapi.Op) bool { return !(*in).Kind.Writes() },
		Observes:      func(w, in **zkapi.Op, _ **zkapi.Output) bool { return Observes(*w, *in) },
		Position:      func(out **zkapi.Output) uint64 { return uint64((*out).Zxid) },
		Describe:      func(in **zkapi.Op, out **zkapi.Output) string { return describe(*in, known(out)) },
		DescribeState: State.String,
	}
}

// known returns the output, nil if nobody knows it.
func known(out **zkapi.Output) *zkapi.Output {
	if out == nil {
		return nil
	}
	return *out
}

// Step returns the state after the operation, and whether the reply is right:
//
//  1. the tree allows the result: code, path, data, children, and of the stat what the package says;
//  2. the zxid of an update, failed or not, is higher than all before; that of anything else is not lower.
//
// An update whose reply nobody knows is taken to succeed if it can. That is enough: one that failed is as good as one
// that has not happened yet.
func Step(s State, in *zkapi.Op, out *zkapi.Output) (next State, right bool) {
	next = s
	if out == nil {
		if in.Kind.Writes() {
			next.root, _ = s.root.update(in, nil, 0)
		}
		return next, true
	}
	next.last = out.Zxid
	switch {
	case out.Zxid < s.last:
		return s, false
	case !in.Kind.Writes():
		next.root, right = s.root.read(in, out)
	case unasked(out):
		right = in.Check() != nil || in.Kind == zkapi.Check || in.Kind == zkapi.CreateSession ||
			in.Kind == zkapi.DeleteContainer
	case out.Zxid == s.last:
		return s, false
	default:
		next.root, right = s.root.update(in, &out.Result, out.Zxid)
	}
	return next, right
}

// unasked reports whether the reply is one to what never became a transaction, and so has no zxid of its own.
func unasked(out *zkapi.Output) bool {
	return out.Code == zkapi.Unimplemented || out.Code == zkapi.MarshallingError
}

// Observes reports whether the operation could tell that the update w took effect: whether one is about a node that
// the other is about, or about its parent. Names with numbers tell of every child.
func Observes(w, in *zkapi.Op) bool {
	for _, a := range parts(w) {
		for _, b := range parts(in) {
			above, above2 := zkapi.Parent(a.Path), zkapi.Parent(b.Path)
			if a.Path == b.Path || a.Path == above2 || above == b.Path ||
				above == above2 && (a.Mode.IsSequential() || b.Mode.IsSequential()) {
				return true
			}
		}
	}
	return false
}

// parts returns the operations of a Multi, and any other as it is.
func parts(op *zkapi.Op) []zkapi.Op {
	switch op.Kind {
	case zkapi.Multi:
		return op.Ops
	case zkapi.Reconfig:
		return []zkapi.Op{{Kind: op.Kind, Path: zkapi.ConfigPath}}
	}
	return slices.Clip([]zkapi.Op{*op})
}

// describe returns the operation on one line.
func describe(in *zkapi.Op, out *zkapi.Output) string {
	if out == nil {
		return in.String() + " -> unknown"
	}
	return in.Explain(out)
}
