package sim

import "time"

// Exhaust enumerates every sequence of choices, as an odometer does: run once, call Next, run again with what
// is a new sequence, until Next returns false. The first run gives the dullest answers throughout.
//
//	e := sim.NewExhaust(3)
//	for more := true; more; more = e.Next() {
//		config.Chooser = e
//		check(sim.Run(config))
//	}
//
// The code that asks must be deterministic. The number of sequences grows exponentially: keep worlds small,
// links without latency, and bound the depth.
type Exhaust struct {
	// Spans is how many values of a span are tried, spread evenly from its lowest to its highest.
	spans int
	depth int
	// digits are the answers of the current sequence, each with its number of alternatives.
	digits []digit
	next   int
	// truncated says that some run asked more questions than depth.
	truncated bool
}

type digit struct{ value, radix int }

// NewExhaust returns the enumeration that tries so many values of each span, at least 1.
func NewExhaust(spans int) *Exhaust { return &Exhaust{spans: max(1, spans), depth: int(^uint(0) >> 1)} }

// Bound makes e vary only the first depth questions of a run; later ones get the dullest answer.
func (e *Exhaust) Bound(depth int) { e.depth = depth }

// Truncated reports whether a bound has kept any question from being varied, or a span had more values than were tried:
// if so, not everything was seen.
func (e *Exhaust) Truncated() bool { return e.truncated }

// Next moves to the next sequence. It returns false when there is none.
func (e *Exhaust) Next() bool {
	e.digits = e.digits[:min(e.next, len(e.digits))]
	e.next = 0
	for i := len(e.digits) - 1; i >= 0; i-- {
		if d := &e.digits[i]; d.value+1 < d.radix {
			d.value++
			e.digits = e.digits[:i+1]
			return true
		}
	}
	e.digits = e.digits[:0]
	return false
}

// choose answers a question with so many alternatives.
func (e *Exhaust) choose(radix int) int {
	if radix <= 1 {
		return 0
	}
	if e.next >= e.depth {
		e.truncated = true
		return 0
	}
	if e.next == len(e.digits) {
		e.digits = append(e.digits, digit{0, radix})
	}
	v := e.digits[e.next].value
	e.next++
	return min(v, radix-1)
}

// Index implements [Chooser]: all n alternatives.
func (e *Exhaust) Index(_ Key, n int) int { return e.choose(n) }

// Chance implements [Chooser]: no, then yes.
func (e *Exhaust) Chance(_ Key, p Ratio) bool {
	if p == 0 || p >= Always {
		return p > 0
	}
	return e.choose(2) == 1
}

// Span implements [Chooser].
func (e *Exhaust) Span(_ Key, lo, hi time.Duration) time.Duration {
	n := e.spans
	if width := int64(hi - lo); int64(n) > width+1 {
		n = int(width + 1)
	} else if int64(n) < width+1 {
		e.truncated = true
	}
	i := e.choose(n)
	if i == 0 {
		return lo
	}
	return lo + time.Duration(mulDiv(int64(hi-lo), int64(i), int64(n-1)))
}
