package scenarios

import (
	"cmp"
	"slices"
	"strings"

	"schism/nemesis"
	"schism/sim"
)

// Hit is a fault of a run, or the end of one, with the states in which the protocol was just before it.
type Hit struct {
	// Fault is what kind of fault it was, without whom it hit: "crash", "split leader", "links loss".
	Fault string
	in    stateSet
}

// watchFaults lets r note what the faults hit.
func (r *Runner) watchFaults(faults []sim.Planned) {
	r.hits = r.hits[:0]
	for i := range faults {
		faults[i].Do = watchedFault{faults[i].Do, r}
	}
}

// watchedFault is a fault that a runner wants to know of.
type watchedFault struct {
	sim.Action
	r *Runner
}

// Apply implements [sim.Action].
func (w watchedFault) Apply(f sim.Faults) {
	do := w.Action
	if b, ok := do.(nemesis.Before); ok {
		do = b.Do
		if f.Now() >= sim.Time(b.At) {
			return // nothing happens
		}
	}
	w.r.hits = append(w.r.hits, Hit{faultKind(do.String()), w.r.system.situation(w.r.world.View())})
	w.Action.Apply(f)
}

// kindWords are the words by which faults of one verb are told apart; those of other verbs are of one kind.
var kindWords = map[string][]string{
	"split": {"leader"},
	"reset": {"links", "channels", "disk"},
	"rule":  {"drop", "delay", "duplicate"},
	"clear": {"rules"},
	"crash": {"midway", "losing"},
	"links": {"loss", "latency", "tail", "duplicate", "reorder", "spacing", "queue"},
	"disk": {"sync", "read", "sync-error", "write-error", "capacity", "lying", "honest",
		"names-lying", "names-honest"},
	// once it is over
	"blackhole": {"off"},
}

// faultKind returns what kind of fault has this text: its verb, and the first of the words that tell faults of this
// verb apart.
func faultKind(text string) string {
	words := strings.Fields(text)
	for _, w := range words[1:] {
		w, _, _ = strings.Cut(w, "+")
		if slices.Contains(kindWords[words[0]], w) {
			return words[0] + " " + w
		}
	}
	return words[0]
}

// faultKinds numbers the kinds of faults as they come.
type faultKinds struct {
	names  []string
	number map[string]uint16
}

// packedHit is a [Hit] of which a hunt can keep very many.
type packedHit struct {
	kind uint16
	in   stateSet
}

// pack packs hits; no hits are nil.
func (k *faultKinds) pack(hits []Hit) []packedHit {
	if len(hits) == 0 {
		return nil
	}
	packed := make([]packedHit, len(hits))
	for i, h := range hits {
		n, ok := k.number[h.Fault]
		if !ok {
			if k.number == nil {
				k.number = make(map[string]uint16)
			}
			n = uint16(len(k.names))
			k.number[h.Fault] = n
			k.names = append(k.names, h.Fault)
		}
		packed[i] = packedHit{n, h.in}
	}
	return packed
}

// Coverage says how often which fault hit which state of the protocols.
type Coverage struct {
	// States names the states. The protocol can be in several at once.
	States []string `json:"states"`
	// Rows has one row for each kind of fault that happened, by name.
	Rows []CoverageRow `json:"faults"`
}

// CoverageRow is what one kind of fault hit.
type CoverageRow struct {
	// Fault is the kind, as in [Hit].
	Fault string `json:"fault"`
	// Times is how often the fault happened, whether it found anybody to harm or not.
	Times int `json:"times"`
	// In counts, for each state, how often the protocol was in it just before.
	In []int `json:"in"`
}

// newCoverage returns an empty table of the kinds that are known.
func newCoverage(k *faultKinds) *Coverage {
	c := &Coverage{States: stateNames[:], Rows: make([]CoverageRow, len(k.names))}
	for i, name := range k.names {
		c.Rows[i] = CoverageRow{Fault: name, In: make([]int, states)}
	}
	return c
}

// count adds the hits of one run. The rows are still numbered as the kinds are.
func (c *Coverage) count(hits []packedHit) {
	for _, h := range hits {
		row := &c.Rows[h.kind]
		row.Times++
		for i := range row.In {
			row.In[i] += int(h.in >> i & 1)
		}
	}
}

// table returns c without the kinds that did not happen, sorted by name: which kind came first depends on the workers.
func (c *Coverage) table() *Coverage {
	c.Rows = slices.DeleteFunc(c.Rows, func(r CoverageRow) bool { return r.Times == 0 })
	slices.SortFunc(c.Rows, func(a, b CoverageRow) int { return cmp.Compare(a.Fault, b.Fault) })
	return c
}
