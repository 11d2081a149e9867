package kvapi

import "schism/sim"

// OpKind is what an operation does.
type OpKind uint8

// The operations. The first group reads and writes keys, and can be part of a Txn; then come the others on the store,
// those on leases, on watches, and on the cluster.
const (
	// Range returns the keys of a range, in the order of Order and By: at Revision if that is not 0, else as they are.
	// It is linearizable unless FlagSerializable lets any server answer from what it has. Of those that pass the bounds
	// on revisions at most Limit are returned, More says whether there are more, and Count how many keys the range has.
	Range OpKind = iota + 1
	// Put sets the value and the lease of Key. FlagIgnoreValue and FlagIgnoreLease keep what is there.
	Put
	// DeleteRange deletes the keys of a range.
	DeleteRange
	// Txn does all of Then if all of If hold, all of Else if not, in order, as one: each sees what those before it have
	// done, and what all change has one revision. The conditions, those of nested Txns too, are asked before anything
	// is done. No key may be changed twice, in whichever branch of a nested Txn.
	Txn
	// Compact forgets what was before Revision: from then on only what is there at Revision or later can be seen. What
	// is forgotten is gone when that is answered, as with etcd's option physical.
	Compact
	// HashKV returns a hash of everything from the compacted revision to Revision, 0 for the last one.
	HashKV
	// LeaseGrant makes a lease that lives for TTL, with the name Lease, or, if that is 0, one that the store gives it.
	LeaseGrant
	// LeaseRevoke ends a lease and deletes all keys that are attached to it.
	LeaseRevoke
	// LeaseKeepAlive gives a lease its whole TTL again.
	LeaseKeepAlive
	// LeaseTimeToLive returns what a lease has left, and, with FlagKeys, its keys.
	LeaseTimeToLive
	// Leases returns the names of all leases.
	Leases
	// Watch begins to send the events of a range, from Revision on, or from the next one if that is 0. One of an empty
	// range is canceled at once.
	Watch
	// CancelWatch ends the watch WatchID.
	CancelWatch
	// ProgressRequest asks for a progress notification of all of the client's watches on this channel.
	ProgressRequest
	// MemberAdd adds Node, as a learner with FlagLearner.
	MemberAdd
	// MemberPromote makes the learner Node a voter, if it is not far behind the leader.
	MemberPromote
	// MemberRemove removes Node.
	MemberRemove
	// MemberReplace removes the member Node and adds Other in its place, as one change of two steps (joint consensus).
	MemberReplace
	// MemberDemote makes the voter Node a learner.
	MemberDemote
	// MemberList returns the members; linearizable unless FlagSerializable.
	MemberList
	// MoveLeader makes the voter Node the leader. Only the leader can do it.
	MoveLeader
	// OpenSession opens a session, in which a repeated request is done once (thesis §6.3). It stands in no history.
	OpenSession
	// LeaseCheckpoint keeps what a lease has left across a change of leaders. Only leaders ask for it.
	LeaseCheckpoint
	opKinds
)

var opNames = [...]string{"", "get", "put", "delete", "txn", "compact", "hash", "lease-grant", "lease-revoke",
	"lease-keep-alive", "lease-ttl", "leases", "watch", "cancel-watch", "progress", "member-add", "member-promote",
	"member-remove", "member-replace", "member-demote", "member-list", "move-leader", "open-session",
	"lease-checkpoint"}

// String returns the operation's name as workloads write it, "lease-grant".
func (k OpKind) String() string { return nameOf("OpKind", opNames[:], int(k)) }

// Flags are the options of an operation that are there or not.
type Flags uint16

