package kvapi

import "schism/sim"

// Header says how far the store was when an operation was done, and who answered (etcdserverpb.ResponseHeader).
type Header struct {
	// Revision is the store's after the operation: of one that has changed something it is the change's own.
	Revision Revision
	// Index is the position in the log: that of the operation if it went through the log, else that of the last entry
	// that the server had applied. Term is that of the entry, or the server's.
	Index, Term uint64
	// Server is the node that answered.
	Server sim.NodeID
}

// Result is what became of an operation, or of one in a Txn. A field that its kind does not use is zero.
type Result struct {
	// Code is OK or the error; the parts of a Txn are all OK.
	Code Code
	// KVs are the keys that Range returns. More says that there are more than Limit, Count how many the range has.
	KVs   []KeyValue
	More  bool
	Count int64
	// Deleted is how many keys DeleteRange has deleted, Prev what was there before Put and DeleteRange, with
	// FlagPrevKV.
	Deleted int64
	Prev    []KeyValue
	// Succeeded says that the conditions of a Txn held, Responses are the results of the branch that was done.
	Succeeded bool
	Responses []Result
	// Lease and TTL are those of LeaseGrant, LeaseKeepAlive and LeaseTimeToLive, which has -1 for a lease that is not
	// there; GrantedTTL and Keys are of LeaseTimeToLive alone.
	Lease           LeaseID
	TTL, GrantedTTL Seconds
	Keys            []string
	// Leases are those of Leases, ascending.
	Leases []LeaseID
	// Members are those of MemberList and of the changes of the membership, as they are afterwards, ascending.
	Members []Member
	// Hash is that of HashKV, and Compacted the revision before which nothing is in it; of an ErrCompacted it is the
	// least revision that can be asked for.
	Hash      uint64
	Compacted Revision
}

// Member is a server of the cluster.
type Member struct {
	Node    sim.NodeID
	Learner bool
}

// Output is the result of an operation as a server answers it and as a history records it.
type Output struct {
	Header
	Result
}

// Fold mixes every field into d.
func (r *Result) Fold(d sim.Digest) sim.Digest {
	d = foldKVs(d.Mix(uint64(r.Code)<<8|sim.Bit(r.More)<<1|sim.Bit(r.Succeeded)), r.KVs)
	d = foldKVs(d.Mix(uint64(r.Count)).Mix(uint64(r.Deleted)), r.Prev).Mix(uint64(len(r.Responses)))
	for i := range r.Responses {
		d = r.Responses[i].Fold(d)
	}
	d = d.Mix(uint64(r.Lease)).Mix(uint64(r.TTL)).Mix(uint64(r.GrantedTTL)).Mix(uint64(len(r.Keys)))
	for _, k := range r.Keys {
		d = d.MixString(k)
	}
	d = d.Mix(uint64(len(r.Leases)))
	for _, l := range r.Leases {
		d = d.Mix(uint64(l))
	}
	d = d.Mix(uint64(len(r.Members)))
	for _, m := range r.Members {
		d = d.Mix(uint64(m.Node)<<1 | sim.Bit(m.Learner))
	}
	return d.Mix(r.Hash).Mix(uint64(r.Compacted))
}

func foldKVs(d sim.Digest, kvs []KeyValue) sim.Digest {
	d = d.Mix(uint64(len(kvs)))
	for i := range kvs {
		d = kvs[i].Fold(d)
	}
	return d
}

// Fold mixes every field into d.
func (out *Output) Fold(d sim.Digest) sim.Digest {
	return out.Result.Fold(out.Header.fold(d))
}

func (h *Header) fold(d sim.Digest) sim.Digest {
	return d.Mix(uint64(h.Revision)).Mix(h.Index).Mix(h.Term).Mix(uint64(h.Server))
}
