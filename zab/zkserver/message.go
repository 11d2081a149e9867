package zkserver

import (
	"strings"

	"schism/sim"
	"schism/zab/zkapi"
)

// LearnerRequest passes a request on to the leader (REQUEST). Op belongs to the client's message and is shared.
type LearnerRequest struct {
	Session    zkapi.SessionID
	Xid        zkapi.Xid
	Identities []zkapi.Identity
	Op         *zkapi.Op
}

// LearnerSync asks the leader to answer after everything that it has proposed so far (SYNC).
type LearnerSync struct {
	Session zkapi.SessionID
	Xid     zkapi.Xid
}

// LearnerSynced answers a LearnerSync, in order with the commits. The code is SessionMoved if the session is another
// server's by now.
type LearnerSynced struct {
	Session zkapi.SessionID
	Xid     zkapi.Xid
	Code    zkapi.Code
}

// Revalidate asks the leader whether a session may be taken up at the server that asks (REVALIDATE).
type Revalidate struct{ Session zkapi.SessionID }

// Revalidated answers a Revalidate. Timeout is that of the session, 0 if it has expired.
type Revalidated struct {
	Session zkapi.SessionID
	Timeout zkapi.Millis
}

// Touch tells the leader which sessions have shown signs of life (the body of a PING's answer). Sessions are
// ascending.
type Touch struct{ Sessions []zkapi.SessionID }

// TakeSnapshot makes a server save its tree and cut its log, if it serves: what an administrator asks for
// (ZOOKEEPER-4570).
type TakeSnapshot struct{}

// Kind returns "LearnerRequest".
func (m *LearnerRequest) Kind() string { return "LearnerRequest" }

// Kind returns "LearnerSync".
func (m *LearnerSync) Kind() string { return "LearnerSync" }

// Kind returns "LearnerSynced".
func (m *LearnerSynced) Kind() string { return "LearnerSynced" }

// Kind returns "Revalidate".
func (m *Revalidate) Kind() string { return "Revalidate" }

// Kind returns "Revalidated".
func (m *Revalidated) Kind() string { return "Revalidated" }

// Kind returns "Touch".
func (m *Touch) Kind() string { return "Touch" }

// Kind returns "TakeSnapshot".
func (*TakeSnapshot) Kind() string { return "TakeSnapshot" }

// Fold mixes every field into d.
func (m *LearnerRequest) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(1).Mix(uint64(m.Session)).Mix(uint64(m.Xid)).Mix(uint64(len(m.Identities)))
	for _, id := range m.Identities {
		d = d.MixString(id.Scheme).MixString(id.ID)
	}
	return m.Op.Fold(d)
}

// Fold mixes every field into d.
func (m *LearnerSync) Fold(d sim.Digest) sim.Digest {
	return d.Mix(2).Mix(uint64(m.Session)).Mix(uint64(m.Xid))
}

// Fold mixes every field into d.
func (m *LearnerSynced) Fold(d sim.Digest) sim.Digest {
	return d.Mix(3).Mix(uint64(m.Session)).Mix(uint64(m.Xid)).Mix(uint64(uint32(m.Code)))
}

// Fold mixes every field into d.
func (m *Revalidate) Fold(d sim.Digest) sim.Digest { return d.Mix(4).Mix(uint64(m.Session)) }

// Fold mixes every field into d.
func (m *Revalidated) Fold(d sim.Digest) sim.Digest {
	return d.Mix(5).Mix(uint64(m.Session)).Mix(uint64(m.Timeout))
}

// Fold mixes every field into d.
func (m *Touch) Fold(d sim.Digest) sim.Digest {
	d = d.Mix(6).Mix(uint64(len(m.Sessions)))
	for _, id := range m.Sessions {
		d = d.Mix(uint64(id))
	}
	return d
}

// Fold mixes into d which message it is: there are no fields.
func (*TakeSnapshot) Fold(d sim.Digest) sim.Digest { return d.Mix(7) }

// String returns "0x100 #7 set /a 18".
func (m *LearnerRequest) String() string {
	return m.Session.String() + " " + m.Xid.String() + " " + m.Op.String()
}

// String returns "0x100 #7".
func (m *LearnerSync) String() string { return m.Session.String() + " " + m.Xid.String() }

// String returns "0x100 #7 ok".
func (m *LearnerSynced) String() string {
	return m.Session.String() + " " + m.Xid.String() + " " + m.Code.String()
}

// String returns "0x100".
func (m *Revalidate) String() string { return m.Session.String() }

// String returns "0x100 2000ms", or "0x100 expired".
func (m *Revalidated) String() string {
	if m.Timeout == 0 {
		return m.Session.String() + " expired"
	}
	return m.Session.String() + " " + m.Timeout.String()
}

// String returns the sessions, "0x100 0x200".
func (m *Touch) String() string {
	var b strings.Builder
	for i, id := range m.Sessions {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(id.String())
	}
	return b.String()
}

// String returns "".
func (*TakeSnapshot) String() string { return "" }
