package kvapi

import (
	"strconv"

	"schism/sim"
)

// fields is a set of the fields of Op.
type fields uint32

const (
	usesSpan fields = 1 << iota
	usesKey         // Span, of a single key
	usesValue
	usesTxn
	usesSort
	usesLease
	usesTTL
	usesRevision
	usesLimit
	usesBounds
	usesWatch
	usesNode
	usesOther
)

// use is what an operation uses beside its kind.
type use struct {
	fields fields
	flags  Flags
}

// uses says which fields and flags an operation uses.
var uses = [opKinds]use{
	Range: {usesSpan | usesSort | usesRevision | usesLimit | usesBounds,
		FlagSerializable | FlagKeysOnly | FlagCountOnly},
	Put:             {usesKey | usesValue | usesLease, FlagPrevKV | FlagIgnoreValue | FlagIgnoreLease},
	DeleteRange:     {usesSpan, FlagPrevKV},
	Txn:             {usesTxn, 0},
	Compact:         {usesRevision, 0},
	HashKV:          {usesRevision, 0},
	LeaseGrant:      {usesLease | usesTTL, 0},
	LeaseRevoke:     {usesLease, 0},
	LeaseKeepAlive:  {usesLease, 0},
	LeaseTimeToLive: {usesLease, FlagKeys},
	Watch: {usesSpan | usesRevision | usesWatch,
		FlagPrevKV | FlagNoPut | FlagNoDelete | FlagProgress | FlagFragment},
	CancelWatch:     {usesWatch, 0},
	MemberAdd:       {usesNode, FlagLearner},
	MemberPromote:   {usesNode, 0},
	MemberRemove:    {usesNode, 0},
	MemberReplace:   {usesNode | usesOther, 0},
	MemberDemote:    {usesNode, 0},
	MemberList:      {0, FlagSerializable},
	MoveLeader:      {usesNode, 0},
	LeaseCheckpoint: {usesLease | usesTTL, 0},
}

// number is a field of Op that is a number, as texts and bytes have it: 0 is left out of texts.
type number struct {
	name string
	of   fields
	get  func(*Op) int64
	set  func(*Op, int64)
	// text and parse are how it is written; nil is in decimal.
	text  func(int64) string
	parse func(string) (int64, bool)
}

// numbers are the fields that are numbers, in the order in which they are written.
var numbers = [...]number{
	{"lease", usesLease, func(op *Op) int64 { return int64(op.Lease) },
		func(op *Op, v int64) { op.Lease = LeaseID(v) }, hexadecimal, parseHexadecimal},
	{"ttl", usesTTL, func(op *Op) int64 { return int64(op.TTL) }, func(op *Op, v int64) { op.TTL = Seconds(v) },
		nil, nil},
	{"rev", usesRevision, func(op *Op) int64 { return int64(op.Revision) },
		func(op *Op, v int64) { op.Revision = Revision(v) }, nil, nil},
	{"limit", usesLimit, func(op *Op) int64 { return op.Limit }, func(op *Op, v int64) { op.Limit = v }, nil, nil},
	{"min-mod", usesBounds, func(op *Op) int64 { return int64(op.Bounds.MinMod) },
		func(op *Op, v int64) { op.Bounds.MinMod = Revision(v) }, nil, nil},
	{"max-mod", usesBounds, func(op *Op) int64 { return int64(op.Bounds.MaxMod) },
		func(op *Op, v int64) { op.Bounds.MaxMod = Revision(v) }, nil, nil},
	{"min-create", usesBounds, func(op *Op) int64 { return int64(op.Bounds.MinCreate) },
		func(op *Op, v int64) { op.Bounds.MinCreate = Revision(v) }, nil, nil},
	{"max-create", usesBounds, func(op *Op) int64 { return int64(op.Bounds.MaxCreate) },
		func(op *Op, v int64) { op.Bounds.MaxCreate = Revision(v) }, nil, nil},
	{"id", usesWatch, func(op *Op) int64 { return int64(op.WatchID) },
		func(op *Op, v int64) { op.WatchID = WatchID(v) }, nil, nil},
	{"node", usesNode, func(op *Op) int64 { return int64(op.Node) },
		func(op *Op, v int64) { op.Node = sim.NodeID(v) }, nodeName, parseNode},
	{"by", usesOther, func(op *Op) int64 { return int64(op.Other) },
		func(op *Op, v int64) { op.Other = sim.NodeID(v) }, nodeName, parseNode},
}

// String returns v as a text has it.
func (n *number) String(v int64) string {
	if n.text != nil {
		return n.text(v)
	}
	return strconv.FormatInt(v, 10)
}

// Parse reads what String writes.
func (n *number) Parse(s string) (int64, bool) {
	if n.parse != nil {
		return n.parse(s)
	}
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil && strconv.FormatInt(v, 10) == s
}

func hexadecimal(v int64) string { return LeaseID(v).String() }

func parseHexadecimal(s string) (int64, bool) {
	v, err := strconv.ParseUint(s, 16, 64)
	return int64(v), err == nil && hexadecimal(int64(v)) == s
}

func nodeName(v int64) string { return sim.NodeID(v).String() }

func parseNode(s string) (int64, bool) {
	id, ok := sim.ParseNodeID(s)
	return int64(id), ok && !id.IsClient()
}
