package kvapi

import (
	"math"

	"schism/sim"
	"schism/sim/wire"
)

// AppendOutput appends the binary form of out to b, without the server, which is whoever has it.
func AppendOutput(b []byte, out *Output) []byte {
	b = wire.AppendNumber(wire.AppendSigned(b, int64(out.Revision)), out.Index)
	return appendResult(wire.AppendNumber(b, out.Term), &out.Result)
}

// appendResult appends the binary form of r.
func appendResult(b []byte, r *Result) []byte {
	b = append(b, byte(r.Code), byte(sim.Bit(r.More)|sim.Bit(r.Succeeded)<<1))
	b = appendKVs(appendKVs(b, r.KVs), r.Prev)
	b = wire.AppendBool(b, r.Responses != nil)
	b = wire.AppendNumber(b, uint64(len(r.Responses)))
	for i := range r.Responses {
		b = appendResult(b, &r.Responses[i])
	}
	for _, v := range [...]int64{r.Count, r.Deleted, int64(r.Lease), int64(r.TTL), int64(r.GrantedTTL),
		int64(r.Compacted)} {
		b = wire.AppendSigned(b, v)
	}
	b = wire.AppendTexts(wire.AppendNumber(b, r.Hash), r.Keys)
	b = wire.AppendNumber(b, uint64(len(r.Leases)))
	for _, l := range r.Leases {
		b = wire.AppendSigned(b, int64(l))
	}
	b = wire.AppendNumber(b, uint64(len(r.Members)))
	for _, m := range r.Members {
		b = wire.AppendBool(wire.AppendNumber(b, uint64(m.Node)), m.Learner)
	}
	return b
}

// appendKVs appends the binary form of keys.
func appendKVs(b []byte, kvs []KeyValue) []byte {
	b = wire.AppendNumber(b, uint64(len(kvs)))
	for i := range kvs {
		kv := &kvs[i]
		b = wire.AppendText(wire.AppendText(b, kv.Key), kv.Value)
		for _, v := range [...]int64{int64(kv.CreateRevision), int64(kv.ModRevision), kv.Version, int64(kv.Lease)} {
			b = wire.AppendSigned(b, v)
		}
	}
	return b
}

// maxResults bounds each list in the binary form of an output.
const maxResults = 1 << 20

// ReadOutput reads what AppendOutput writes off the front of d, which has failed if it was not that.
func ReadOutput(d *wire.Decoder) Output {
	r := resultReader{d}
	out := Output{Header: Header{Revision: Revision(r.long()), Index: d.Number(), Term: d.Number()}}
	out.Result = r.result(MaxDepth)
	return out
}

// resultReader reads results.
type resultReader struct{ *wire.Decoder }

// long reads any signed number.
func (d resultReader) long() int64 { return d.Signed(math.MinInt64, math.MaxInt64) }

// result reads a result, in which others are nested at most depth deep.
func (d resultReader) result(depth int) Result {
	r := Result{Code: Code(d.Byte(byte(codes - 1)))}
	flags := d.Byte(3)
	r.More, r.Succeeded = flags&1 != 0, flags&2 != 0
	r.KVs, r.Prev = d.kvs(), d.kvs()
	if d.Bool() {
		r.Responses = []Result{}
	}
	n := d.Count(maxList)
	if n > 0 && (depth == 0 || r.Responses == nil) {
		d.Fail()
		return r
	}
	for range n {
		r.Responses = append(r.Responses, d.result(depth-1))
	}
	r.Count, r.Deleted = d.long(), d.long()
	r.Lease, r.TTL, r.GrantedTTL = LeaseID(d.long()), Seconds(d.long()), Seconds(d.long())
	r.Compacted, r.Hash = Revision(d.long()), d.Number()
	r.Keys = d.Texts(maxResults, MaxKey)
	for range d.Count(maxResults) {
		r.Leases = append(r.Leases, LeaseID(d.long()))
	}
	for range d.Count(maxResults) {
		node := d.Number()
		if node > math.MaxUint16 {
			d.Fail()
		}
		r.Members = append(r.Members, Member{sim.NodeID(node), d.Bool()})
	}
	return r
}

// kvs reads keys.
func (d resultReader) kvs() (kvs []KeyValue) {
	for range d.Count(maxResults) {
		kvs = append(kvs, KeyValue{Key: d.Text(MaxKey), Value: d.Text(MaxValue),
			CreateRevision: Revision(d.long()), ModRevision: Revision(d.long()), Version: d.long(),
			Lease: LeaseID(d.long())})
	}
	return kvs
}
