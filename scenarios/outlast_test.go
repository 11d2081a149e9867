package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"schism/nemesis"
	"schism/raft/kvapi"
	"schism/sim"
)

// TestWorkloadsOutlastFaults: clients have something to do while things break. What is called only to see that a system
// is back does not count, nor does what undoes faults.
func TestWorkloadsOutlastFaults(t *testing.T) {
	const runs, lateMax = 5, 10 // percent
	for _, s := range All {
		if s.Mutant() {
			continue // ends when it is found
		}
		t.Run(s.Name, func(t *testing.T) {
			runner := NewRunner(s)
			faults, late := 0, 0
			for seed := uint64(1); seed <= runs; seed++ {
				r := runner.Run(seed, Options{NoDigest: true})
				last := lastCall(r.History)
				for _, f := range r.Applied {
					if !breaks(f) {
						continue
					}
					if faults++; f.At > last {
						late++
					}
				}
			}
			if 100*late > lateMax*faults {
				t.Errorf("%d of %d faults come when all clients are done", late, faults)
			}
		})
	}
}

// lastCall returns when the last operation was called that is no probe.
func lastCall(history []sim.Op) sim.Time {
	last := sim.Time(0)
	for i := range history {
		what := fmt.Sprint(history[i].Input)
		if !strings.Contains(what, "probe.") && !strings.HasPrefix(what, kvapi.HashKV.String()) {
			last = max(last, history[i].Call)
		}
	}
	return last
}

// breaks reports whether an applied fault breaks something.
func breaks(f sim.AppliedFault) bool {
	switch do := f.What.(type) {
	case nemesis.Before:
		return f.At < sim.Time(do.At) && breaks(sim.AppliedFault{At: f.At, What: do.Do})
	case nemesis.Recover, nemesis.Heal, nemesis.Restart, nemesis.Mend, nemesis.Resume, nemesis.Thaw, nemesis.ResetDisk,
		nemesis.ResetLinks, nemesis.ClearRules, nemesis.Unslow, nemesis.Undrift, nemesis.Release:
		return false
	}
	return true
}
