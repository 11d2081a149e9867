package scenarios

import (
	"strconv"
	"time"

	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// probes is how many writes the first client makes while the system has to come back.
const probes = 6

// askForWrite asks for a write after the heal, if the first client has a workload, and adds some to that. The first is
// not called before the system is healed, and the last when there must be a leader. Then each server is asked for its
// hash.
func (k *raftKV) askForWrite() {
	k.probed, k.probes = k.probed[:0], k.probes[:0]
	k.live.NeedsWrite(nil)
	if !k.probe || k.setup.recipe != nil || k.scenario.Whole {
		return
	}
	k.live.NeedsWrite(raftWrites)
	for i := range probes {
		if k.healed == 0 {
			break // everything is called since
		}
		k.probed = append(k.probed, k.healed.Add(time.Duration(i)*k.bounds.Leader/(probes-1)))
		k.probes = append(k.probes, kvserver.Operation{In: kvapi.Op{
			Kind: kvapi.Put, Span: kvapi.Span{Key: "x"}, Value: "probe." + strconv.Itoa(i+1)}})
	}
	for range k.servers {
		k.probed = append(k.probed, k.healed.Add(k.bounds.Leader))
		k.probes = append(k.probes, kvserver.Operation{In: kvapi.Op{Kind: kvapi.HashKV}})
	}
}

// raftWrites reports whether an operation is a write.
func raftWrites(in any) bool {
	op, ok := in.(*kvapi.Op)
	return ok && op.Writes()
}

// askForWrite asks for a write after the heal, if the first client has a workload, and adds some to that. The first is
// not called before the system is healed, and the last when there must be a leader.
func (k *zabZK) askForWrite() {
	k.probed, k.probes = k.probed[:0], k.probes[:0]
	k.live.NeedsWrite(nil)
	if !k.probe || k.parts[0].recipe != nil || k.scenario.Whole {
		return
	}
	if k.live.NeedsWrite(zabWrites); k.healed == 0 {
		return // everything is called since
	}
	for i := range probes {
		k.probed = append(k.probed, k.healed.Add(time.Duration(i)*k.bounds.Leader/(probes-1)))
		k.probes = append(k.probes, zkserver.Operation{In: zkapi.Op{
			Kind: zkapi.SetData, Path: "/x", Version: zkapi.AnyVersion, Data: "probe." + strconv.Itoa(i+1)}})
	}
}

// zabWrites reports whether an operation is a write.
func zabWrites(in any) bool {
	op, ok := in.(*zkapi.Op)
	return ok && op.Kind.Writes()
}
