package scenarios

import (
	"fmt"
	"io"
	"strings"

	"schism/checker"
	"schism/sim"
)

// maxMoments is how many moments a story tells at most; the middle of a longer one is left out.
const maxMoments = 60

// minLabel is the width of the column of labels at least.
const minLabel = 15

// WriteStory tells the run to people: what happened, what the clients got, and the verdict.
func (r *Report) WriteStory(w io.Writer) error {
	_, err := io.WriteString(w, r.story()+r.again())
	return err
}

// again says how the run is made again, if it was made from a seed.
func (r *Report) again() string {
	if !r.Seeded {
		return ""
	}
	return fmt.Sprintf("again   go run ./cmd/schism replay %s --seed %d --digest %s\n", r.Scenario.Name, r.Seed,
		r.Digest)
}

// story is what WriteStory tells of the run itself.
func (r *Report) story() string {
	var b strings.Builder
	r.writeMoments(&b)
	return r.tell(b.String())
}

// tell tells of a run in which happens what happened says, line by line.
func (r *Report) tell(happened string) string {
	var b strings.Builder
	s := r.Scenario
	fmt.Fprintf(&b, "%s, seed %d: %d servers, %d clients, %.0f s\n%s\n\n", s.Name, r.Seed, s.Servers, s.Clients,
		r.Virtual.Seconds(), s.Doc)
	b.WriteString(happened + "\n")
	width := minLabel
	for _, j := range r.judgements {
		width = max(width, len(j.check))
	}
	r.writeOutcomes(&b, width)
	for _, j := range r.judgements {
		fmt.Fprintf(&b, "  %-*s %s: %s\n", width, j.check, j.Verdict, j.Reason)
		if j.Verdict != checker.Valid && j.Explanation != "" {
			b.WriteString(indent(j.Explanation))
		}
	}
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "\nVIOLATION %s: %s   step %d  t=%s\n", v.ID, v.Detail, v.Seq, v.At)
	}
	fmt.Fprintf(&b, "\nverdict %s   %d events, %d messages delivered, %d lost   digest %s\n",
		strings.ToUpper(r.Verdict.String()), r.Events, r.Delivered, r.Dropped, r.Digest)
	return b.String()
}

func (r *Report) writeMoments(b *strings.Builder) {
	m := r.Moments
	tell := func(part []Moment) {
		for i := range part {
			fmt.Fprintf(b, "  t=%-11s %s\n", part[i].At, part[i].Text)
		}
	}
	if len(m) <= maxMoments {
		tell(m)
	} else {
		half := maxMoments / 2
		tell(m[:half])
		fmt.Fprintf(b, "  … %d moments left out …\n", len(m)-2*half)
		tell(m[len(m)-half:])
	}
}

// writeOutcomes tells what became of the operations, and of those of cut-off servers.
func (r *Report) writeOutcomes(b *strings.Builder, width int) {
	ok, failed, unknown := r.Outcomes()
	fmt.Fprintf(b, "  %-*s %d: %d ok, %d failed, %d unknown\n", width,
		"operations", ok+failed+unknown, ok, failed, unknown)
	if r.CutAcked != [2]int{} || r.CutRefused != [2]int{} {
		for side, who := range []string{"with a quorum", "without one"} {
			fmt.Fprintf(b, "  %-*s servers %s acknowledged %d writes and refused %d\n", width,
				"during cuts", who, r.CutAcked[side], r.CutRefused[side])
		}
	}
}

// indent puts four spaces before every line.
func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ") + "\n"
}

// String names the moment on one line.
func (m Moment) String() string { return fmt.Sprintf("%s %s", m.At, m.Text) }

var _ sim.Observer = (*chronicle)(nil)
