package scenarios

import (
	"strings"
	"testing"

	"schism/checker"
	"schism/nemesis"
	"schism/sim"
)

// TestNothingIsDeadWhileItIsImpaired breaks Raft in ways that cut, stop and pause nothing, and undoes none of them: the
// run shows neither that it lives nor that it does not.
func TestNothingIsDeadWhileItIsImpaired(t *testing.T) {
	runner := NewRunner(Must("raft/kv/split-2-3"))
	for text, why := range map[string]string{
		"3s hold all":                   "is held",
		"3s clog all for 50s":           "what ended by itself",
		"3s clog all for 10m0s":         "is clogged",
		"3s links all loss 100%":        "has other properties",
		"3s rule drop * from * to *":    "a rule about messages",
		"3s disk all sync 60s":          "the disk of n1",
		"3s freeze all":                 "the clocks of n1 stand still",
		"3s blackhole *":                "swallows",
		"3s slow all 1m0s":              "the tasks of n1",
		"3s drift all -900000ppm":       "the clocks of n1 drift",
		"3s crash c1":                   "c1 is down",
		"3s pause c1":                   "c1 is paused",
		"3s cut all\n4s pause {n1 n2}":  "n1 is paused",
		"3s hold all\n4s release {n1}":  "is held",
		"3s crash c1\n4s freeze leader": "c1 is down",
	} {
		schedule, err := nemesis.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		for seed := uint64(1); seed <= 3; seed++ {
			runner.chooser.Reset(seed)
			r := runner.RunWith(runner.chooser, schedule, Options{})
			if r.Verdict != checker.Unknown {
				t.Errorf("%q, seed %d: %s\n%s", text, seed, r.Verdict, r.Failure())
			}
			if !strings.Contains(r.Failure(), why) {
				t.Errorf("%q, seed %d: not told that %s\n%s", text, seed, why, r.Failure())
			}
		}
	}
}

// TestSomebodyWritesWhenAllIsWell: in every run of a workload that is broken and healed, a write is called about when
// there must be a leader again, as far as clocks agree, and answered.
func TestSomebodyWritesWhenAllIsWell(t *testing.T) {
	for _, s := range zabZKScenarios {
		runner := NewRunner(s)
		r := runner.Run(1, Options{})
		k := runner.system.(*zabZK)
		if s.Whole || k.healed == 0 || s.Mutant() {
			continue
		}
		last := r.History[len(r.History)-1]
		if !zabWrites(last.Input) || last.Outcome != sim.OK || last.Call < k.healed.Add(k.bounds.Leader*9/10) {
			t.Errorf("%s: the last operation is %v, called at %v: %v", s.Name, last.Input, last.Call, last.Outcome)
		}
	}
}
