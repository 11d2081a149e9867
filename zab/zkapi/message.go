package zkapi

import (
	"strconv"
	"strings"

	"schism/sim"
	"schism/sim/words"
)

// Xid numbers the requests of one client, from 1. Replies come in the order of requests, so that a client only
// checks it.
type Xid uint32

// ConnectRequest is the first message of a client on a channel: it opens a session or takes up its own again.
type ConnectRequest struct {
	// Session is the one to take up, with its password; 0 opens a new one.
	Session  SessionID
	Password Password
	// Timeout is the one that the client would like.
	Timeout Millis
	// LastZxidSeen is the highest of all replies to the client. A server that has not come so far must not serve it.
	LastZxidSeen Zxid
}

// ConnectResponse answers a ConnectRequest.
type ConnectResponse struct {
	// Session is the session, 0 if it has expired or the password is wrong.
	Session  SessionID
	Password Password
	// Timeout is the one that the servers grant.
	Timeout Millis
}

// Request asks for one operation.
type Request struct {
	Xid Xid
	Op  Op
}

// Reply answers the Request of the same Xid.
type Reply struct {
	Xid Xid
	// Op is the kind of the operation that is answered.
	Op  OpKind
	Out Output
}

// EventType is what a watch has seen, with ZooKeeper's numbers.
type EventType int8

// The types of events.
const (
	NodeCreated         EventType = 1
	NodeDeleted         EventType = 2
	NodeDataChanged     EventType = 3
	NodeChildrenChanged EventType = 4
)

// String returns the type's name.
func (t EventType) String() string {
	names := [...]string{"", "NodeCreated", "NodeDeleted", "NodeDataChanged", "NodeChildrenChanged"}
	return nameOf("EventType", names[:], int(t))
}

// KeeperState is the state of a connection as events tell it, with ZooKeeper's numbers.
type KeeperState int8

// The states. What a server sends is always SyncConnected; the others a client tells itself.
const (
	Disconnected  KeeperState = 0
	SyncConnected KeeperState = 3
	Closed        KeeperState = 7
	Expired       KeeperState = -112
)

// String returns the state's name.
func (s KeeperState) String() string {
	switch s {
	case Disconnected:
		return "Disconnected"
	case SyncConnected:
		return "SyncConnected"
	case Closed:
		return "Closed"
	case Expired:
		return "Expired"
	}
	return "KeeperState(" + strconv.Itoa(int(s)) + ")"
}

// WatchEvent tells a client what one or more of its watches have seen.
type WatchEvent struct {
	Type  EventType
	State KeeperState
	Path  string
	// Zxid is the transaction that did it; 0 in an event that makes up for one that the client missed while it was
	// away.
	Zxid Zxid
}

// PingRequest shows that the client lives.
type PingRequest struct{}

// PingReply answers a PingRequest.
type PingReply struct {
	// Zxid is that of the last transaction that the server has applied.
	Zxid Zxid
}

// Kind returns "ConnectRequest".
func (m *ConnectRequest) Kind() string { return "ConnectRequest" }

// Kind returns "ConnectResponse".
func (m *ConnectResponse) Kind() string { return "ConnectResponse" }

// Kind returns "Request".
func (m *Request) Kind() string { return "Request" }

// Kind returns "Reply".
func (m *Reply) Kind() string { return "Reply" }

// Kind returns "WatchEvent".
func (m *WatchEvent) Kind() string { return "WatchEvent" }

// Kind returns "PingRequest".
func (m *PingRequest) Kind() string { return "PingRequest" }

// Kind returns "PingReply".
func (m *PingReply) Kind() string { return "PingReply" }

// Fold mixes every field into d.
func (m *ConnectRequest) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(1).Mix(uint64(m.Session)).Mix(uint64(m.Password))
	return d.Mix(uint64(m.Timeout)).Mix(uint64(m.LastZxidSeen))
}

// Fold mixes every field into d.
func (m *ConnectResponse) Fold(d sim.Digest) sim.Digest {
	return d.Mix(2).Mix(uint64(m.Session)).Mix(uint64(m.Password)).Mix(uint64(m.Timeout))
}

// Fold mixes every field into d.
func (m *Request) Fold(d sim.Digest) sim.Digest { return m.Op.Fold(d.Mix(3<<32 | uint64(m.Xid))) }

// Fold mixes every field into d.
func (m *Reply) Fold(d sim.Digest) sim.Digest {
	return m.Out.Fold(d.Mix(4<<32 | uint64(m.Xid)).Mix(uint64(m.Op)))
}

// Fold mixes every field into d.
func (m *WatchEvent) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(5<<16 | uint64(uint8(m.Type))<<8 | uint64(uint8(m.State)))
	return d.MixString(m.Path).Mix(uint64(m.Zxid))
}

// Fold mixes every field into d.
func (m *PingRequest) Fold(d sim.Digest) sim.Digest { return d.Mix(6) }

// Fold mixes every field into d.
func (m *PingReply) Fold(d sim.Digest) sim.Digest { return d.Mix(7).Mix(uint64(m.Zxid)) }

// String returns "new session, timeout 4000ms", or "session 0x100, timeout 4000ms, seen 1:7".
func (m *ConnectRequest) String() string {
	var b strings.Builder
	if m.Session == 0 {
		b.WriteString("new session")
	} else {
		b.WriteString("session " + m.Session.String())
	}
	b.WriteString(", timeout " + m.Timeout.String())
	if m.LastZxidSeen != 0 {
		b.WriteString(", seen " + m.LastZxidSeen.String())
	}
	return b.String()
}

// String returns "session 0x100, timeout 4000ms", or "no session".
func (m *ConnectResponse) String() string {
	if m.Session == 0 {
		return "no session"
	}
	return "session " + m.Session.String() + ", timeout " + m.Timeout.String()
}

// String returns "#7 set /a 18".
func (m *Request) String() string { return m.Xid.String() + " " + m.Op.String() }

// String returns "#7 ok version 3 (1:9 n2)".
func (m *Reply) String() string {
	return m.Xid.String() + " " + m.Out.Result.explain(m.Op) + " (" + m.Out.at() + ")"
}

// String returns "NodeDataChanged /a (1:9)".
func (m *WatchEvent) String() string {
	s := m.Type.String() + " " + words.Quote(m.Path)
	if m.State != SyncConnected {
		s += " " + m.State.String()
	}
	return s + " (" + m.Zxid.String() + ")"
}

// String returns "".
func (m *PingRequest) String() string { return "" }

// String returns the zxid, "1:9".
func (m *PingReply) String() string { return m.Zxid.String() }

// String returns "#7".
func (x Xid) String() string { return "#" + strconv.FormatUint(uint64(x), 10) }
