package mvcc

import "schism/raft/kvapi"

// spare is memory for what a store makes all the time, many to one allocation. Clones do not share it.
type spare struct {
	changes []change
	results []kvapi.Result
	kvs     []kvapi.KeyValue
}

// spareAtOnce is how many things one allocation makes.
const spareAtOnce = 16

// take returns n zero values that nobody else has.
func take[T any](spare *[]T, n int) []T {
	if len(*spare) < n {
		*spare = make([]T, max(n, spareAtOnce))
	}
	t := (*spare)[:n:n]
	*spare = (*spare)[n:]
	return t
}

// newChange returns a change to be filled in.
func (s *Store) newChange() *change { return &take(&s.spare.changes, 1)[0] }
