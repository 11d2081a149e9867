package nemesis

import (
	"strconv"
	"strings"
	"time"

	"schism/sim"
)

// What numbers in schedules may be at most. Beyond it they would only cost time.
const (
	maxNumber = 1 << 30
	maxDamage = 1 << 16
)

// target reads a target.
func (p *parser) target() Target {
	w := p.peek()
	if w == "{" {
		return Target{Nodes: p.group()}
	}
	for r := RoleLeader; r <= RoleEveryone; r++ {
		if w == r.String() {
			p.word("a target")
			return Target{Role: r}
		}
	}
	return Target{Nodes: []sim.NodeID{p.node()}}
}

// arrow reads the two ends of links: "n1 -> all", or "all" for both.
func (p *parser) arrow() (from, to Target) {
	from = p.target()
	if p.take("->") {
		return from, p.target()
	}
	return from, from
}

// group reads "{n1 n2}".
func (p *parser) group() []sim.NodeID {
	p.expect("{")
	var nodes []sim.NodeID
	for p.err == nil && !p.take("}") {
		nodes = append(nodes, p.node())
	}
	return nodes
}

// node reads a node.
func (p *parser) node() sim.NodeID {
	w := p.word("a node")
	n, ok := sim.ParseNodeID(w)
	if !ok {
		p.fail("%q is not a node", w)
	}
	return n
}

// mark reads "leader-elected#2", the name of the wanted thing; without a number, nth is 0.
func (p *parser) mark(want string) (name string, nth int) {
	w := p.plain(want)
	i := strings.LastIndexByte(w, '#')
	if i < 0 {
		return w, 0
	}
	if i == 0 {
		p.fail("%q does not name %s", w, want)
	}
	return w[:i], p.positive(w[i+1:])
}

// plain reads a word that is not punctuation.
func (p *parser) plain(want string) string {
	w := p.word(want)
	if strings.ContainsAny(w, "{}|") {
		p.fail("%q is not %s", w, want)
	}
	return w
}

// duration reads a duration of at most sim.MaxTime, forwards or backwards.
func (p *parser) duration() time.Duration { return p.durationOf(p.word("a duration")) }

// lengthAfter reads the word w, then a duration that is not negative.
func (p *parser) lengthAfter(w string) time.Duration {
	p.expect(w)
	return p.length()
}

// length reads a duration that is not negative.
func (p *parser) length() time.Duration { return p.lengthOf(p.word("a duration")) }

func (p *parser) durationOf(w string) time.Duration {
	d, err := time.ParseDuration(w)
	switch {
	case err != nil:
		p.fail("%q is not a duration", w)
	case d > time.Duration(sim.MaxTime) || d < -time.Duration(sim.MaxTime):
		p.fail("%s is longer than a run can be", w)
	}
	return d
}

func (p *parser) lengthOf(w string) time.Duration {
	d := p.durationOf(w)
	if d < 0 {
		p.fail("%s is negative", w)
	}
	return d
}

// between reads "5ms..50ms", or "5ms" for both ends.
func (p *parser) between() (lo, hi time.Duration) {
	w := p.word("a duration")
	first, second, two := strings.Cut(w, "..")
	lo = p.lengthOf(first)
	if !two {
		return lo, lo
	}
	if hi = p.lengthOf(second); hi < lo {
		p.fail("%s ends before it begins", w)
	}
	return lo, hi
}

// ratio reads "2.5%", with at most four decimals, the parts per million.
func (p *parser) ratio() sim.Ratio {
	w := p.word("a percentage")
	whole, decimals, _ := strings.Cut(strings.TrimSuffix(w, "%"), ".")
	ok := strings.HasSuffix(w, "%") && whole != "" && len(whole) <= 3 && len(decimals) <= 4
	ppm, err := strconv.ParseUint(whole+(decimals + "0000")[:4], 10, 32)
	if !ok || err != nil || sim.Ratio(ppm) > sim.Always {
		p.fail("%q is not a percentage", w)
		return 0
	}
	return sim.Ratio(ppm)
}

// number reads a number in 0 … limit.
func (p *parser) number(limit int64) int { return int(p.big(limit)) }

// big reads a number in 0 … limit.
func (p *parser) big(limit int64) int64 {
	w := p.word("a number")
	n, err := strconv.ParseInt(w, 10, 64)
	if err != nil || n < 0 || n > limit {
		p.fail("%q is not a number up to %d", w, limit)
		return 0
	}
	return n
}

// positive returns the number that w spells, which is at least 1.
func (p *parser) positive(w string) int {
	n, err := strconv.Atoi(w)
	if err != nil || n < 1 || n > maxNumber {
		p.fail("%q is not a number from 1", w)
		return 0
	}
	return n
}

// ppm reads "-500ppm".
func (p *parser) ppm() int32 {
	w := p.word("a drift")
	n, err := strconv.ParseInt(strings.TrimSuffix(w, "ppm"), 10, 32)
	if err != nil || !strings.HasSuffix(w, "ppm") || n < sim.MinDriftPPM {
		p.fail("%q is not a drift", w)
		return 0
	}
	return int32(n)
}
