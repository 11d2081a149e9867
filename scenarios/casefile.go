package scenarios

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"schism/nemesis"
	"schism/sim"
)

// caseSchema is the version of the text of cases.
const caseSchema = 1

// MaxCaseBytes bounds the cases that are parsed.
const MaxCaseBytes = 16 << 20

// maxPins bounds the pins of a case, maxShownCheckpoints the digests along the way that are printed.
const (
	maxPins             = 100_000
	maxShownCheckpoints = 64
)

// The files in the archive that is the text of a case.
const (
	fileCase     = "case"
	fileWorkload = "workload"
	fileSchedule = "schedule"
	filePins     = "pins"
	fileStory    = "story"
)

// Text returns the case as a txtar archive: what it is, what its clients do, what befalls them, what is pinned, and its
// story. ParseCase reads it back.
func (c *Case) Text() []byte {
	a := &txtar.Archive{Comment: []byte(c.name() + ": " + c.Expect + "\n")}
	add := func(name, text string) {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	add(fileCase, c.head())
	add(fileWorkload, c.Workload.String())
	add(fileSchedule, c.Schedule.String())
	if len(c.Pins) > 0 {
		var b strings.Builder
		for _, p := range c.Pins {
			b.WriteString(p.String() + "\n")
		}
		add(filePins, b.String())
	}
	if c.Story != "" {
		add(fileStory, c.Story)
	}
	return txtar.Format(a)
}

// FileName returns the usual name of the case's file, "raft-kv-canary-7.txtar".
func (c *Case) FileName() string {
	return fmt.Sprintf("%s-%d.txtar", strings.ReplaceAll(c.Scenario.Name, "/", "-"), c.Seed)
}

// TestSnippet returns how a test repeats the case that is in a file.
func (c *Case) TestSnippet(file string) string {
	return fmt.Sprintf("func TestCase(t *testing.T) { scenarios.Replay(t, %q) }", file)
}

// head returns the lines that say what the case is: a word and what it is about on each.
func (c *Case) head() string {
	var b strings.Builder
	line := func(word, format string, args ...any) { fmt.Fprintf(&b, word+" "+format+"\n", args...) }
	line("schema", "%d", caseSchema)
	line("scenario", "%s", c.Scenario.Name)
	line("seed", "%d", c.Seed)
	line("servers", "%d", c.Servers)
	line("world", "%s", wholeLink(c.Network))
	line("world", "%s", wholeDisk(c.Disk))
	line("probe", "%v", c.Probe)
	if c.SnapshotEvery > 0 {
		line("snapshot-every", "%d", c.SnapshotEvery)
	}
	line("expect", "%s", c.Expect)
	line("events", "%d", c.Events)
	line("digest", "%s", c.Digest)
	for i, d := range c.Checkpoints[:min(len(c.Checkpoints), maxShownCheckpoints)] {
		line("checkpoint", "%d %s", (i+1)*sim.DefaultCheckpoint, d)
	}
	for d, n := range c.Draws {
		if n > 0 {
			line("draws", "%s %d", sim.Decision(d), n)
		}
	}
	return b.String()
}

// wholeLink and wholeDisk say all that a world is without faults, as the faults that would make it so.
func wholeLink(l sim.Link) nemesis.SetLinks {
	return nemesis.SetLinks{From: nemesis.Everyone, To: nemesis.Everyone, Link: l, None: ^nemesis.LinkFields(0)}
}

func wholeDisk(d sim.DiskProfile) nemesis.SetDisk {
	return nemesis.SetDisk{Target: nemesis.Everyone, Disk: d, None: ^nemesis.DiskFields(0)}
}

// ParseCase reads what Case.Text writes, or what somebody has made of it. The operations of the workload are the
// system's, and are read when the case is run.
func ParseCase(data []byte) (*Case, error) { return parseCase(data, Find) }

// parseCase is ParseCase for scenarios that find returns.
func parseCase(data []byte, find func(name string) (*Scenario, error)) (*Case, error) {
	if len(data) > MaxCaseBytes {
		return nil, fmt.Errorf("case: %d bytes, more than %d", len(data), MaxCaseBytes)
	}
	files, err := archived(data)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{fileCase, fileWorkload, fileSchedule} {
		if _, ok := files[name]; !ok {
			return nil, fmt.Errorf("case: no file %q: want an archive with %q, %q and %q", name, fileCase, fileWorkload,
				fileSchedule)
		}
	}
	c, err := parseHead(files[fileCase], find)
	if err != nil {
		return nil, err
	}
	if c.Workload, err = ParseWorkload(files[fileWorkload]); err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	if c.Schedule, err = nemesis.ParseSchedule(files[fileSchedule]); err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	c.Pins, err = parsePins(files[filePins])
	c.Story = files[fileStory]
	return c, err
}

// archived returns the files in an archive. The library panics at a line "-- --", which names no file.
func archived(data []byte) (files map[string]string, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("case: a file of the archive has no name")
		}
	}()
	files = make(map[string]string)
	for _, f := range txtar.Parse(data).Files {
		if _, twice := files[f.Name]; twice {
			return nil, fmt.Errorf("case: %q is there twice", f.Name)
		}
		files[f.Name] = string(f.Data)
	}
	return files, nil
}

