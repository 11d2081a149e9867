package kvspec

import (
	"slices"

	"schism/raft/kvapi"
)

// matches reports whether got may be the result of an operation on keys of which the store says want.
func matches(op *kvapi.Op, want, got *kvapi.Result) bool {
	if want.Code != got.Code {
		return false
	}
	switch op.Kind {
	case kvapi.Range:
		return want.More == got.More && want.Count == got.Count && sameKVs(op, want.KVs, got.KVs)
	case kvapi.Put, kvapi.DeleteRange:
		return want.Deleted == got.Deleted && slices.Equal(want.Prev, got.Prev)
	}
	if want.Succeeded != got.Succeeded || len(want.Responses) != len(got.Responses) {
		return false
	}
	branch := op.Else
	if want.Succeeded {
		branch = op.Then
	}
	for i := range want.Responses {
		if !matches(&branch[i], &want.Responses[i], &got.Responses[i]) {
			return false
		}
	}
	return true
}

// sameKVs reports whether got may be what a Range returns if want is. Keys that are equal in what they are sorted by
// may stand in any order; if not all of them fit into the limit, any of them may be left out.
func sameKVs(op *kvapi.Op, want, got []kvapi.KeyValue) bool {
	if len(want) != len(got) {
		return false
	}
	if op.By == kvapi.ByKey {
		return slices.Equal(want, got)
	}
	if op.By == kvapi.ByValue && op.Flags&kvapi.FlagKeysOnly != 0 {
		return op.Limit > 0 || sameSet(want, got)
	}
	for i := range want {
		if inOrder(op, &want[i], &got[i]) != 0 {
			return false
		}
	}
	return op.Limit > 0 || sameSet(want, got)
}

// sameSet reports whether two lists have the same keys, whatever their order.
func sameSet(want, got []kvapi.KeyValue) bool {
	there := make(map[string]*kvapi.KeyValue, len(want))
	for i := range want {
		there[want[i].Key] = &want[i]
	}
	for i := range got {
		if kv := there[got[i].Key]; kv == nil || *kv != got[i] {
			return false
		}
		delete(there, got[i].Key)
	}
	return true
}
