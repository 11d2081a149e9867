package simtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
)

// few returns a short run of gossips.
func few() sim.Config {
	c := gossips("")(1)
	c.Limit = sim.Time(ms(40))
	c.Faults = []sim.Planned{
		simtest.At(ms(15), "crash n3", func(f sim.Faults) { f.Crash(3, sim.PowerLoss{}) }),
	}
	return c
}

func TestPlayTellsAWholeRun(t *testing.T) {
	simtest.Play(t, few(), "play.txt", simtest.Telling{
		Timers: []string{"gossip"}, Without: []string{"Synced"}, Effects: simtest.Sends(), MaxLines: 40,
	})
}

func TestScriptTellsWithProse(t *testing.T) {
	s := simtest.NewScript(t, few(), simtest.Telling{Nodes: []sim.NodeID{1}, Kinds: []string{"Timeout", "Note"},
		Effects: simtest.AllEffects(), Timers: []string{"gossip"}})
	s.Say("n1 wakes up by itself")
	s.UntilMark("heard")
	s.Say("somebody has heard of it by event %d", s.View().Seq())
	s.UntilTime(ms(20))
	s.Golden("script.txt")
	if s.Step(1_000_000) || s.Result().Stop != sim.StopLimit {
		t.Errorf("the run does not end: %v", s.Result().Stop)
	}
}

func TestAloneOnAStageWithPuppets(t *testing.T) {
	c := simtest.Alone(3, 1, 30*time.Millisecond, func() sim.Machine { return &gossip{id: 1} },
		simtest.Line{After: ms(5), From: 2, To: 1, Msg: &note{8}},
		simtest.Line{After: ms(5), From: sim.Client(1), To: 1, Msg: &note{1}},
		simtest.Line{After: ms(12), From: 2, To: 1, Msg: &note{4}})
	simtest.Play(t, c, "alone.txt", simtest.Telling{Nodes: []sim.NodeID{1}, Effects: simtest.Sends(),
		Kinds: []string{"Note"}, Without: []string{"Lost"}})
}

func TestAStoryOfAViolationEndsWithIt(t *testing.T) {
	c := few()
	c.Observers = []sim.Observer{tired{}}
	simtest.Play(t, c, "violation.txt", simtest.Telling{Decided: true, MaxLines: 2})
}

// tired wants no run to reach its tenth event.
type tired struct{}

func (tired) Observe(_ sim.View, s *sim.StepInfo) error {
	if s.Seq == 10 {
		return sim.Violatef("tired", "enough")
	}
	return nil
}

func TestGoldenShowsWhatDiffers(t *testing.T) {
	want := "one\ntwo\nthree\n"
	said := failures(func(t simtest.T) { simtest.Golden(t, "golden.txt", strings.Replace(want, "two", "2", 1)) })
	for _, line := range []string{"testdata/golden.txt tells something else", "two", "2", "-update"} {
		wantFailure(t, said, line)
	}
	if said := failures(func(t simtest.T) { simtest.Golden(t, "golden.txt", want) }); len(said) > 0 {
		t.Errorf("the same text: %s", said)
	}
	wantFailure(t, failures(func(t simtest.T) { simtest.Golden(t, "absent/none.txt", want) }), "-update")
}

func TestGoldenWritesWhenItIsAskedTo(t *testing.T) {
	t.Chdir(t.TempDir())
	defer simtest.SetUpdate("false")
	simtest.SetUpdate("true")
	simtest.Golden(t, "deep/story.txt", "text")
	if b, err := os.ReadFile(filepath.Join("testdata", "deep", "story.txt")); err != nil || string(b) != "text" {
		t.Errorf("the file has %q, %v", b, err)
	}
}

func TestUntilFailsWhenTheRunEndsBefore(t *testing.T) {
	said := failures(func(t simtest.T) {
		simtest.NewScript(t, few(), simtest.Telling{Kinds: []string{"Start"}}).UntilMark("never")
	})
	wantFailure(t, said, "the run ended before the mark never:\n[   0ms] n1 Start")
	wantFailure(t, said, "[  40ms] the run ends: time limit")
}
