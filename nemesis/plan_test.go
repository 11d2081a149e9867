package nemesis_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/nemesis"
	"schism/sim"
)

var everyKind = append(nemesis.Survivable(), nemesis.KindWipe, nemesis.KindRot, nemesis.KindLyingSync,
	nemesis.KindBreakSectors, nemesis.KindWildDrift, nemesis.KindMisdirect, nemesis.KindLyingNames)

// damaging are the kinds that harm what is durable.
var damaging = []nemesis.Kind{nemesis.KindWipe, nemesis.KindRot, nemesis.KindLyingSync, nemesis.KindBreakSectors,
	nemesis.KindMisdirect, nemesis.KindLyingNames}

// plans holds plans of half a minute.
var plans = map[string]nemesis.Plan{
	"swarm": nemesis.Swarm(nemesis.SwarmConfig{Start: time.Second, Until: 30 * time.Second,
		MessageKinds: []string{"Ping", "AppendEntries"}, Replication: []string{"Ping"},
		Provocations: []string{"timeout-now"}, States: []string{"leader"}}),
	"swarm of every kind": nemesis.Swarm(nemesis.SwarmConfig{Until: 30 * time.Second, Kinds: everyKind,
		MessageKinds: []string{"Ping"}, Victims: 2}),
	"storm": nemesis.CrashStorm(nemesis.CrashStormConfig{Start: time.Second, Until: 30 * time.Second}),
	"skew": nemesis.ClockSkew(nemesis.ClockSkewConfig{Until: 30 * time.Second, DriftPPM: 100_000,
		MaxJump: time.Minute, MaxFreeze: time.Second}),
}

// planNames lists the plans in order.
var planNames = []string{"swarm", "swarm of every kind", "storm", "skew"}

func drawn(name string, seed uint64) nemesis.Schedule {
	return plans[name](sim.NewSeeded(seed), servers(5), []sim.NodeID{c1, c2})
}

// dull gives the dullest answers.
type dull struct{}

func (dull) Index(sim.Key, int) int                            { return 0 }
func (dull) Chance(sim.Key, sim.Ratio) bool                    { return false }
func (dull) Span(_ sim.Key, lo, _ time.Duration) time.Duration { return lo }

func TestDullestPlanOnlyRecovers(t *testing.T) {
	for _, name := range planNames {
		s := plans[name](dull{}, servers(5), []sim.NodeID{c1})
		if d := cmp.Diff("30s recover\n", s.String()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestDrawnSchedulesRoundTripAndEndInRecovery(t *testing.T) {
	for _, name := range planNames {
		for seed := range uint64(100) {
			s := drawn(name, seed)
			got, err := nemesis.ParseSchedule(s.String())
			if err != nil {
				t.Fatalf("%s, seed %d: %v", name, seed, err)
			}
			if d := cmp.Diff(s, got); d != "" {
				t.Fatalf("%s, seed %d (-drawn +read):\n%s", name, seed, d)
			}
			inTime(t, s, 30*time.Second)
			if t.Failed() {
				t.Fatalf("%s, seed %d:\n%s", name, seed, s)
			}
		}
	}
}

// inTime fails the test unless s ends in recovery at until, everything before it comes before it, and what waits
// for marks is harmless after it.
func inTime(t *testing.T, s nemesis.Schedule, until time.Duration) {
	last := len(s) - 1
	if want := (nemesis.Entry{When: sim.Trigger{After: until}, Do: nemesis.Recover{}}); !cmp.Equal(want, s[last]) {
		t.Errorf("the last entry is %q, want %q", s[last], want)
	}
	for i, e := range s[:last] {
		if !e.When.Waits() {
			if e.When.After < 0 || e.When.After >= until {
				t.Errorf("%q is not before the end", e)
			}
			continue
		}
		switch f := e.Do.(type) {
		case nemesis.Before:
			undone := slices.ContainsFunc(s[i:last], func(u nemesis.Entry) bool {
				when := u.When
				when.After = e.When.After
				return when == e.When && u.When.After > e.When.After
			})
			if f.At >= until || !undone {
				t.Errorf("%q is not before the end or never undone", e)
			}
		case nemesis.Restart, nemesis.Resume, nemesis.Mend:
		default:
			t.Errorf("%q may break a world that has recovered", e)
		}
	}
}

func TestPlansOfFewNodesAreWellFormed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(planNames).Draw(rt, "plan")
		n, m := rapid.IntRange(0, 3).Draw(rt, "servers"), rapid.IntRange(0, 2).Draw(rt, "clients")
		s := plans[name](sim.NewSeeded(rapid.Uint64().Draw(rt, "seed")), servers(n), []sim.NodeID{c1, c2}[:m])
		got, err := nemesis.ParseSchedule(s.String())
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(s, got); d != "" {
			rt.Fatalf("(-drawn +read):\n%s", d)
		}
	})
}

