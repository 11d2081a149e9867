package nemesis_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/nemesis"
	"schism/sim"
)

// ping is the only message of the test worlds.
type ping struct{ n uint64 }

func (*ping) Kind() string                        { return "Ping" }
func (p *ping) Fold(d sim.Digest) sim.Digest      { return d.Mix(p.n) }
func (p *ping) String() string                    { return fmt.Sprint(p.n) }
func (p *pinger) Reign() (r sim.Reign, lead bool) { return p.reign, p.reign > 0 }

// pinger sends a ping to every other node every 20 ms and counts what arrives. A server claims to lead, in a higher
// reign than any before, when it starts and now and then.
type pinger struct {
	arena *arena
	id    sim.NodeID
	reign sim.Reign
	steps uint64
}

// Step implements [sim.Machine].
func (p *pinger) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	a := p.arena
	p.steps++
	if ev.Kind == sim.Receive {
		a.heard[nemesis.DirectedLink{From: ev.From, To: p.id}]++
		return
	}
	if !p.id.IsClient() && p.steps%64 == 1 && a.elections {
		a.reign++
		p.reign = a.reign
		out.Mark("leader-elected")
	}
	for _, n := range a.all {
		if n != p.id {
			out.Send(n, &ping{p.steps})
		}
	}
	out.SetTimer(0, 20*ms, 20*ms)
}

// arena is a world of pingers.
type arena struct {
	*sim.World
	all       []sim.NodeID
	heard     map[nemesis.DirectedLink]int
	elections bool
	reign     sim.Reign
	state     state
}

// state is what the world does not show: what faults have done to it and not undone.
type state struct {
	Links       map[nemesis.DirectedLink]sim.Link
	Held, Black map[nemesis.DirectedLink]bool
	Disks       map[sim.NodeID]sim.DiskProfile
	Drifts      map[sim.NodeID]int32
	Frozen      map[sim.NodeID]bool
	Slow        map[sim.NodeID]time.Duration
	Dragged     map[sim.NodeID]time.Duration
	Coarse      map[sim.NodeID]time.Duration
	Doomed      map[sim.NodeID]bool
	Rules       int
}

func whole() state {
	return state{map[nemesis.DirectedLink]sim.Link{}, map[nemesis.DirectedLink]bool{},
		map[nemesis.DirectedLink]bool{}, map[sim.NodeID]sim.DiskProfile{}, map[sim.NodeID]int32{},
		map[sim.NodeID]bool{}, map[sim.NodeID]time.Duration{}, map[sim.NodeID]time.Duration{},
		map[sim.NodeID]time.Duration{}, map[sim.NodeID]bool{}, 0}
}

// watched is the Faults of the world, which notes in state what differs from the configuration.
type watched struct {
	sim.Faults
	*state
}

// keep notes v at k, unless it is as configured.
func keep[K, V comparable](m map[K]V, k K, v, configured V) {
	if m[k] = v; v == configured {
		delete(m, k)
	}
}

func (w watched) SetLink(from, to sim.NodeID, l sim.Link) {
	keep(w.Links, nemesis.DirectedLink{From: from, To: to}, l, w.DefaultLink(from, to))
	w.Faults.SetLink(from, to, l)
}

func (w watched) Hold(from, to sim.NodeID) {
	w.Held[nemesis.DirectedLink{From: from, To: to}] = true
	w.Faults.Hold(from, to)
}

func (w watched) Release(from, to sim.NodeID) {
	delete(w.Held, nemesis.DirectedLink{From: from, To: to})
	w.Faults.Release(from, to)
}

func (w watched) Blackhole(from, to sim.NodeID, on bool) {
	keep(w.Black, nemesis.DirectedLink{From: from, To: to}, on, false)
	w.Faults.Blackhole(from, to, on)
}

func (w watched) SetDisk(n sim.NodeID, p sim.DiskProfile) {
	keep(w.Disks, n, p, w.DefaultDisk())
	w.Faults.SetDisk(n, p)
}

func (w watched) Drift(n sim.NodeID, ppm int32) {
	keep(w.Drifts, n, ppm, w.DefaultClock(n).DriftPPM)
	w.Faults.Drift(n, ppm)
}

func (w watched) Freeze(n sim.NodeID, on bool) { keep(w.Frozen, n, on, false); w.Faults.Freeze(n, on) }

