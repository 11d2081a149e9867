package zkapi

import "schism/sim"

// OpKind is what an operation does.
type OpKind uint8

// The operations. The first group may change the tree and so becomes a transaction; the second is answered by the
// server that the client is connected to; the third is about the session.
const (
	// Create creates the node Path, or one whose name begins so if Mode is sequential, and returns its path and
	// stat. Its parent must be there, allow PermCreate, and not be ephemeral.
	Create OpKind = iota + 1
	// Delete deletes the node Path if it has no children and its version is Version. Its parent must allow
	// PermDelete.
	Delete
	// SetData sets the data of Path to Data if its version is Version, and returns the stat. The node must allow
	// PermWrite.
	SetData
	// SetACL sets the access list of Path to ACL if its Aversion is Version, and returns the stat. The node must
	// allow PermAdmin.
	SetACL
	// Check does nothing, if the version of Path is Version, and so fails the Multi that it is in if not. Nowhere
	// else is it allowed (ZK-2623). The node must allow PermRead.
	Check
	// Multi does all Ops in order, as one transaction, or none: then the results are OK before the one that fails,
	// its error, and RuntimeInconsistency after it. Ops are of the kinds Create, Delete, SetData and Check.
	Multi
	// DeleteContainer deletes the node Path if it has no children and is not ephemeral. Only servers ask for it,
	// of their own accord, for containers and nodes whose time has come.
	DeleteContainer
	// Reconfig makes Change of the membership if its version is Change.From, and returns what ConfigPath has then:
	// data and stat. A quorum of the next ensemble must be in line, and no other Reconfig pending.
	Reconfig
	// Exists returns the stat of Path. With Watch it leaves a watch for the node's data, whether or not it is there.
	Exists
	// GetData returns data and stat of Path. With Watch it leaves a watch for the node's data.
	GetData
	// GetACL returns access list and stat of Path. Who may neither read nor administer the node is refused, who may
	// not administer it sees no digests.
	GetACL
	// GetChildren returns the names of the children of Path, sorted, and the stat. With Watch it leaves a watch for
	// the list of children.
	GetChildren
	// Sync is answered after everything that the leader had proposed when it saw it.
	Sync
	// AddWatch leaves a watch of the mode WatchMode at Path, whether or not it is there.
	AddWatch
	// SetWatches is how a client that has reconnected brings along its watches, Watches.
	SetWatches
	// AddAuth makes the connection speak for the identity digest of Data, "user:password".
	AddAuth
	// CreateSession opens a session that expires after Timeout without a sign of life. Servers ask for it when a
	// client connects.
	CreateSession
	// CloseSession closes the session and deletes its ephemeral nodes.
	CloseSession
)

var opNames = [...]string{"", "create", "delete", "set", "set-acl", "check", "multi", "delete-container",
	"reconfig", "exists", "get", "get-acl", "children", "sync", "add-watch", "set-watches", "add-auth",
	"create-session", "close-session"}

// String returns the operation's name as workloads write it, "set-acl".
func (k OpKind) String() string { return nameOf("OpKind", opNames[:], int(k)) }

// Writes reports whether an operation of this kind becomes a transaction.
func (k OpKind) Writes() bool {
	return k >= Create && k <= Reconfig || k == CreateSession || k == CloseSession
}

// Op is an operation as a client calls it and as a history records it. A field that its kind does not use is zero.
type Op struct {
	Kind OpKind
	// Mode is what kind of node Create creates.
	Mode CreateMode
	// Watch asks Exists, GetData and GetChildren to leave a watch.
	Watch bool
	// WatchMode is what AddWatch adds.
	WatchMode WatchMode
	// Version is what Delete, SetData, SetACL and Check expect; AnyVersion is always right. Mind that the zero value
	// expects a node whose data was never set.
	Version Version
	// Path is the node; empty for Multi, SetWatches, AddAuth and what is about sessions. Whether it is valid is for
	// the server to say, with BadArguments.
	Path string
	// Data is what Create and SetData write, and for AddAuth "user:password".
	Data string
	// TTL is for how long nodes of the modes PersistentTTL and PersistentSequentialTTL live; 0 for others.
	TTL Millis
	// Timeout is that of the session that CreateSession opens.
	Timeout Millis
	// ACL is the access list that SetACL and Create set; for Create none is OpenACL.
	ACL []ACL
	// Ops are the operations of Multi.
	Ops []Op
	// Watches are those of SetWatches, nil for others.
	Watches *WatchList
	// Change is that of Reconfig, nil for others.
	Change *Change
}

