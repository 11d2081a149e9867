package nemesis

import (
	"fmt"
	"strings"

	"schism/sim"
)

// MaxFaultBytes bounds the faults that are parsed.
const MaxFaultBytes = 64 << 10

// ParseFault reads what [Fault.String] writes. Words are separated by white space; durations are written as Go
// writes them, at most [sim.MaxTime] long; ratios are percentages with up to four decimals.
func ParseFault(s string) (Fault, error) {
	p, err := newParser(s)
	if err != nil {
		return nil, fmt.Errorf("nemesis: fault: %w", err)
	}
	f := p.fault()
	if err := p.end(); err != nil {
		return nil, fmt.Errorf("nemesis: fault: %w", err)
	}
	return f, nil
}

// parseEntry reads what Entry.String writes.
func parseEntry(line string) (Entry, error) {
	p, err := newParser(line)
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	e.When.After = p.duration()
	switch {
	case p.take("after"):
		e.When.Mark, e.When.Nth = p.mark("a mark")
	case p.take("when"):
		e.When.State, e.When.Nth = p.mark("a state")
		if p.take("on") {
			e.When.On = p.node()
		}
	}
	e.Do = p.fault()
	if err := p.end(); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// parser reads one line from left to right. After the first thing that is wrong, everything else reads as zero.
type parser struct {
	words []string
	// last is the word read last, for messages.
	last string
	err  error
}

// punctuation sets apart what need not be surrounded by spaces.
var punctuation = strings.NewReplacer("{", " { ", "}", " } ", "|", " | ")

// newParser returns the parser of one line.
func newParser(line string) (*parser, error) {
	if len(line) > MaxFaultBytes {
		return nil, fmt.Errorf("%d bytes, more than %d", len(line), MaxFaultBytes)
	}
	return &parser{words: strings.Fields(punctuation.Replace(line))}, nil
}

// fail notes the first error.
func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// peek returns the next word, "" at the end or after an error.
func (p *parser) peek() string {
	if p.err != nil || len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

// word reads the next word, which is the wanted thing.
func (p *parser) word(want string) string {
	w := p.peek()
	if w == "" {
		p.fail("%s is missing after %q", want, p.last)
		return ""
	}
	p.words, p.last = p.words[1:], w
	return w
}

// take reads the next word if it is w.
func (p *parser) take(w string) bool {
	if p.peek() != w {
		return false
	}
	p.word(w)
	return true
}

// expect reads the next word, which must be w.
func (p *parser) expect(w string) {
	if got := p.word(w); p.err == nil && got != w {
		p.fail("%q where %q belongs", got, w)
	}
}

// end returns the first error, or one about what is left.
func (p *parser) end() error {
	if p.err == nil && len(p.words) > 0 {
		p.fail("unexpected %q after %q", p.words[0], p.last)
	}
	return p.err
}

// fault reads a fault.
func (p *parser) fault() Fault {
	verb := p.word("a fault")
	if verb == "before" {
		at := p.duration()
		if verb = p.word("a fault"); verb == "before" {
			p.fail("a second %q", verb)
		}
		return Before{at, p.verb(verb)}
	}
	return p.verb(verb)
}

// verb reads a fault that begins with verb, which has been read.
func (p *parser) verb(verb string) Fault {
	for _, read := range []func(*parser, string) Fault{partitionFault, processFault, linkFault, diskFault, clockFault} {
		if f := read(p, verb); f != nil {
			return f
		}
	}
	p.fail("unknown fault %q", verb)
	return nil
}

// partitionFault reads the faults that cut and mend; nil is another verb.
func partitionFault(p *parser, verb string) Fault {
	switch verb {
	case "heal":
		return Heal{}
	case "recover":
		return Recover{}
	case "core":
		return Core{p.target()}
	case "split":
		return p.split()
	case "isolate":
		return Isolate{p.target()}
	case "deafen":
		return Deafen{p.target()}
	case "mute":
		return Mute{p.target()}
	case "bridge":
		return Bridge{p.target()}
	case "ring":
		return Ring{p.target()}
	case "cut":
		from, to := p.arrow()
		return Cut{from, to}
	case "mend":
		from, to := p.arrow()
		return Mend{from, to}
	}
	return nil
}

// split reads the groups of a Split, or of a SplitLeader.
func (p *parser) split() Fault {
	if with, ok := strings.CutPrefix(p.peek(), "leader"); ok {
		p.word("a leader")
		s := SplitLeader{}
		if digits, plus := strings.CutPrefix(with, "+"); plus {
			s.With = p.positive(digits)
		} else if with != "" {
			p.fail("%q is not a leader with a number of others", p.last)
		}
		p.expect("|")
		p.expect("rest")
		return s
	}
	s := Split{Groups: [][]sim.NodeID{p.group()}}
	for p.take("|") {
		s.Groups = append(s.Groups, p.group())
	}
	return s
}

// processFault reads the faults of processes; nil is another verb.
func processFault(p *parser, verb string) Fault {
	switch verb {
	case "crash":
		return p.crash()
	case "restart":
		return Restart{p.target()}
	case "wipe":
		return Wipe{p.target()}
	case "pause":
		return Pause{p.target()}
	case "resume":
		return Resume{p.target()}
	case "slow":
		s := Slow{Target: p.target()}
		s.Min, s.Max = p.between()
		return s
	case "unslow":
		return Unslow{p.target()}
	case "drag":
		d := Drag{Target: p.target()}
		d.Min, d.Max = p.between()
		return d
	case "undrag":
		return Undrag{p.target()}
	case "provoke":
		t := p.target()
		return Provoke{t, p.plain("what to provoke")}
	}
	return nil
}

// linkFault reads the faults of links and of messages; nil is another verb.
func linkFault(p *parser, verb string) Fault {
	switch verb {
	case "links":
		return p.setLinks()
	case "clog":
		c := Clog{}
		c.From, c.To = p.arrow()
		p.expect("for")
		c.For = p.length()
		return c
	case "hold":
		from, to := p.arrow()
		return Hold{from, to}
	case "release":
		from, to := p.arrow()
		return Release{from, to}
	case "blackhole":
		from, to := p.arrow()
		return Blackhole{from, to, p.take("off")}
	case "half-open":
		from, to := p.arrow()
		return HalfOpen{from, to}
	case "rule":
		return p.rule()
	case "clear":
		p.expect("rules")
		return ClearRules{}
	case "reset":
		return p.reset()
	}
	return nil
}

// reset reads what is reset.
func (p *parser) reset() Fault {
	switch what := p.word("links, channels or disk"); what {
	case "links":
		from, to := p.arrow()
		return ResetLinks{from, to}
	case "channels":
		a, b := p.arrow()
		return ResetChannels{a, b}
	case "disk":
		return ResetDisk{p.target()}
	default:
		p.fail("cannot reset %q", what)
		return nil
	}
}
