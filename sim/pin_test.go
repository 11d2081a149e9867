package sim_test

import (
	"testing"
	"time"

	"schism/sim"
)

func TestPinsPrintAndParseBack(t *testing.T) {
	for _, text := range []string{"latency n1 n2 #5 = 3ms", "loss dull", "timer n3 dull", "tie n1 #2 = 1",
		"crash n2 #1 dull"} {
		p, err := sim.ParsePin(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.String() != text {
			t.Errorf("%q prints as %q", text, p)
		}
	}
	for _, text := range []string{"", "latency", "fate dull", "latency n1 #0 dull", "latency = -3ms", "tie = x",
		"tie dull 3", "latency n1 n2 n3 dull", "tie #01 dull"} {
		if p, err := sim.ParsePin(text); err == nil {
			t.Errorf("%q reads as %v", text, p)
		}
	}
}

// TestPinsChangeNothingElse asks a pinned chooser and another one the same.
func TestPinsChangeNothingElse(t *testing.T) {
	pins := []sim.Pin{
		{Decision: sim.DecideLatency, From: sim.Server(1), To: sim.Server(2), Nth: 3,
			Value: int64(7 * time.Millisecond)},
		{Decision: sim.DecideLoss, Dull: true},
		{Decision: sim.DecideTie, Nth: 2, Value: 99},
	}
	pinned, free := sim.NewPinned(sim.NewSeeded(1), pins), sim.NewSeeded(1)
	key := sim.Key{Decision: sim.DecideLatency, From: sim.Server(1), To: sim.Server(2)}
	for i := 1; i <= 5; i++ {
		got, want := pinned.Span(key, 0, time.Second), free.Span(key, 0, time.Second)
		if i == 3 {
			want = 7 * time.Millisecond
		}
		if got != want {
			t.Errorf("question %d is answered by %v, want %v", i, got, want)
		}
	}
	if pinned.Chance(sim.Key{Decision: sim.DecideLoss}, sim.Always) {
		t.Error("a dull chance happens")
	}
	tie := sim.Key{Decision: sim.DecideTie}
	for range 2 {
		if got, want := pinned.Index(tie, 10), free.Index(tie, 10); got != want {
			t.Errorf("an answer out of bounds changes %d to %d", want, got)
		}
	}
	if idle := pinned.Idle(); len(idle) != 1 || idle[0] != pins[2] {
		t.Errorf("the pins %v do not fit, want the last one only", idle)
	}
	if pinned.Asked[sim.DecideLatency] != 5 || pinned.Asked[sim.DecideTie] != 2 {
		t.Errorf("%v questions are counted", pinned.Asked)
	}
}

// FuzzParsePin reads anything, and prints what it could read.
func FuzzParsePin(f *testing.F) {
	f.Add("latency n1 n2 #5 = 3ms")
	f.Add("tie dull")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := sim.ParsePin(text)
		if err != nil {
			return
		}
		back, err := sim.ParsePin(p.String())
		if err != nil || back != p {
			t.Errorf("%q prints as %q, which reads as %v, %v", text, p, back, err)
		}
	})
}
