package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"schism/sim"
	"schism/sim/recipe"
)

// Workload is what the clients of a run do, as text: for each client, by number from 1, its operations in order, or one
// line that says that it plays the recipe which the seed draws, as far as it goes or for so many moves. A client
// without a line does nothing.
type Workload [][]string

// Bounds of the workloads that are parsed.
const (
	maxWorkloadClients = 1000
	maxWorkloadLines   = 100_000
)

// String returns a line for each operation, "c1 20ms put x 1.1", "c4 recipe", or "c4 recipe for 7 moves".
func (w Workload) String() string {
	var b strings.Builder
	for i, lines := range w {
		for _, line := range lines {
			fmt.Fprintf(&b, "%s %s\n", sim.Client(i+1), line)
		}
	}
	return b.String()
}

// Ops returns the number of operations. A recipe counts as one.
func (w Workload) Ops() int {
	n := 0
	for _, lines := range w {
		n += len(lines)
	}
	return n
}

// clone returns an independent copy.
func (w Workload) clone() Workload {
	c := make(Workload, len(w))
	for i, lines := range w {
		c[i] = append([]string(nil), lines...)
	}
	return c
}

// ParseWorkload reads what Workload.String writes. It does not read the operations themselves, which are the system's.
// Empty lines, and those that begin with #, are left out. The error names the line, counted from 1.
func ParseWorkload(text string) (Workload, error) {
	var w Workload
	number, count := 0, 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		who, what, _ := strings.Cut(line, " ")
		id, ok := sim.ParseNodeID(who)
		what = strings.TrimSpace(what)
		switch count++; {
		case !ok || !id.IsClient() || id.Number() > maxWorkloadClients:
			return nil, fmt.Errorf("workload: line %d: %q is no client from c1 to c%d", number, who, maxWorkloadClients)
		case what == "":
			return nil, fmt.Errorf("workload: line %d: nothing to do", number)
		case count > maxWorkloadLines:
			return nil, fmt.Errorf("workload: line %d: more than %d operations", number, maxWorkloadLines)
		}
		for len(w) < id.Number() {
			w = append(w, nil)
		}
		w[id.Number()-1] = append(w[id.Number()-1], what)
	}
	return w, nil
}

// part is what one client does: a list of operations, or a recipe.
type part[O fmt.Stringer, In, Out any] struct {
	ops []O
	// recipe is nil for a client that has none; it plays at most moves of its moves, or all if that is negative.
	recipe recipe.Recipe[In, Out]
	moves  int
}

// recipeWord begins the line of a client that plays a recipe.
const recipeWord = "recipe"

// lines returns the part as a Workload has it.
func (p *part[O, In, Out]) lines() []string {
	if p.recipe != nil {
		switch {
		case p.moves < 0:
			return []string{recipeWord}
		case p.moves == 0:
			return nil
		}
		return []string{recipeWord + " for " + strconv.Itoa(p.moves) + " moves"}
	}
	lines := make([]string, len(p.ops))
	for i, op := range p.ops {
		lines[i] = op.String()
	}
	return lines
}

// play replaces the part by what lines say; parse reads an operation.
func (p *part[O, In, Out]) play(lines []string, parse func(string) (O, error)) error {
	p.ops, p.moves = nil, 0
	if p.recipe != nil {
		return p.playRecipe(lines)
	}
	for _, line := range lines {
		op, err := parse(line)
		if err != nil {
			return err
		}
		p.ops = append(p.ops, op)
	}
	return nil
}

// playRecipe says how far the recipe is played.
func (p *part[O, In, Out]) playRecipe(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	words := strings.Fields(lines[0])
	switch {
	case len(lines) > 1 || words[0] != recipeWord:
		return fmt.Errorf("%q: this client plays a recipe, want %q or %q", lines[len(lines)-1], recipeWord,
			recipeWord+" for 7 moves")
	case len(words) == 1:
		p.moves = -1
		return nil
	case len(words) == 4 && words[1] == "for" && words[3] == "moves":
		if n, err := strconv.Atoi(words[2]); err == nil && n >= 0 {
			p.moves = n
			return nil
		}
	}
	return fmt.Errorf("%q: want %q or %q", lines[0], recipeWord, recipeWord+" for 7 moves")
}

// played returns the recipe as far as it is played, nil if the client has none.
func (p *part[O, In, Out]) played() recipe.Recipe[In, Out] {
	if p.recipe == nil || p.moves < 0 {
		return p.recipe
	}
	return recipe.AtMost(p.recipe, p.moves)
}

// workloadOf returns what the clients do, but for the resource, if there is one.
func workloadOf[O fmt.Stringer, In, Out any](parts []part[O, In, Out], resource sim.NodeID) Workload {
	w := make(Workload, len(parts))
	for i := range parts {
		if sim.Client(i+1) != resource {
			w[i] = parts[i].lines()
		}
	}
	return w
}

// playAll replaces what the clients do by w.
func playAll[O fmt.Stringer, In, Out any](parts []part[O, In, Out], w Workload, parse func(string) (O, error)) error {
	if len(w) > len(parts) {
		return fmt.Errorf("workload: %s does something, and there are %d clients", sim.Client(len(w)), len(parts))
	}
	for i := range parts {
		var lines []string
		if i < len(w) {
			lines = w[i]
		}
		if err := parts[i].play(lines, parse); err != nil {
			return fmt.Errorf("workload: %s: %w", sim.Client(i+1), err)
		}
	}
	return nil
}

// plainerLines returns the texts of what plainer returns for an operation that parse reads.
func plainerLines[O fmt.Stringer](line string, parse func(string) (O, error), plainer func(O) []O) []string {
	o, err := parse(line)
	if err != nil {
		return nil // a recipe
	}
	var lines []string
	for _, p := range plainer(o) {
		lines = append(lines, p.String())
	}
	return lines
}