func (w watched) SetTaskDelay(n sim.NodeID, lo, hi time.Duration) {
	_, usual := w.DefaultTaskDelay()
	keep(w.Slow, n, hi, usual)
	w.Faults.SetTaskDelay(n, lo, hi)
}

func (w watched) SetStepDelay(n sim.NodeID, lo, hi time.Duration) {
	keep(w.Dragged, n, hi, 0)
	w.Faults.SetStepDelay(n, lo, hi)
}

func (w watched) CoarsenWall(n sim.NodeID, step time.Duration) {
	keep(w.Coarse, n, step, 0)
	w.Faults.CoarsenWall(n, step)
}

func (w watched) CrashMidway(n sim.NodeID, loss sim.PowerLoss) {
	keep(w.Doomed, n, true, false)
	w.Faults.CrashMidway(n, loss)
}

func (w watched) Restart(n sim.NodeID) { keep(w.Doomed, n, false, false); w.Faults.Restart(n) }

func (w watched) AddRule(r sim.Rule) { w.Rules++; w.Faults.AddRule(r) }
func (w watched) ClearRules()        { w.Rules = 0; w.Faults.ClearRules() }

// watch is a fault that is applied through watched.
type watch struct {
	nemesis.Fault
	state *state
}

func (w watch) Apply(f sim.Faults) {
	w.Fault.Apply(watched{f, w.state})
}

// newArena returns a world of five servers and two clients that suffers s, with what is heard counted from the
// instant since.
func newArena(t *testing.T, s nemesis.Schedule, limit time.Duration) *arena {
	t.Helper()
	a := &arena{all: append(servers(5), c1, c2), heard: map[nemesis.DirectedLink]int{}, state: whole()}
	machine := func(id sim.NodeID) sim.Machine { return &pinger{arena: a, id: id} }
	planned := s.Planned()
	for i := range planned {
		planned[i].Do = watch{s[i].Do, &a.state}
	}
	a.World = sim.NewWorld(sim.Config{Servers: 5, Clients: 2, NewServer: machine, NewClient: machine,
		Chooser: sim.NewSeeded(1), Peers: sim.Link{Min: ms, Max: 5 * ms}, TaskMin: ms, TaskMax: 2 * ms,
		Clock: func(id sim.NodeID) sim.ClockProfile { return sim.ClockProfile{DriftPPM: int32(id.Number()) * 10} },
		Disk:  sim.DiskProfile{SyncMax: ms}, Faults: planned, Limit: sim.Time(limit),
		States: a.states, CheckMessages: true})
	return a
}

// states knows the state of claiming to lead.
func (*arena) states(name string) sim.State {
	if name != "leader" {
		return nil
	}
	return func(v sim.View, n sim.NodeID) bool { return v.Machine(n).(*pinger).reign > 0 }
}

// cuts returns the links that are cut, in order.
func (a *arena) cuts() nemesis.Grudge {
	var g nemesis.Grudge
	for _, from := range a.all {
		for _, to := range a.all {
			if a.View().IsCut(from, to) {
				g = append(g, nemesis.DirectedLink{From: from, To: to})
			}
		}
	}
	return g
}

// suffer applies the faults in text, a millisecond apart, to a world in which n3 leads, and returns it as it is
// afterwards.
func suffer(t *testing.T, faults ...string) *arena {
	t.Helper()
	var s nemesis.Schedule
	for i, text := range faults {
		f, err := nemesis.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		s = append(s, nemesis.Entry{When: sim.Trigger{After: 100*ms + time.Duration(i)*ms}, Do: f})
	}
	a := newArena(t, s, time.Second)
	for a.Step() && a.View().Now() < sim.Time(50*ms) {
	}
	a.View().Machine(n3).(*pinger).reign = 7
	for a.Step() && a.View().Now() < sim.Time(150*ms) {
	}
	return a
}

// isWhole fails the test unless nothing is broken.
func (a *arena) isWhole(t *testing.T) {
	t.Helper()
	if g := a.cuts(); len(g) > 0 {
		t.Errorf("still cut: %v", g)
	}
	for _, n := range a.all {
		if !a.View().Up(n) {
			t.Errorf("%s is down", n)
		}
		if a.View().Paused(n) {
			t.Errorf("%s is paused", n)
		}
	}
	if d := cmp.Diff(whole(), a.state); d != "" {
		t.Errorf("not undone (-want +got):\n%s", d)
	}
}

