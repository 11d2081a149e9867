package simtest_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"schism/sim"
	"schism/sim/simtest"
)

// fake is a test that keeps what it is told.
type fake struct{ said []string }

// stopped ends a fake test.
type stopped struct{}

func (f *fake) Helper() {}

func (f *fake) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func (f *fake) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(stopped{})
}

// failures returns what the test says.
func failures(test func(t simtest.T)) []string {
	f := &fake{}
	func() {
		defer func() {
			if cause := recover(); cause != nil && cause != (stopped{}) {
				panic(cause)
			}
		}()
		test(f)
	}()
	return f.said
}

// wantFailure fails unless some failure contains want.
func wantFailure(t *testing.T, said []string, want string) {
	t.Helper()
	if all := strings.Join(said, "\n"); !strings.Contains(all, want) {
		t.Errorf("nobody says %q:\n%s", want, all)
	}
}

// note is a message with a number.
type note struct{ n uint64 }

func (m *note) Kind() string                 { return "Note" }
func (m *note) Fold(d sim.Digest) sim.Digest { return d.Mix(m.n) }
func (m *note) String() string               { return fmt.Sprint(m.n) }

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// gossip is a machine that passes numbers round and writes them down. It has a flaw or none.
type gossip struct {
	id    sim.NodeID
	flaw  string
	sum   uint64
	heard []uint64
	kept  *note
}

// outside is what no machine should look at.
var outside uint64

const servers = 3

func (g *gossip) Step(now sim.Time, ev sim.Event, out *sim.Effects) {
	switch ev.Kind {
	case sim.Start:
		g.start(now, ev.Disk)
		out.SetTimer(0, ms(1), ms(20))
	case sim.Timeout:
		g.timeout(out)
	case sim.Receive:
		g.receive(ev.Msg.(*note), out)
	}
}

func (g *gossip) start(now sim.Time, d *sim.Disk) {
	data, err := d.ReadFile("log")
	switch {
	case g.flaw == "needs what it never synced" && now > 0 && err != nil:
		panic("the log is gone")
	case g.flaw == "writes one thing in two steps" && len(data)%16 != 0:
		panic("half a record")
	}
}

func (g *gossip) timeout(out *sim.Effects) {
	out.SetTimer(0, ms(1), ms(20))
	g.sum++
	data := binary.LittleEndian.AppendUint64(nil, g.sum)
	out.Append("log", data)
	if g.flaw != "needs what it never synced" {
		out.Sync(sim.Token(g.sum))
	}
	m := &note{g.sum}
	switch g.flaw {
	case "looks outside":
		outside++
		m.n += outside % 7
	case "acts on tracing":
		if out.Tracing() {
			m.n++
		}
	case "changes what it sent":
		if g.kept != nil {
			g.kept.n++
		}
		g.kept = m
	}
	out.Send(sim.Server(g.id.Number()%servers+1), m)
	if out.Tracing() {
		out.Decide("a timer ran out", "tell the next one")
	}
}

func (g *gossip) receive(m *note, out *sim.Effects) {
	g.sum += m.n % 5
	if len(g.heard) < 3 {
		g.heard = append(g.heard, m.n)
	} else {
		g.heard[int(m.n)%3] = m.n
	}
	if g.flaw == "changes what it received" {
		m.n++
	}
	if m.n > 0 {
		out.Send(sim.Server(g.id.Number()%servers+1), &note{min(m.n, g.heard[0]) / 2})
	}
	out.Mark("heard")
}

func (g *gossip) Clone() sim.Cloner {
	c := *g
	if g.flaw != "shares a slice with its clone" {
		c.heard = append([]uint64(nil), g.heard...)
	}
	if g.flaw == "forgets in Clone" {
		c.heard = nil
	}
	return &c
}

func (g *gossip) AppendHash(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, g.sum)
	if g.flaw == "forgets in Clone" {
		return b
	}
	for _, n := range g.heard {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

// gossips returns the configuration of machines with a flaw.
func gossips(flaw string) simtest.Make {
	return func(seed uint64) sim.Config {
		return sim.Config{
			Servers:   servers,
			NewServer: func(id sim.NodeID) sim.Machine { return &gossip{id: id, flaw: flaw} },
			Chooser:   sim.NewSeeded(seed),
			Peers:     sim.Link{Min: ms(1), Max: ms(10), Loss: sim.Percent},
			Disk:      sim.DiskProfile{SyncMin: ms(1), SyncMax: ms(4)},
			Limit:     sim.Time(ms(600)),
			MaxEvents: 5000,
			Faults: []sim.Planned{
				{When: sim.Trigger{Mark: "heard", Nth: 3}, Do: simtest.Action("pause n1", func(f sim.Faults) {
					f.Pause(1)
				})},
				simtest.At(ms(100), "resume n1", func(f sim.Faults) { f.Resume(1) }),
			},
		}
	}
}