func TestShortSwarmsHoldNothingButWhatFits(t *testing.T) {
	for seed := range uint64(100) {
		for _, until := range []time.Duration{0, time.Second, 1500 * ms, 3 * time.Second} {
			s := nemesis.Swarm(nemesis.SwarmConfig{Until: until})(sim.NewSeeded(seed), servers(3), nil)
			for _, e := range s[:len(s)-1] {
				if !e.When.Waits() && e.When.After >= until {
					t.Errorf("seed %d, until %s: %q", seed, until, e)
				}
			}
		}
	}
}

// traits recognise what schedules must hold somewhere and lack elsewhere.
var traits = []string{
	`split \{n\d n\d\} \| \{n\d n\d n\d\}`, `split \{n\d n\d\} \| \{n\d n\d\} \| \{n\d\}`,
	`split \{n\d\} \| \{n\d n\d n\d n\d\}`, `split \{[^}]*c1[^}]*\} \| \{n`, `split leader \| rest`,
	`split leader\+1`, `split leader\+2`, `deafen leader`, `deafen \{?n`, `mute leader`, `mute \{?n`, `bridge`,
	`ring \{`,
	`split \{c\d\} \| \{n`, `cut \S.* -> leader`, `crash n\d$`, `crash n\d losing`,
	`crash leader$|crash leader losing`, `crash all`,
	`crash \{n`, `^\S+ pause n`, `pause leader`, `loss`, `duplicate \S+ within 50ms`, `duplicate \S+ within 3m0s`,
	`latency \d+ms\.\.\d+ms$`, `mean \d\dms`, `tail`, `reorder`, `queue`, `clog \w+ -> \w`, `clog \* -> n`, `hold`,
	`rule drop`, `rule delay`, `rule duplicate`,
	`reset channels`, `blackhole`, `slow`, `disk .*sync \d`, `sync-error`, `write-error`, `drift \S+ [1-9]`,
	`drift \S+ -`, `undrift \*`, `jump`, `slew`, `freeze`,
	`leader-elected#1 before 29s crash`, `leader-elected#3 before 29s crash`,
	`isolate leaders`, `rule drop Ping from \S+ to \S+ for`, `latency 1\.\d+s`, `spacing`, `half-open`,
	`coarsen \S.* 16ms`,
	`when write-pending#\d+ on n\d before 29s crash n\d losing`, `when leader#\d+ on n\d before 29s isolate`,
	`when sync-pending#\d+ on n\d before 29s pause`, `when send-pending`,
	`drag`, `crash \S.* midway losing`, `midway$`, `provoke n\d timeout-now`,
	`before 29s split leader \| rest`, `before 29s pause leader`,
}

func TestSwarmCoversEveryFaultAndAlwaysLeavesSomeOut(t *testing.T) {
	const seeds = 300
	seen := make([]int, len(traits))
	var compiled []*regexp.Regexp
	for _, trait := range traits {
		compiled = append(compiled, regexp.MustCompile("(?m)"+trait))
	}
	for seed := range uint64(seeds) {
		text := drawn("swarm", seed).String()
		for i := range traits {
			if compiled[i].MatchString(text) {
				seen[i]++
			}
		}
		if m := regexp.MustCompile(`wipe|rot|lying|break|misdirect`).FindString(text); m != "" {
			t.Errorf("seed %d draws %q, which nobody asked for", seed, m)
		}
	}
	for i, trait := range traits {
		if seen[i] == 0 || seen[i] > seeds*2/3 {
			t.Errorf("%d of %d schedules hold %q", seen[i], seeds, trait)
		}
	}
}

func TestSwarmKeepsToItsConfiguration(t *testing.T) {
	plan := nemesis.Swarm(nemesis.SwarmConfig{Until: 40 * time.Second, MinFor: 2 * time.Second,
		MaxFor: 3 * time.Second, Kinds: []nemesis.Kind{nemesis.KindPause, nemesis.KindFreeze, nemesis.KindRules,
			nemesis.KindMarkPause}, Without: []nemesis.Kind{nemesis.KindFreeze}, Mark: "snapshot-installed"})
	paused := false
	for seed := range uint64(100) {
		var since time.Duration
		for _, e := range plan(sim.NewSeeded(seed), servers(5), nil) {
			switch e.Do.(type) {
			case nemesis.Pause:
				paused, since = true, e.When.After
			case nemesis.Resume:
				if d := e.When.After - since; e.When.Mark == "" && (d < 2*time.Second || d > 3*time.Second) {
					t.Errorf("seed %d pauses for %s", seed, d)
				}
			case nemesis.Before:
				if e.When.Mark != "snapshot-installed" {
					t.Errorf("seed %d waits for %s", seed, e.When.Mark)
				}
			case nemesis.Recover:
			default:
				t.Errorf("seed %d draws %q", seed, e)
			}
		}
	}
	if !paused {
		t.Error("nothing is ever paused")
	}
}

