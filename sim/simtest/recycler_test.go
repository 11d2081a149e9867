package simtest_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"schism/sim"
	"schism/sim/simtest"
)

// thrifty is a machine that can be cloned into used memory. Its Clone is right; CloneInto has a flaw or none.
type thrifty struct {
	flaw         string
	steps, total uint32
	seen         []uint32
	known        map[uint32]uint32
	// past is never changed, only appended to: clones share it.
	past []uint32
}

func (m *thrifty) Step(_ sim.Time, ev sim.Event, out *sim.Effects) {
	m.steps++
	m.total += 3
	if ev.Kind != sim.Start && ev.Kind != sim.Timeout {
		return
	}
	if m.steps%5 == 0 {
		m.seen = m.seen[:0]
	}
	m.seen = append(m.seen, m.total)
	m.known[m.steps%4] = m.total
	delete(m.known, m.steps%7)
	m.past = append(slices.Clip(m.past), m.steps)
	out.SetTimer(0, ms(1), ms(5))
	out.Mark(fmt.Sprint(m.total, len(m.seen), m.seen[0], len(m.known)))
}

func newThrifty(flaw string) *thrifty { return &thrifty{flaw: flaw, known: map[uint32]uint32{}} }

// Clone implements [sim.Cloner].
func (m *thrifty) Clone() sim.Cloner {
	c := newThrifty(m.flaw)
	flawless := *m
	flawless.flaw = ""
	flawless.CloneInto(c)
	c.flaw = m.flaw
	return c
}

// CloneInto implements [sim.Recycler].
func (m *thrifty) CloneInto(old sim.Machine) sim.Cloner {
	c, ok := old.(*thrifty)
	if !ok {
		return m.Clone()
	}
	c.flaw, c.steps, c.past = m.flaw, m.steps, slices.Clip(m.past)
	c.total = m.total
	before := *c
	switch c.seen = append(c.seen[:0], m.seen...); m.flaw {
	case "keeps a slice":
		c.seen = before.seen
	case "keeps the end of a slice":
		if len(c.seen) < len(before.seen) {
			c.seen = before.seen
		}
	case "shares a slice":
		c.seen = m.seen
	case "writes into what is shared":
		if len(c.past) > 0 {
			c.past[0]++
		}
	}
	if m.flaw != "keeps entries" {
		clear(c.known)
	}
	for k, v := range m.known { // order: every entry is put under its own key
		c.known[k] = v
	}
	return c
}

// AppendHash implements [sim.Cloner].
func (m *thrifty) AppendHash(b []byte) []byte {
	add := func(n uint32) { b = binary.BigEndian.AppendUint32(b, n) }
	add(m.steps)
	add(m.total)
	for _, list := range [][]uint32{m.seen, m.past} {
		add(uint32(len(list)))
		for _, n := range list {
			add(n)
		}
	}
	keys := make([]uint32, 0, len(m.known))
	for k := range m.known { // order: sorted below
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		add(k)
		add(m.known[k])
	}
	return b
}

// forgetful is a Recycler whose CloneInto leaves the field total of old as it is.
type forgetful struct{ thrifty }

// Clone implements [sim.Cloner].
func (m *forgetful) Clone() sim.Cloner { return &forgetful{*m.thrifty.Clone().(*thrifty)} }

// CloneInto implements [sim.Recycler].
func (m *forgetful) CloneInto(old sim.Machine) sim.Cloner {
	c, ok := old.(*forgetful)
	if !ok {
		return m.Clone()
	}
	total := c.total
	m.thrifty.CloneInto(&c.thrifty)
	c.total = total
	return c
}

// thriftyRun returns the configuration of two such machines.
func thriftyRun(machine func() sim.Machine) simtest.Make {
	return func(seed uint64) sim.Config {
		return sim.Config{Servers: 2, NewServer: func(sim.NodeID) sim.Machine { return machine() },
			Chooser: sim.NewSeeded(seed), Limit: sim.Time(ms(300))}
	}
}

// checkThrifty returns what CheckCloner says of such machines.
func checkThrifty(machine func() sim.Machine, harvest ...uint64) []string {
	return failures(func(t simtest.T) {
		simtest.CheckCloner(t, simtest.Harvest(thriftyRun(machine)(1), []sim.NodeID{1, 2}, harvest...),
			simtest.Ignore("simtest_test.thrifty.flaw", "what is wrong with it never changes"),
			simtest.Shared("simtest_test.thrifty.past", "never changed, and appending copies"))
	})
}