// The flags, and the operations that have them.
const (
	// FlagSerializable (Range, MemberList) lets any server answer from what it has, which may be old.
	FlagSerializable Flags = 1 << iota
	// FlagKeysOnly and FlagCountOnly (Range) leave the values out, or everything.
	FlagKeysOnly
	FlagCountOnly
	// FlagPrevKV (Put, DeleteRange, Watch) asks for what was there before.
	FlagPrevKV
	// FlagIgnoreValue and FlagIgnoreLease (Put) keep what is there.
	FlagIgnoreValue
	FlagIgnoreLease
	// FlagKeys (LeaseTimeToLive) asks for the keys of the lease.
	FlagKeys
	// FlagNoPut and FlagNoDelete (Watch) filter events of that type out.
	FlagNoPut
	FlagNoDelete
	// FlagProgress (Watch) asks for a notification when there was no event for a while, FlagFragment lets the events of
	// one revision come in more than one message.
	FlagProgress
	FlagFragment
	// FlagLearner (MemberAdd) adds a member without a vote.
	FlagLearner
	flagsEnd
)

var flagNames = [...]string{"serializable", "keys-only", "count-only", "prev-kv", "ignore-value", "ignore-lease",
	"keys", "no-put", "no-delete", "progress-notify", "fragment", "learner"}

// SortTarget is by what a Range sorts. Keys that are equal in that are in ascending order, whichever way it sorts.
type SortTarget uint8

// The targets (RangeRequest.SortTarget).
const (
	ByKey SortTarget = iota
	ByVersion
	ByCreate
	ByMod
	ByValue
	sortTargets
)

var sortNames = [...]string{"key", "version", "create", "mod", "value"}

// String returns the target's name, "mod".
func (t SortTarget) String() string { return nameOf("SortTarget", sortNames[:], int(t)) }

// SortOrder is which way a Range sorts.
type SortOrder uint8

// The orders (RangeRequest.SortOrder). Unsorted is ascending by key, too; with another target than ByKey it is Ascend.
const (
	Unsorted SortOrder = iota
	Ascend
	Descend
	sortOrders
)

var orderNames = [...]string{"unsorted", "ascend", "descend"}

// String returns the order's name, "descend".
func (o SortOrder) String() string { return nameOf("SortOrder", orderNames[:], int(o)) }

// Bounds are from which revision to which a Range returns keys, both included; 0 is no bound.
type Bounds struct{ MinMod, MaxMod, MinCreate, MaxCreate Revision }

// Span is the keys that an operation is about.
//
//	Span{"a", ""}    the key a
//	Span{"a", "c"}   all from a up to, and without, c
//	Span{"a", "\x00"} all from a on; with Key "\x00", too, all there are
type Span struct{ Key, End string }

// Contains reports whether the key k is in s.
func (s Span) Contains(k string) bool {
	switch s.End {
	case "":
		return k == s.Key
	case "\x00":
		return k >= s.Key
	}
	return k >= s.Key && k < s.End
}

// Empty reports whether no key can be in s, since it ends before it begins.
func (s Span) Empty() bool { return s.End != "" && s.End != "\x00" && s.Key >= s.End }

// Single reports whether s is one key.
func (s Span) Single() bool { return s.End == "" }

// Prefix returns all keys that begin with p (clientv3.GetPrefixRangeEnd); all there are for "".
func Prefix(p string) Span {
	if p == "" {
		return Span{"\x00", "\x00"}
	}
	end := []byte(p)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return Span{p, string(end[:i+1])}
		}
	}
	return Span{p, "\x00"}
}

// Op is an operation as a client calls it and as a history records it. A field that its kind does not use is zero.
type Op struct {
	Kind  OpKind
	Flags Flags
	// By and Order are how a Range sorts.
	By    SortTarget
	Order SortOrder
	// Node is the member that MemberAdd and the like are about, Other the one that MemberReplace adds.
	Node, Other sim.NodeID
	// Span is what Range, DeleteRange and Watch are about; Put has a single key.
	Span Span
	// Value is what Put writes.
	Value string
	// Lease is what Put attaches the key to, 0 for none, and what the operations on leases are about.
	Lease LeaseID
	// TTL is that of LeaseGrant, and what is left in a LeaseCheckpoint.
	TTL Seconds
	// Revision is that of Range, Compact, HashKV and Watch.
	Revision Revision
	// Limit is how many keys a Range returns at most; 0 is all.
	Limit int64
	// Bounds are those of Range.
	Bounds Bounds
	// WatchID names the watch that Watch begins or CancelWatch ends.
	WatchID WatchID
	// If, Then and Else are those of Txn.
	If         []Compare
	Then, Else []Op
}

