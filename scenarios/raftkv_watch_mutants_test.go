package scenarios

import (
	"testing"

	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/raft/kvserver"
	"schism/raft/mvcc"
)

// watchMutants are bugs of watches, most of them etcd's.
var watchMutants = []raftMutant{
	{"etcd 20221", "a watch from a revision that is still to come tells what comes before it", inServers(kvserver.Rules{
		Begins: func(asked, revision kvapi.Revision) kvapi.Revision {
			if asked == 0 || asked > revision {
				return revision + 1
			}
			return asked
		},
	}), "etcd/watch", 1, []string{kvspec.WatchUnique, kvspec.WatchResumable}},
	{"etcd 17529", "a watch that is behind goes on with what is new", inServers(kvserver.Rules{
		Continues: func(_, revision kvapi.Revision) kvapi.Revision { return revision + 1 },
	}), "etcd/watch", 1, []string{kvspec.WatchReliable, kvspec.WatchBookmarkable, kvspec.WatchComplete}},
	{"etcd 15220", "progress is told to a watch that is behind", inServers(kvserver.Rules{
		Progresses: func(_, _ kvapi.Revision) bool { return true },
	}), "etcd/watch", 122, []string{kvspec.WatchBookmarkable}},
	{"etcd 19179", "a watch from the compacted revision on is not told of a delete in it", inStores(mvcc.Rules{
		Keeps: func(deleted bool, _, _ kvapi.Revision) bool { return !deleted },
	}), "etcd/watch", 11, []string{kvspec.WatchResumable, kvspec.WatchReliable, kvspec.WatchAtomic}},
	{"", "watches never begin", around(newHeedless), "etcd/watch", 1, []string{kvspec.WatchComplete}},
	{"", "watches are canceled for nothing", around(newFickle), "etcd/watch", 1, []string{kvspec.WatchCanceled}},
	{"", "watches are told what they have filtered out", around(newUnfiltered),
		"etcd/watch", 1, []string{kvspec.WatchFilter}},
	{"", "events come in the order of their keys", around(newRetelling(byKey)),
		"etcd/watch", 1, []string{kvspec.WatchOrdered}},
	{"", "what was there before is not told", around(newRetelling(func(m *kvapi.WatchResponse) {
		for i := range m.Events {
			m.Events[i].Prev = nil
		}
	})), "etcd/watch", 1, []string{kvspec.WatchPrevKV}},
	{"", "what is there is told for what was there before", around(newRetelling(func(m *kvapi.WatchResponse) {
		for i := range m.Events {
			if e := &m.Events[i]; e.Prev != nil {
				e.Prev = &e.KV
			}
		}
	})), "etcd/watch", 1, []string{kvspec.WatchPrevKV}},
	{"", "what is compacted is told as far as it is there", inStores(mvcc.Rules{
		Compacted: func(_, _ kvapi.Revision) bool { return false },
	}), "etcd/watch", 4, []string{kvspec.WatchResumable, kvspec.WatchReliable}},
	{"", "the compacted revision itself can no longer be told", inStores(mvcc.Rules{
		Compacted: func(r, compacted kvapi.Revision) bool { return r <= compacted },
	}), "etcd/watch", 2, []string{kvspec.WatchCompacted, kvspec.SerializableReads}},
	{"", "a lease that is kept alive leaves its checkpoint", inServers(kvserver.Rules{
		Clears: func() bool { return false },
	}), "etcd/lease-checkpoint", 95, []string{kvspec.LeaseKept}},
	{"", "the keys of a lease go one after the other", inStores(mvcc.Rules{
		Revoked: func(keys []string) (apart [][]string) {
			for i := range keys {
				apart = append(apart, keys[i:i+1])
			}
			return apart
		},
	}), "etcd/watch", 16, []string{kvspec.WatchFaithful}},
}

func TestBugsOfWatchesAreFound(t *testing.T) {
	for i := range watchMutants {
		m := &watchMutants[i]
		t.Run(m.id+" "+m.bug, m.hunt)
	}
}