func TestARecyclerWithoutFlawPasses(t *testing.T) {
	machine := func() sim.Machine { return newThrifty("") }
	if said := checkThrifty(machine, 4, 20, 51); len(said) > 0 {
		t.Error(said)
	}
	simtest.CheckMachine(t, thriftyRun(machine))
}

func TestEveryFlawOfCloneIntoIsFound(t *testing.T) {
	for _, c := range []struct {
		flaw string
		says string // of machines of which the fields differ
		also string // of one machine alone
	}{
		{"keeps a slice", "CloneInto: *simtest_test.thrifty: a clone appends another hash",
			"thrifty.seen) misses CloneInto"},
		{"keeps the end of a slice", "CloneInto: *simtest_test.thrifty: a clone appends another hash",
			"thrifty.seen) misses CloneInto: the last element is removed"},
		{"keeps entries", "CloneInto: *simtest_test.thrifty: a clone appends another hash",
			"thrifty.known) misses CloneInto: an entry is removed"},
		{"shares a slice", "thrifty.seen) is aliased: a clone by CloneInto has the same memory",
			"thrifty.seen) is aliased: a clone by CloneInto has the same memory"},
		{"writes into what is shared", "CloneInto: *simtest_test.thrifty: it changes the machine that it clones",
			"CloneInto into a clone changes another machine"},
	} {
		machine := func() sim.Machine { return newThrifty(c.flaw) }
		wantFailure(t, checkThrifty(machine, 4, 20, 51), c.says)
		alone := failures(func(t simtest.T) {
			crop := simtest.Harvest(thriftyRun(machine)(1), []sim.NodeID{1}, 51)
			simtest.CheckCloner(t, crop, simtest.Ignore("simtest_test.thrifty.flaw", "never changes"),
				simtest.Shared("simtest_test.thrifty.past", "never changed, and appending copies"))
		})
		wantFailure(t, alone, c.also)
	}
	said := checkThrifty(func() sim.Machine { return &forgetful{*newThrifty("")} }, 4, 20, 51)
	wantFailure(t, said, "CloneInto: *simtest_test.forgetful: a clone appends another hash")
	said = checkThrifty(func() sim.Machine { return &forgetful{*newThrifty("")} }, 2)
	wantFailure(t, said, "thrifty.total) misses CloneInto: bit 0 is flipped")
}

func TestForksIntoUsedWorldsAreChecked(t *testing.T) {
	for name, machine := range map[string]func() sim.Machine{
		"a field":   func() sim.Machine { return &forgetful{*newThrifty("")} },
		"a slice":   func() sim.Machine { return newThrifty("keeps a slice") },
		"an entry":  func() sim.Machine { return newThrifty("keeps entries") },
		"its alias": func() sim.Machine { return newThrifty("shares a slice") },
	} {
		said := failures(func(t simtest.T) { simtest.RunCheck(t, "ForksGoOnEqually", thriftyRun(machine)) })
		if len(said) == 0 {
			t.Errorf("%s kept by CloneInto: nobody notices", name)
			continue
		}
		wantFailure(t, said, "into a world that other runs have used")
	}
}

func TestForksAreCheckedWithoutUntil(t *testing.T) {
	simtest.RunCheck(t, "ForksGoOnEqually", func(seed uint64) sim.Config {
		c := gossips("")(seed)
		c.Until = func(v sim.View) bool { return v.Seq() > 200 }
		return c
	})
}

// masked is a machine whose hash forgets the top bits.
type masked struct {
	flags uint8
	count int64
}

func (m *masked) Step(sim.Time, sim.Event, *sim.Effects) {}
func (m *masked) Clone() sim.Cloner                      { c := *m; return &c }
func (m *masked) AppendHash(b []byte) []byte {
	return binary.BigEndian.AppendUint64(append(b, m.flags&0x7f), uint64(m.count)<<1)
}

func TestTheTopBitMustReachTheHash(t *testing.T) {
	said := failures(func(t simtest.T) { simtest.CheckCloner(t, []sim.Cloner{&masked{}}) })
	wantFailure(t, said, "masked.flags (simtest_test.masked.flags) misses the hash: bit 7 is flipped")
	wantFailure(t, said, "masked.count (simtest_test.masked.count) misses the hash: bit 63 is flipped")
}
