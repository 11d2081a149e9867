package scenarios

import (
	"fmt"
	"strings"
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/sim"
)

// Report is what is left of a run, with its verdict.
type Report struct {
	*sim.Result
	Scenario *Scenario
	// Seed is that of the run, if it was made from one: Seeded.
	Seed     uint64
	Seeded   bool
	Schedule nemesis.Schedule
	Verdict  checker.Verdict
	// Violations holds what was found, the one that ended the run first.
	Violations []*sim.Violation
	Virtual    time.Duration
	// Moments is what is worth telling, in order.
	Moments []Moment
	// CutAcked and CutRefused count what servers said about writes while some servers were cut off: first
	// those that reached a quorum, then those that did not.
	CutAcked, CutRefused [2]int

	// Draws and Idle are those of the run of a Case: how many choices it took, and which pins fitted none of them.
	Draws Draws
	Idle  []sim.Pin

	judgements []judgement
}

// Livelock is the ID of the violation that a run has more than maxEvents events: somebody spins.
const Livelock = "livelock"

// LivenessDown is the ID of the violation that a server that was started again, with nothing wrong around it, has
// stopped.
const LivenessDown = "liveness-down"

// maxEvents bounds a run. Ordinary ones have some thousands of events.
const maxEvents = 1_000_000

// chronicle takes over what c saw.
func (r *Report) chronicle(c *chronicle) {
	r.Reached = append(r.Reached, c.reached...)
	r.CutAcked, r.CutRefused = c.acked, c.refused
}

// conclude makes the verdict from the violation that ended the run, if any, and the judgements. A run that was
// ended by a violation was not judged further: it stopped halfway.
func (r *Report) conclude(all []judgement) {
	if r.Stop == sim.StopEvents {
		r.Violation = sim.Violatef(Livelock, "%d events, and no end within %v", r.Events, r.Scenario.Length())
		r.Violation.At, r.Violation.Seq = r.End, r.Events
	}
	if r.Violation != nil {
		r.Verdict = checker.Invalid
		r.Violations = append(r.Violations, r.Violation)
		return
	}
	r.judgements = all
	r.Verdict = checker.Unknown
	for i, j := range all {
		if i == 0 {
			r.Verdict = j.Verdict
		}
		r.Verdict = r.Verdict.And(j.Verdict)
		if v := j.Violation(); v != nil {
			r.Violations = append(r.Violations, v)
		}
	}
}

// Outcomes counts the operations of the history by outcome.
func (r *Report) Outcomes() (ok, failed, unknown int) {
	for i := range r.History {
		switch r.History[i].Outcome {
		case sim.OK:
			ok++
		case sim.Failed:
			failed++
		default:
			unknown++
		}
	}
	return ok, failed, unknown
}

// ReportJSON is a report for programs.
type ReportJSON struct {
	Scenario   string          `json:"scenario"`
	Seed       uint64          `json:"seed"`
	Verdict    string          `json:"verdict"`
	Violations []ViolationJSON `json:"violations"`
	Digest     string          `json:"digest"`
	Events     uint64          `json:"events"`
	Delivered  uint64          `json:"delivered"`
	Dropped    uint64          `json:"dropped"`
	VirtualS   float64         `json:"virtual_s"`
	Operations OutcomesJSON    `json:"operations"`
	Marks      map[string]int  `json:"marks"`
	Schedule   string          `json:"schedule"`
}

// OutcomesJSON counts operations by outcome.
type OutcomesJSON struct {
	OK      int `json:"ok"`
	Failed  int `json:"failed"`
	Unknown int `json:"unknown"`
}

// ViolationJSON is one violation for programs.
type ViolationJSON struct {
	ID     string  `json:"id"`
	Detail string  `json:"detail"`
	Node   string  `json:"node"`
	AtS    float64 `json:"at_s"`
	Seq    uint64  `json:"seq"`
}

// JSON returns r for programs.
func (r *Report) JSON() *ReportJSON {
	j := &ReportJSON{
		Scenario: r.Scenario.Name, Seed: r.Seed, Verdict: r.Verdict.String(),
		Violations: []ViolationJSON{}, Digest: r.Digest.String(), Events: r.Events,
		Delivered: r.Delivered, Dropped: r.Dropped, VirtualS: r.Virtual.Seconds(),
		Marks: map[string]int{}, Schedule: r.Schedule.String(),
	}
	j.Operations.OK, j.Operations.Failed, j.Operations.Unknown = r.Outcomes()
	for _, v := range r.Violations {
		j.Violations = append(j.Violations, ViolationJSON{v.ID, v.Detail, v.Node.String(),
			time.Duration(v.At).Seconds(), v.Seq})
	}
	for _, m := range r.Reached {
		j.Marks[m.Mark]++
	}
	return j
}

// Failure is what a failing test prints: every line can be copied.
func (r *Report) Failure() string {
	var b strings.Builder
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "VIOLATION %s: %s   step %d  t=%s\n", v.ID, v.Detail, v.Seq, v.At)
	}
	if len(r.Violations) == 0 {
		fmt.Fprintf(&b, "verdict %s\n", r.Verdict)
	}
	for _, j := range r.judgements {
		if j.Verdict != checker.Valid {
			b.WriteString(indent(j.Report.String()))
		}
	}
	for _, f := range r.Applied {
		fmt.Fprintf(&b, "  t=%-11s %s\n", f.At, f.What)
	}
	if s := r.Scenario; s.Swarm != nil {
		b.WriteString("drawn by\n" + indent(s.Swarm.Describe(s.Servers, s.Clients)))
	}
	if r.Seeded {
		fmt.Fprintf(&b, "replay   go test ./scenarios -run '^TestScenarios$/^%s$' -schism.seed=%d\n",
			strings.ReplaceAll(r.Scenario.Name, "/", "$/^"), r.Seed)
		fmt.Fprintf(&b, "see      go run ./cmd/schism run %s --seed %d\n", r.Scenario.Name, r.Seed)
	}
	fmt.Fprintf(&b, "identity digest=%s events=%d\n", r.Digest, r.Events)
	return b.String()
}
