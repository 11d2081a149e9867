package kvspec_test

import (
	"fmt"
	"slices"
	"testing"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// stream returns what a right server tells a watch of everything in a log, in responses that are cut anywhere.
func (s source) stream(log *kvspec.Log, w *kvapi.Op) (all []*kvapi.WatchResponse) {
	header := kvapi.Header{Revision: log.Revision(), Server: 1}
	say := func(m kvapi.WatchResponse) {
		m.Header, m.WatchID = header, w.WatchID
		all = append(all, &m)
	}
	say(kvapi.WatchResponse{Created: true})
	var batch []kvapi.Event
	flush := func(fragment bool) {
		if len(batch) > 0 {
			say(kvapi.WatchResponse{Events: batch, Fragment: fragment})
		}
		batch = nil
	}
	for r := w.Revision; r <= log.Revision(); r++ {
		for _, e := range kvspec.Events(log, w, r) {
			if w.Flags&kvapi.FlagFragment != 0 && s.index(3) == 0 {
				flush(len(batch) > 0 && batch[len(batch)-1].KV.ModRevision == r)
			}
			if w.Flags&kvapi.FlagPrevKV == 0 {
				e.Prev = nil
			}
			batch = append(batch, e)
		}
		switch s.index(4) {
		case 0:
			flush(false)
		case 1:
			flush(false)
			m := kvapi.WatchResponse{Header: kvapi.Header{Revision: r, Server: 1}, WatchID: w.WatchID}
			all = append(all, &m)
		case 2:
			flush(false)
			say(kvapi.WatchResponse{Created: true})
		}
	}
	flush(false)
	return all
}

// spoilStream changes one thing that the responses say, and reports whether it has found one that is always wrong.
func (s source) spoilStream(all []*kvapi.WatchResponse) ([]*kvapi.WatchResponse, bool) {
	var with []int
	for i, m := range all {
		if len(m.Events) > 0 {
			with = append(with, i)
		}
	}
	if len(with) == 0 {
		return all, false
	}
	i := with[s.index(len(with))]
	m := *all[i]
	m.Events = slices.Clone(m.Events)
	k := s.index(len(m.Events))
	all = slices.Clone(all)
	all[i] = &m
	switch e := &m.Events[k]; s.index(6) {
	case 0:
		m.Events = slices.Delete(m.Events, k, k+1)
		if len(m.Events) == 0 {
			all = slices.Delete(all, i, i+1)
		}
	case 1:
		m.Events = append(m.Events, *e)
	case 2:
		return slices.Insert(all, i, &m), true
	case 3:
		e.KV.Value += "'"
	case 4:
		e.KV.ModRevision++
	case 5:
		if e.Type = kvapi.EventDelete - e.Type; e.Prev != nil {
			e.Prev = nil
		}
	}
	return all, true
}

// TestRightStreamsAreValidAndOthersAreNot: streams of random watches on random logs, as they are and with one thing
// changed.
func TestRightStreamsAreValidAndOthersAreNot(t *testing.T) {
	spoiled := 0
	for seed := range uint64(3000) {
		s := newSource(seed)
		log := kvspec.NewLog()
		for i := range 3 + s.index(15) {
			log.Add(s.op(t, i, seed%2 == 0), 0)
		}
		text := fmt.Sprintf("watch %s rev %d id 1", s.from("x", "x to z", "a on", "y"), 1+s.index(4))
		w := parse(t, text+s.from("", " prev-kv")+s.from("", " no-put", " no-delete")+s.from("", " fragment"))
		all := s.stream(log, w)
		calls := []sim.Op{{Client: sim.Client(1), Input: w}}
		judge := func(all []*kvapi.WatchResponse) checker.Verdict {
			var told []kvspec.Told
			for _, m := range all {
				told = append(told, kvspec.Told{Client: sim.Client(1), Seq: 9, Response: m})
			}
			return verdictOf(kvspec.JudgeWatches(log, calls, told, log.Revision()))
		}
		if got := judge(all); got != checker.Valid {
			t.Fatalf("seed %d: %v is %v: %v", seed, w, got, all)
		}
		if wrong, certain := s.spoilStream(all); certain {
			spoiled++
			if got := judge(wrong); got != checker.Invalid {
				t.Fatalf("seed %d: %v is %v: %v, was %v", seed, w, got, wrong, all)
			}
		}
	}
	if spoiled < 1000 {
		t.Errorf("%d streams were spoiled", spoiled)
	}
}
