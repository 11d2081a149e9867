package zkapi

import (
	"fmt"
	"strconv"
	"strings"
)

// Zxid names a transaction: the epoch in which it was proposed in the upper half, its number in that epoch in the
// lower.
type Zxid uint64

// NewZxid returns the transaction number counter of the epoch epoch.
func NewZxid(epoch, counter uint32) Zxid { return Zxid(epoch)<<32 | Zxid(counter) }

// String prints z as "epoch:number", "3:17". ParseZxid reads it back.
func (z Zxid) String() string {
	return strconv.FormatUint(uint64(z>>32), 10) + ":" + strconv.FormatUint(uint64(uint32(z)), 10)
}

// ParseZxid reads a Zxid as String writes it.
func ParseZxid(s string) (Zxid, error) {
	epoch, counter, _ := strings.Cut(s, ":")
	e, err := strconv.ParseUint(epoch, 10, 32)
	c, err2 := strconv.ParseUint(counter, 10, 32)
	if z := NewZxid(uint32(e), uint32(c)); err == nil && err2 == nil && z.String() == s {
		return z, nil
	}
	return 0, fmt.Errorf("zxid %q: want epoch:number", s)
}

// Millis is a length of time, or a time on the leader's clock, in milliseconds.
type Millis int64

// String returns "4000ms". ParseMillis reads it back.
func (m Millis) String() string { return strconv.FormatInt(int64(m), 10) + "ms" }

// ParseMillis reads a time as String writes it.
func ParseMillis(s string) (Millis, error) {
	digits, found := strings.CutSuffix(s, "ms")
	v, err := strconv.ParseInt(digits, 10, 64)
	if m := Millis(v); found && err == nil && m.String() == s {
		return m, nil
	}
	return 0, fmt.Errorf("time %q: want milliseconds, such as 4000ms", s)
}

// Version counts the changes of a znode's data, children or access list. It goes round at the end of its range.
type Version int32

// AnyVersion, as the version that an operation expects, is every version.
const AnyVersion Version = -1

// SessionID names a client's session. 0 is none.
type SessionID uint64

// String prints s in hexadecimal as ZooKeeper does, "0x1000000001".
func (s SessionID) String() string { return "0x" + strconv.FormatUint(uint64(s), 16) }

// Password proves that a client is who opened a session.
type Password uint64

// What stands in the place of an ephemeral owner for nodes that no session owns (EphemeralType). Sessions have no
// such numbers: IsSession tells them apart.
const (
	// ContainerOwner marks containers.
	ContainerOwner SessionID = 1 << 63
	// ttlOwner, with the time to live in its lower bits, marks nodes that go when nothing happens to them.
	ttlOwner SessionID = 0xff << 56
	// MaxTTL is the longest time to live.
	MaxTTL Millis = 1<<40 - 1
)

// TTLOwner returns what stands in the place of the owner of a node that lives for ttl, from 1 to MaxTTL.
func TTLOwner(ttl Millis) SessionID { return ttlOwner | SessionID(ttl) }

// IsSession reports whether s is a session, and a node that it owns is ephemeral.
func (s SessionID) IsSession() bool { return s != 0 && s != ContainerOwner && s>>56 != ttlOwner>>56 }

// TTL returns how long the node with s in the place of its owner lives, 0 for ever.
func (s SessionID) TTL() Millis {
	if s>>56 != ttlOwner>>56 {
		return 0
	}
	return Millis(s &^ ttlOwner)
}

// Stat is what the tree keeps of a znode beside its data, its access list and its children.
type Stat struct {
	// Czxid created the node, Mzxid was the last to set its data, Pzxid the last to create or delete a child.
	Czxid, Mzxid, Pzxid Zxid
	// Ctime and Mtime are when, by the leader's clock, Czxid and Mzxid were proposed.
	Ctime, Mtime Millis
	// Version counts the changes of the data, Aversion those of the access list. Neither is ever -1.
	Version, Aversion Version
	// Cversion counts the changes of the list of children: twice the children ever created, less those there.
	Cversion Version
	// EphemeralOwner is the session with which the node goes; 0 if it stays; or ContainerOwner or a TTLOwner.
	EphemeralOwner SessionID
	// DataLength is the number of bytes of the data, NumChildren that of the children.
	DataLength, NumChildren int32
}

// String returns the stat on one line.
func (s Stat) String() string {
	return fmt.Sprintf("czxid %v mzxid %v pzxid %v ctime %v mtime %v version %d cversion %d aversion %d owner %v "+
		"length %d children %d", s.Czxid, s.Mzxid, s.Pzxid, s.Ctime, s.Mtime, s.Version, s.Cversion, s.Aversion,
		s.EphemeralOwner, s.DataLength, s.NumChildren)
}

// CreateMode is what kind of node to create, and how to name it, with ZooKeeper's numbers.
type CreateMode uint8

// The modes. A sequential one adds to the name the number of children that the parent has ever had, as %010d.
const (
	// Persistent nodes stay until somebody deletes them.
	Persistent CreateMode = iota
	// Ephemeral nodes go with the session that created them, and have no children.
	Ephemeral
	PersistentSequential
	EphemeralSequential
	// Container nodes are deleted by the servers some time after their last child.
	Container
	// PersistentTTL nodes are deleted by the servers when they have no children and nobody has set their data for
	// the time to live.
	PersistentTTL
	PersistentSequentialTTL
)

var modeNames = [...]string{"persistent", "ephemeral", "persistent-sequential", "ephemeral-sequential", "container",
	"persistent-ttl", "persistent-sequential-ttl"}

// String returns the mode's name, "ephemeral-sequential".
func (m CreateMode) String() string { return nameOf("CreateMode", modeNames[:], int(m)) }

// IsEphemeral reports whether nodes of this mode go with their session.
func (m CreateMode) IsEphemeral() bool { return m == Ephemeral || m == EphemeralSequential }

// IsSequential reports whether the tree adds a number to the name.
func (m CreateMode) IsSequential() bool {
	return m == PersistentSequential || m == EphemeralSequential || m == PersistentSequentialTTL
}

// IsTTL reports whether nodes of this mode have a time to live.
func (m CreateMode) IsTTL() bool { return m == PersistentTTL || m == PersistentSequentialTTL }

// WatchMode is how long a watch lasts and what it sees (AddWatchMode).
type WatchMode uint8

// The modes of AddWatch. The watches that reads leave are of neither: they fire once.
const (
	// PersistentWatch sees what happens to the node and to its list of children, until it is removed.
	PersistentWatch WatchMode = iota + 1
	// PersistentRecursiveWatch sees what happens to the node and to every node below it, until it is removed. It
	// never sees NodeChildrenChanged.
	PersistentRecursiveWatch
)

var watchModeNames = [...]string{"", "persistent", "persistent-recursive"}

// String returns the mode's name, "persistent-recursive".
func (m WatchMode) String() string { return nameOf("WatchMode", watchModeNames[:], int(m)) }

// nameOf returns names[i], or, if it has no name, the number with its type.
func nameOf(typ string, names []string, i int) string {
	if i < 0 || i >= len(names) || names[i] == "" {
		return typ + "(" + strconv.Itoa(i) + ")"
	}
	return names[i]
}
