package nemesis_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/nemesis"
	"schism/sim"
)

const leaderDies = `
# the leader is killed as soon as it is elected
400ms split {n1 n2} | {n3 n4 n5}

  # with comments and empty lines
30ms after leader-elected#2 before 20s crash leader
1s after leader-elected restart all
0s when write-pending#7 on n3 crash n3 losing 100%
5ms when entry-uncommitted pause n1
25s recover
`

func TestScheduleReadsEntries(t *testing.T) {
	got, err := nemesis.ParseSchedule(leaderDies)
	if err != nil {
		t.Fatal(err)
	}
	want := nemesis.Schedule{
		{When: sim.Trigger{After: 400 * ms}, Do: nemesis.Split{Groups: [][]sim.NodeID{{n1, n2}, {n3, n4, n5}}}},
		{When: sim.Trigger{Mark: "leader-elected", Nth: 2, After: 30 * ms},
			Do: nemesis.Before{At: 20 * time.Second, Do: nemesis.Crash{Target: nemesis.Leader}}},
		{When: sim.Trigger{Mark: "leader-elected", After: time.Second}, Do: nemesis.Restart{Target: nemesis.All}},
		{When: sim.Trigger{State: "write-pending", Nth: 7, On: n3}, Do: nemesis.Crash{Target: nemesis.Nodes(n3),
			Loss: sim.PowerLoss{Drop: sim.Always}}},
		{When: sim.Trigger{State: "entry-uncommitted", After: 5 * ms}, Do: nemesis.Pause{Target: nemesis.Nodes(n1)}},
		{When: sim.Trigger{After: 25 * time.Second}, Do: nemesis.Recover{}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("read (-want +got):\n%s", d)
	}
	var planned []sim.Planned
	for _, e := range want {
		planned = append(planned, sim.Planned{When: e.When, Do: e.Do})
	}
	if d := cmp.Diff(planned, got.Planned()); d != "" {
		t.Errorf("planned (-want +got):\n%s", d)
	}
}

func TestScheduleErrorsNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"1s heal\n\n# fine\nnow heal\n":   `line 4: "now" is not a duration`,
		"1s heal\n2s crash n1 loosing 5%": `line 2: unexpected "loosing"`,
		"1s after #2 heal":                `line 1: "#2" does not name a mark`,
		"1s after x#0 heal":               `line 1: "0" is not a number from 1`,
		"1s after { heal":                 `line 1: "{" is not a mark`,
		"1s when #2 heal":                 `line 1: "#2" does not name a state`,
		"1s when x on y heal":             `line 1: "y" is not a node`,
		"1s when x on n1":                 `line 1: a fault is missing after "n1"`,
		"1s":                              `line 1: a fault is missing after "1s"`,
		strings.Repeat("1s heal\n", nemesis.MaxScheduleEntries+1): "line 100001: more than 100000 entries",
		strings.Repeat("#", nemesis.MaxScheduleBytes+1):           "bytes, more than",
	} {
		s, err := nemesis.ParseSchedule(text)
		if err == nil {
			t.Errorf("%.40q is read as\n%s, want an error", text, s)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: the error is %q, want %q in it", text, err, want)
		}
	}
}

// drawSchedule draws any schedule that prints.
func drawSchedule(t *rapid.T) nemesis.Schedule {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) nemesis.Entry {
		e := nemesis.Entry{When: sim.Trigger{After: duration(t)}, Do: drawFault(t)}
		if rapid.Bool().Draw(t, "waits") {
			e.When.Mark = rapid.StringMatching(`[a-z][a-z-]{0,9}`).Draw(t, "mark")
			e.When.Nth = rapid.IntRange(0, 9).Draw(t, "nth")
			if rapid.Bool().Draw(t, "for a state") {
				e.When.Mark, e.When.State = "", e.When.Mark
				e.When.On = rapid.SampledFrom([]sim.NodeID{0, n1, n3}).Draw(t, "on")
			}
		}
		if rapid.Bool().Draw(t, "bounded") {
			e.Do = nemesis.Before{At: duration(t), Do: e.Do}
		}
		return e
	}), 1, 20).Draw(t, "schedule")
}

func duration(t *rapid.T) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(sim.MaxTime)).Draw(t, "ns"))
}

func ratio(t *rapid.T) sim.Ratio {
	return sim.Ratio(rapid.Uint32Range(0, uint32(sim.Always)).Draw(t, "ppm"))
}

func nodes(t *rapid.T) []sim.NodeID {
	return rapid.SliceOfN(rapid.SampledFrom([]sim.NodeID{n1, n2, n3, n4, n5, c1, c2, sim.Server(321)}), 1, 5).
		Draw(t, "nodes")
}

func target(t *rapid.T) nemesis.Target {
	return rapid.OneOf(rapid.SampledFrom([]nemesis.Target{nemesis.Leader, nemesis.Followers, nemesis.All,
		nemesis.Clients, nemesis.Leaders, nemesis.Everyone}), rapid.Custom(func(t *rapid.T) nemesis.Target {
		return nemesis.Nodes(nodes(t)...)
	})).Draw(t, "target")
}