// WatchList is what a client knows of its watches when it reconnects. Of one-shot watches that Relative shows to
// have missed something the event is sent at once.
type WatchList struct {
	// Relative is the last zxid that the client has seen.
	Relative Zxid
	// Data, Exist and Child are the paths of one-shot watches: those that Exists and GetData left at nodes that were
	// there, that Exists left at nodes that were not, and that GetChildren left.
	Data, Exist, Child []string
	// Persistent and Recursive are the paths of the watches that AddWatch left.
	Persistent, Recursive []string
}

// Result is what became of an operation, or of one in a Multi.
type Result struct {
	// Code is OK or the error. For a Multi it is the error of the operation that failed.
	Code Code
	// Path is that of the node that Create has created.
	Path string
	// Data is that of GetData and of Reconfig.
	Data string
	// Stat is the node's after Create, SetData, SetACL and Reconfig, and as it is for Exists and the gets.
	Stat Stat
	// Children are the names that GetChildren found, sorted.
	Children []string
	// ACL is the access list that GetACL found.
	ACL []ACL
	// Results are those of the operations of a Multi.
	Results []Result
}

// Output is the result of an operation as a server answers it and as a history records it.
type Output struct {
	Result
	// Zxid is the operation's own for one that became a transaction, failed or not; for the others that of the last
	// transaction that the server had applied.
	Zxid Zxid
	// Server is the node that answered.
	Server sim.NodeID
}

// Fold mixes every field into d.
func (op *Op) Fold(d sim.Digest) sim.Digest {
	flags := uint64(op.Kind)<<24 | uint64(op.Mode)<<16 | uint64(op.WatchMode)<<8
	if op.Watch {
		flags |= 1
	}
	d = d.Mix(flags<<32 | uint64(uint32(op.Version))).MixString(op.Path).MixString(op.Data)
	d = foldACL(d.Mix(uint64(op.TTL)).Mix(uint64(op.Timeout)), op.ACL).Mix(uint64(len(op.Ops)))
	for i := range op.Ops {
		d = op.Ops[i].Fold(d)
	}
	switch {
	case op.Watches != nil:
		return op.Watches.fold(d.Mix(1))
	case op.Change != nil:
		return op.Change.fold(d.Mix(2))
	}
	return d.Mix(0)
}

func (w *WatchList) fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(w.Relative))
	for _, paths := range w.lists() {
		d = foldTexts(d, *paths)
	}
	return d
}

// lists returns the lists of w, in the order in which they are written.
func (w *WatchList) lists() [5]*[]string {
	return [5]*[]string{&w.Data, &w.Exist, &w.Child, &w.Persistent, &w.Recursive}
}

// Fold mixes every field into d.
func (s *Stat) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(s.Czxid)).Mix(uint64(s.Mzxid)).Mix(uint64(s.Pzxid)).Mix(uint64(s.Ctime)).Mix(uint64(s.Mtime))
	d = d.Mix(uint64(uint32(s.Version))<<32 | uint64(uint32(s.Aversion))).Mix(uint64(s.EphemeralOwner))
	return d.Mix(uint64(uint32(s.Cversion))).Mix(uint64(uint32(s.DataLength))<<32 | uint64(uint32(s.NumChildren)))
}

// Fold mixes every field into d.
func (r *Result) Fold(d sim.Digest) sim.Digest {
	d = r.Stat.Fold(d.Mix(uint64(uint32(r.Code))).MixString(r.Path).MixString(r.Data))
	d = foldACL(foldTexts(d, r.Children), r.ACL).Mix(uint64(len(r.Results)))
	for i := range r.Results {
		d = r.Results[i].Fold(d)
	}
	return d
}

// Fold mixes every field into d.
func (out *Output) Fold(d sim.Digest) sim.Digest {
	return out.Result.Fold(d.Mix(uint64(out.Zxid)).Mix(uint64(out.Server)))
}

func foldTexts(d sim.Digest, texts []string) sim.Digest {
	d = d.Mix(uint64(len(texts)))
	for _, s := range texts {
		d = d.MixString(s)
	}
	return d
}

func foldACL(d sim.Digest, acl []ACL) sim.Digest {
	d = d.Mix(uint64(len(acl)))
	for i := range acl {
		d = d.Mix(uint64(acl[i].Perms)).MixString(acl[i].Scheme).MixString(acl[i].ID)
	}
	return d
}
