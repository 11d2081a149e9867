package sim

// Slab hands out values of one type from chunks of growing size, so that many small messages cost few allocations. The
// zero Slab is ready. A chunk lives as long as any of its values is in use. A copy of a Slab hands out the same values
// again: a machine and its clone must not both use one.
type Slab[T any] struct {
	free []T
	size int
}

const minSlab, maxSlab = 4, 32

// Take returns a zero value that nobody else has.
func (s *Slab[T]) Take() *T {
	if len(s.free) == 0 {
		s.size = min(max(2*s.size, minSlab), maxSlab)
		s.free = make([]T, s.size)
	}
	t := &s.free[0]
	s.free = s.free[1:]
	return t
}
