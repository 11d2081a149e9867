package mvcc

import "schism/raft/kvapi"

// Memory is where stores take from what they make all the time, many to one allocation. The stores of one world may
// share one. Its zero value is ready.
type Memory struct {
	changes pool[change]
	results pool[kvapi.Result]
	kvs     pool[kvapi.KeyValue]
}

// Reset takes everything back: nobody may use any of the stores, or any of their results, any more.
func (m *Memory) Reset() {
	m.changes.reset()
	m.results.reset()
	m.kvs.reset()
}

// pool is chunks of values of one type.
type pool[T any] struct {
	chunks [][]T
	// used is the number of chunks in use, free what is left of the last of them.
	used int
	free []T
}

// A chunk is twice as large as the one before it, from minChunk to maxChunk, or as what was asked for.
const minChunk, maxChunk = 4, 256

// take returns n zero values that nobody else has.
func (p *pool[T]) take(n int) []T {
	for len(p.free) < n {
		if p.used == len(p.chunks) {
			size := minChunk
			if p.used > 0 {
				size = min(2*len(p.chunks[p.used-1]), maxChunk)
			}
			p.chunks = append(p.chunks, make([]T, max(n, size)))
		}
		p.free = p.chunks[p.used]
		p.used++
	}
	t := p.free[:n:n]
	p.free = p.free[n:]
	return t
}

// reset takes everything back.
func (p *pool[T]) reset() {
	for _, c := range p.chunks[:p.used] {
		clear(c)
	}
	p.used, p.free = 0, nil
}

// Use makes s take from m from now on, instead of from memory of its own.
func (s *Store) Use(m *Memory) { s.memory = m }

// spare returns the memory that s takes from.
func (s *Store) spare() *Memory {
	if s.memory == nil {
		s.memory = &Memory{}
	}
	return s.memory
}

// newChange returns a change to be filled in.
func (s *Store) newChange() *change { return &s.spare().changes.take(1)[0] }
