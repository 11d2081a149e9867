package raft

// Mail makes the messages that nodes send, many to one allocation. The nodes of one world may share one; a clone
// gets one of its own.
type Mail struct {
	requestVote         slab[RequestVote]
	requestVoteResponse slab[RequestVoteResponse]
	append              slab[AppendEntries]
	appendResponse      slab[AppendEntriesResponse]
	snapshot            slab[InstallSnapshot]
	snapshotResponse    slab[InstallSnapshotResponse]
}

// Reset takes back every message that m has made, to be made again: nobody may have one any more, no world, trace or
// history.
func (m *Mail) Reset() {
	m.requestVote.reset()
	m.requestVoteResponse.reset()
	m.append.reset()
	m.appendResponse.reset()
	m.snapshot.reset()
	m.snapshotResponse.reset()
}

// slab hands out values of one type from chunks. Chunks grow from minChunk to maxChunk, for the sake of short-lived
// clones.
type slab[T any] struct {
	chunks [][]T
	// chunk is the number of chunks in use, free what is left of the last of them.
	chunk int
	free  []T
}

const minChunk, maxChunk = 4, 256

// take returns a zero value that nobody else has.
func (s *slab[T]) take() *T {
	if len(s.free) == 0 {
		s.refill()
	}
	t := &s.free[0]
	s.free = s.free[1:]
	return t
}

// refill goes on to the next chunk.
func (s *slab[T]) refill() {
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

// reset takes back everything.
func (s *slab[T]) reset() {
	for _, c := range s.chunks[:s.chunk] {
		clear(c)
	}
	s.chunk, s.free = 0, nil
}
