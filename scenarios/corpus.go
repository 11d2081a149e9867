package scenarios

import (
	"fmt"
	"os"
)

// ReadCase reads the case in a file.
func ReadCase(name string) (*Case, error) {
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
	c, err := ParseCase(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}
