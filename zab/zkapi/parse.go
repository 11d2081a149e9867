package zkapi

import (
	"fmt"
	"strconv"

	"schism/sim/words"
)

// ParseOp reads an operation as Op.String writes it.
func ParseOp(s string) (Op, error) {
	p := parser{words.NewParser(s)}
	op := p.op()
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

// op reads an operation.
func (p *parser) op() Op {
	var op Op
	op.Kind = OpKind(p.OneOf(opNames[:], "an operation"))
	f := uses[op.Kind]
	if f&usesPath != 0 {
		op.Path = p.Word("a path")
	}
	if f&usesData != 0 {
		op.Data = p.Word("data")
	}
	if f&usesVersion != 0 {
		op.Version = AnyVersion
	}
	if f&usesTimeout != 0 {
		op.Timeout = p.millis()
	}
	if f&usesWatchMode != 0 {
		op.WatchMode = WatchMode(p.OneOf(watchModeNames[:], "a mode"))
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
	for m, name := range modeNames {
		if f&usesMode != 0 && p.Take(name) {
			op.Mode = CreateMode(m)
			break
		}
	}
	if op.Mode.IsTTL() && p.Take("ttl") {
		op.TTL = p.millis()
	}
	if f&usesVersion != 0 && p.Take("version") {
		w := p.Word("a version")
		v, err := strconv.ParseInt(w, 10, 32)
		if err != nil {
			p.Fail("version %q", w)
		}
		op.Version = Version(v)
	}
	if f&usesWatch != 0 {
		op.Watch = p.Take("watch")
	}
	if f&usesACL != 0 && p.Take("acl") {
		op.ACL = p.acl()
	}
}

// millis reads a time.
func (p *parser) millis() Millis {
	m, err := ParseMillis(p.Word("a time"))
	if err != nil {
		p.Fail("%w", err)
	}
	return m
}

// acl reads an access list, up to the end of the operation.
func (p *parser) acl() []ACL {
	var acl []ACL
	for more := true; more; _, more = p.Peek() {
		a, err := parseACL(p.Word("who may do what"))
		if err != nil {
			p.Fail("%w", err)
		}
		acl = append(acl, a)
	}
	return acl
}

// watches reads a WatchList.
func (p *parser) watches() *WatchList {
	z, err := ParseZxid(p.Word("a zxid"))
	if err != nil {
		p.Fail("%w", err)
	}
	w := &WatchList{Relative: z}
	lists := w.lists()
	for _, more := p.Peek(); more; _, more = p.Peek() {
		list := lists[p.OneOf(watchListNames[:], "a kind of watch")]
		*list = append(*list, p.Word("a path"))
	}
	return w
}

// ops reads the operations of a Multi.
func (p *parser) ops() (ops []Op) {
	p.List(MaxOps, func() {
		if w, _ := p.Peek(); w == Multi.String() {
			p.Fail("multi in a multi")
		}
		ops = append(ops, p.op())
	})
	return ops
}