// parsePins reads a pin from each line.
func parsePins(text string) ([]sim.Pin, error) {
	var pins []sim.Pin
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		p, err := sim.ParsePin(line)
		if err != nil {
			return nil, fmt.Errorf("case: %w", err)
		}
		if pins = append(pins, p); len(pins) > maxPins {
			return nil, fmt.Errorf("case: more than %d pins", maxPins)
		}
	}
	return pins, nil
}

// parseHead reads what Case.head writes.
func parseHead(text string, find func(name string) (*Scenario, error)) (*Case, error) {
	c := &Case{Probe: true}
	seen := make(map[string]bool)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		word, value, _ := strings.Cut(line, " ")
		read, known := headWords[word]
		switch {
		case !known:
			return nil, fmt.Errorf("case: line %d: unknown word %q", number, word)
		case c.Scenario == nil && word != "schema" && word != "scenario":
			return nil, fmt.Errorf("case: line %d: want the scenario before %q", number, word)
		case seen[word] && !strings.Contains("world checkpoint draws", word):
			return nil, fmt.Errorf("case: line %d: a second %q", number, word)
		}
		err := read(c, value)
		if word == "scenario" {
			err = headScenario(c, value, find)
		}
		if err != nil {
			return nil, fmt.Errorf("case: line %d: %w", number, err)
		}
		seen[word] = true
	}
	for _, word := range []string{"schema", "scenario", "seed", "expect", "digest"} {
		if !seen[word] {
			return nil, fmt.Errorf("case: nothing says what the %s is", word)
		}
	}
	return c, nil
}

// headWords reads what follows each word.
var headWords = map[string]func(c *Case, value string) error{
	"schema": func(_ *Case, value string) error {
		if value != strconv.Itoa(caseSchema) {
			return fmt.Errorf("schema %q: only %d is known", value, caseSchema)
		}
		return nil
	},
	"scenario": func(*Case, string) error { return nil }, // see parseHead
	"seed":     headNumber(func(c *Case) *uint64 { return &c.Seed }),
	"servers":  headServers,
	"world":    headWorld,
	"probe":    func(c *Case, value string) (err error) { c.Probe, err = strconv.ParseBool(value); return err },
	"expect":   headExpect,

	"snapshot-every": headSnapshotEvery,
	"events":         headNumber(func(c *Case) *uint64 { return &c.Events }),
	"digest":         func(c *Case, value string) (err error) { c.Digest, err = sim.ParseDigest(value); return err },
	"checkpoint":     headCheckpoint,
	"draws":          headDraws,
}

// headNumber reads a number.
func headNumber(of func(c *Case) *uint64) func(c *Case, value string) error {
	return func(c *Case, value string) (err error) {
		*of(c), err = strconv.ParseUint(value, 10, 64)
		return err
	}
}

func headScenario(c *Case, value string, find func(name string) (*Scenario, error)) error {
	s, err := find(value)
	if err != nil {
		return err
	}
	c.Scenario, c.Servers, c.Network, c.Disk = s, s.Servers, s.Network, s.Disk
	return nil
}

func headServers(c *Case, value string) error {
	n, err := strconv.Atoi(value)
	if err == nil && (n < 1 || n > c.Scenario.Servers) {
		err = fmt.Errorf("%d servers, and the scenario has %d", n, c.Scenario.Servers)
	}
	c.Servers = n
	return err
}

func headSnapshotEvery(c *Case, value string) error {
	n, err := strconv.Atoi(value)
	if err == nil && n < 1 {
		err = fmt.Errorf("snapshot-every %d: want at least 1", n)
	}
	c.SnapshotEvery = n
	return err
}

func headExpect(c *Case, value string) error {
	if value == "" || strings.ContainsAny(value, " \t") {
		return fmt.Errorf("expect %q: want %s, or the ID of a violation", value, Clean)
	}
	c.Expect = value
	return nil
}

func headWorld(c *Case, value string) error {
	f, err := nemesis.ParseFault(value)
	if err != nil {
		return err
	}
	switch f := f.(type) {
	case nemesis.SetLinks:
		c.Network = f.Link
	case nemesis.SetDisk:
		c.Disk = f.Disk
	default:
		return fmt.Errorf("world %q: want links or disk", value)
	}
	return nil
}

func headCheckpoint(c *Case, value string) error {
	at, digest, _ := strings.Cut(value, " ")
	if at != strconv.Itoa((len(c.Checkpoints)+1)*sim.DefaultCheckpoint) {
		return fmt.Errorf("checkpoint %q: want one every %d events", at, sim.DefaultCheckpoint)
	}
	d, err := sim.ParseDigest(digest)
	c.Checkpoints = append(c.Checkpoints, d)
	return err
}

func headDraws(c *Case, value string) error {
	word, count, _ := strings.Cut(value, " ")
	d, ok := sim.ParseDecision(word)
	if word == sim.DecideUser.String() {
		d, ok = sim.DecideUser, true
	}
	if !ok {
		return errors.New("draws of an unknown decision " + strconv.Quote(word))
	}
	var err error
	c.Draws[d], err = strconv.ParseUint(count, 10, 64)
	return err
}
