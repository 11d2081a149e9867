package raft

// mail allocates the messages that a node sends.
type mail struct {
	requestVote         slab[RequestVote]
	requestVoteResponse slab[RequestVoteResponse]
	append              slab[AppendEntries]
	appendResponse      slab[AppendEntriesResponse]
	snapshot            slab[InstallSnapshot]
	snapshotResponse    slab[InstallSnapshotResponse]
}
