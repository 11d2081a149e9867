package nemesis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"schism/nemesis"
	"schism/sim"
)

const (
	n1, n2, n3, n4, n5 = sim.NodeID(1), sim.NodeID(2), sim.NodeID(3), sim.NodeID(4), sim.NodeID(5)

	ms = time.Millisecond
)

var c1, c2 = sim.Client(1), sim.Client(2)

// forms holds every kind of fault with its text.
var forms = []struct {
	text  string
	fault nemesis.Fault
}{
	{"heal", nemesis.Heal{}},
	{"recover", nemesis.Recover{}},
	{"core {n1 n3 n4}", nemesis.Core{Target: nemesis.Nodes(n1, n3, n4)}},
	{"before 40s crash leader", nemesis.Before{At: 40 * time.Second, Do: nemesis.Crash{Target: nemesis.Leader}}},
	{"split {n1 n2} | {n3 n4 n5}", nemesis.Split{Groups: [][]sim.NodeID{{n1, n2}, {n3, n4, n5}}}},
	{"split {n1 c1} | {n2 n3} | {n5}", nemesis.Split{Groups: [][]sim.NodeID{{n1, c1}, {n2, n3}, {n5}}}},
	{"split {}", nemesis.Split{Groups: [][]sim.NodeID{nil}}},
	{"split leader | rest", nemesis.IsolateLeader},
	{"split leader+1 | rest", nemesis.SplitLeader{With: 1}},
	{"isolate leaders", nemesis.Isolate{Target: nemesis.Leaders}},
	{"deafen leader", nemesis.Deafen{Target: nemesis.Leader}},
	{"mute {n1 n4}", nemesis.Mute{Target: nemesis.Nodes(n1, n4)}},
	{"bridge {n2 n1 n5 n3 n4}", nemesis.Bridge{Over: nemesis.Nodes(n2, n1, n5, n3, n4)}},
	{"ring all", nemesis.Ring{Of: nemesis.All}},
	{"cut n1 -> n3", nemesis.Cut{From: nemesis.Nodes(n1), To: nemesis.Nodes(n3)}},
	{"cut leader -> followers", nemesis.Cut{From: nemesis.Leader, To: nemesis.Followers}},
	{"cut {c1 c2} -> *", nemesis.Cut{From: nemesis.Nodes(c1, c2), To: nemesis.Everyone}},
	{"mend clients -> all", nemesis.Mend{From: nemesis.Clients, To: nemesis.All}},
	{"mend *", nemesis.Mend{From: nemesis.Everyone, To: nemesis.Everyone}},

	{"crash n3", nemesis.Crash{Target: nemesis.Nodes(n3)}},
	{"crash all losing 50% tearing 10% garbage 1%", nemesis.Crash{Target: nemesis.All,
		Loss: sim.PowerLoss{Drop: 50 * sim.Percent, Tear: 10 * sim.Percent, Garbage: sim.Percent}}},
	{"crash n3 tearing 0.0001%", nemesis.Crash{Target: nemesis.Nodes(n3), Loss: sim.PowerLoss{Tear: 1}}},
	{"crash n3 midway losing 50%", nemesis.CrashMidway{Target: nemesis.Nodes(n3),
		Loss: sim.PowerLoss{Drop: 50 * sim.Percent}}},
	{"crash leader midway", nemesis.CrashMidway{Target: nemesis.Leader}},
	{"restart all", nemesis.Restart{Target: nemesis.All}},
	{"wipe n2", nemesis.Wipe{Target: nemesis.Nodes(n2)}},
	{"pause leader", nemesis.Pause{Target: nemesis.Leader}},
	{"resume *", nemesis.Resume{Target: nemesis.Everyone}},
	{"slow n2 5ms..50ms", nemesis.Slow{Target: nemesis.Nodes(n2), Min: 5 * ms, Max: 50 * ms}},
	{"slow n2 5ms", nemesis.Slow{Target: nemesis.Nodes(n2), Min: 5 * ms, Max: 5 * ms}},
	{"unslow n2", nemesis.Unslow{Target: nemesis.Nodes(n2)}},
	{"drag n2 1ms..5ms", nemesis.Drag{Target: nemesis.Nodes(n2), Min: ms, Max: 5 * ms}},
	{"undrag all", nemesis.Undrag{Target: nemesis.All}},
	{"provoke followers timeout-now", nemesis.Provoke{Target: nemesis.Followers, What: "timeout-now"}},

	{"links all loss 20% latency 1ms..50ms tail 0.1% to 1s duplicate 5% within 1m0s reorder 10% within 20ms queue 16",
		nemesis.SetLinks{From: nemesis.All, To: nemesis.All, Link: sim.Link{Min: ms, Max: 50 * ms, Tail: 1000,
			TailMax: time.Second, Loss: 20 * sim.Percent, Duplicate: 5 * sim.Percent, DuplicateMax: time.Minute,
			Reorder: 10 * sim.Percent, ReorderMax: 20 * ms, Queue: 16}}},
	{"links n1 -> * loss 0% latency 0s queue 0", nemesis.SetLinks{From: nemesis.Nodes(n1), To: nemesis.Everyone,
		None: nemesis.LinkLoss | nemesis.LinkLatency | nemesis.LinkQueue}},
	{"links all latency 5ms..1s mean 50ms", nemesis.SetLinks{From: nemesis.All, To: nemesis.All,
		Link: sim.Link{Min: 5 * ms, Max: time.Second, Mean: 50 * ms}}},
	{"links all queue 0 spacing 2ms", nemesis.SetLinks{From: nemesis.All, To: nemesis.All,
		Link: sim.Link{Spacing: 2 * ms}, None: nemesis.LinkQueue}},
	{"reset links leader -> leader", nemesis.ResetLinks{From: nemesis.Leader, To: nemesis.Leader}},
	{"clog n1 -> all for 2s", nemesis.Clog{From: nemesis.Nodes(n1), To: nemesis.All, For: 2 * time.Second}},
	{"hold n1 -> n2", nemesis.Hold{From: nemesis.Nodes(n1), To: nemesis.Nodes(n2)}},
	{"release all", nemesis.Release{From: nemesis.All, To: nemesis.All}},
	{"reset channels c1 -> n2", nemesis.ResetChannels{A: nemesis.Nodes(c1), B: nemesis.Nodes(n2)}},
	{"half-open n1 -> {n2 c1}", nemesis.HalfOpen{Forgets: nemesis.Nodes(n1), Believes: nemesis.Nodes(n2, c1)}},
	{"blackhole n1 -> n2", nemesis.Blackhole{From: nemesis.Nodes(n1), To: nemesis.Nodes(n2)}},
	{"blackhole * off", nemesis.Blackhole{From: nemesis.Everyone, To: nemesis.Everyone, Off: true}},
	{"rule drop AppendEntries from n1 to * for 200ms count 1", nemesis.AddRule{Action: sim.RuleDrop,
		MessageKind: "AppendEntries", From: nemesis.Nodes(n1), To: nemesis.Everyone, Share: sim.Always,
		For: 200 * ms, Count: 1}},
	{"rule delay * by 50ms from leader to followers share 12.5%", nemesis.AddRule{Action: sim.RuleDelay,
		From: nemesis.Leader, To: nemesis.Followers, Share: 125_000, Delay: 50 * ms}},
	{"rule delay *Response by 50ms from * to *", nemesis.AddRule{Action: sim.RuleDelay, MessageKind: "*Response",
		From: nemesis.Everyone, To: nemesis.Everyone, Share: sim.Always, Delay: 50 * ms}},
	{"rule duplicate RequestVote by 1m0s from * to * share 0%", nemesis.AddRule{Action: sim.RuleDuplicate,
		MessageKind: "RequestVote", From: nemesis.Everyone, To: nemesis.Everyone, Delay: time.Minute}},
	{"clear rules", nemesis.ClearRules{}},

	{"disk n1 sync 10ms..1s read 1ms sync-error 5% write-error 1% capacity 65536 lying", nemesis.SetDisk{
		Target: nemesis.Nodes(n1), Disk: sim.DiskProfile{SyncMin: 10 * ms, SyncMax: time.Second, ReadMin: ms,
			ReadMax: ms, SyncError: 5 * sim.Percent, WriteError: sim.Percent, Capacity: 65536, SyncLies: true}}},
	{"disk n1 sync 0s honest", nemesis.SetDisk{Target: nemesis.Nodes(n1),
		None: nemesis.DiskSync | nemesis.DiskSyncLies}},
	{"disk all honest names-lying", nemesis.SetDisk{Target: nemesis.All, Disk: sim.DiskProfile{NamesLie: true},
		None: nemesis.DiskSyncLies}},
	{"disk n1 names-honest", nemesis.SetDisk{Target: nemesis.Nodes(n1), None: nemesis.DiskNamesLie}},
	{"reset disk n1", nemesis.ResetDisk{Target: nemesis.Nodes(n1)}},
	{"rot n1 bits 3", nemesis.Rot{Target: nemesis.Nodes(n1), Bits: 3}},
	{"break n1 sectors 2", nemesis.BreakSectors{Target: nemesis.Nodes(n1), Sectors: 2}},
	{"misdirect n1 sectors 2", nemesis.Misdirect{Target: nemesis.Nodes(n1), Sectors: 2}},
	{"repair all", nemesis.Repair{Target: nemesis.All}},
	{"coarsen all 16ms", nemesis.CoarsenWall{Target: nemesis.All, Step: 16 * ms}},
	{"jump {n1 n2} by -5s", nemesis.JumpWall{Target: nemesis.Nodes(n1, n2), By: -5 * time.Second}},
	{"slew n1 by 300ms over 5s", nemesis.SlewWall{Target: nemesis.Nodes(n1), By: 300 * ms, Over: 5 * time.Second}},
	{"drift n1 -500ppm", nemesis.Drift{Target: nemesis.Nodes(n1), PPM: -500}},
	{"drift n1 -900000ppm", nemesis.Drift{Target: nemesis.Nodes(n1), PPM: -900_000}},
	{"undrift all", nemesis.Undrift{Target: nemesis.All}},
	{"freeze all", nemesis.Freeze{Target: nemesis.All}},
	{"thaw {}", nemesis.Thaw{}},
}

