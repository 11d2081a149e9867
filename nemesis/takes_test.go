package nemesis_test

import (
	"slices"
	"strings"
	"testing"

	"schism/nemesis"
	"schism/sim"
)

// TestEveryEffectIsTakenBySomeFault: and what only undoes others takes nothing.
func TestEveryEffectIsTakenBySomeFault(t *testing.T) {
	undoing := strings.Fields("heal recover core mend restart resume unslow undrag release clear reset repair " +
		"undrift thaw")
	var all nemesis.Takes
	for _, f := range forms {
		verb, _, _ := strings.Cut(f.text, " ")
		takes := f.fault.Takes()
		all |= takes
		undoes := slices.Contains(undoing, verb) && !strings.HasPrefix(f.text, "reset channels")
		zero := strings.Contains(f.text, " 0") || strings.Contains(f.text, "honest")
		if undoes != (takes == 0) && !zero {
			t.Errorf("%q takes %s", f.text, takes)
		}
	}
	for bit := nemesis.Takes(1); bit <= nemesis.TakesCause; bit <<= 1 {
		if all&bit == 0 {
			t.Errorf("nothing takes %s", bit)
		}
	}
	if got := (all << 1).String(); !strings.Contains(got, "?") {
		t.Errorf("%x is %s", all<<1, got)
	}
}

func TestBudgetsSayWhatExceedsThem(t *testing.T) {
	budget := nemesis.Budget{Takes: nemesis.TakesDelivery | nemesis.TakesRate | nemesis.TakesDurable, DriftPPM: 500,
		Damaged: 1}
	if want := "delivery durable rate, drift up to 500ppm, damage to 1"; budget.String() != want {
		t.Errorf("it prints %q, want %q", budget, want)
	}
	for text, want := range map[string]string{
		"1s cut all\n2s drift * -500ppm\n3s rot n1 bits 3\n4s wipe n1\n5s disk n1 lying": "",
		"1s before 2s crash n1":                                "takes processes",
		"1s crash n1 losing 1%":                                "takes processes unsynced",
		"1s links all latency 1ms..50ms":                       "takes latency order",
		"1s before 2s drift n1 501ppm":                         "drift n1 501ppm",
		"1s drift n1 -501ppm":                                  "drift n1 -501ppm",
		"1s rot n1 bits 1\n2s wipe n2":                         `"2s wipe n2" damages another server`,
		"1s break all sectors 1":                               "damages another server",
		"1s before 2s disk {n1 n2} sync 1s lying":              "takes disk-speed",
		"1s before 2s disk {n1 n2} lying":                      "damages another server",
		"0s when write-pending on n1 crash n1 midway\n1s heal": "takes processes steps",
	} {
		s, err := nemesis.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		err = budget.Exceeded(s)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if err := (nemesis.Budget{}).Exceeded(nemesis.Schedule{{When: sim.Trigger{}, Do: nemesis.Recover{}}}); err != nil {
		t.Error(err)
	}
}
