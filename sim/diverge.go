package sim

import "fmt"

// Divergence is where two runs that should be equal begin to differ.
type Divergence struct {
	// Line is the number of the first record that differs, from 1. Before are the records that came right
	// before it, equal in both runs; Left and Right are the records themselves, empty where a run had ended.
	Line        int
	Before      []string
	Left, Right string
}

// String prints both sides.
func (d *Divergence) String() string {
	s := fmt.Sprintf("the runs differ first at record %d of their traces\n", d.Line)
	for _, b := range d.Before {
		s += "  both   " + b
	}
	return s + "  left   " + orEnd(d.Left) + "  right  " + orEnd(d.Right)
}

func orEnd(s string) string {
	if s == "" {
		return "(the run has ended)\n"
	}
	return s
}

// divergenceContext is the number of equal records that are shown before the first difference.
const divergenceContext = 3

// Diverge makes two runs and compares them record by record: the events with all they bring and ask for, the
// messages lost, and the digest after each. It returns nil if they are equal. Each of left and right makes one
// run with the tracer that it is given, and is called once, so that even a run that never repeats is caught as
// it happened.
func Diverge(left, right func(Tracer)) *Divergence {
	l := &collector{}
	left(l)
	r := &comparer{with: l}
	right(r)
	if r.found != nil {
		return r.found
	}
	if r.line < len(l.digests) {
		return l.divergence(r.line, l.record(r.line), "")
	}
	return nil
}

// collector keeps the text and the digests of a run.
type collector struct {
	text    []byte
	ends    []int
	digests []Digest
}

// Trace implements [Tracer].
func (c *collector) Trace(r *Record) {
	c.text = r.AppendText(c.text)
	c.ends = append(c.ends, len(c.text))
	c.digests = append(c.digests, r.Digest)
}

// record returns the text of the i-th record, with its digest.
func (c *collector) record(i int) string {
	start := 0
	if i > 0 {
		start = c.ends[i-1]
	}
	return withDigest(c.text[start:c.ends[i]], c.digests[i])
}

func withDigest(text []byte, d Digest) string {
	return fmt.Sprintf("%s%28sdigest %s\n", text, "", d)
}

func (c *collector) divergence(i int, left, right string) *Divergence {
	d := &Divergence{Line: i + 1, Left: left, Right: right}
	for j := max(0, i-divergenceContext); j < i; j++ {
		d.Before = append(d.Before, c.record(j))
	}
	return d
}

// comparer compares a run with a collected one.
type comparer struct {
	with  *collector
	line  int
	text  []byte
	found *Divergence
}

// Trace implements [Tracer].
func (c *comparer) Trace(r *Record) {
	if c.found != nil {
		return
	}
	c.text = r.AppendText(c.text[:0])
	right := withDigest(c.text, r.Digest)
	left := ""
	if c.line < len(c.with.digests) {
		left = c.with.record(c.line)
	}
	if left != right {
		c.found = c.with.divergence(c.line, left, right)
	}
	c.line++
}
