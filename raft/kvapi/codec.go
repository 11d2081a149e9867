package kvapi

import (
	"errors"
	"fmt"
	"math"

	"schism/sim/wire"
)

// AppendOp appends the binary form of op to b: its kind and flags, and then the fields that it uses. Of all forms that
// an operation could have it is the shortest, and DecodeOp takes no other.
func AppendOp(b []byte, op *Op) []byte {
	f := uses[op.Kind].fields
	b = wire.AppendNumber(append(b, byte(op.Kind)), uint64(op.Flags))
	if f&(usesSpan|usesKey) != 0 {
		b = wire.AppendText(b, op.Span.Key)
	}
	if f&usesSpan != 0 {
		b = wire.AppendText(b, op.Span.End)
	}
	if f&usesValue != 0 {
		b = wire.AppendText(b, op.Value)
	}
	if f&usesSort != 0 {
		b = append(b, byte(op.By), byte(op.Order))
	}
	for i := range numbers {
		if n := &numbers[i]; f&n.of != 0 {
			b = wire.AppendSigned(b, n.get(op))
		}
	}
	if f&usesTxn == 0 {
		return b
	}
	b = wire.AppendNumber(b, uint64(len(op.If)))
	for i := range op.If {
		b = op.If[i].append(b)
	}
	for _, branch := range [...][]Op{op.Then, op.Else} {
		b = wire.AppendNumber(b, uint64(len(branch)))
		for i := range branch {
			b = AppendOp(b, &branch[i])
		}
	}
	return b
}

// append appends the binary form of c.
func (c *Compare) append(b []byte) []byte {
	b = wire.AppendText(append(b, byte(c.Target), byte(c.Result)), c.Span.Key)
	b = wire.AppendText(b, c.Span.End)
	if c.Target == CompareValue {
		return wire.AppendText(b, c.Value)
	}
	return wire.AppendSigned(b, c.Number)
}

// ErrOp is wrapped by every error of DecodeOp.
var ErrOp = errors.New("not an operation")

// DecodeOp reads what AppendOp writes. The operation shares no memory with data, and passes Check.
func DecodeOp(data []byte) (Op, error) {
	d := decoder{wire.NewDecoder(data)}
	op := d.op(MaxDepth)
	if !d.Done() {
		return Op{}, fmt.Errorf("%w: %v", ErrOp, op.Kind)
	}
	if err := op.Check(); err != nil {
		return Op{}, fmt.Errorf("%w: %w", ErrOp, err)
	}
	return op, nil
}

// decoder reads operations.
type decoder struct{ wire.Decoder }

// op reads an operation, with Txns at most depth deep; whether it passes Check is seen later.
func (d *decoder) op(depth int) Op {
	op := Op{Kind: OpKind(d.Byte(byte(opKinds - 1)))}
	if op.Kind == 0 || op.Kind == Txn && depth == 0 {
		d.Fail()
		return op
	}
	f := uses[op.Kind].fields
	op.Flags = d.flags()
	if f&(usesSpan|usesKey) != 0 {
		op.Span.Key = d.Text(MaxKey)
	}
	if f&usesSpan != 0 {
		op.Span.End = d.Text(MaxKey)
	}
	if f&usesValue != 0 {
		op.Value = d.Text(MaxValue)
	}
	if f&usesSort != 0 {
		op.By, op.Order = SortTarget(d.Byte(byte(sortTargets-1))), SortOrder(d.Byte(byte(sortOrders-1)))
	}
	for i := range numbers {
		if n := &numbers[i]; f&n.of != 0 {
			v := d.Signed(math.MinInt64, math.MaxInt64)
			if n.set(&op, v); n.get(&op) != v {
				d.Fail() // a node's number is short
			}
		}
	}
	if f&usesTxn != 0 {
		d.txn(&op, depth)
	}
	return op
}

// flags reads flags.
func (d *decoder) flags() Flags {
	v := d.Number()
	if v >= uint64(flagsEnd) {
		d.Fail()
		return 0
	}
	return Flags(v)
}

// txn reads conditions and branches.
func (d *decoder) txn(op *Op, depth int) {
	for range d.Count(maxList) {
		op.If = append(op.If, d.compare())
	}
	for _, branch := range [...]*[]Op{&op.Then, &op.Else} {
		for range d.Count(maxList) {
			*branch = append(*branch, d.op(depth-1))
		}
	}
}

// compare reads a condition.
func (d *decoder) compare() Compare {
	c := Compare{
		Target: CompareTarget(d.Byte(byte(compareTargets - 1))),
		Result: CompareResult(d.Byte(byte(compareResults - 1))),
		Span:   Span{d.Text(MaxKey), d.Text(MaxKey)},
	}
	if c.Target == CompareValue {
		c.Value = d.Text(MaxValue)
	} else {
		c.Number = d.Signed(math.MinInt64, math.MaxInt64)
	}
	return c
}
