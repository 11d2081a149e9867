package zkapi

import (
	"strconv"

	"schism/sim"
	"schism/sim/words"
)

// TxnKind is what a transaction does to the tree.
type TxnKind uint8

// The kinds of transactions.
const (
	// CreateTxn creates Path with Data and ACL for Owner, and makes ParentCversion the number of children that the
	// parent has ever had.
	CreateTxn TxnKind = iota + 1
	// DeleteTxn deletes Path.
	DeleteTxn
	// SetDataTxn sets the data of Path to Data, and its version to Version.
	SetDataTxn
	// SetACLTxn sets the access list of Path to ACL, and its Aversion to Version.
	SetACLTxn
	// CheckTxn does nothing: a Check that was found right before it was proposed.
	CheckTxn
	// ErrorTxn does nothing: the operation failed with Code, or, within a MultiTxn, would not have failed by itself
	// if Code is OK.
	ErrorTxn
	// MultiTxn does all Subs, which are of the kinds before it. If one of them is an ErrorTxn all are.
	MultiTxn
	// CreateSessionTxn opens the session with Timeout.
	CreateSessionTxn
	// CloseSessionTxn closes the session and deletes Paths, its ephemeral nodes.
	CloseSessionTxn
	// ReconfigTxn sets the data of ConfigPath to Data, a Membership, and its version to Version.
	ReconfigTxn
)

var txnNames = [...]string{"", "createTxn", "deleteTxn", "setDataTxn", "setACLTxn", "checkTxn", "errorTxn",
	"multiTxn", "createSessionTxn", "closeSessionTxn", "reconfigTxn"}

// String returns the kind's name, "setDataTxn".
func (k TxnKind) String() string { return nameOf("TxnKind", txnNames[:], int(k)) }

// Txn is what the leader has made of a request, and what every server does to its tree in the order of zxids: not
// what was asked for, but what comes of it, so that doing it again does no harm.
type Txn struct {
	// Session and Xid are the request's. The owner of what CreateSessionTxn and CloseSessionTxn are about is
	// Session too.
	Session SessionID
	Xid     Xid
	// Time is that of the leader's clock.
	Time Millis
	Delta
}

// Delta is what a transaction, or a part of a MultiTxn, changes. A field that its kind does not use is zero.
type Delta struct {
	Kind TxnKind
	// Code is the error of ErrorTxn.
	Code Code
	// ParentCversion is, for CreateTxn, how many children the parent has ever had, this one included. As an int32
	// it goes round.
	ParentCversion Version
	// Version is the new one, for SetDataTxn, SetACLTxn and ReconfigTxn.
	Version Version
	Path    string
	Data    string
	// ACL is the access list that CreateTxn and SetACLTxn set; nil is OpenACL.
	ACL []ACL
	// Owner is the EphemeralOwner of what CreateTxn creates.
	Owner SessionID
	// Timeout is that of the session that CreateSessionTxn opens.
	Timeout Millis
	// Paths are what CloseSessionTxn deletes, sorted.
	Paths []string
	// Subs are the parts of MultiTxn.
	Subs []Delta
}

// String returns the transaction on one line, "setDataTxn /a 18 version 3 (0x100 #7)".
func (t *Txn) String() string {
	return t.Delta.String() + " (" + t.Session.String() + " " + t.Xid.String() + ")"
}

// String returns what changes, "setDataTxn /a 18 version 3".
func (x *Delta) String() string {
	b := []byte(x.Kind.String())
	f := x.uses()
	if f&usesPath != 0 {
		b = words.Append(b, x.Path)
	}
	if f&usesData != 0 {
		b = words.Append(b, x.Data)
	}
	switch x.Kind {
	case ErrorTxn:
		b = words.Append(b, x.Code.String())
	case CreateTxn:
		b = strconv.AppendInt(append(b, " of "...), int64(x.ParentCversion), 10)
		if x.Owner != 0 {
			b = append(append(b, " owner "...), x.Owner.String()...)
		}
	case CreateSessionTxn:
		b = words.Append(b, x.Timeout.String())
	case CloseSessionTxn:
		for _, p := range x.Paths {
			b = words.Append(b, p)
		}
	}
	if f&usesVersion != 0 {
		b = append(append(b, ' '), version(x.Version)...)
	}
	for _, a := range x.ACL {
		b = words.Append(b, a.String())
	}
	if x.Kind != MultiTxn {
		return string(b)
	}
	b = append(b, " {"...)
	for i := range x.Subs {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = append(b, x.Subs[i].String()...)
	}
	return string(append(b, '}'))
}

// uses returns which fields a delta has, as far as operations have the same.
func (x *Delta) uses() fields {
	switch x.Kind {
	case CreateTxn:
		return usesPath | usesData | usesACL
	case SetDataTxn:
		return usesPath | usesData | usesVersion
	case SetACLTxn:
		return usesPath | usesACL | usesVersion
	case DeleteTxn, CheckTxn:
		return usesPath
	case ReconfigTxn:
		return usesData | usesVersion
	}
	return 0
}

// Fold mixes every field into d.
func (t *Txn) Fold(d sim.Digest) sim.Digest {
	return t.Delta.fold(d.Mix(uint64(t.Session)).Mix(uint64(t.Xid)).Mix(uint64(t.Time)))
}

func (x *Delta) fold(d sim.Digest) sim.Digest {
	d = d.Mix(uint64(x.Kind)<<32 | uint64(uint32(x.Code)))
	d = d.Mix(uint64(uint32(x.ParentCversion))<<32 | uint64(uint32(x.Version)))
	d = foldACL(d.MixString(x.Path).MixString(x.Data), x.ACL)
	d = foldTexts(d.Mix(uint64(x.Owner)).Mix(uint64(x.Timeout)), x.Paths).Mix(uint64(len(x.Subs)))
	for i := range x.Subs {
		d = x.Subs[i].fold(d)
	}
	return d
}
