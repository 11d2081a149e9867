package nemesis_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// TestRatesAreWhatComes: in the runs in which the kind is switched on, over 400 runs of ten minutes.
func TestRatesAreWhatComes(t *testing.T) {
	const minutes = 10
	for _, rate := range []nemesis.PerMinute{300, 2500, 12_000, 60_000} {
		plan := nemesis.Swarm(nemesis.SwarmConfig{Until: minutes*time.Minute + time.Second, MinFor: 200 * ms,
			Kinds: []nemesis.Kind{nemesis.KindPause, nemesis.KindCrash, nemesis.KindCrashAll},
			Rates: []nemesis.Rate{{Kind: nemesis.KindPause, PerMinute: rate},
				{Kind: nemesis.KindCrashAll, PerMinute: 1000}}})
		paused, runs := 0, 0
		for seed := range uint64(400) {
			n := 0
			for _, e := range plan(sim.NewSeeded(seed), servers(5), nil) {
				if _, ok := e.Do.(nemesis.Pause); ok {
					n++
				}
			}
			if paused += n; n > 0 {
				runs++
			}
		}
		got := paused * 1000 / minutes / runs
		if want := int(rate); got < want*9/10 || got > want*11/10 || runs < 150 || runs > 250 {
			t.Errorf("at a rate of %s a minute, %s come in %d runs", rate, nemesis.PerMinute(got), runs)
		}
	}
}

func TestRatesLeaveOtherKindsAlone(t *testing.T) {
	about := func(s nemesis.Schedule) string {
		s = slices.DeleteFunc(slices.Clone(s), func(e nemesis.Entry) bool {
			return !e.When.Waits() && strings.Contains(e.String(), "hold") || strings.Contains(e.String(), "release")
		})
		return s.String()
	}
	kinds := slices.DeleteFunc(nemesis.Common(), func(k nemesis.Kind) bool {
		return k == nemesis.KindClog || k == nemesis.KindSwizzle // they share its lane
	})
	plain := nemesis.Swarm(nemesis.SwarmConfig{Until: 30 * time.Second, Kinds: kinds})
	rated := nemesis.Swarm(nemesis.SwarmConfig{Until: 30 * time.Second, Kinds: kinds,
		Rates: []nemesis.Rate{{Kind: nemesis.KindHold, PerMinute: 5000}}})
	for seed := range uint64(50) {
		a, b := plain(sim.NewSeeded(seed), servers(5), nil), rated(sim.NewSeeded(seed), servers(5), nil)
		if about(a) != about(b) {
			t.Fatalf("seed %d: other kinds change", seed)
		}
	}
}

func TestRatesThatCannotBeArePanics(t *testing.T) {
	for _, r := range []nemesis.Rate{{Kind: nemesis.KindPause, PerMinute: 200_000}, {Kind: nemesis.KindPause},
		{Kind: nemesis.KindMarkCrash, PerMinute: 1000}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is taken", r)
				}
			}()
			nemesis.Swarm(nemesis.SwarmConfig{Until: time.Minute, Rates: []nemesis.Rate{r}})
		}()
	}
}

func TestSwarmsDescribeAllTheirParameters(t *testing.T) {
	c := nemesis.SwarmConfig{Until: 601 * time.Second, Kinds: []nemesis.Kind{nemesis.KindPause, nemesis.KindHalves},
		Rates: []nemesis.Rate{{Kind: nemesis.KindPause, PerMinute: 6000}}}
	text := c.Describe(5, 2)
	for _, want := range []string{"from 0s to 10m0s, all undone at 10m1s; a fault lasts 500ms..8s",
		"drift up to 500ppm", "wild up to 100000ppm", "jumps up to 10s", "leases of 1s", "at most 1 servers",
		"expected in a simulated minute:"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said in\n%s", want, text)
		}
	}
	rates := c.Expected(5, 2)
	if len(rates) != 2 || rates[1].Kind != nemesis.KindPause || rates[1].PerMinute < 2600 || rates[1].PerMinute > 3400 {
		t.Errorf("expected are %v, want about 3 pauses: half of the runs have 6", rates)
	}
	for _, r := range rates {
		if !strings.Contains(text, " "+r.String()) {
			t.Errorf("%v is not said in\n%s", r, text)
		}
	}
}
