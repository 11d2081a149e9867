package sim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pin fixes answers of a chooser, whoever that is: the dullest one, or one that is given, to one question under a
// key or to all of them.
type Pin struct {
	// Decision is what is decided. From and To are those of the key; where both are 0 the pin is for the decision
	// whoever it is about, and where To is 0 for all keys that have From.
	Decision Decision
	From, To NodeID
	// Nth is which question under the key it is, counted from 1; 0 is all of them.
	Nth int
	// Dull gives the dullest answer, as Value 0 does: the first, no, the shortest. Otherwise Value is the answer: an
	// index, 0 or 1 for a chance, nanoseconds for a span. An answer out of bounds is not given.
	Dull  bool
	Value int64
}

// String returns "latency n1 n2 #5 = 3ms", "loss dull", "timer n3 dull", or "tie n1 #2 = 1". ParsePin reads it back.
func (p Pin) String() string {
	var b strings.Builder
	b.WriteString(p.Decision.String())
	if p.From != 0 {
		b.WriteString(" " + p.From.String())
	}
	if p.To != 0 {
		b.WriteString(" " + p.To.String())
	}
	if p.Nth != 0 {
		b.WriteString(" #" + strconv.Itoa(p.Nth))
	}
	switch {
	case p.Dull:
		b.WriteString(" dull")
	case p.Decision.spans():
		b.WriteString(" = " + time.Duration(p.Value).String())
	default:
		b.WriteString(" = " + strconv.FormatInt(p.Value, 10))
	}
	return b.String()
}

// spans reports whether most questions of d are about durations.
func (d Decision) spans() bool {
	switch d {
	case DecideLatency, DecideTail, DecideDuplicate, DecideReorder, DecideTimer, DecideTask, DecideSync:
		return true
	}
	return false
}

// ParseDecision reads what Decision.String writes of those of the engine. It returns false for anything else.
func ParseDecision(s string) (Decision, bool) {
	for d := DecideTie; d < DecideUser; d++ {
		if decisionNames[d] == s {
			return d, true
		}
	}
	return 0, false
}

// ParsePin reads a pin as Pin.String writes it. A value may be a duration or a number.
func ParsePin(s string) (Pin, error) {
	words := strings.Fields(s)
	wrong := func(what string) (Pin, error) {
		const such = `want one such as "latency n1 n2 #5 = 3ms" or "loss dull"`
		return Pin{}, fmt.Errorf("sim: pin %q: %s; %s", s, what, such)
	}
	var p Pin
	next := func() string {
		if len(words) == 0 {
			return ""
		}
		return words[0]
	}
	ok := false
	if p.Decision, ok = ParseDecision(next()); !ok {
		return wrong("unknown decision")
	}
	words = words[1:]
	for _, end := range []*NodeID{&p.From, &p.To} {
		if id, ok := ParseNodeID(next()); ok {
			*end, words = id, words[1:]
		}
	}
	if number, ok := strings.CutPrefix(next(), "#"); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || strconv.Itoa(n) != number {
			return wrong("a question is counted from #1")
		}
		p.Nth, words = n, words[1:]
	}
	switch {
	case len(words) == 1 && words[0] == "dull":
		p.Dull = true
		return p, nil
	case len(words) != 2 || words[0] != "=":
		return wrong("no answer")
	}
	if p.Value, ok = parseAnswer(words[1]); !ok {
		return wrong("the answer is neither a number nor a duration, or negative")
	}
	return p, nil
}

// parseAnswer reads a number or a duration, not negative.
func parseAnswer(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, n >= 0
	}
	d, err := time.ParseDuration(s)
	return int64(d), err == nil && d >= 0
}

// Pinned answers as another chooser does, but where a pin says otherwise. The other one is asked all the same, so that
// a pin changes no answer but those that it is for. Of several pins for one question the first counts.
type Pinned struct {
	inner Chooser
	pins  []Pin
	// nth counts the questions under each key that has a numbered pin.
	nth map[Key]int
	// Asked counts the questions so far by decision; those of users are all at DecideUser.
	Asked [DecideUser + 1]uint64
	// given says of each pin how often it has answered, refused how often its answer was out of bounds.
	given, refused []int
}

// NewPinned returns a chooser that answers as inner does but for pins, which it keeps.
func NewPinned(inner Chooser, pins []Pin) *Pinned {
	return &Pinned{inner: inner, pins: pins, nth: make(map[Key]int),
		given: make([]int, len(pins)), refused: make([]int, len(pins))}
}

// Idle returns the pins that have answered nothing, or whose answer was out of bounds: they do not fit the run. Pins of
// the dullest answer fit any run.
func (p *Pinned) Idle() []Pin {
	var idle []Pin
	for i, pin := range p.pins {
		if !pin.Dull && (p.given[i] == 0 || p.refused[i] > 0) {
			idle = append(idle, pin)
		}
	}
	return idle
}

// answer returns the answer of a pin to the question under k whose dullest answer is lo and greatest hi.
func (p *Pinned) answer(k Key, lo, hi int64) (int64, bool) {
	p.Asked[min(k.Decision, DecideUser)]++
	if len(p.pins) == 0 {
		return 0, false
	}
	p.nth[k]++
	for i := range p.pins {
		pin := &p.pins[i]
		if pin.Decision != k.Decision || pin.Nth != 0 && pin.Nth != p.nth[k] ||
			pin.From != 0 && pin.From != k.From || pin.To != 0 && pin.To != k.To {
			continue
		}
		p.given[i]++
		switch {
		case pin.Dull:
			return lo, true
		case pin.Value < lo || pin.Value > hi:
			p.refused[i]++
			return 0, false
		}
		return pin.Value, true
	}
	return 0, false
}

// Index implements [Chooser].
func (p *Pinned) Index(k Key, n int) int {
	v := p.inner.Index(k, n)
	if pinned, ok := p.answer(k, 0, int64(n-1)); ok {
		return int(pinned)
	}
	return v
}

// Chance implements [Chooser].
func (p *Pinned) Chance(k Key, ratio Ratio) bool {
	v := p.inner.Chance(k, ratio)
	if pinned, ok := p.answer(k, 0, 1); ok {
		return pinned == 1
	}
	return v
}

// Span implements [Chooser].
func (p *Pinned) Span(k Key, lo, hi time.Duration) time.Duration {
	v := p.inner.Span(k, lo, hi)
	if pinned, ok := p.answer(k, int64(lo), int64(hi)); ok {
		return time.Duration(pinned)
	}
	return v
}
