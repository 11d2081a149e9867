package nemesis

import "schism/sim"

// fields reads named fields, in any order, to the end of the line. The field named w is read by read, which returns
// false if there is no such field.
func (p *parser) fields(read func(w string) bool) {
	seen := map[string]bool{}
	for p.err == nil && len(p.words) > 0 {
		w := p.word("a property")
		if seen[w] {
			p.fail("a second %q", w)
		}
		seen[w] = true
		if before := p.last; !read(w) {
			p.fail("unexpected %q", before)
		}
	}
}

// crash reads a Crash or a CrashMidway.
func (p *parser) crash() Fault {
	c := Crash{Target: p.target()}
	midway := p.take("midway")
	p.fields(func(w string) bool {
		switch w {
		case "losing":
			c.Loss.Drop = p.ratio()
		case "tearing":
			c.Loss.Tear = p.ratio()
		case "garbage":
			c.Loss.Garbage = p.ratio()
		default:
			return false
		}
		return true
	})
	if midway {
		return CrashMidway(c)
	}
	return c
}

// setLinks reads a SetLinks.
func (p *parser) setLinks() Fault {
	s := SetLinks{}
	s.From, s.To = p.arrow()
	l, set := &s.Link, LinkFields(0)
	p.fields(func(w string) bool {
		switch w {
		case "loss":
			l.Loss, set = p.ratio(), set|LinkLoss
		case "latency":
			l.Min, l.Max = p.between()
			if set |= LinkLatency; p.take("mean") {
				l.Mean = p.length()
			}
		case "tail":
			l.Tail, l.TailMax = p.ratio(), p.lengthAfter("to")
			set |= LinkTail
		case "duplicate":
			l.Duplicate, l.DuplicateMax = p.ratio(), p.lengthAfter("within")
			set |= LinkDuplicate
		case "reorder":
			l.Reorder, l.ReorderMax = p.ratio(), p.lengthAfter("within")
			set |= LinkReorder
		case "queue":
			l.Queue, set = p.number(maxNumber), set|LinkQueue
		case "spacing":
			l.Spacing, set = p.length(), set|LinkSpacing
		default:
			return false
		}
		return true
	})
	s.None = set &^ s.named()
	return s
}

// setDisk reads a SetDisk.
func (p *parser) setDisk() Fault {
	s := SetDisk{Target: p.target()}
	d, set := &s.Disk, DiskFields(0)
	p.fields(func(w string) bool {
		switch w {
		case "sync":
			d.SyncMin, d.SyncMax = p.between()
			set |= DiskSync
		case "read":
			d.ReadMin, d.ReadMax = p.between()
			set |= DiskRead
		case "sync-error":
			d.SyncError, set = p.ratio(), set|DiskSyncError
		case "write-error":
			d.WriteError, set = p.ratio(), set|DiskWriteError
		case "capacity":
			d.Capacity, set = p.big(1<<62), set|DiskCapacity
		case "lying", "honest":
			if set&DiskSyncLies != 0 {
				p.fail("a disk that is lying and honest")
			}
			d.SyncLies, set = w == "lying", set|DiskSyncLies
		case "names-lying", "names-honest":
			if set&DiskNamesLie != 0 {
				p.fail("a disk whose names are lying and honest")
			}
			d.NamesLie, set = w == "names-lying", set|DiskNamesLie
		default:
			return false
		}
		return true
	})
	s.None = set &^ s.named()
	return s
}

// rule reads an AddRule.
func (p *parser) rule() Fault {
	r := AddRule{Share: sim.Always}
	w := p.word("drop, delay or duplicate")
	for i, name := range ruleActions {
		if i > 0 && w == name {
			r.Action = sim.RuleAction(i)
		}
	}
	if r.Action == 0 {
		p.fail("%q is not what a rule can do", w)
	}
	if r.MessageKind = p.plain("a kind of message"); r.MessageKind == "*" {
		r.MessageKind = ""
	}
	if p.take("by") {
		r.Delay = p.length()
	}
	p.expect("from")
	r.From = p.target()
	p.expect("to")
	r.To = p.target()
	p.fields(func(w string) bool {
		switch w {
		case "share":
			r.Share = p.ratio()
		case "for":
			r.For = p.length()
		case "count":
			r.Count = p.number(maxNumber)
		default:
			return false
		}
		return true
	})
	return r
}
