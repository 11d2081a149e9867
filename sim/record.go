package sim

import (
	"fmt"
	"time"
)

// choiceKind tells the three questions of a Chooser apart.
type choiceKind uint8

const (
	choiceIndex choiceKind = iota
	choiceChance
	choiceSpan
)

var choiceNames = [...]string{"index", "chance", "span"}

// Choice is one decision of a run: what was asked and what was answered.
type Choice struct {
	Key  Key
	kind choiceKind
	// lo and hi bound the answer, both included.
	lo, hi int64
	// Value is the answer: an index, 0 or 1 for a chance, nanoseconds for a span.
	Value int64
}

// String returns "latency n1 n2 span 500000..10000000 = 731442".
func (c Choice) String() string {
	return fmt.Sprintf("%s %s %s %s %d..%d = %d", c.Key.Decision, c.Key.From, c.Key.To,
		choiceNames[c.kind], c.lo, c.hi, c.Value)
}

// Recorder answers as another chooser does and keeps every answer.
type Recorder struct {
	inner   Chooser
	choices []Choice
}

// NewRecorder returns a chooser that answers as inner does.
func NewRecorder(inner Chooser) *Recorder { return &Recorder{inner: inner} }

// Choices returns the answers so far, in order. The slice is r's own.
func (r *Recorder) Choices() []Choice { return r.choices }

func (r *Recorder) keep(k Key, kind choiceKind, lo, hi, v int64) {
	r.choices = append(r.choices, Choice{Key: k, kind: kind, lo: lo, hi: hi, Value: v})
}

// Index implements [Chooser].
func (r *Recorder) Index(k Key, n int) int {
	v := r.inner.Index(k, n)
	r.keep(k, choiceIndex, 0, int64(n-1), int64(v))
	return v
}

// Chance implements [Chooser].
func (r *Recorder) Chance(k Key, p Ratio) bool {
	v := r.inner.Chance(k, p)
	n := int64(0)
	if v {
		n = 1
	}
	r.keep(k, choiceChance, 0, int64(p), n)
	return v
}

// Span implements [Chooser].
func (r *Recorder) Span(k Key, lo, hi time.Duration) time.Duration {
	v := r.inner.Span(k, lo, hi)
	r.keep(k, choiceSpan, int64(lo), int64(hi), int64(v))
	return v
}

// Replay answers from recorded choices.
//
// A strict replay expects the same questions in the same order: Err returns the first that differs. An
// aligned replay keeps a queue of answers for each key, so that it still makes sense after the code or the
// schedule has changed: Drift counts the questions that found no answer under their key or one out of bounds.
// What has no recorded answer gets the dullest one.
type Replay struct {
	choices []Choice
	next    int
	// queues holds, for an aligned replay, the choices of each key in order.
	queues map[choiceStream][]Choice
	drift  int
	asked  int
	err    error
}

// choiceStream names one queue of an aligned replay.
type choiceStream struct {
	key  Key
	kind choiceKind
}

// NewStrictReplay returns a chooser that gives the answers in order and accepts no other question.
func NewStrictReplay(choices []Choice) *Replay { return &Replay{choices: choices} }

// NewAlignedReplay returns a chooser that gives, under every key, the answers recorded under that key.
func NewAlignedReplay(choices []Choice) *Replay {
	r := &Replay{queues: make(map[choiceStream][]Choice)}
	for _, c := range choices {
		s := choiceStream{c.Key, c.kind}
		r.queues[s] = append(r.queues[s], c)
	}
	return r
}

// Err returns nil if every question so far was the recorded one, and otherwise says which was not. It is
// always nil for an aligned replay.
func (r *Replay) Err() error { return r.err }

// Drift is the number of questions that an aligned replay had to answer by itself.
func (r *Replay) Drift() int { return r.drift }

// Left is the number of recorded answers that nobody has asked for.
func (r *Replay) Left() int {
	if r.queues == nil {
		return len(r.choices) - r.next
	}
	left := 0
	for _, q := range r.queues { // order: a sum
		left += len(q)
	}
	return left
}

// answer returns the recorded answer to the question asked, or its dullest answer.
func (r *Replay) answer(asked Choice) int64 {
	r.asked++
	if r.queues != nil {
		return r.alignedAnswer(asked)
	}
	if r.err != nil {
		return dullest(asked)
	}
	if r.next == len(r.choices) {
		r.err = fmt.Errorf("replay: choice %d: nothing is recorded for %v", r.asked, asked)
		return dullest(asked)
	}
	c := r.choices[r.next]
	if c.Key != asked.Key || c.kind != asked.kind || c.lo != asked.lo || c.hi != asked.hi {
		r.err = fmt.Errorf("replay: choice %d: recorded %v, asked %v", r.asked, c, asked)
		return dullest(asked)
	}
	r.next++
	return c.Value
}

func (r *Replay) alignedAnswer(asked Choice) int64 {
	s := choiceStream{asked.Key, asked.kind}
	q := r.queues[s]
	if len(q) == 0 {
		r.drift++
		return dullest(asked)
	}
	r.queues[s] = q[1:]
	v := q[0].Value
	if asked.kind != choiceChance && (v < asked.lo || v > asked.hi) {
		r.drift++
		return dullest(asked)
	}
	return v
}

// dullest returns the answer that changes least: the first, no, the shortest.
func dullest(asked Choice) int64 {
	if asked.kind == choiceSpan {
		return asked.lo
	}
	return 0
}

// Index implements [Chooser].
func (r *Replay) Index(k Key, n int) int {
	return int(r.answer(Choice{Key: k, kind: choiceIndex, hi: int64(n - 1)}))
}

// Chance implements [Chooser].
func (r *Replay) Chance(k Key, p Ratio) bool {
	return r.answer(Choice{Key: k, kind: choiceChance, hi: int64(p)}) == 1
}

// Span implements [Chooser].
func (r *Replay) Span(k Key, lo, hi time.Duration) time.Duration {
	return time.Duration(r.answer(Choice{Key: k, kind: choiceSpan, lo: int64(lo), hi: int64(hi)}))
}
