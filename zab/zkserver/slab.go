package zkserver

// slab hands out values of one type from chunks of growing size.
type slab[T any] struct {
	free []T
	size int
}

const minSlab, maxSlab = 4, 32

// take returns a zero value that nobody else has.
func (s *slab[T]) take() *T {
	if len(s.free) == 0 {
		s.size = min(max(2*s.size, minSlab), maxSlab)
		s.free = make([]T, s.size)
	}
	t := &s.free[0]
	s.free = s.free[1:]
	return t
}
