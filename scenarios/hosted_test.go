package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"schism/checker"
	"schism/nemesis"
	"schism/scenarios"
	"schism/sim"
)

// text is a message of a register.
type text string

func (m text) Kind() string                 { return "Text" }
func (m text) Fold(d sim.Digest) sim.Digest { return d.MixString(string(m)) }
func (m text) String() string               { return string(m) }

// register is a server that keeps the last text that it was told on its disk. A careless one does not sync, and
// answers all the same.
type register struct {
	careless bool
	value    string
}

// Step implements sim.Machine.
func (r *register) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	switch {
	case ev.Kind == sim.Start:
		if data, err := ev.Disk.ReadFile("value"); err == nil {
			r.value = string(data)
		}
	case ev.Kind == sim.Receive && strings.HasPrefix(string(ev.Msg.(text)), "put "):
		r.value = strings.TrimPrefix(string(ev.Msg.(text)), "put ")
		out.Replace("value", []byte(r.value))
		if r.careless {
			out.Send(ev.From, text("ok"))
			return
		}
		out.Sync(1)
		out.SendSafe(ev.From, text("ok"))
	case ev.Kind == sim.Receive:
		out.Send(ev.From, text(r.value))
	}
}

// caller does its operations one after the other, and gives up an answer after a second.
type caller struct {
	operations []string
	next       int
	asking     bool
}

// Done says that all operations are over.
func (c *caller) Done() bool { return c.next == len(c.operations) }

// Step implements sim.Machine.
func (c *caller) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	switch {
	case ev.Kind == sim.Start:
		c.think(out)
	case ev.Kind == sim.Receive && c.asking:
		out.Return(string(ev.Msg.(text)), sim.OK)
		c.end(out)
	case ev.Kind == sim.Timeout && c.asking:
		out.Return(nil, sim.Unknown)
		c.end(out)
	case ev.Kind == sim.Timeout:
		_, op, _ := strings.Cut(c.operations[c.next], " ")
		out.Invoke(op)
		out.Send(sim.Server(1), text(op))
		out.SetTimer(0, time.Second, time.Second)
		c.asking = true
	}
}

func (c *caller) end(out *sim.Effects) {
	c.asking = false
	c.next++
	out.StopTimer(0)
	c.think(out)
}

func (c *caller) think(out *sim.Effects) {
	if c.Done() {
		return
	}
	pause, _, _ := strings.Cut(c.operations[c.next], " ")
	d, _ := time.ParseDuration(pause)
	out.SetTimer(0, d, d)
}

// registers is a scenario of one register and two clients, with crashes by a loss of power.
func registers(careless bool) *scenarios.Scenario {
	spec := &checker.Spec[string, string, string]{
		Init: func() string { return "" },
		Step: func(s string, in, out *string) (string, bool) {
			if value, ok := strings.CutPrefix(*in, "put "); ok {
				return value, true
			}
			return s, out == nil || *out == s
		},
		Key:      func(*string) string { return "value" },
		ReadOnly: func(in *string) bool { return *in == "get" },
		Describe: func(in, _ *string) string { return *in },
	}
	return scenarios.Hosting(scenarios.Scenario{
		Name: "mine/register", Doc: "A register on one server", Servers: 1, Clients: 2,
		Plan:   nemesis.CrashStorm(nemesis.CrashStormConfig{Start: time.Second, Until: 20 * time.Second}),
		HealAt: 20 * time.Second, Settle: time.Minute,
		Disk: sim.DiskProfile{SyncMin: time.Millisecond, SyncMax: 5 * time.Millisecond},
	}, scenarios.System{
		Server: func(sim.NodeID, []sim.NodeID) sim.Machine { return &register{careless: careless} },
		Client: func(_ sim.NodeID, _ []sim.NodeID, operations []string) sim.Machine {
			return &caller{operations: operations}
		},
		Workload: func(c sim.Chooser, id sim.NodeID) []string {
			key := sim.Key{Decision: sim.DecideWorkload, From: id}
			var operations []string
			for i := range 30 {
				op := "get"
				if c.Index(key, 2) == 1 {
					op = fmt.Sprintf("put %d.%d", id.Number(), i)
				}
				operations = append(operations, c.Span(key, 0, time.Second).String()+" "+op)
			}
			return operations
		},
		Judge: func(history []sim.Op, budget checker.Budget) []checker.Report {
			return []checker.Report{checker.Judge(spec, history, budget)}
		},
	})
}

// ear is a test that hears what it would print.
type ear struct {
	*testing.T
	said string
}

// Fatalf implements scenarios.TB.
func (e *ear) Fatalf(format string, args ...any) {
	e.said = fmt.Sprintf(format, args...)
	panic(e)
}

// hunted returns what a test prints that hunts, "" if it finds nothing.
func hunted(t *testing.T, s *scenarios.Scenario, options ...scenarios.Option) (said string) {
	e := &ear{T: t}
	defer func() {
		if recover() == any(e) {
			said = e.said
		}
	}()
	scenarios.Hunt(e, s, options...)
	return ""
}

func TestHuntFindsNothingInARegisterThatSyncs(t *testing.T) {
	scenarios.Hunt(t, registers(false), scenarios.WithSeeds(scenarios.Seeds{First: 1, Last: 50}))
}

// TestHuntTellsHowARegisterLosesWrites uses each line of what the failing test prints.
func TestHuntTellsHowARegisterLosesWrites(t *testing.T) {
	dir := t.TempDir()
	said := hunted(t, registers(true), scenarios.WithArtifacts(dir))
	t.Log(said)
	for _, want := range []string{
		`(?m)^VIOLATION linearizability: `,
		`(?m)^shrunk   \d+ -> [1-3] faults, 60 -> [12] operations, `,
		`(?m)^  t=\S+ +crash \S+ losing 100%$`,
		`(?m)^  t=\S+ +c\d get -> `,
		`(?m)^replay   SCHISM_SEED=\d+ go test schism/scenarios -run '\^TestHuntTellsHowARegisterLosesWrites\$'$`,
		`(?m)^case     SCHISM_CASE=\S+/mine-register-\d+\.txtar go test schism/scenarios -run `,
		`(?m)^identity digest=[0-9a-f]{16} events=\d+$`,
	} {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("it does not say %s", want)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the cases %v are kept, %v", files, err)
	}
	t.Setenv("SCHISM_CASE", files[0])
	if said := hunted(t, registers(true)); !strings.Contains(said, "VIOLATION linearizability: ") {
		t.Errorf("the case does not fail again: %s", said)
	}
	if said := hunted(t, registers(false)); !strings.Contains(said, "is stale:\n  it comes to clean") {
		t.Errorf("the case of a bug that is mended is not stale: %s", said)
	}
	if err := os.WriteFile(files[0], []byte("-- case --\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if said := hunted(t, registers(true)); !strings.Contains(said, "case: ") {
		t.Errorf("a case that is none is read: %s", said)
	}
}

// TestReplayFailsAsTheCaseSays replays one of the corpus that fails, and one that does not.
func TestReplayFailsAsTheCaseSays(t *testing.T) {
	e := &ear{T: t}
	func() {
		defer func() { _ = recover() }()
		scenarios.Replay(e, filepath.Join(scenarios.CasesDir, "raft-kv-canary-1.txtar"))
	}()
	if !strings.Contains(e.said, "VIOLATION raft-leader-completeness: ") {
		t.Errorf("it says %q", e.said)
	}
	scenarios.Replay(t, filepath.Join(scenarios.CasesDir, "etcd-swarm-7.txtar"))
}
