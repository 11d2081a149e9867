package checker

import "time"

// PPM is by how many parts per million clocks run wrong at most.
type PPM int32

// Surely returns how much true time passes at least while such a clock measures d: one that runs fast by p needs
// 1/(1+p) of it, and that is more than 1-p.
func (p PPM) Surely(d time.Duration) time.Duration { return d - d/1_000_000*time.Duration(p) }
