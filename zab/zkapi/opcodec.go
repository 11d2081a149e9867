package zkapi

import (
	"encoding/binary"
	"errors"
	"fmt"

	"schism/sim/wire"
)

// AppendOp appends the binary form of op to b: its kind, and then the fields that it uses. Of all forms that an
// operation could have it is the shortest, and DecodeOp takes no other.
func AppendOp(b []byte, op *Op) []byte {
	f := uses[op.Kind]
	b = append(b, byte(op.Kind))
	if f&usesPath != 0 {
		b = wire.AppendText(b, op.Path)
	}
	if f&usesData != 0 {
		b = wire.AppendText(b, op.Data)
	}
	if f&usesMode != 0 {
		b = append(b, byte(op.Mode))
	}
	if op.Mode.IsTTL() {
		b = wire.AppendSigned(b, int64(op.TTL))
	}
	if f&usesVersion != 0 {
		b = wire.AppendSigned(b, int64(op.Version))
	}
	if f&usesTimeout != 0 {
		b = wire.AppendSigned(b, int64(op.Timeout))
	}
	if f&usesWatchMode != 0 {
		b = append(b, byte(op.WatchMode))
	}
	if f&usesWatch != 0 {
		b = append(b, bit(op.Watch))
	}
	if f&usesACL != 0 {
		b = AppendACL(b, op.ACL)
	}
	if f&usesWatches != 0 {
		b = binary.AppendUvarint(b, uint64(op.Watches.Relative))
		for _, paths := range op.Watches.lists() {
			b = wire.AppendTexts(b, *paths)
		}
	}
	if f&usesChange != 0 {
		b = op.Change.append(b)
	}
	if f&usesOps != 0 {
		b = binary.AppendUvarint(b, uint64(len(op.Ops)))
		for i := range op.Ops {
			b = AppendOp(b, &op.Ops[i])
		}
	}
	return b
}

// bit returns 1 for true.
func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// ErrOp is wrapped by every error of DecodeOp.
var ErrOp = errors.New("not an operation")

// DecodeOp reads what AppendOp writes. The operation shares no memory with data, and passes Check.
func DecodeOp(data []byte) (Op, error) {
	d := NewDecoder(data)
	op := d.op(CloseSession)
	if !d.Done() {
		return Op{}, fmt.Errorf("%w: %v", ErrOp, op.Kind)
	}
	if err := op.Check(); err != nil {
		return Op{}, fmt.Errorf("%w: %w", ErrOp, err)
	}
	return op, nil
}

// op reads an operation of a kind up to last; whether it passes Check is seen later.
func (d *Decoder) op(last OpKind) Op {
	op := Op{Kind: OpKind(d.Byte(byte(last)))}
	f := uses[op.Kind]
	if f&usesPath != 0 {
		op.Path = d.Text(MaxPath)
	}
	if f&usesData != 0 {
		op.Data = d.Text(MaxData)
	}
	if f&usesMode != 0 {
		op.Mode = CreateMode(d.Byte(byte(PersistentSequentialTTL)))
	}
	if op.Mode.IsTTL() {
		op.TTL = Millis(d.Signed(-1<<63, 1<<63-1))
	}
	if f&usesVersion != 0 {
		op.Version = d.Version()
	}
	if f&usesTimeout != 0 {
		op.Timeout = Millis(d.Signed(0, int64(MaxTimeout)))
	}
	if f&usesWatchMode != 0 {
		op.WatchMode = WatchMode(d.Byte(byte(PersistentRecursiveWatch)))
	}
	if f&usesWatch != 0 {
		op.Watch = d.Byte(1) == 1
	}
	if f&usesACL != 0 {
		op.ACL = d.ACL()
	}
	if f&usesWatches != 0 {
		op.Watches = d.watches()
	}
	if f&usesChange != 0 {
		op.Change = d.change()
	}
	if f&usesOps != 0 {
		op.Ops = d.ops()
	}
	return op
}

// watches reads a WatchList.
func (d *Decoder) watches() *WatchList {
	w := &WatchList{Relative: Zxid(d.Number())}
	for _, paths := range w.lists() {
		*paths = d.Texts(MaxWatches, MaxPath)
	}
	return w
}

// ops reads the operations of a Multi; nil if there are none.
func (d *Decoder) ops() []Op {
	var ops []Op
	for range d.Count(MaxOps) {
		ops = append(ops, d.op(Check))
	}
	return ops
}
