package raft

// Mail makes the messages that nodes send, many to one allocation, and the logs that they keep. The nodes of one world
// may share one; a clone gets one of its own.
type Mail struct {
	requestVote         Slab[RequestVote]
	requestVoteResponse Slab[RequestVoteResponse]
	append              Slab[AppendEntries]
	appendResponse      Slab[AppendEntriesResponse]
	snapshot            Slab[InstallSnapshot]
	snapshotResponse    Slab[InstallSnapshotResponse]
	timeoutNow          Slab[TimeoutNow]
	propose             Slab[Propose]
	// logs are arrays for the entries of logs, of which those before log are in use.
	logs [][]Entry
	log  int
}

// logRoom is the number of entries that an array has room for.
const logRoom = 512

// takeLog returns an empty slice with room for entries.
func (m *Mail) takeLog() []Entry {
	if m.log == len(m.logs) {
		m.logs = append(m.logs, make([]Entry, 0, logRoom))
	}
	m.log++
	return m.logs[m.log-1]
}

// Reset takes back every message and every log that m has made, to be made again: nobody may have one any more, no
// world, trace or history.
func (m *Mail) Reset() {
	m.log = 0
	m.requestVote.Reset()
	m.requestVoteResponse.Reset()
	m.append.Reset()
	m.appendResponse.Reset()
	m.snapshot.Reset()
	m.snapshotResponse.Reset()
	m.timeoutNow.Reset()
	m.propose.Reset()
}
