package zkapi

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
	op := p.op()
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
	text string
	mark bool
}

// split splits s into tokens.
func split(s string) ([]token, error) {
	var tokens []token
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		switch s[0] {
		case '{', '}', ';':
			tokens = append(tokens, token{s[:1], true})
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
			tokens = append(tokens, token{w, false})
			continue
		}
		n := strings.IndexAny(s, " {};")
		if n < 0 {
			n = len(s)
		}
		if w := s[:n]; word(w) != w {
			return nil, fmt.Errorf("%q must be quoted", w)
		}
		tokens = append(tokens, token{s[:n], false})
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

// more reports whether a word comes next.
func (p *parser) more() bool { return len(p.rest) > 0 && !p.rest[0].mark }

// word reads a word; what says what it should be.
func (p *parser) word(what string) string {
	if !p.more() {
		p.fail("want %s", what)
		return ""
	}
	w := p.rest[0].text
	p.rest = p.rest[1:]
	return w
}

// take reads the word or mark w if it comes next.
func (p *parser) take(w string, mark bool) bool {
	if len(p.rest) == 0 || p.rest[0] != (token{w, mark}) {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// op reads an operation.
func (p *parser) op() Op {
	var op Op
	name := p.word("an operation")
	kind := slices.Index(opNames[1:], name) + 1
	if kind == 0 {
		p.fail("no operation %q", name)
		return op
	}
	op.Kind = OpKind(kind)
	f := uses[kind]
	if f&usesPath != 0 {
		op.Path = p.word("a path")
	}
	if f&usesData != 0 {
		op.Data = p.word("data")
	}
	if f&usesVersion != 0 {
		op.Version = AnyVersion
	}
	if f&usesTimeout != 0 {
		op.Timeout = p.millis()
	}
	if f&usesWatchMode != 0 {
		op.WatchMode = WatchMode(max(0, slices.Index(watchModeNames[:], p.word("a mode"))))
	}
	if f&usesWatches != 0 {
		op.Watches = p.watches()
	}
	if f&usesChange != 0 {
		op.Change = p.change()
	}
	if f&usesOps != 0 {
		op.Ops = p.ops()
	}
	p.options(&op)
	return op
}

// options reads what may follow, in its order.
func (p *parser) options(op *Op) {
	f := uses[op.Kind]
	if f&usesMode != 0 && p.more() {
		if m := slices.Index(modeNames[:], p.rest[0].text); m >= 0 {
			op.Mode = CreateMode(m)
			p.rest = p.rest[1:]
		}
	}
	if op.Mode.IsTTL() && p.take("ttl", false) {
		op.TTL = p.millis()
	}
	if f&usesVersion != 0 && p.take("version", false) {
		w := p.word("a version")
		v, err := strconv.ParseInt(w, 10, 32)
		if err != nil {
			p.fail("version %q", w)
		}
		op.Version = Version(v)
	}
	if f&usesWatch != 0 {
		op.Watch = p.take("watch", false)
	}
	if f&usesACL != 0 && p.take("acl", false) {
		op.ACL = p.acl()
	}
}

// millis reads a time.
func (p *parser) millis() Millis {
	m, err := ParseMillis(p.word("a time"))
	if err != nil {
		p.fail("%w", err)
	}
	return m
}

// acl reads an access list, up to the end of the operation.
func (p *parser) acl() []ACL {
	var acl []ACL
	for first := true; first || p.more(); first = false {
		a, err := parseACL(p.word("who may do what"))
		if err != nil {
			p.fail("%w", err)
		}
		acl = append(acl, a)
	}
	return acl
}

// watches reads a WatchList.
func (p *parser) watches() *WatchList {
	z, err := ParseZxid(p.word("a zxid"))
	if err != nil {
		p.fail("%w", err)
	}
	w := &WatchList{Relative: z}
	lists := w.lists()
	for p.more() {
		i := slices.Index(watchListNames[:], p.rest[0].text)
		if i < 0 {
			p.fail("no kind of watch %q", p.rest[0].text)
			break
		}
		p.rest = p.rest[1:]
		*lists[i] = append(*lists[i], p.word("a path"))
	}
	return w
}

// ops reads the operations of a Multi.
func (p *parser) ops() []Op {
	if !p.take("{", true) {
		p.err = errors.New("want {")
		return nil
	}
	var ops []Op
	for p.err == nil && !p.take("}", true) {
		if ops != nil && !p.take(";", true) {
			p.fail("want ; or }")
		}
		if len(ops) > MaxOps {
			p.fail("more than %d operations", MaxOps)
		}
		if len(p.rest) > 0 && p.rest[0].text == "multi" {
			p.fail("multi in a multi")
		}
		ops = append(ops, p.op())
	}
	return ops
}
