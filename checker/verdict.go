package checker

import (
	"fmt"
	"strings"

	"schism/sim"
)

// Verdict is what a check says about a run. The zero value is Unknown, so that a verdict that nobody
// reached never passes for a good one.
type Verdict uint8

// The verdicts. Unknown is never success.
const (
	// Unknown means that the check could not tell, within its budget or from what it was given.
	Unknown Verdict = iota
	// Valid means that what must hold was shown to hold.
	Valid
	// Invalid means that what must hold was shown not to hold.
	Invalid
)

// String returns "unknown", "valid" or "invalid".
func (v Verdict) String() string {
	switch v {
	case Valid:
		return "valid"
	case Invalid:
		return "invalid"
	}
	return "unknown"
}

// And returns the verdict on two things that must both hold: the worse one, where Invalid is worse than
// Unknown and Unknown is worse than Valid.
func (v Verdict) And(w Verdict) Verdict {
	switch {
	case v == Invalid || w == Invalid:
		return Invalid
	case v == Valid && w == Valid:
		return Valid
	}
	return Unknown
}

// Report is a verdict with its reasons. It is a pure function of what was judged: equal runs have equal
// reports, byte by byte.
type Report struct {
	// Check names what was checked and is the ID of the violation if it does not hold:
	// "linearizability", "liveness".
	Check   string
	Verdict Verdict
	// Reason is one line for people.
	Reason string
	// Key is the key whose operations cannot be explained, if the specification has keys.
	Key string
	// Core is the smallest part of the history that was found to be inexplicable by itself, in order of
	// calls. An operation that was still open when the blocked one returned has Outcome Unknown here.
	Core []sim.Op
	// Blocked is the index in Core of the operation that could not be placed: everything that had
	// returned before it has an explanation, and with it there is none. It is -1 if Core is empty.
	Blocked int
	// Seen is the event at which it was seen that something is wrong, if Core does not say that, with the true time:
	// that a client was told what it must not be told. It is sim.StillOpen if something was missing in the end, and 0
	// if Core says it all.
	Seen   uint64
	SeenAt sim.Time
	// Explanation is several lines for people: the core, and why it cannot be explained.
	Explanation string
	// Effort says what the verdict cost.
	Effort Effort
}

// Passed returns a report on so many replies, those that its check has looked at, with which nothing is wrong.
func Passed(check string, replies int) Report {
	r := Report{Check: check, Verdict: Valid, Reason: fmt.Sprintf("%d replies", replies), Blocked: -1}
	r.Effort.Operations = replies
	return r
}

// Examined says what r rests on: so many of what its check looks at, in words.
func (r *Report) Examined(n int, what string) {
	r.Effort.Operations = n
	if r.Verdict == Valid {
		r.Reason = fmt.Sprintf("%d %s", n, what)
	}
}

// NotTold returns a report that is Unknown, for a reason.
func NotTold(check, reason string) Report { return Report{Check: check, Reason: reason, Blocked: -1} }

// Contradict makes r Invalid because b contradicts a, in the words of reason, unless it is not Valid any more: the
// first contradiction counts.
func (r *Report) Contradict(a, b *sim.Op, reason string) {
	if r.Verdict == Valid {
		r.Verdict, r.Reason, r.Core, r.Blocked = Invalid, reason, []sim.Op{*a, *b}, 1
	}
}

// Effort is what a judgement took.
type Effort struct {
	// Operations counts what was judged, mostly operations; failed ones and unknown reads are left out, they say
	// nothing. A check that has looked at nothing has 0. Keys counts the parts into which the specification divides
	// them.
	Operations, Keys int
	// Witnessed counts the parts that the servers' own order proved valid, Searched those that were given
	// to porcupine.
	Witnessed, Searched int
	// Steps counts the steps of the specification that the searches took.
	Steps int
}

// String returns the check, the verdict, the reason and the explanation.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", r.Check, r.Verdict)
	if r.Reason != "" {
		b.WriteString(": " + r.Reason)
	}
	if r.Explanation != "" {
		b.WriteString("\n" + r.Explanation)
	}
	return b.String()
}

// Violation returns r as a finding, or nil unless its verdict is Invalid.
func (r Report) Violation() *sim.Violation {
	if r.Verdict != Invalid {
		return nil
	}
	v := sim.Violatef(r.Check, "%s", r.Reason)
	if r.Blocked >= 0 && r.Blocked < len(r.Core) {
		op := &r.Core[r.Blocked]
		v.Node, v.At, v.Seq = op.Client, op.Return, op.ReturnSeq
		if v.Seq == sim.StillOpen {
			v.At, v.Seq = op.Call, op.CallSeq
		}
	}
	if r.Seen != 0 && r.Seen != sim.StillOpen {
		v.At, v.Seq = r.SeenAt, r.Seen
	}
	return v
}
