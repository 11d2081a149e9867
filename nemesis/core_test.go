package nemesis_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/nemesis"
	"schism/sim"
)

var inCore = nemesis.EndInCore(plans["swarm"])

func TestDullestEndRecoversEverybody(t *testing.T) {
	if d := cmp.Diff("30s recover\n", inCore(dull{}, servers(5), nil).String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestCoresAreQuorumsAndStayWhole: all others fail, in every way, and stay so until the end.
func TestCoresAreQuorumsAndStayWhole(t *testing.T) {
	sizes, fates := map[int]int{}, map[string]int{}
	for seed := range uint64(40) {
		s := inCore(sim.NewSeeded(seed), servers(5), []sim.NodeID{c1, c2})
		read, err := nemesis.ParseSchedule(s.String())
		if err != nil || !cmp.Equal(read, s) {
			t.Fatalf("seed %d: %v in\n%s", seed, err, s)
		}
		i := slices.IndexFunc(s, func(e nemesis.Entry) bool { _, is := e.Do.(nemesis.Core); return is })
		if i < 0 {
			sizes[5]++
			continue
		}
		core := s[i].Do.(nemesis.Core).Target.Nodes
		sizes[len(core)]++
		a := newArena(t, s, 34*time.Second)
		a.elections = true
		for a.Step() && a.View().Now() < sim.Time(33*time.Second) {
		}
		for _, n := range a.all {
			if n.IsClient() || slices.Contains(core, n) {
				a.comesAndGoes(t, n, append(slices.Clone(core), c1, c2))
				continue
			}
			fates[a.fate(n)]++
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, s)
		}
	}
	if len(sizes) != 3 || sizes[3] < 5 || sizes[4] < 5 || sizes[5] < 5 {
		t.Errorf("cores by size: %v", sizes)
	}
	if len(fates) != 5 || fates["whole"] > 0 {
		t.Errorf("fates: %v", fates)
	}
}

// comesAndGoes fails the test unless n runs and no link between it and the others of the core is cut.
func (a *arena) comesAndGoes(t *testing.T, n sim.NodeID, core []sim.NodeID) {
	t.Helper()
	if !a.View().Up(n) || a.View().Paused(n) {
		t.Errorf("%s does not run", n)
	}
	for _, m := range core {
		if a.View().IsCut(n, m) || a.View().IsCut(m, n) {
			t.Errorf("%s and %s are cut off", n, m)
		}
	}
}

// fate says how n has failed.
func (a *arena) fate(n sim.NodeID) string {
	others := slices.DeleteFunc(slices.Clone(a.all), func(m sim.NodeID) bool { return m == n })
	mute := !slices.ContainsFunc(others, func(m sim.NodeID) bool { return !a.View().IsCut(n, m) })
	deaf := !slices.ContainsFunc(others, func(m sim.NodeID) bool { return !a.View().IsCut(m, n) })
	switch {
	case !a.View().Up(n):
		return "down"
	case a.View().Paused(n):
		return "paused"
	case mute && deaf:
		return "cut off"
	case mute:
		return "mute"
	case deaf:
		return "deaf"
	}
	return "whole"
}
