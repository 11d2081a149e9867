package zkapi

import (
	"encoding/binary"
	"errors"
	"fmt"

	"schism/sim/wire"
)

// The bounds of transactions, beside those of operations: a path has the number of a sequential node added.
const (
	maxTxnPath = MaxPath + 11
	// MaxEphemerals is how many nodes a transaction can delete.
	MaxEphemerals = 1 << 20
)

// AppendTxn appends the binary form of t to b: session, xid, time, kind, and then the fields that the kind uses. Of
// all forms that a transaction could have it is the shortest, and DecodeTxn takes no other.
func AppendTxn(b []byte, t *Txn) []byte {
	b = binary.AppendUvarint(b, uint64(t.Session))
	b = binary.AppendUvarint(b, uint64(t.Xid))
	return t.Delta.append(wire.AppendSigned(b, int64(t.Time)))
}

// TxnSize returns a bound of what AppendTxn appends for t.
func TxnSize(t *Txn) int { return 3*binary.MaxVarintLen64 + t.Delta.size() }

// size returns a bound of what append appends.
func (x *Delta) size() int {
	n := 1 + 5*binary.MaxVarintLen64 + len(x.Path) + len(x.Data)
	for i := range x.ACL {
		n += 1 + 2*binary.MaxVarintLen32 + len(x.ACL[i].Scheme) + len(x.ACL[i].ID)
	}
	for _, p := range x.Paths {
		n += binary.MaxVarintLen32 + len(p)
	}
	for i := range x.Subs {
		n += x.Subs[i].size()
	}
	return n
}

// append appends the kind and the fields that it uses.
func (x *Delta) append(b []byte) []byte {
	f := x.uses()
	b = append(b, byte(x.Kind))
	if f&usesPath != 0 {
		b = wire.AppendText(b, x.Path)
	}
	if f&usesData != 0 {
		b = wire.AppendText(b, x.Data)
	}
	if f&usesVersion != 0 {
		b = wire.AppendSigned(b, int64(x.Version))
	}
	if f&usesACL != 0 {
		b = AppendACL(b, x.ACL)
	}
	switch x.Kind {
	case CreateTxn:
		b = wire.AppendSigned(b, int64(x.ParentCversion))
		b = binary.AppendUvarint(b, uint64(x.Owner))
	case ErrorTxn:
		b = wire.AppendSigned(b, int64(x.Code))
	case CreateSessionTxn:
		b = wire.AppendSigned(b, int64(x.Timeout))
	case CloseSessionTxn:
		b = wire.AppendTexts(b, x.Paths)
	case MultiTxn:
		b = binary.AppendUvarint(b, uint64(len(x.Subs)))
		for i := range x.Subs {
			b = x.Subs[i].append(b)
		}
	}
	return b
}

// ErrTxn is wrapped by every error of DecodeTxn.
var ErrTxn = errors.New("not a transaction")

// DecodeTxn reads what AppendTxn writes. The transaction shares no memory with data; its texts share one copy.
func DecodeTxn(data []byte) (Txn, error) {
	d := NewDecoder(data)
	var t Txn
	t.Session = SessionID(d.Number())
	xid := d.Number()
	t.Xid = Xid(xid)
	t.Time = Millis(d.Signed(-1<<63, 1<<63-1))
	d.delta(&t.Delta, ReconfigTxn)
	if !d.Done() || xid > 1<<32-1 {
		return Txn{}, fmt.Errorf("%w: %v", ErrTxn, t.Kind)
	}
	return t, nil
}

// delta reads a delta of a kind up to last into x.
func (d *Decoder) delta(x *Delta, last TxnKind) {
	x.Kind = TxnKind(d.Byte(byte(last)))
	if x.Kind == 0 {
		d.Fail()
		return
	}
	f := x.uses()
	if f&usesPath != 0 {
		x.Path = d.Text(maxTxnPath)
	}
	if f&usesData != 0 {
		x.Data = d.Text(MaxData)
	}
	if f&usesVersion != 0 {
		x.Version = d.Version()
	}
	if f&usesACL != 0 {
		x.ACL = d.ACL()
	}
	switch x.Kind {
	case CreateTxn:
		x.ParentCversion = d.Version()
		x.Owner = SessionID(d.Number())
	case ErrorTxn:
		x.Code = Code(d.Signed(minCode, 0))
	case CreateSessionTxn:
		x.Timeout = Millis(d.Signed(0, int64(MaxTimeout)))
	case CloseSessionTxn:
		x.Paths = d.Texts(MaxEphemerals, maxTxnPath)
	case MultiTxn:
		if n := d.Count(MaxOps); n > 0 {
			x.Subs = make([]Delta, n)
		}
		for i := range x.Subs {
			d.delta(&x.Subs[i], ErrorTxn)
		}
	}
}
