package scenarios

import (
	"fmt"

	"schism/checker"
)

// Explain makes the run of the case and returns what its first violation needed. The error is ErrClean if there is
// none.
func (c *Case) Explain() (*Report, *Slice, error) {
	r, trail, err := c.follow()
	if err != nil {
		return nil, nil, err
	}
	return r, trail.slice(r), nil
}

// follow makes the run of the case, in which something must be violated for certain, and returns its trail.
func (c *Case) follow() (*Report, *trail, error) {
	runner := c.runner()
	tale := runner.system.chronicle()
	trail := newTrail(words{reign: tale.reign, marks: tale.marks})
	r, err := runner.runCase(c, Options{Story: true, Trace: trail})
	if err != nil {
		return nil, nil, err
	}
	if r.Verdict == checker.Unknown {
		return nil, nil, c.unknown(r)
	}
	if len(r.Violations) == 0 {
		return nil, nil, fmt.Errorf("%s: %w", c.name(), ErrClean)
	}
	return r, trail, nil
}
