package kvapi

import (
	"errors"
	"fmt"
)

// The bounds of what servers take. Texts are in bytes.
const (
	MaxKey   = 1 << 10
	MaxValue = 1 << 20
	// MaxTxnOps is how many conditions, and how many operations in a branch, a store takes in a Txn (MaxTxnOps of
	// etcd); the longest of the three lists comes off what it takes in a Txn that is nested in this one. MaxDepth is
	// how deep Txns are nested. Nobody sends lists longer than maxList.
	MaxTxnOps = 128
	MaxDepth  = 4
	maxList   = 2 * MaxTxnOps
	// MaxTTL is the longest time to live of a lease (lease.maxLeaseTTL). One that is asked for with less than MinTTL
	// gets that.
	MaxTTL Seconds = 9_000_000_000
	MinTTL Seconds = 1
)

// Check returns what is wrong with op, if anything, apart from what a store answers with an error of its own: no such
// operation, a field that it does not use, or one that is out of bounds.
func (op *Op) Check() error { return op.check(MaxDepth) }

// check checks op, in which Txns may be nested depth deep.
func (op *Op) check(depth int) error {
	if op.Kind == 0 || op.Kind >= opKinds {
		return fmt.Errorf("no operation %v", op.Kind)
	}
	u := &uses[op.Kind]
	for _, c := range [...]struct {
		set  bool
		used fields
		what string
	}{
		{op.Span != Span{}, usesSpan | usesKey, "keys"},
		{op.Span.End != "", usesSpan, "a range"},
		{op.Value != "", usesValue, "a value"},
		{op.By != 0 || op.Order != 0, usesSort, "an order"},
		{op.If != nil || op.Then != nil || op.Else != nil, usesTxn, "conditions and branches"},
	} {
		if c.set && u.fields&c.used == 0 {
			return fmt.Errorf("%v with %s", op.Kind, c.what)
		}
	}
	for i := range numbers {
		if n := &numbers[i]; n.get(op) != 0 && u.fields&n.of == 0 {
			return fmt.Errorf("%v with %s", op.Kind, n.name)
		}
	}
	if extra := op.Flags &^ u.flags; extra != 0 {
		return fmt.Errorf("%v with the flags %v", op.Kind, extra)
	}
	return errors.Join(op.checkBounds(), op.checkTxn(depth))
}

// checkBounds checks what is no list.
func (op *Op) checkBounds() error {
	switch {
	case op.By >= sortTargets || op.Order >= sortOrders:
		return fmt.Errorf("no order %v %v", op.By, op.Order)
	case len(op.Span.Key) > MaxKey || len(op.Span.End) > MaxKey:
		return fmt.Errorf("key of more than %d bytes", MaxKey)
	case len(op.Value) > MaxValue:
		return fmt.Errorf("value of %d bytes, at most %d are allowed", len(op.Value), MaxValue)
	case op.Node.IsClient() || op.Other.IsClient():
		return errors.New("a client as a member")
	}
	return nil
}

// checkTxn checks the conditions and the branches.
func (op *Op) checkTxn(depth int) error {
	if op.Kind != Txn {
		return nil
	}
	if depth == 0 {
		return fmt.Errorf("txns nested more than %d deep", MaxDepth)
	}
	if op.If != nil && len(op.If) == 0 || op.Then != nil && len(op.Then) == 0 || op.Else != nil && len(op.Else) == 0 {
		return errors.New("an empty list that is not nil")
	}
	if n := max(len(op.If), len(op.Then), len(op.Else)); n > maxList {
		return fmt.Errorf("txn with a list of %d, at most %d are allowed", n, maxList)
	}
	for i := range op.If {
		if err := op.If[i].check(); err != nil {
			return err
		}
	}
	for _, branch := range [...][]Op{op.Then, op.Else} {
		for i := range branch {
			sub := &branch[i]
			if sub.Kind < Range || sub.Kind > Txn {
				return fmt.Errorf("txn with %v", sub.Kind)
			}
			if err := sub.check(depth - 1); err != nil {
				return fmt.Errorf("txn: %w", err)
			}
		}
	}
	return nil
}

// check checks a condition.
func (c *Compare) check() error {
	switch {
	case c.Target >= compareTargets || c.Result >= compareResults:
		return fmt.Errorf("no condition %v %v", c.Target, c.Result)
	case c.Target == CompareValue && c.Number != 0 || c.Target != CompareValue && c.Value != "":
		return fmt.Errorf("a condition on %v with something else to compare", c.Target)
	case len(c.Span.Key) > MaxKey || len(c.Span.End) > MaxKey || len(c.Value) > MaxValue:
		return errors.New("a condition that is too long")
	}
	return nil
}
