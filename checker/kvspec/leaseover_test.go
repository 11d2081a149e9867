package kvspec_test

import (
	"strings"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// TestJudgeLeaseEnds: a lease of ten seconds is there at the end of a run, or is not, when leases last for five seconds
// more at worst.
func TestJudgeLeaseEnds(t *testing.T) {
	const grant, keep, revoke = "lease-grant lease 1 ttl 10", "lease-keep-alive lease 1", "lease-revoke lease 1"
	lives := at(1, result{Lease: 1, TTL: 10})
	granted, kept := act{1, 1, 2, grant, lives}, act{2, 7, 9, keep, lives}
	lost := func(x act) act {
		x.ret, x.out = 0, nil
		return x
	}
	for name, c := range map[string]struct {
		want        string
		committed   string // one operation every ten seconds
		from, until int
		acts        []act
	}{
		"in time":       {"", grant, 2, 17, []act{granted}},
		"too late":      {kvspec.LeaseOver, grant, 2, 18, []act{granted}},
		"over too late": {kvspec.LeaseOver, grant + ";hash;" + revoke, 2, 90, []act{granted}},
		"granted twice": {"", grant + ";" + revoke + ";" + grant, 2, 30,
			[]act{granted, {1, 20, 22, grant, lives}}},
		"over":                           {"", grant + ";" + revoke, 2, 18, []act{granted}},
		"from the calm on, in time":      {"", grant, 20, 35, []act{granted}},
		"from the calm on":               {kvspec.LeaseOver, grant, 20, 36, []act{granted}},
		"kept alive, in time":            {"", grant, 2, 24, []act{granted, kept}},
		"kept alive":                     {kvspec.LeaseOver, grant, 2, 25, []act{granted, kept}},
		"perhaps kept alive in the calm": {"", grant, 2, 90, []act{granted, lost(kept)}},
		"perhaps kept alive before":      {kvspec.LeaseOver, grant, 8, 24, []act{granted, lost(kept)}},
		"perhaps granted":                {kvspec.LeaseOver, grant, 8, 24, []act{lost(granted)}},
		"a reply that says nothing": {"", grant, 2, 90,
			[]act{granted, {2, 7, 9, keep, fails(1, kvapi.ErrTimeout)}}},
		"no calm":                         {"", grant, 90, 90, []act{granted}},
		"granted by nobody that is known": {"", grant, 2, 90, nil},
	} {
		log := kvspec.NewLog()
		second := func(n int) sim.Time { return sim.Time(time.Duration(n) * time.Second) }
		for i, text := range strings.Split(c.committed, ";") {
			log.Add(parse(t, text), second(10*i))
		}
		calm := kvspec.Calm{From: second(c.from), Until: second(c.until), Late: 5 * time.Second}
		report := kvspec.JudgeLeaseEnds(inSeconds(historyOf(t, c.acts)), log, calm)
		if got := brokenBy([]checker.Report{report}); got != c.want {
			t.Errorf("%s: %q, want %q: %v", name, got, c.want, report)
		}
		if missing := report.Seen == sim.StillOpen; missing != (c.want != "") {
			t.Errorf("%s: something is missing: %v", name, missing)
		}
	}
}
