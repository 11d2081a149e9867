package raft_test

import (
	"reflect"
	"testing"

	"schism/raft"
	"schism/sim"
)

// printed returns messages of every kind, by what they print as.
func printed() map[string]sim.Message {
	at := raft.Position{Term: 3, Index: 17}
	return map[string]sim.Message{
		"RequestVote t9 last 17^3":                   &raft.RequestVote{Term: 9, Last: at},
		"PreVote t9 last 17^3":                       &raft.RequestVote{Term: 9, Last: at, PreVote: true},
		"RequestVoteResponse t9 granted":             &raft.RequestVoteResponse{Term: 9, Granted: true},
		"RequestVoteResponse t9 refused":             &raft.RequestVoteResponse{Term: 9},
		"RequestVote t9 last 17^3 commit 17^3":       &raft.RequestVote{Term: 9, Last: at, Commit: at},
		"RequestVoteResponse t9 refused commit 17^3": &raft.RequestVoteResponse{Term: 9, Commit: at},
		"PreVoteResponse t9 granted":                 &raft.RequestVoteResponse{Term: 9, Granted: true, PreVote: true},
		"RequestVote t9 last 17^3 by transfer":       &raft.RequestVote{Term: 9, Last: at, Transfer: true},
		"TimeoutNow t9":                              &raft.TimeoutNow{Term: 9},
		"Propose t9 3 bytes":                         &raft.Propose{Term: 9, Data: []byte("abc")},
		"AppendEntries t9 prev 17^3 commit 16": &raft.AppendEntries{
			Term: 9, Prev: at, Commit: 16,
		},
		"AppendEntries t9 prev 17^3 commit 16 round 4 +18^5": &raft.AppendEntries{
			Term: 9, Prev: at, Commit: 16, Round: 4, Entries: entries(18, 5),
		},
		"AppendEntries t9 prev 17^3 commit 16 +18^5..20^6": &raft.AppendEntries{
			Term: 9, Prev: at, Commit: 16, Entries: entries(18, 5, 5, 6),
		},
		"AppendEntriesResponse t9 match 17 round 4": &raft.AppendEntriesResponse{
			Term: 9, Success: true, Match: 17, Round: 4,
		},
		"AppendEntriesResponse t9 no match at 20, try 17^3": &raft.AppendEntriesResponse{
			Term: 9, Prev: 20, Hint: at,
		},
		"InstallSnapshot t9 up to 17^3 bytes 20-23 of 50": &raft.InstallSnapshot{
			Term: 9, ID: raft.SnapshotID{Last: at, Size: 50, Sum: 7}, Offset: 20, Data: []byte("abc"),
		},
		"InstallSnapshotResponse t9 snapshot 17 has 20 bytes": &raft.InstallSnapshotResponse{
			Term: 9, ID: raft.SnapshotID{Last: at}, Offset: 20,
		},
	}
}

func TestMessagesReadWell(t *testing.T) {
	seen := map[sim.Digest]string{}
	for want, m := range printed() {
		if got := m.Kind() + " " + m.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if other := seen[m.Fold(0)]; other != "" {
			t.Errorf("%s and %s fold equally", want, other)
		}
		seen[m.Fold(0)] = want
	}
}

// TestFoldReachesEveryField changes every field of every message, one at a time.
func TestFoldReachesEveryField(t *testing.T) {
	for _, m := range []sim.Message{
		&raft.RequestVote{}, &raft.RequestVoteResponse{},
		&raft.AppendEntries{Entries: make([]raft.Entry, 2)}, &raft.AppendEntriesResponse{},
		&raft.InstallSnapshot{Data: make([]byte, 2)}, &raft.InstallSnapshotResponse{},
		&raft.TimeoutNow{}, &raft.Propose{Data: make([]byte, 2)},
	} {
		before, fields := m.Fold(0), 0
		changeEach(reflect.ValueOf(m).Elem(), "", func(field string) {
			if fields++; m.Fold(0) == before {
				t.Errorf("%s: Fold does not see %s", m.Kind(), field)
			}
		})
		if fields < reflect.TypeOf(m).Elem().NumField() || m.Fold(0) != before {
			t.Errorf("%s: %d fields were changed, and changed back: %v", m.Kind(), fields, m.Fold(0) == before)
		}
	}
}

// changeEach changes everything below v, one after the other, calls f, and changes it back. A slice is made
// longer, too.
func changeEach(v reflect.Value, name string, f func(field string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			changeEach(v.Field(i), name+"."+v.Type().Field(i).Name, f)
		}
		return
	case reflect.Slice:
		for i := range v.Len() {
			changeEach(v.Index(i), name+"[]", f)
		}
	}
	was := reflect.New(v.Type()).Elem()
	was.Set(v)
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Slice:
		v.Set(reflect.Append(v.Slice3(0, v.Len(), v.Len()), reflect.Zero(v.Type().Elem())))
	default:
		v.SetUint(v.Uint() + 1)
	}
	f(name)
	v.Set(was)
}

// TestMessagesOfANodeAreDistinct sees that messages do not share memory, over several chunks.
func TestMessagesOfANodeAreDistinct(t *testing.T) {
	s := newSolo(t, 3, plain)
	seen := map[sim.Message]bool{}
	for term := range raft.Term(300) {
		s.receive(2, &raft.AppendEntries{Term: term})
		s.sync()
		for _, l := range s.take() {
			if seen[l.msg] {
				t.Fatal("one message is sent twice")
			}
			seen[l.msg] = true
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d messages were sent", len(seen))
	}
}