func TestDamageStaysWithinItsBudget(t *testing.T) {
	hit := regexp.MustCompile(`(?:wipe|rot|break|misdirect|disk) (n\d)(?: bits| sectors| lying| names-lying|$)`)
	for _, budget := range []int{0, 1, 2} {
		most := 0
		plan := nemesis.Swarm(nemesis.SwarmConfig{Until: 60 * time.Second, Kinds: damaging,
			Victims: budget})
		for seed := range uint64(200) {
			struck := map[string]bool{}
			for _, e := range plan(sim.NewSeeded(seed), servers(5), nil) {
				if m := hit.FindStringSubmatch(e.Do.String()); m != nil {
					struck[m[1]] = true
				}
			}
			most = max(most, len(struck))
		}
		if want := max(1, budget); most != want {
			t.Errorf("with a budget of %d, up to %d servers are struck", budget, most)
		}
	}
}

func TestSwitchingOneKindOffLeavesOtherLanesAlone(t *testing.T) {
	with := nemesis.Swarm(nemesis.SwarmConfig{Until: 30 * time.Second})
	without := nemesis.Swarm(nemesis.SwarmConfig{Until: 30 * time.Second, Without: []nemesis.Kind{nemesis.KindPause}})
	about := regexp.MustCompile(`pause|resume`)
	for seed := range uint64(50) {
		s := slices.DeleteFunc(with(sim.NewSeeded(seed), servers(5), nil), func(e nemesis.Entry) bool {
			return !e.When.Waits() && about.MatchString(e.Do.String())
		})
		if d := cmp.Diff(s.String(), without(sim.NewSeeded(seed), servers(5), nil).String()); d != "" {
			t.Fatalf("seed %d (-with +without):\n%s", seed, d)
		}
	}
}

// TestPartitionsEndClientCutsOnlyIfClientsTookSides: what the lane of clients has cut is otherwise mended by that lane.
func TestPartitionsEndClientCutsOnlyIfClientsTookSides(t *testing.T) {
	var kinds []nemesis.Kind
	for k := nemesis.KindHalves; k <= nemesis.KindClients; k++ {
		kinds = append(kinds, k)
	}
	plan := nemesis.Swarm(nemesis.SwarmConfig{Until: 60 * time.Second, Kinds: append(kinds, nemesis.KindMarkIsolate)})
	narrow, broad := 0, 0
	for seed := range uint64(200) {
		sides := false // whether clients take sides in the partition of servers that is in force
		for _, e := range plan(sim.NewSeeded(seed), servers(5), []sim.NodeID{c1, c2}) {
			switch f := e.Do.(type) {
			case nemesis.Split:
				for _, g := range f.Groups { // the lane of clients makes groups of clients alone
					sides = sides || !g[0].IsClient() && g[len(g)-1].IsClient()
				}
			case nemesis.Mend:
				switch {
				case f.From.Role == nemesis.RoleEveryone && !sides:
					t.Errorf("seed %d: %q, and no client took a side", seed, e)
				case f.From.Role == nemesis.RoleEveryone:
					broad, sides = broad+1, false
				case f.From.Role == nemesis.RoleAll && f.To.Role == nemesis.RoleAll:
					narrow++
				}
			}
		}
	}
	if narrow == 0 || broad == 0 {
		t.Errorf("%d partitions end among servers, %d among all nodes", narrow, broad)
	}
}

func TestDriftsStayInBounds(t *testing.T) {
	lowest, highest := int32(0), int32(0)
	for seed := range uint64(300) {
		plan := nemesis.ClockSkew(nemesis.ClockSkewConfig{Until: 60 * time.Second, DriftPPM: 2_000_000})
		for _, e := range plan(sim.NewSeeded(seed), servers(5), nil) {
			if f, ok := e.Do.(nemesis.Drift); ok {
				lowest, highest = min(lowest, f.PPM), max(highest, f.PPM)
			}
		}
	}
	if lowest < sim.MinDriftPPM || highest > -sim.MinDriftPPM || lowest > -850_000 || highest < 850_000 {
		t.Errorf("drifts reach from %d to %d", lowest, highest)
	}
}

func TestStormsCrashInEveryWay(t *testing.T) {
	var all strings.Builder
	for seed := range uint64(50) {
		all.WriteString(drawn("storm", seed).String())
	}
	for _, way := range []string{`s crash n\d$`, `crash leader$`, `crash \{n\d n\d`, `crash all$`, `crash all losing`,
		`after leader-elected#1 before 29s crash leader`, `before 29s crash leader losing`} {
		if !regexp.MustCompile("(?m)" + way).MatchString(all.String()) {
			t.Errorf("no storm holds %q", way)
		}
	}
}

