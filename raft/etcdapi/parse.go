package etcdapi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseOp reads an operation as Op.String writes it.
func ParseOp(s string) (Op, error) {
	tokens, err := split(s)
	if err != nil {
		return Op{}, fmt.Errorf("operation %q: %w", s, err)
	}
	p := parser{rest: tokens}
	op := p.op(MaxDepth)
	if p.err == nil && len(p.rest) > 0 {
		p.fail("%q is too much", p.rest[0].text)
	}
	if p.err == nil {
		p.err = op.Check()
	}
	if p.err != nil {
		return Op{}, fmt.Errorf("operation %q: %w", s, p.err)
	}
	return op, nil
}

// token is a word, or one of the marks { } and ;.
type token struct {
	text         string
	mark, quoted bool
}

// split splits s into tokens.
func split(s string) ([]token, error) {
	var tokens []token
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		switch s[0] {
		case '{', '}', ';':
			tokens = append(tokens, token{text: s[:1], mark: true})
			s = s[1:]
			continue
		case '"':
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, fmt.Errorf("bad quotes at %s", s)
			}
			s = s[len(q):]
			w, err := strconv.Unquote(q)
			if err != nil || s != "" && strings.IndexByte(" };", s[0]) < 0 {
				return nil, fmt.Errorf("bad quotes at %s", q)
			}
			tokens = append(tokens, token{text: w, quoted: true})
			continue
		}
		n := strings.IndexAny(s, " {};")
		if n < 0 {
			n = len(s)
		}
		if w := s[:n]; word(w) != w {
			return nil, fmt.Errorf("%q must be quoted", w)
		}
		tokens = append(tokens, token{text: s[:n]})
		s = s[n:]
	}
	return tokens, nil
}

// parser reads tokens off the front of rest. After the first that does not fit, err is set and nothing is left.
type parser struct {
	rest []token
	err  error
}

// fail notes what does not fit.
func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.rest = nil
}

// word reads a word; what says what it should be.
func (p *parser) word(what string) string {
	if len(p.rest) == 0 || p.rest[0].mark {
		p.fail("want %s", what)
		return ""
	}
	w := p.rest[0].text
	p.rest = p.rest[1:]
	return w
}

// take reads the word or mark w if it comes next, not quoted.
func (p *parser) take(w string, mark bool) bool {
	if len(p.rest) == 0 || p.rest[0] != (token{text: w, mark: mark}) {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// want reads the word or mark w.
func (p *parser) want(w string, mark bool) {
	if !p.take(w, mark) {
		p.fail("want %s", w)
	}
}

// op reads an operation, with Txns at most depth deep.
func (p *parser) op(depth int) Op {
	var op Op
	name := p.word("an operation")
	kind := slices.Index(opNames[1:], name) + 1
	if kind == 0 || depth == 0 && OpKind(kind) == Txn {
		p.fail("no operation %q here", name)
		return op
	}
	op.Kind = OpKind(kind)
	f := uses[kind].fields
	switch {
	case f&usesSpan != 0:
		op.Span = p.span()
	case f&usesKey != 0:
		op.Span.Key = p.word("a key")
	}
	if f&usesValue != 0 {
		op.Value = p.word("a value")
	}
	if f&usesTxn != 0 {
		p.txn(&op, depth)
	}
	if f&usesSort != 0 && p.take("sort", false) {
		op.By = SortTarget(p.oneOf(sortNames[:], "what to sort by"))
		op.Order = SortOrder(p.oneOf(orderNames[:], "an order"))
	}
	p.options(&op)
	return op
}

// options reads the numbers and flags, in their order.
func (p *parser) options(op *Op) {
	u := &uses[op.Kind]
	for i := range numbers {
		n := &numbers[i]
		if u.fields&n.of == 0 || !p.take(n.name, false) {
			continue
		}
		w := p.word(n.name)
		v, ok := n.Parse(w)
		if !ok || v == 0 {
			p.fail("%s %q", n.name, w)
		}
		n.set(op, v)
	}
	for i, name := range flagNames {
		if f := Flags(1 << i); u.flags&f != 0 && p.take(name, false) {
			op.Flags |= f
		}
	}
}

// oneOf reads one of names, and returns which.
func (p *parser) oneOf(names []string, what string) int {
	w := p.word(what)
	i := slices.Index(names, w)
	if i < 0 {
		p.fail("want %s, not %q", what, w)
	}
	return max(i, 0)
}

// span reads keys.
func (p *parser) span() Span {
	s := Span{Key: p.word("a key")}
	switch {
	case p.take("on", false):
		s.End = "\x00"
	case p.take("to", false):
		if s.End = p.word("a key"); s.End == "" || s.End == "\x00" {
			p.fail("no keys up to %q", s.End)
		}
	}
	return s
}

// txn reads conditions and branches.
func (p *parser) txn(op *Op, depth int) {
	p.list(func() { op.If = append(op.If, p.compare()) })
	p.want("then", false)
	p.list(func() { op.Then = append(op.Then, p.op(depth-1)) })
	p.want("else", false)
	p.list(func() { op.Else = append(op.Else, p.op(depth-1)) })
}

// list reads what stands between { and }, with ; between, one by one.
func (p *parser) list(one func()) {
	if !p.take("{", true) {
		p.fail("want {")
		return
	}
	for n := 0; p.err == nil && !p.take("}", true); n++ {
		if n > 0 {
			p.want(";", true)
		}
		if n > maxList {
			p.fail("more than %d in a list", maxList)
			return
		}
		one()
	}
}

// compare reads a condition.
func (p *parser) compare() Compare {
	c := Compare{Target: CompareTarget(p.oneOf(targetNames[:], "what to compare"))}
	c.Span = p.span()
	c.Result = CompareResult(p.oneOf(resultNames[:], "how to compare"))
	w := p.word("what is expected")
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
		p.err = errors.Join(p.err, fmt.Errorf("%v %q", c.Target, w))
	}
	return c
}
