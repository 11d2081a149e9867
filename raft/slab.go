package raft

// Slab hands out values of one type from chunks, so that most cost no allocation. Chunks grow from minChunk to
// maxChunk, for the sake of short-lived clones. The zero value is ready.
type Slab[T any] struct {
	chunks [][]T
	// chunk is the number of chunks in use, free what is left of the last of them.
	chunk int
	free  []T
}

const minChunk, maxChunk = 4, 256

// Take returns a zero value that nobody else has.
func (s *Slab[T]) Take() *T {
	if len(s.free) == 0 {
		s.refill()
	}
	t := &s.free[0]
	s.free = s.free[1:]
	return t
}

// refill goes on to the next chunk.
func (s *Slab[T]) refill() {
	if s.chunk == len(s.chunks) {
		size := minChunk
		if n := len(s.chunks); n > 0 {
			size = min(2*len(s.chunks[n-1]), maxChunk)
		}
		s.chunks = append(s.chunks, make([]T, size))
	}
	s.free = s.chunks[s.chunk]
	s.chunk++
}

// Reset takes back everything: nobody may have any of it any more.
func (s *Slab[T]) Reset() {
	for _, c := range s.chunks[:s.chunk] {
		clear(c)
	}
	s.chunk, s.free = 0, nil
}
