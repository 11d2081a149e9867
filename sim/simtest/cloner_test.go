package simtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"schism/sim"
	"schism/sim/simtest"
)

// part is a part of a state.
type part struct {
	Number int
	Names  []string
}

// state has a field of every kind that a machine may have.
type state struct {
	Flag    bool
	Small   int8
	Big     uint64
	Share   float64
	Text    string
	Bytes   []byte
	Parts   []part
	Pair    [2]int
	Table   map[string]part
	Pointer *part
	Absent  *part
	Any     any
	Inner   struct{ Deep int }
}

// plain is a machine that does nothing and has such a state. It has a flaw at one of the fields, or none.
type plain struct {
	state state
	quiet uint8 // unexported, and hashed by hand
	flaw  flaw
}

// flaw says how the field is treated wrongly: it misses the hash, is shared with clones, or misses Clone.
type flaw struct {
	field string
	how   string
}

func (p *plain) Step(sim.Time, sim.Event, *sim.Effects) {}

func (p *plain) field(s *state) reflect.Value {
	return reflect.ValueOf(s).Elem().FieldByName(p.flaw.field)
}

func (p *plain) AppendHash(b []byte) []byte {
	s := p.state
	if p.flaw.how == "hash" {
		p.field(&s).SetZero()
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return append(append(b, text...), p.quiet)
}

func (q part) clone() part { return part{q.Number, slices.Clone(q.Names)} }

func clonePart(q *part) *part {
	if q == nil {
		return nil
	}
	c := q.clone()
	return &c
}

func (p *plain) Clone() sim.Cloner {
	c := *p
	s := &c.state
	s.Bytes = bytes.Clone(s.Bytes)
	s.Parts = slices.Clone(s.Parts)
	for i := range s.Parts {
		s.Parts[i] = s.Parts[i].clone()
	}
	s.Table = maps.Clone(s.Table)
	for k, q := range s.Table {
		s.Table[k] = q.clone()
	}
	s.Pointer, s.Absent = clonePart(s.Pointer), clonePart(s.Absent)
	if q, ok := s.Any.(*part); ok {
		s.Any = clonePart(q)
	}
	switch p.flaw.how {
	case "alias":
		p.field(s).Set(p.field(&p.state))
	case "clone":
		p.field(s).SetZero()
	}
	return &c
}

func newPlain(f flaw) []sim.Cloner {
	return []sim.Cloner{&plain{flaw: f, state: state{
		Big: 7, Text: "text", Bytes: []byte("bytes"), Pair: [2]int{1, 2},
		Parts:   []part{{1, []string{"a"}}, {2, nil}},
		Table:   map[string]part{"k": {3, []string{"b"}}},
		Pointer: &part{4, []string{"c"}}, Any: &part{5, []string{"d"}},
	}}}
}

// flawless is the excuse for the field that makes the others wrong.
func flawless() []simtest.Excuse {
	return []simtest.Excuse{simtest.Ignore("simtest_test.flaw", "what is wrong with it never changes")}
}

func TestAMachineWithAllItsFieldsPasses(t *testing.T) {
	simtest.CheckCloner(t, newPlain(flaw{}), flawless()...)
}

func checkPlain(f flaw, excuses ...simtest.Excuse) []string {
	return failures(func(t simtest.T) { simtest.CheckCloner(t, newPlain(f), append(flawless(), excuses...)...) })
}

func TestEveryFieldThatIsTreatedWronglyIsFound(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[state]()) {
		said := checkPlain(flaw{f.Name, "hash"})
		wantFailure(t, said, "simtest_test.plain.state."+f.Name)
		wantFailure(t, said, "misses the hash")
		for _, s := range said {
			if !strings.Contains(s, "state."+f.Name) {
				t.Errorf("%s misses the hash, and somebody says: %s", f.Name, s)
			}
		}
		if said := checkPlain(flaw{f.Name, "clone"}); reflect.ValueOf(newPlain(flaw{})[0].(*plain).state).
			FieldByIndex(f.Index).IsZero() {
			wantFailure(t, said, "(simtest_test.state."+f.Name)
			wantFailure(t, said, "misses Clone")
		} else {
			wantFailure(t, said, "a clone appends another hash")
		}
	}
	for _, name := range []string{"Bytes", "Parts", "Table", "Pointer", "Any"} {
		wantFailure(t, checkPlain(flaw{name, "alias"}),
			fmt.Sprintf("state.%s (simtest_test.state.%s) is aliased", name, name))
	}
}

func TestExcusesSilenceWhatTheyNameAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		flaw   flaw
		excuse simtest.Excuse
		want   string // "" for nothing
	}{
		{flaw{"Big", "hash"}, simtest.Ignore("simtest_test.state.Big", "a reason"), ""},
		{flaw{"Parts", "alias"}, simtest.CopyOnWrite("simtest_test.state.Parts", "a reason"), ""},
		{flaw{"Parts", "alias"}, simtest.Shared("simtest_test.state.Parts", "a reason"), ""},
		{flaw{"Pointer", "alias"}, simtest.Shared("simtest_test.state.Pointer", "a reason"), ""},
		{flaw{"Pointer", "hash"}, simtest.Shared("simtest_test.state.Pointer", "a reason"), "misses the hash"},
		{flaw{}, simtest.Ignore("simtest_test.state.Gone", "a reason"), "not needed any more: simtest_test.state.Gone"},
		{flaw{}, simtest.Shared("simtest_test.state.Parts", "a reason"), "not needed any more"},
		{flaw{}, simtest.FixedLength("simtest_test.state.Parts", "a reason"), "not needed any more"},
		{flaw{"Big", "hash"}, simtest.Ignore("simtest_test.state.Big", ""), "gives no reason"},
	} {
		said := checkPlain(c.flaw, c.excuse)
		if c.want != "" {
			wantFailure(t, said, c.want)
		} else if len(said) > 0 {
			t.Errorf("%v with an excuse: %s", c.flaw, said)
		}
	}
}

// odd is a machine with fields that no machine should have, or whose contents nobody knows.
type odd struct {
	unseen sim.Message
	hidden func()
	narrow uint64
	spare  []int
}

func (o *odd) Step(sim.Time, sim.Event, *sim.Effects) {}
func (o *odd) Clone() sim.Cloner                      { c := *o; return &c }
func (o *odd) AppendHash(b []byte) []byte {
	for _, n := range o.spare {
		b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24), byte(n>>32), byte(n>>40), byte(n>>48), byte(n>>56))
	}
	return append(b, byte(o.narrow))
}

func TestOddFieldsAreReported(t *testing.T) {
	machines := []sim.Cloner{&odd{spare: make([]int, 1, 2)}}
	said := failures(func(t simtest.T) {
		simtest.CheckCloner(t, machines, simtest.Shared("simtest_test.odd.spare", "a reason"))
	})
	wantFailure(t, said, "odd.unseen (simtest_test.odd.unseen): nothing was there in any machine")
	wantFailure(t, said, "odd.hidden (simtest_test.odd.hidden): a func can hold state")
	wantFailure(t, said, "odd.narrow (simtest_test.odd.narrow) misses the hash: bit 32 is flipped")
	wantFailure(t, said, "odd.spare (simtest_test.odd.spare): the clone can append into memory that the machine uses")
}

func TestCheckClonerLeavesTheMachineAsItWas(t *testing.T) {
	m := newPlain(flaw{})
	before := m[0].AppendHash(nil)
	simtest.CheckCloner(t, m, flawless()...)
	if after := m[0].AppendHash(nil); !bytes.Equal(before, after) {
		t.Errorf("the machine was %s and is %s", before, after)
	}
}

func TestNoMachineIsNoPass(t *testing.T) {
	wantFailure(t, failures(func(t simtest.T) { simtest.CheckCloner(t, nil) }), "there is no machine")
}

func TestHarvestFindsMachinesAtMoments(t *testing.T) {
	paused := simtest.Moments(gossips("")(1), 1, func(s *sim.StepInfo) bool { return s.Event.Kind == sim.Faulted })
	if len(paused) != 1 {
		t.Fatalf("moments %v", paused)
	}
	crop := simtest.Harvest(gossips("")(1), []sim.NodeID{1, 2}, 1, paused[0], 500)
	if len(crop) < 5 || bytes.Equal(crop[len(crop)-1].AppendHash(nil), crop[len(crop)-3].AppendHash(nil)) {
		t.Errorf("harvested %d machines: %v", len(crop), crop)
	}
}
