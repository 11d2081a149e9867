package mvcc

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"schism/raft/kvapi"
)

func TestClonesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawn{t}
		stores := []Store{New(nil)}
		// What each has been told, to be told again to a store of its own.
		told := [][]kvapi.Op{nil}
		for range s.pick(60) {
			i := s.pick(len(stores))
			if s.pick(5) == 4 {
				stores = append(stores, stores[i].Clone())
				told = append(told, append([]kvapi.Op(nil), told[i]...))
				continue
			}
			op := anyOp(s, stores[i].Revision())
			stores[i].Apply(&op)
			told[i] = append(told[i], op)
		}
		for i := range stores {
			alone := New(nil)
			for j := range told[i] {
				alone.Apply(&told[i][j])
			}
			if !bytes.Equal(alone.Encode(), stores[i].Encode()) {
				t.Fatalf("clone %d differs from a store that was told the same", i)
			}
			checkSums(t, &stores[i])
		}
	})
}

// checkSums checks what is kept beside the log against what it follows from (Store, properties 1 to 4).
func checkSums(t rapid.TB, s *Store) {
	t.Helper()
	var logs, leases Digest
	keys, attached := 0, 0
	s.log.Scan(func(at place, c *change) bool {
		logs += c.digest()
		if at != c.at() {
			t.Errorf("a change of %d is at %d", c.at(), at)
		}
		if last := s.keys.get(c.kv.Key); last == nil || last.at() < at {
			t.Errorf("the last change of %q is not at %d", c.kv.Key, at)
		} else if last == c {
			keys++
			if !c.deleted && c.kv.Lease != 0 {
				attached++
				if !s.attached.Contains(attachment(c.kv.Lease, c.kv.Key)) {
					t.Errorf("%q is not attached", c.kv.Key)
				}
			}
		}
		return true
	})
	s.leases.Scan(func(id kvapi.LeaseID, l lease) bool {
		leases += l.digest()
		if id != l.id {
			t.Errorf("lease %v is at %v", l.id, id)
		}
		return true
	})
	if keys != s.keys.len() || attached != s.attached.Len() || logs != s.logSum || leases != s.leaseSum {
		t.Errorf("%d keys, %d of them attached, sums %v and %v; want %d, %d, %v and %v", s.keys.len(),
			s.attached.Len(), s.logSum, s.leaseSum, keys, attached, logs, leases)
	}
}

func TestWhatFollowsFromTheLogIsKept(t *testing.T) {
	for i := range 500 {
		g := generated(i)
		store := random(&g, 60)
		checkSums(t, &store)
		if t.Failed() {
			t.Fatalf("list %d", i)
		}
	}
}