// CompareTarget is what of a key a Compare compares.
type CompareTarget uint8

// The targets (etcdserverpb.Compare). Of a key that is not there everything is 0, but for the value, on which no
// condition holds then.
const (
	CompareVersion CompareTarget = iota
	CompareCreate
	CompareMod
	CompareValue
	CompareLease
	compareTargets
)

var targetNames = [...]string{"version", "create", "mod", "value", "lease"}

// String returns the target's name, "mod".
func (t CompareTarget) String() string { return nameOf("CompareTarget", targetNames[:], int(t)) }

// CompareResult is how what is there and what is expected must compare.
type CompareResult uint8

// The results.
const (
	Equal CompareResult = iota
	Greater
	Less
	NotEqual
	compareResults
)

var resultNames = [...]string{"=", ">", "<", "!="}

// String returns the sign, "!=".
func (r CompareResult) String() string { return nameOf("CompareResult", resultNames[:], int(r)) }

// Holds reports whether c, what comparing what is there with what is expected has given, is the result r.
func (r CompareResult) Holds(c int) bool {
	switch r {
	case Equal:
		return c == 0
	case Greater:
		return c > 0
	case Less:
		return c < 0
	}
	return c != 0
}

// Compare is a condition of a Txn. Of a span it must hold for every key that is there; if none is it is asked about a
// key that is not there.
type Compare struct {
	Target CompareTarget
	Result CompareResult
	Span   Span
	// Value is what CompareValue expects, Number what the other targets expect.
	Value  string
	Number int64
}

// Writes reports whether the operation goes through the log, whatever it finds there: it may change the store, the
// leases or the membership.
func (op *Op) Writes() bool {
	switch op.Kind {
	case Put, DeleteRange, Compact, LeaseGrant, LeaseRevoke, LeaseCheckpoint, OpenSession, MemberAdd, MemberPromote,
		MemberRemove, MemberReplace, MemberDemote:
		return true
	case Txn:
		return !ReadOnly(op.Then) || !ReadOnly(op.Else)
	}
	return false
}

// ReadOnly reports whether no operation of the list, which is a branch of a Txn, can change anything.
func ReadOnly(ops []Op) bool {
	for i := range ops {
		if ops[i].Writes() {
			return false
		}
	}
	return true
}

// Fold mixes every field into d.
func (op *Op) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(op.Kind)<<32 | uint64(op.Flags)<<16 | uint64(op.By)<<8 | uint64(op.Order))
	d = d.Mix(uint64(op.Node)<<16 | uint64(op.Other)).MixString(op.Span.Key).MixString(op.Span.End)
	d = d.MixString(op.Value).Mix(uint64(op.Lease)).Mix(uint64(op.TTL)).Mix(uint64(op.Revision)).Mix(uint64(op.Limit))
	b := &op.Bounds
	d = d.Mix(uint64(b.MinMod)).Mix(uint64(b.MaxMod)).Mix(uint64(b.MinCreate)).Mix(uint64(b.MaxCreate))
	d = d.Mix(uint64(op.WatchID)).Mix(uint64(len(op.If))<<40 | uint64(len(op.Then))<<20 | uint64(len(op.Else)))
	for i := range op.If {
		c := &op.If[i]
		d = d.Mix(uint64(c.Target)<<8 | uint64(c.Result)).MixString(c.Span.Key).MixString(c.Span.End)
		d = d.MixString(c.Value).Mix(uint64(c.Number))
	}
	for _, branch := range [...][]Op{op.Then, op.Else} {
		for i := range branch {
			d = branch[i].Fold(d)
		}
	}
	return d
}
