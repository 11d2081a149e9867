package kvserver

import (
	"schism/raft"
	"schism/raft/kvapi"
	"schism/raft/mvcc"
)

// Memory is where servers take from what they make all the time, many to one allocation, and what they have decoded.
// Its zero value is ready.
type Memory struct {
	responses raft.Slab[kvapi.Response]
	store     mvcc.Memory
	commands  commandCache
}

// Reset takes everything back: nobody may use the servers, their answers, or the log entries that they have applied,
// any more.
func (m *Memory) Reset() {
	m.responses.Reset()
	m.store.Reset()
	m.commands = commandCache{}
}
