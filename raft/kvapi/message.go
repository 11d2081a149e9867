package kvapi

import (
	"strconv"

	"schism/sim"
)

// Session names a client's session: the log index of the command that opened it, so that no
// session ever comes back. 0 is no session.
type Session uint64

// Seq numbers the requests of one client. Within a session it only grows, so that a server can
// tell a repeated request from the next one.
type Seq uint64

// Request asks a server for one operation. A client that repeats a request leaves Session and Seq
// as they were.
//
//  1. A Get and an OpenSession have no session, every other operation has one.
//  2. Per session one request is open at a time.
type Request struct {
	Session Session
	Seq     Seq
	// Attempt counts the sendings of this request, from 1; the response echoes it.
	Attempt uint32
	In      Input
}

// Kind returns "Request".
func (r *Request) Kind() string { return "Request" }

// Fold mixes every field into d.
func (r *Request) Fold(d sim.Digest) sim.Digest {
	return r.In.Fold(d.Mix(uint64(r.Session)).Mix(uint64(r.Seq)).Mix(uint64(r.Attempt)))
}

// String returns "s41 #7 put x 17", with the attempt from the second on.
func (r *Request) String() string {
	s := name(r.Session, r.Seq) + " " + r.In.String()
	if r.Attempt > 1 {
		s += " (attempt " + strconv.Itoa(int(r.Attempt)) + ")"
	}
	return s
}

// Status says what became of one request at one server.
type Status uint8

// The statuses. Only StatusOK ends an operation well. The refusals say something about this one
// sending: a copy of it, or an earlier attempt, may have been taken elsewhere.
const (
	// StatusOK means that it is done, and Out is its result.
	StatusOK Status = iota + 1
	// StatusNotLeader means that this server did nothing with it; Leader is who may.
	StatusNotLeader
	// StatusLostLeadership means that this server took it while leading, and leads no more before
	// it saw the end. A write may still be committed.
	StatusLostLeadership
	// StatusBusy means that this server leads and did nothing with it, having too much to do.
	StatusBusy
	// StatusExpired means that the session is not known any more, so that nobody can tell whether
	// the request was done before.
	StatusExpired
	// StatusStale means that the session has gone on to a later request.
	StatusStale
	// StatusInvalid means that no server of this store does this: a key or value too long, or a
	// Local get where they are not allowed.
	StatusInvalid
)

var statusNames = [...]string{"", "ok", "not leader", "lost leadership", "busy",
	"session expired", "stale", "invalid"}

// String returns the status in words, "not leader".
func (s Status) String() string {
	if s == 0 || int(s) >= len(statusNames) {
		return "Status(" + strconv.Itoa(int(s)) + ")"
	}
	return statusNames[s]
}

// Response answers a Request.
type Response struct {
	// Session, Seq and Attempt are the request's; in the answer to OpenSession, Session is the
	// new session.
	Session Session
	Seq     Seq
	Attempt uint32
	Status  Status
	// Op is the kind of the operation that is answered.
	Op OpKind
	// Leader is whom a refused client should ask; 0 if the server does not know.
	Leader sim.NodeID
	// Out is the result if Status is StatusOK, zero otherwise.
	Out Output
}

// Kind returns "Response".
func (r *Response) Kind() string { return "Response" }

// Fold mixes every field into d.
func (r *Response) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(r.Session)).Mix(uint64(r.Seq))
	d = d.Mix(uint64(r.Attempt)<<32 | uint64(r.Leader)<<16 | uint64(r.Status)<<8 | uint64(r.Op))
	return r.Out.Fold(d)
}

// String returns "s41 #7 ok (r12 n3, 30^2)", the entry index^term last, or "s41 #7 not leader, ask n3".
func (r *Response) String() string {
	s := name(r.Session, r.Seq) + " "
	switch {
	case r.Status == StatusOK && r.Op == OpenSession:
		return s + "opened"
	case r.Status == StatusOK:
		index := strconv.FormatUint(r.Out.Index, 10)
		term := strconv.FormatUint(r.Out.Term, 10)
		return s + r.Out.result(r.Op) + " (" + r.Out.at() + ", " + index + "^" + term + ")"
	case r.Leader != 0:
		return s + r.Status.String() + ", ask " + r.Leader.String()
	}
	return s + r.Status.String()
}

// name returns how a request is called in traces: "s41 #7", or "#7" without a session.
func name(s Session, q Seq) string {
	n := "#" + strconv.FormatUint(uint64(q), 10)
	if s != 0 {
		n = "s" + strconv.FormatUint(uint64(s), 10) + " " + n
	}
	return n
}