func TestEveryFaultPrintsAsItIsRead(t *testing.T) {
	for _, f := range forms {
		if got := f.fault.String(); got != f.text {
			t.Errorf("%#v prints %q, want %q", f.fault, got, f.text)
		}
		got, err := nemesis.ParseFault(f.text)
		if err != nil {
			t.Errorf("%q: %v", f.text, err)
		} else if d := cmp.Diff(f.fault, got); d != "" {
			t.Errorf("%q is read as something else (-want +got):\n%s", f.text, d)
		}
	}
}

func TestParserForgivesSpacesAndOrder(t *testing.T) {
	for loose, want := range map[string]string{
		" split {n1 n2}|{n3}":            "split {n1 n2} | {n3}",
		"split { n1\tn2 }  | {  n3}":     "split {n1 n2} | {n3}",
		"links all -> all loss 2.50%":    "links all loss 2.5%",
		"links n1 loss 1%":               "links n1 -> n1 loss 1%",
		"links all queue 1 loss 2%":      "links all loss 2% queue 1",
		"crash n1 garbage 1% losing 5%":  "crash n1 losing 5% garbage 1%",
		"slow {n1} 0.005s..5ms":          "slow n1 5ms",
		"disk n1 sync-error 0.0%":        "disk n1 sync-error 0%",
		"rule drop * from * to * for 0s": "rule drop * from * to *",
	} {
		f, err := nemesis.ParseFault(loose)
		if err != nil || f.String() != want {
			t.Errorf("%q is read as %v (%v), want %q", loose, f, err, want)
		}
	}
}

func TestParserSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "a fault is missing",
		"explode n1":                       `unknown fault "explode"`,
		"crash":                            `a node is missing after "crash"`,
		"crash n0":                         `"n0" is not a node`,
		"crash n1 n2":                      `unexpected "n2"`,
		"restart n1 n2":                    `unexpected "n2" after "n1"`,
		"split {n1,}":                      `"n1," is not a node`,
		"links all loss 1% loss 2%":        `a second "loss"`,
		"disk n1 lying honest":             "lying and honest",
		"disk n1 names-lying names-honest": "names are lying and honest",
		"provoke n1":                       "what to provoke is missing",
		"provoke n1 {":                     `"{" is not what to provoke`,
		"coarsen n1 -1ms":                  "-1ms is negative",
		"crash n1 losing 1% midway":        `unexpected "midway"`,
		"crash n1 losing 101%":             `"101%" is not a percentage`,
		"crash n1 losing 1.00001%":         "is not a percentage",
		"crash n1 losing 50":               "is not a percentage",
		"split {n1 n2":                     "a node is missing",
		"split leader+0 | rest":            `"0" is not a number from 1`,
		"split leaders | rest":             "not a leader",
		"before 1s before 2s heal":         `a second "before"`,
		"slow n1 5ms..1ms":                 "5ms..1ms ends before it begins",
		"slow n1 -5ms":                     "-5ms is negative",
		"clog all for 3h":                  "longer than a run can be",
		"clear all":                        `"all" where "rules" belongs`,
		"reset n1":                         `cannot reset "n1"`,
		"rule eat X from * to *":           `"eat" is not what a rule can do`,
		"drift n1 -900001ppm":              "is not a drift",
		"undrift":                          "a node is missing",
		"split":                            `{ is missing after "split"`,
		"drift n1 5":                       "is not a drift",
		"rot n1 bits 70000":                "is not a number up to 65536",
		"links all queue -1":               "is not a number up to",
		strings.Repeat("heal ", 20_000):    "bytes, more than",
	} {
		f, err := nemesis.ParseFault(text)
		if err == nil {
			t.Errorf("%.40q is read as %v, want an error", text, f)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: the error is %q, want %q in it", text, err, want)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	for _, form := range forms {
		f.Add(form.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := nemesis.ParseFault(text)
		if err != nil {
			return
		}
		second, err := nemesis.ParseFault(first.String())
		if err != nil {
			t.Fatalf("%q prints %q, which is not read: %v", text, first, err)
		}
		if d := cmp.Diff(first, second); d != "" {
			t.Fatalf("%q prints %q, which is read as something else:\n%s", text, first, d)
		}
	})
}
