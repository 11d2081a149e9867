package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CasesDir is where the corpus is, from the directory of this package: the cases that are replayed before all else.
const CasesDir = "testdata/cases"

// Kept is a case of a corpus, with the file that it is in.
type Kept struct {
	File string
	Case *Case
}

// Name returns the name of the case's file without directory and extension.
func (k *Kept) Name() string { return strings.TrimSuffix(filepath.Base(k.File), filepath.Ext(k.File)) }

// Replay runs the case, and returns in what its run is not the one that was kept: nothing if it is.
func (k *Kept) Replay() (*Report, []string, error) {
	r, err := k.Case.Run(Options{Story: true})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", k.File, err)
	}
	return r, k.Case.Drift(r), nil
}

// ReadCorpus reads all cases in a directory, in the order of their names. A directory that is not there has none.
func ReadCorpus(dir string) ([]Kept, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	var all []Kept
	for _, f := range files {
		c, err := ReadCase(f)
		if err != nil {
			return nil, err
		}
		all = append(all, Kept{f, c})
	}
	return all, nil
}

// ReadCase reads the case in a file.
func ReadCase(name string) (*Case, error) { return readCase(name, Find) }

// readCase reads the case in a file; find returns the scenario of a name.
func readCase(name string, find func(name string) (*Scenario, error)) (*Case, error) {
	f, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if f.Size() > MaxCaseBytes {
		return nil, fmt.Errorf("%s: %d bytes, more than %d", name, f.Size(), MaxCaseBytes)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c, err := parseCase(data, find)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}
