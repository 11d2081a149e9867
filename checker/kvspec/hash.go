package kvspec

import (
	"cmp"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// SameHash is the ID of the violation that two servers, or one at two times, have different hashes of the same
// revisions.
const SameHash = "same-hash"

// JudgeHashes judges SameHash: replies to HashKV about the same last revision, by servers that have forgotten the same,
// have the same hash.
func JudgeHashes(history []sim.Op) checker.Report {
	if !asks(history, kvapi.HashKV) {
		return checker.Passed(SameHash, 0)
	}
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(SameHash, err.Error())
	}
	hashes := checker.Chosen(replies, func(r *reply) bool {
		return r.in.Kind == kvapi.HashKV && r.kind == local && r.out.Code == kvapi.OK
	}, end)
	slices.SortStableFunc(hashes, func(a, b *reply) int {
		return cmp.Or(cmp.Compare(a.hashed(), b.hashed()), cmp.Compare(a.out.Compacted, b.out.Compacted))
	})
	report, pairs := checker.Passed(SameHash, 0), 0
	for i := 1; i < len(hashes); i++ {
		a, b := hashes[i-1], hashes[i]
		if a.hashed() != b.hashed() || a.out.Compacted != b.out.Compacted {
			continue
		}
		if pairs++; a.out.Hash != b.out.Hash {
			broken(&report, a, b, "has another hash than")
		}
	}
	report.Examined(pairs, "pairs of hashes of the same revisions")
	return report
}

// hashed returns the last revision that is in a hash.
func (r *reply) hashed() kvapi.Revision {
	if r.in.Revision > 0 {
		return r.in.Revision
	}
	return r.revision
}
