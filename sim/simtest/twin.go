package simtest

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"schism/sim"
)

// wrapped is a machine whose steps are done by a function. It claims to lead when the machine inside does.
type wrapped struct {
	step func(now sim.Time, ev sim.Event, out *sim.Effects)
}

type wrappedLeader struct {
	wrapped
	sim.Leader
}

// Step implements [sim.Machine].
func (w wrapped) Step(now sim.Time, ev sim.Event, out *sim.Effects) { w.step(now, ev, out) }

// wrap returns a machine that steps with step and else is as inner.
func wrap(inner sim.Machine, step func(now sim.Time, ev sim.Event, out *sim.Effects)) sim.Machine {
	if l, ok := inner.(sim.Leader); ok {
		return wrappedLeader{wrapped{step}, l}
	}
	return wrapped{step}
}

// maxWrapped bounds the events of a run of wrapped machines, which nothing else may end before its time limit.
const maxWrapped = 20_000

// wrapAll makes every machine of c one that around wraps. What looks at machines from outside goes, since it would
// not know them again.
func wrapAll(c *sim.Config, around func(sim.NodeID, sim.Machine) sim.Machine) {
	c.Observers, c.Until = nil, nil
	if c.MaxEvents == 0 || c.MaxEvents > maxWrapped {
		c.MaxEvents = maxWrapped
	}
	wrapMake := func(make func(sim.NodeID) sim.Machine) func(sim.NodeID) sim.Machine {
		return func(id sim.NodeID) sim.Machine { return around(id, make(id)) }
	}
	if c.NewServer != nil {
		c.NewServer = wrapMake(c.NewServer)
	}
	if c.NewClient != nil {
		c.NewClient = wrapMake(c.NewClient)
	}
}

// checkSteps gives every machine a twin.
func checkSteps(t T, make Make) {
	t.Helper()
	for _, seed := range checkSeeds {
		var found string
		c := make(seed)
		wrapAll(&c, func(id sim.NodeID, m sim.Machine) sim.Machine {
			p := &twins{id: id, machine: m.(sim.Cloner), found: &found}
			return wrap(m, p.step)
		})
		r := run(t, sim.NewWorld(c))
		if r.Violation != nil && found == "" {
			found = r.Violation.Error()
		}
		if found != "" {
			t.Errorf("seed %d: %s", seed, found)
			return
		}
	}
}

// lag is how many events a clone is left behind before it is stepped with all of them.
const lag = 32

// twins are a machine, and clones of it that see the same.
type twins struct {
	id      sim.NodeID
	machine sim.Cloner
	// found says what the first twins that differed, in the whole world, differed in.
	found *string

	// late is a clone that was in the state lateHash before the events missed.
	late     sim.Cloner
	lateHash []byte
	missed   []missedEvent

	before, now, scratch []byte
}

// missedEvent is an event with the sum of what the machine asked for.
type missedEvent struct {
	now sim.Time
	ev  sim.Event
	sum sim.Digest
}

// step steps the machine, and a clone after it.
func (p *twins) step(now sim.Time, ev sim.Event, out *sim.Effects) {
	if *p.found != "" {
		p.machine.Step(now, ev, out)
		return
	}
	p.before = p.machine.AppendHash(p.before[:0])
	clone := p.machine.Clone()
	fail := func(format string, args ...any) {
		if *p.found == "" {
			*p.found = fmt.Sprintf("%s, %s at %v: ", p.id, ev, now) + fmt.Sprintf(format, args...)
		}
	}
	if !p.same(clone, p.before) || !p.same(p.machine, p.before) {
		fail("before the event, a machine and its clone append different hashes")
	}
	from := len(out.List())
	p.machine.Step(now, ev, out)
	p.now = p.machine.AppendHash(p.now[:0])
	if !p.same(clone, p.before) {
		fail("the step of a machine changed its clone")
	}
	sum := effectsSum(out.List()[from:])

	var twin sim.Effects
	clone.Step(now, ev, &twin)
	if d := diffEffects(out.List()[from:], twin.List()); d != "" {
		fail("a machine (-) and its clone (+) ask for different effects:\n%s", d)
	}
	if !p.same(clone, p.now) {
		fail("a machine and its clone are in different states after the same event")
	}
	if !p.same(p.machine, p.now) {
		fail("the step of a clone changed the machine that it was cloned from")
	}
	if effectsSum(out.List()[from:]) != sum {
		fail("the step of a clone changed the effects of the machine that it was cloned from")
	}
	p.follow(missedEvent{now, ev, sum}, fail)
}

// same reports whether m appends the hash h.
func (p *twins) same(m sim.Cloner, h []byte) bool {
	p.scratch = m.AppendHash(p.scratch[:0])
	return bytes.Equal(p.scratch, h)
}

// follow lets the late clone catch up when it has missed enough. It does not begin with Start, whose disk changes.
func (p *twins) follow(e missedEvent, fail func(string, ...any)) {
	if p.late != nil {
		p.missed = append(p.missed, e)
	}
	if len(p.missed) == lag {
		if !p.same(p.late, p.lateHash) {
			fail("the last %d steps of a machine changed an earlier clone of it", lag)
			return
		}
		for i := range p.missed {
			var out sim.Effects
			m := &p.missed[i]
			p.late.Step(m.now, m.ev, &out)
			if effectsSum(out.List()) != m.sum {
				fail("a clone made %d events earlier, stepped with them, asks for something else at %s",
					lag, m.ev)
				return
			}
		}
		if !p.same(p.late, p.now) || !p.same(p.machine, p.now) {
			fail("a clone made %d events earlier, stepped with them, is in another state", lag)
			return
		}
	}
	if p.late == nil || len(p.missed) == lag {
		p.late, p.lateHash, p.missed = p.machine.Clone(), append(p.lateHash[:0], p.now...), p.missed[:0]
	}
}

// effectsSum returns a digest of everything in effects, what they point to included.
func effectsSum(effects []sim.Effect) sim.Digest {
	d := sim.Digest(len(effects))
	for i := range effects {
		f := &effects[i]
		d = d.Mix(uint64(f.Kind) | uint64(f.Timer)<<8 | uint64(f.Task)<<16 | uint64(f.Outcome)<<24 |
			uint64(f.To)<<32).Mix(uint64(f.Chan)).Mix(uint64(f.Token)).Mix(uint64(f.Min)).Mix(uint64(f.Max))
		d = d.MixString(f.Name).MixBytes(f.Data)
		if f.Msg != nil {
			d = f.Msg.Fold(d.MixString(f.Msg.Kind()))
		}
		if f.Value != nil {
			d = d.Mix(uint64(valueSum(f.Value)))
		}
	}
	return d
}

// diffEffects compares effects in depth. A nil slice equals an empty one.
func diffEffects(a, b []sim.Effect) string {
	if reflect.DeepEqual(a, b) || len(a)+len(b) == 0 {
		return ""
	}
	everything := cmp.Exporter(func(reflect.Type) bool { return true })
	return cmp.Diff(a, b, everything, cmpopts.EquateEmpty())
}