// drawFault draws a fault by drawing the fields of one of the forms.
func drawFault(t *rapid.T) nemesis.Fault {
	f := rapid.SampledFrom(forms).Draw(t, "form").fault
	lo := duration(t)
	hi := min(time.Duration(sim.MaxTime), lo+duration(t))
	switch f := f.(type) {
	case nemesis.Before:
		return f.Do
	case nemesis.Split:
		return nemesis.Split{Groups: rapid.SliceOfN(rapid.Custom(nodes), 1, 4).Draw(t, "groups")}
	case nemesis.SplitLeader:
		return nemesis.SplitLeader{With: rapid.IntRange(0, 5).Draw(t, "with")}
	case nemesis.Crash:
		return nemesis.Crash{Target: target(t), Loss: sim.PowerLoss{Drop: ratio(t), Tear: ratio(t), Garbage: ratio(t)}}
	case nemesis.CrashMidway:
		return nemesis.CrashMidway{Target: target(t), Loss: sim.PowerLoss{Drop: ratio(t), Tear: ratio(t)}}
	case nemesis.Isolate:
		return nemesis.Isolate{Target: target(t)}
	case nemesis.Drag:
		return nemesis.Drag{Target: target(t), Min: lo, Max: hi}
	case nemesis.HalfOpen:
		return nemesis.HalfOpen{Forgets: target(t), Believes: target(t)}
	case nemesis.CoarsenWall:
		return nemesis.CoarsenWall{Target: target(t), Step: lo}
	case nemesis.Misdirect:
		return nemesis.Misdirect{Target: target(t), Sectors: rapid.IntRange(0, 9).Draw(t, "sectors")}
	case nemesis.Provoke:
		return nemesis.Provoke{Target: target(t), What: rapid.StringMatching(`[a-z][a-z-]{0,9}`).Draw(t, "what")}
	case nemesis.Pause:
		return nemesis.Pause{Target: target(t)}
	case nemesis.Slow:
		return nemesis.Slow{Target: target(t), Min: lo, Max: hi}
	case nemesis.Cut:
		return nemesis.Cut{From: target(t), To: target(t)}
	case nemesis.Clog:
		return nemesis.Clog{From: target(t), To: target(t), For: lo}
	case nemesis.SetLinks:
		return drawLinks(t)
	case nemesis.AddRule:
		return nemesis.AddRule{Action: f.Action, From: target(t), To: target(t), Share: ratio(t), For: lo,
			Delay: hi, MessageKind: rapid.StringMatching(`([A-Z][a-z]{1,5}){0,3}`).Draw(t, "kind"),
			Count: rapid.IntRange(0, 9).Draw(t, "count")}
	case nemesis.SetDisk:
		return drawDisk(t)
	case nemesis.JumpWall:
		return nemesis.JumpWall{Target: target(t), By: lo - hi}
	case nemesis.Drift:
		return nemesis.Drift{Target: target(t), PPM: rapid.Int32Range(sim.MinDriftPPM, 2_000_000_000).Draw(t, "ppm")}
	}
	return f
}

// change draws whether a property is changed, and whether to zero.
func change(t *rapid.T) (changed, zero bool) {
	i := rapid.IntRange(0, 2).Draw(t, "change")
	return i == 2, i == 1
}

// drawLinks draws which properties of links change, which become zero, and which stay.
func drawLinks(t *rapid.T) nemesis.Fault {
	s := nemesis.SetLinks{From: target(t), To: target(t)}
	l := &s.Link
	lo := duration(t)
	for field, set := range []func(){
		func() { l.Loss = 1 + ratio(t)/2 },
		func() { l.Min, l.Max = lo, max(1, lo) },
		func() { l.Tail, l.TailMax = ratio(t), 1+lo/2 },
		func() { l.Duplicate, l.DuplicateMax = 1, lo },
		func() { l.Reorder, l.ReorderMax = sim.Always, lo },
		func() { l.Queue = rapid.IntRange(1, 99).Draw(t, "queue") },
		func() { l.Spacing = max(1, lo) },
	} {
		if changed, zero := change(t); changed {
			set()
		} else if zero {
			s.None |= 1 << field
		}
	}
	return s
}

// drawDisk does the same for disks.
func drawDisk(t *rapid.T) nemesis.Fault {
	s := nemesis.SetDisk{Target: target(t)}
	d := &s.Disk
	lo := duration(t)
	for field, set := range []func(){
		func() { d.SyncMin, d.SyncMax = lo/2, max(1, lo) },
		func() { d.ReadMin, d.ReadMax = lo/3, max(1, lo) },
		func() { d.SyncError = 1 + ratio(t)/2 },
		func() { d.WriteError = sim.Always },
		func() { d.Capacity = rapid.Int64Range(1, 1<<62).Draw(t, "capacity") },
		func() { d.SyncLies = true },
		func() { d.NamesLie = true },
	} {
		if changed, zero := change(t); changed {
			set()
		} else if zero {
			s.None |= 1 << field
		}
	}
	return s
}

func TestAnyScheduleRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule(t)
		got, err := nemesis.ParseSchedule(s.String())
		if err != nil {
			t.Fatalf("%v in\n%s", err, s)
		}
		if d := cmp.Diff(s, got); d != "" {
			t.Fatalf("(-drawn +read):\n%s", d)
		}
	})
}

func FuzzParseSchedule(f *testing.F) {
	f.Add(leaderDies)
	for i, form := range forms {
		f.Add(fmt.Sprintf("%dms %s\n%ds after m#%d %s\n%dns when s#%d on n1 %s\n0s when s %s", i, form.text, i, i+1,
			form.text, i, i+1, form.text, form.text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := nemesis.ParseSchedule(text)
		if err != nil {
			return
		}
		second, err := nemesis.ParseSchedule(first.String())
		if err != nil {
			t.Fatalf("%q prints %q, which is not read: %v", text, first, err)
		}
		if d := cmp.Diff(first, second); d != "" {
			t.Fatalf("%q prints %q, which is read as something else:\n%s", text, first, d)
		}
	})
}
