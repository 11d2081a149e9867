package scenarios

import (
	"strings"
	"testing"

	"schism/nemesis"
	"schism/sim"
)

func TestSliceTellsWhoWasSilenced(t *testing.T) {
	c := DrawCase(Must("raft/kv/calm"), 1, sim.NewSeeded(1))
	schedule, err := nemesis.ParseSchedule("2s crash n1\n3s crash n2\n4s crash n3\n")
	if err != nil {
		t.Fatal(err)
	}
	c.Schedule = schedule
	text := c.told(t).String()
	for _, e := range schedule {
		if !strings.Contains(text, "  "+e.Do.String()+"\n") && !strings.Contains(text, "  "+e.Do.String()+";") {
			t.Errorf("the slice does not tell of %q:\n%s", e.Do, text)
		}
	}
}

func TestSliceTellsWhatALivelockGoesOnWith(t *testing.T) {
	trail := newTrail(words{})
	trail.events = append(trail.events, happening{seq: 1, node: sim.Server(1), kind: sim.TaskRun})
	v := &sim.Violation{ID: Livelock, Seq: 1}
	r := &Report{Result: &sim.Result{Violation: v}, Violations: []*sim.Violation{v}}
	if text := trail.slice(r).String(); !strings.Contains(text, "n1  goes on without end, by TaskRun\n") {
		t.Errorf("the slice does not say who goes on:\n%s", text)
	}
}

func TestLossesAreByTheFaultThatLoses(t *testing.T) {
	n1, n2 := sim.Server(1), sim.Server(2)
	trail := newTrail(words{})
	fault := uint64(0)
	hits := func(text string, touched ...sim.Touch) uint64 {
		f, err := nemesis.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		fault++
		trail.Trace(&sim.Record{StepInfo: &sim.StepInfo{Seq: fault, Action: f}, Touched: touched})
		return fault
	}
	loses := func(why string) { trail.Trace(&sim.Record{StepInfo: &sim.StepInfo{}, Lost: why, From: n1, To: n2}) }
	want := make(map[uint64]int)
	link, node := sim.Touch{From: n1, To: n2}, sim.Touch{From: n2}
	loses("lost")
	cut := hits("cut n1 -> n2", link)
	hits("drift n2 100ppm", node)
	loses("cut")
	crash := hits("crash n2", node)
	loses("cut")
	loses("down")
	hits("restart n2", node)
	loses("down")
	loses("cut")
	hits("heal", link)
	loses("lost")
	want[cut], want[crash] = 3, 1
	for seq := range fault + 1 {
		if trail.lost[seq] != want[seq] {
			t.Errorf("%d messages are lost by fault %d, want %d", trail.lost[seq], seq, want[seq])
		}
	}
}
