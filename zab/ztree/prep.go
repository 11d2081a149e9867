package ztree

import "schism/zab/zkapi"

// Request is what the leader turns into a transaction.
type Request struct {
	Session zkapi.SessionID
	Xid     zkapi.Xid
	// Time is that of the leader's clock.
	Time zkapi.Millis
	// Identities are who the client's connection speaks for, besides everybody.
	Identities []zkapi.Identity
	// Op passes its Check, and its kind Writes.
	Op *zkapi.Op
	// Refused, if it is not OK, makes the request fail with it: SessionMoved is the server's to find out, as is what
	// speaks against a Reconfig.
	Refused zkapi.Code
	// Config is what a Reconfig makes the data of ConfigPath.
	Config string
}

// Prep turns requests into transactions (PrepRequestProcessor): it validates each against the tree as it will be when
// everything that was proposed before is applied. It is the leader's; a new leader begins with an empty one, after it
// has applied everything that its history has.
//
//  1. changes are in the order of their zxids, as are sessions.
//  2. A request that fails leaves no changes.
//  3. No session is opened twice, even after it was closed: whoever asks has to see to it.
type Prep struct {
	rules *Rules
	// changes are what the transactions that are not applied yet do to nodes (ChangeRecord). The last one of a path
	// counts.
	changes []change
	// sessions are the sessions that they open and close.
	sessions []sessionChange
}

// change is a node as it will be after the transaction zxid.
type change struct {
	zxid zkapi.Zxid
	// key is the digest of path, to compare first.
	key  Digest
	path string
	view
}

// view is what requests are validated against. Of a node that is not there everything is zero.
type view struct {
	exists                     bool
	version, aversion, creates zkapi.Version
	children                   int32
	owner                      zkapi.SessionID
	acl                        []zkapi.ACL
}

// sessionChange is a session that the transaction zxid opens or closes.
type sessionChange struct {
	zxid    zkapi.Zxid
	id      zkapi.SessionID
	closing bool
}

// NewPrep returns a Prep with nothing outstanding. Where rules has a nil field, or is nil, the right rule holds.
func NewPrep(rules *Rules) Prep { return Prep{rules: rules.complete()} }

// Prepare turns r into the transaction z, which is higher than all before. A request that cannot be done becomes an
// ErrorTxn, which takes a zxid, and goes through the quorum, as any other.
func (p *Prep) Prepare(t *Tree, z zkapi.Zxid, r *Request) zkapi.Txn {
	txn := zkapi.Txn{Session: r.Session, Xid: r.Xid, Time: r.Time}
	if r.Refused != zkapi.OK {
		txn.Delta = failure(r.Refused)
		return txn
	}
	q := preparation{p, t, z, r}
	switch op := r.Op; op.Kind {
	case zkapi.Multi:
		txn.Delta = q.multi(op.Ops)
	case zkapi.CreateSession:
		p.sessions = append(p.sessions, sessionChange{z, r.Session, false})
		txn.Delta = zkapi.Delta{Kind: zkapi.CreateSessionTxn, Timeout: op.Timeout}
	case zkapi.CloseSession:
		txn.Delta = q.closeSession()
	case zkapi.Reconfig:
		txn.Delta = q.reconfig()
	case zkapi.Check:
		txn.Delta = failure(zkapi.Unimplemented)
		if other := p.rules.OuterCheck(op); other != nil {
			txn.Delta = q.one(other)
		}
	default:
		txn.Delta = q.one(op)
	}
	return txn
}

// failure returns what changes nothing, for the reason c.
func failure(c zkapi.Code) zkapi.Delta { return zkapi.Delta{Kind: zkapi.ErrorTxn, Code: c} }

// preparation is one request being prepared.
type preparation struct {
	*Prep
	tree    *Tree
	zxid    zkapi.Zxid
	request *Request
}

// multi prepares the operations of a Multi, each against what those before it leave. If one fails none is done.
func (q *preparation) multi(ops []zkapi.Op) zkapi.Delta {
	d := zkapi.Delta{Kind: zkapi.MultiTxn}
	before := len(q.changes)
	for i := range ops {
		d.Subs = append(d.Subs, q.one(&ops[i]))
		if d.Subs[i].Kind != zkapi.ErrorTxn {
			continue
		}
		for j := range i {
			d.Subs[j] = failure(zkapi.OK)
		}
		for range ops[i+1:] {
			d.Subs = append(d.Subs, failure(zkapi.RuntimeInconsistency))
		}
		q.changes = q.changes[:q.rules.Rollback(before, len(q.changes))]
		break
	}
	return d
}

// one prepares an operation, alone or in a Multi.
func (q *preparation) one(op *zkapi.Op) zkapi.Delta {
	var d zkapi.Delta
	var c zkapi.Code
	switch op.Kind {
	case zkapi.Create:
		d, c = q.create(op)
	case zkapi.Delete, zkapi.DeleteContainer:
		d, c = q.delete(op)
	case zkapi.SetData:
		d, c = q.setData(op)
	case zkapi.SetACL:
		d, c = q.setACL(op)
	case zkapi.Check:
		d, c = q.check(op)
	default:
		panic("ztree: prepare: " + op.Kind.String() + " makes no transaction")
	}
	if c != zkapi.OK {
		return failure(c)
	}
	return d
}
