package kvapi

import (
	"fmt"

	"schism/sim/words"
)

// ParseOp reads an operation as Op.String writes it.
func ParseOp(s string) (Op, error) {
	p := parser{words.NewParser(s)}
	op := p.op(MaxDepth)
	err := p.End()
	if err == nil {
		err = op.Check()
	}
	if err != nil {
		return Op{}, fmt.Errorf("operation %q: %w", s, err)
	}
	return op, nil
}

// parser reads operations.
type parser struct{ *words.Parser }

// op reads an operation, with Txns at most depth deep.
func (p *parser) op(depth int) Op {
	var op Op
	op.Kind = OpKind(p.OneOf(opNames[:], "an operation"))
	if depth == 0 && op.Kind == Txn {
		p.Fail("txns nested more than %d deep", MaxDepth)
		return op
	}
	f := uses[op.Kind].fields
	switch {
	case f&usesSpan != 0:
		op.Span = p.span()
	case f&usesKey != 0:
		op.Span.Key = p.Word("a key")
	}
	if f&usesValue != 0 {
		op.Value = p.Word("a value")
	}
	if f&usesTxn != 0 {
		p.txn(&op, depth)
	}
	if f&usesSort != 0 && p.Take("sort") {
		op.By = SortTarget(p.OneOf(sortNames[:], "what to sort by"))
		op.Order = SortOrder(p.OneOf(orderNames[:], "an order"))
	}
	p.options(&op)
	return op
}

// options reads the numbers and flags, in their order.
func (p *parser) options(op *Op) {
	u := &uses[op.Kind]
	for i := range numbers {
		n := &numbers[i]
		if u.fields&n.of == 0 || !p.Take(n.name) {
			continue
		}
		w := p.Word(n.name)
		v, ok := n.Parse(w)
		if !ok || v == 0 {
			p.Fail("%s %q", n.name, w)
		}
		n.set(op, v)
	}
	for i, name := range flagNames {
		if f := Flags(1 << i); u.flags&f != 0 && p.Take(name) {
			op.Flags |= f
		}
	}
}

// span reads keys.
func (p *parser) span() Span {
	s := Span{Key: p.Word("a key")}
	switch {
	case p.Take("on"):
		s.End = "\x00"
	case p.Take("to"):
		if s.End = p.Word("a key"); s.End == "" || s.End == "\x00" {
			p.Fail("no keys up to %q", s.End)
		}
	}
	return s
}

// txn reads conditions and branches.
func (p *parser) txn(op *Op, depth int) {
	p.List(maxList, func() { op.If = append(op.If, p.compare()) })
	p.keyword("then")
	p.List(maxList, func() { op.Then = append(op.Then, p.op(depth-1)) })
	p.keyword("else")
	p.List(maxList, func() { op.Else = append(op.Else, p.op(depth-1)) })
}

// keyword reads the word w.
func (p *parser) keyword(w string) {
	if !p.Take(w) {
		p.Fail("want %s", w)
	}
}

// compare reads a condition.
func (p *parser) compare() Compare {
	c := Compare{Target: CompareTarget(p.OneOf(targetNames[:], "what to compare"))}
	c.Span = p.span()
	c.Result = CompareResult(p.OneOf(resultNames[:], "how to compare"))
	w := p.Word("what is expected")
	var ok bool
	switch c.Target {
	case CompareValue:
		c.Value, ok = w, true
	case CompareLease:
		c.Number, ok = parseHexadecimal(w)
	default:
		c.Number, ok = (&number{}).Parse(w)
	}
	if !ok {
		p.Fail("%v %q", c.Target, w)
	}
	return c
}