func TestPartitionsCutTheseLinksAndNoOthers(t *testing.T) {
	both := func(g nemesis.Grudge) nemesis.Grudge {
		slices.SortFunc(g, func(a, b nemesis.DirectedLink) int {
			return (int(a.From)-int(b.From))<<16 + int(a.To) - int(b.To)
		})
		return g
	}
	rest := []sim.NodeID{n1, n2, n4, n5}
	for text, want := range map[string]nemesis.Grudge{
		"split {n1 n2} | {n3 n4 n5}":      nemesis.HalvesGrudge(servers(5)),
		"split {n1 c1} | {n2}":            {{n1, n2}, {n2, n1}, {n2, c1}, {c1, n2}},
		"split {n1 n9} | {n8}":            nil,
		"split {n1 n1} | {n2 n2 n2}":      {{n1, n2}, {n2, n1}},
		"ring {n1 n2 n3 n1 n2 n3}":        {{n1, n3}, {n3, n1}},
		"split leader | rest":             nemesis.IsolateGrudge(n3, servers(5)),
		"split leader+1 | rest":           nemesis.GroupsGrudge([]sim.NodeID{n1, n3}, []sim.NodeID{n2, n4, n5}),
		"split leader+9 | rest":           nil,
		"isolate leaders":                 nemesis.IsolateGrudge(n3, servers(5)),
		"isolate {n1 n3}":                 nemesis.AloneGrudge([]sim.NodeID{n1, n3}, servers(5)),
		"deafen leader":                   nemesis.OneWayGrudge(rest, []sim.NodeID{n3}),
		"mute leader":                     nemesis.OneWayGrudge([]sim.NodeID{n3}, rest),
		"mute all":                        nil,
		"bridge all":                      nemesis.BridgeGrudge(servers(5)),
		"bridge {n9 n4 n2 n1 n8 n3 n5}":   nemesis.BridgeGrudge([]sim.NodeID{n4, n2, n1, n3, n5}),
		"ring {n1 n3 n5 n2 n4}":           nemesis.MajoritiesRingGrudge([]sim.NodeID{n1, n3, n5, n2, n4}),
		"cut leader -> {n1 c2}":           {{n3, n1}, {n3, c2}},
		"cut clients -> followers":        nemesis.OneWayGrudge([]sim.NodeID{c1, c2}, rest),
		"before 99ms split leader | rest": nil,
		"before 101ms cut n1 -> n2":       {{n1, n2}},
	} {
		if d := cmp.Diff(both(want), suffer(t, text).cuts()); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
}

func TestLeaderFaultsTakeTheLowestRunningServerIfNobodyLeads(t *testing.T) {
	a := suffer(t, "crash {n1 n3}", "split leader | rest")
	if d := cmp.Diff(nemesis.IsolateGrudge(n2, servers(5)), a.cuts(), cmp.Transformer("set", asSet)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	a = suffer(t, "crash all", "split leader | rest", "crash leader", "pause leader", "deafen leader")
	if g := a.cuts(); len(g) > 0 {
		t.Errorf("with no server running, %v is cut", g)
	}
}

func asSet(g nemesis.Grudge) map[nemesis.DirectedLink]bool {
	set := map[nemesis.DirectedLink]bool{}
	for _, l := range g {
		set[l] = true
	}
	return set
}

func TestUndoingUndoesJustThat(t *testing.T) {
	for _, pair := range [][]string{
		{"split {n1 n2} | {n3 c1}", "mend *"},
		{"cut all", "mend all"},
		{"ring all", "heal"},
		{"hold *", "heal"},
		{"blackhole *", "heal"},
		{"hold n1 -> *", "release n1 -> *"},
		{"blackhole n1 -> n2", "blackhole n1 -> n2 off"},
		{"links * loss 50% queue 1", "reset links *"},
		{"rule drop * from all to clients", "clear rules"},
		{"crash {n1 c1} losing 100%", "restart *"},
		{"pause all", "resume all"},
		{"slow all 1s..2s", "unslow all"},
		{"disk all sync 1s sync-error 100% lying", "reset disk all"},
		{"drag * 5ms", "undrag *"},
		{"coarsen * 16ms", "coarsen * 0s"},
		{"crash all midway", "restart all"},
		{"links * spacing 5ms", "reset links *"},
		{"drift * 1000ppm", "undrift *"},
		{"drift {n1 n2} 0ppm", "undrift all"},
		{"freeze *", "thaw *"},
	} {
		a := suffer(t, pair...)
		a.isWhole(t)
		if t.Failed() {
			t.Fatalf("after %v", pair)
		}
		suffer(t, pair[0], "recover").isWhole(t)
		if t.Failed() {
			t.Fatalf("after %s and recover", pair[0])
		}
	}
}

func TestSetLinksKeepsWhatItDoesNotName(t *testing.T) {
	a := suffer(t, "links n1 -> n2 loss 20%", "links n2 -> n1 latency 0s loss 0%", "links n1 -> n3 queue 4",
		"links n1 -> n3 reorder 1% within 1s")
	link := func(from, to sim.NodeID) nemesis.DirectedLink { return nemesis.DirectedLink{From: from, To: to} }
	want := map[nemesis.DirectedLink]sim.Link{
		link(n1, n2): {Min: ms, Max: 5 * ms, Loss: 20 * sim.Percent},
		link(n2, n1): {},
		link(n1, n3): {Min: ms, Max: 5 * ms, Reorder: sim.Percent, ReorderMax: time.Second},
	}
	if d := cmp.Diff(want, a.state.Links); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestSetDiskKeepsWhatItDoesNotName(t *testing.T) {
	a := suffer(t, "disk n1 sync-error 5%", "disk n2 sync 0s honest capacity 0", "disk n3 sync 0s read 1ms")
	want := map[sim.NodeID]sim.DiskProfile{
		n1: {SyncMax: ms, SyncError: 5 * sim.Percent},
		n2: {},
		n3: {ReadMin: ms, ReadMax: ms},
	}
	if d := cmp.Diff(want, a.state.Disks); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestFaultsOnNodesThatDoNotExistDoNothing(t *testing.T) {
	ghost := nemesis.Nodes(sim.Server(9), sim.Client(77), 0)
	for _, f := range []nemesis.Fault{
		nemesis.Split{Groups: [][]sim.NodeID{{sim.Server(9)}, {0, sim.Client(77)}, {n1}}},
		nemesis.Deafen{Target: ghost},
		nemesis.Mute{Target: ghost}, nemesis.Bridge{Over: ghost}, nemesis.Ring{Of: ghost},
		nemesis.Cut{From: ghost, To: nemesis.All}, nemesis.Crash{Target: ghost}, nemesis.Restart{Target: ghost},
		nemesis.Wipe{Target: ghost}, nemesis.Pause{Target: ghost}, nemesis.Slow{Target: ghost},
		nemesis.SetLinks{From: nemesis.All, To: ghost}, nemesis.Hold{From: ghost, To: ghost},
		nemesis.Blackhole{From: ghost, To: nemesis.All}, nemesis.ResetChannels{A: ghost, B: nemesis.All},
		nemesis.AddRule{From: ghost, To: nemesis.All}, nemesis.SetDisk{Target: ghost},
		nemesis.Rot{Target: ghost, Bits: 1}, nemesis.BreakSectors{Target: ghost, Sectors: 1},
		nemesis.JumpWall{Target: ghost}, nemesis.SlewWall{Target: ghost},
		nemesis.Isolate{Target: ghost}, nemesis.CrashMidway{Target: ghost}, nemesis.Drag{Target: ghost, Max: ms},
		nemesis.HalfOpen{Forgets: ghost, Believes: nemesis.All}, nemesis.Misdirect{Target: ghost, Sectors: 1},
		nemesis.Repair{Target: ghost}, nemesis.CoarsenWall{Target: ghost, Step: ms},
		nemesis.Provoke{Target: ghost, What: "x"},
		nemesis.Drift{Target: ghost, PPM: 1}, nemesis.Freeze{Target: ghost},
	} {
		a := newArena(t, nemesis.Schedule{{When: sim.Trigger{After: 10 * ms}, Do: f}}, 100*ms)
		if r := a.Run(); r.Violation != nil {
			t.Errorf("%s: %v", f, r.Violation)
		}
		a.isWhole(t)
		if t.Failed() {
			t.Fatalf("after %s", f)
		}
	}
}
