package kvapi

import (
	"strconv"

	"schism/sim"
)

// Session names a client's session: the log index of the command that opened it, so that no session ever comes back. 0
// is no session, as in etcd, which has none: then a request that is sent again may be done again.
type Session uint64

// Seq numbers the requests of one client, from 1. Within a session it only grows, so that a server can tell a repeated
// request from the next one.
type Seq uint64

// Request asks a server for one operation. A client that repeats a request leaves Session and Seq as they were.
type Request struct {
	Session Session
	Seq     Seq
	// Attempt counts the sendings of this request, from 1; the response echoes it.
	Attempt uint32
	Op      Op
}

// Response answers a Request.
type Response struct {
	// Session, Seq and Attempt are the request's; in the answer to OpenSession, Session is the new session.
	Session Session
	Seq     Seq
	Attempt uint32
	// Op is the kind of the operation that is answered.
	Op OpKind
	// Leader is whom a refused client should ask; 0 if the server does not know.
	Leader sim.NodeID
	Out    Output
}

// WatchResponse tells a client of events of one of its watches, in the order of revisions, or that a watch has begun or
// ended (etcdserverpb.WatchResponse).
//
//  1. Events are of one watch, ascending, of revisions that no response before had; all events of one revision are in
//     one response. Messages of which Fragment says that more follow are one response together with the next one.
//  2. Without events, and neither Created nor Canceled, Header.Revision is a progress notification: everything up to
//     there has been told. WatchID 0 then stands for all watches of the channel.
//  3. Canceled is the last response of a watch. Compacted is the least revision from which it could begin again, if the
//     one that it needs is compacted. Created and Canceled at once means that the watch is about no key.
type WatchResponse struct {
	Header
	WatchID           WatchID
	Created, Canceled bool
	Fragment          bool
	Compacted         Revision
	Events            []Event
}

// Kind returns "Request".
func (m *Request) Kind() string { return "Request" }

// Kind returns "Response".
func (m *Response) Kind() string { return "Response" }

// Kind returns "WatchResponse".
func (m *WatchResponse) Kind() string { return "WatchResponse" }

// Fold mixes every field into d.
func (m *Request) Fold(d sim.Digest) sim.Digest {
	return m.Op.Fold(d.Mix(1).Mix(uint64(m.Session)).Mix(uint64(m.Seq)).Mix(uint64(m.Attempt)))
}

// Fold mixes every field into d.
func (m *Response) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(2).Mix(uint64(m.Session)).Mix(uint64(m.Seq))
	return m.Out.Fold(d.Mix(uint64(m.Attempt)<<32 | uint64(m.Leader)<<16 | uint64(m.Op)))
}

// Fold mixes every field into d.
func (m *WatchResponse) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(3<<8 | sim.Bit(m.Created)<<2 | sim.Bit(m.Canceled)<<1 | sim.Bit(m.Fragment)).Mix(uint64(m.WatchID))
	d = m.Header.fold(d.Mix(uint64(m.Compacted)).Mix(uint64(len(m.Events))))
	for i := range m.Events {
		d = m.Events[i].Fold(d)
	}
	return d
}

// String returns "#7 put x 17", with the session if there is one, and the attempt from the second on.
func (m *Request) String() string {
	s := name(m.Session, m.Seq) + " " + m.Op.String()
	if m.Attempt > 1 {
		s += " (attempt " + strconv.Itoa(int(m.Attempt)) + ")"
	}
	return s
}

// String returns "#7 ok (r12 n3)", or "#7 ErrNotLeader (r12 n2), ask n3".
func (m *Response) String() string {
	s := name(m.Session, m.Seq) + " " + m.Out.String()
	if m.Leader != 0 {
		s += ", ask " + m.Leader.String()
	}
	return s
}

// String returns "watch 1 PUT x=17 r12 (r12 n3)", or what else there is to tell.
func (m *WatchResponse) String() string {
	s := "watch " + strconv.FormatInt(int64(m.WatchID), 10)
	for _, c := range [...]struct {
		is   bool
		word string
	}{{m.Created, " created"}, {m.Canceled, " canceled"}, {m.Fragment, " fragment"}} {
		if c.is {
			s += c.word
		}
	}
	if m.Compacted != 0 {
		s += " compacted r" + strconv.FormatInt(int64(m.Compacted), 10)
	}
	for i := range m.Events {
		s += " " + m.Events[i].String()
	}
	return s + " (r" + strconv.FormatInt(int64(m.Header.Revision), 10) + " " + m.Server.String() + ")"
}

// name returns how a request is called in traces: "s41 #7", or "#7" without a session.
func name(s Session, q Seq) string {
	n := "#" + strconv.FormatUint(uint64(q), 10)
	if s != 0 {
		n = "s" + strconv.FormatUint(uint64(s), 10) + " " + n
	}
	return n
}