func TestSkewStaysWithinItsBounds(t *testing.T) {
	plan := nemesis.ClockSkew(nemesis.ClockSkewConfig{Until: 60 * time.Second, DriftPPM: 7, MaxJump: 9 * ms})
	kinds := map[string]bool{}
	for seed := range uint64(200) {
		for _, e := range plan(sim.NewSeeded(seed), servers(3), []sim.NodeID{c1}) {
			bad := false
			switch f := e.Do.(type) {
			case nemesis.Drift:
				bad = f.PPM > 7 || f.PPM < -7
			case nemesis.JumpWall:
				bad = f.By.Abs() > 9*ms
			case nemesis.SlewWall:
				bad = f.By.Abs() > 9*ms
			case nemesis.Recover, nemesis.Undrift:
			default:
				bad = true
			}
			if kinds[fmt.Sprintf("%T", e.Do)] = true; bad {
				t.Errorf("seed %d: %s", seed, e)
			}
		}
	}
	if len(kinds) != 5 {
		t.Errorf("saw only %v", kinds)
	}
}

func TestKindsHaveNamesOfTheirOwn(t *testing.T) {
	names := map[string]bool{}
	for _, k := range everyKind {
		names[k.String()] = true
	}
	if names[""] || len(names) != len(everyKind) || nemesis.KindPowerLoss.String() != "power-loss" ||
		nemesis.KindBreakSectors.String() != "break-sectors" {
		t.Errorf("%d kinds are called %v", len(everyKind), names)
	}
}

func TestScriptMergeAndSequence(t *testing.T) {
	script := func(text string) nemesis.Plan {
		s, err := nemesis.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		return nemesis.Script(s)
	}
	a := script("1s pause n1\n3s resume n1")
	b := script("2s after m before 4s crash n2\n2s heal\n5s recover")
	for want, p := range map[string]nemesis.Plan{
		"1s pause n1\n3s resume n1\n": a,
		"2s after m before 4s crash n2\n1s pause n1\n2s heal\n3s resume n1\n5s recover\n": nemesis.Merge(a, b),
		"2s after m before 7.5s crash n2\n1s pause n1\n3s resume n1\n5.5s heal\n8.5s recover\n": nemesis.Sequence(
			500*ms, a, b),
	} {
		if d := cmp.Diff(want, p(dull{}, servers(3), nil).String()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}

func TestWorldIsWholeAfterAnyDrawnSchedule(t *testing.T) {
	for _, name := range planNames {
		for seed := range uint64(10) {
			wholeAfter(t, drawn(name, seed), 0)
			if t.Failed() {
				t.Fatalf("%s, seed %d:\n%s", name, seed, drawn(name, seed))
			}
		}
	}
}

func TestFaultsThatWaitForMarksNeverBreakARecoveredWorld(t *testing.T) {
	plan := nemesis.Swarm(nemesis.SwarmConfig{Until: 30 * time.Second, Kinds: []nemesis.Kind{
		nemesis.KindMarkCrash, nemesis.KindMarkIsolate, nemesis.KindMarkPause}})
	for seed := range uint64(8) {
		for _, elected := range []time.Duration{28900 * ms, 29900 * ms, 31 * time.Second} {
			s := plan(sim.NewSeeded(seed), servers(5), nil)
			wholeAfter(t, s, elected)
			if t.Failed() {
				t.Fatalf("seed %d, with elections from %s on:\n%s", seed, elected, s)
			}
		}
	}
}

// wholeAfter fails the test unless a world that suffers s, with elections from an instant on, is whole at 30 s and
// stays so, and every link carries all pings in time.
func wholeAfter(t *testing.T, s nemesis.Schedule, elections time.Duration) {
	t.Helper()
	a := newArena(t, s, 34*time.Second)
	for a.Step() && a.View().Now() < sim.Time(elections) {
	}
	a.elections = true
	for a.Step() && a.View().Now() < sim.Time(30*time.Second+500*ms) {
	}
	a.isWhole(t)
	for a.Step() && a.View().Now() < sim.Time(32*time.Second) {
	}
	clear(a.heard)
	for a.Step() && a.View().Now() < sim.Time(33*time.Second) {
	}
	a.isWhole(t)
	for _, from := range a.all {
		for _, to := range a.all {
			link := nemesis.DirectedLink{From: from, To: to}
			// 50 pings a second; one more or less crosses the edge of the second, and duplicates of old
			// ones may still come.
			if from != to && a.heard[link] < 49 {
				t.Errorf("%s hears %d pings of %s in a second", to, a.heard[link], from)
			}
		}
	}
}
