package kvspec

import (
	"cmp"
	"fmt"
	"slices"

	"schism/checker"
	"schism/raft/kvapi"
	"schism/sim"
)

// What JudgeWatches checks, and the IDs of the violations. They are etcd's guarantees for watches, with that of
// completeness, which only holds of a cluster that is whole again.
const (
	// WatchFilter: a watch is told events of its keys, and of the types that it has not filtered out.
	WatchFilter = "watch-filter"
	// WatchOrdered: events come in the order of revisions.
	WatchOrdered = "watch-ordered"
	// WatchUnique: no event is told twice.
	WatchUnique = "watch-unique"
	// WatchAtomic: the events of a revision come in one response, or in fragments of one.
	WatchAtomic = "watch-atomic"
	// WatchReliable: no event is left out before one that is told.
	WatchReliable = "watch-reliable"
	// WatchResumable: a watch begins with the first event from the revision on from which it is to begin.
	WatchResumable = "watch-resumable"
	// WatchBookmarkable: what a progress notification says was told was told, and does not come again.
	WatchBookmarkable = "watch-bookmarkable"
	// WatchFaithful: what is told has happened, and not later than when it was told: key, value, versions, and so also
	// whether the key was created.
	WatchFaithful = "watch-faithful"
	// WatchPrevKV: what was there before is told if it is asked for, was there, and is not compacted.
	WatchPrevKV = "watch-prev-kv"
	// WatchCompacted: a watch is canceled for compaction only if what it needs next can be compacted.
	WatchCompacted = "watch-compacted"
	// WatchCanceled: a watch is canceled for nothing but compaction, or because its client has asked for it, or it is
	// about no key; then it is.
	WatchCanceled = "watch-canceled"
	// WatchComplete: in the end every watch that was called and not canceled has begun, and told everything.
	WatchComplete = "watch-complete"
)

// Told is a response that a client was given for one of its watches.
type Told struct {
	Client sim.NodeID
	// Seq is the number of the event in which it arrived, At the true time.
	Seq      uint64
	At       sim.Time
	Response *kvapi.WatchResponse
}

// watches judges what watches are told.
type watches struct {
	log     *Log
	reports []checker.Report
	// now is the response that is read, nil in the end.
	now *Told
	// unsure says that what was told is not in the log, but perhaps in another that explains the history, too.
	unsure bool
	calls  []*sim.Op // in the order of calls, without those that have begun
	// cancels are the operations with which clients end their watches.
	cancels []*sim.Op
	all     []*watching
}

// watching is a watch while it is told.
//
//  1. All events that it wants of revisions from first to done were told, and of none after at, which is done or the
//     next that it wants.
//  2. keys are those of the revision at that were told.
//  3. bookmark is the highest revision that a progress notification has named.
type watching struct {
	client          sim.NodeID
	call            *sim.Op
	op              *kvapi.Op
	server          sim.NodeID
	open            bool
	first, done, at kvapi.Revision
	bookmark        kvapi.Revision
	keys            []string
}

// JudgeWatches judges what watches were told, in the order of told, against what the store has done. Of calls, which
// may be a history, it takes the operations that begin and cancel watches. A watch that is created again goes on where
// it was, unless it was called again meanwhile. Watches that are open in the end must have been told everything up to
// settled; 0 asks for nothing.
func JudgeWatches(log *Log, calls []sim.Op, told []Told, settled kvapi.Revision) []checker.Report {
	j := &watches{log: log}
	for _, level := range [...]string{WatchFilter, WatchOrdered, WatchUnique, WatchAtomic, WatchReliable,
		WatchResumable, WatchBookmarkable, WatchFaithful, WatchPrevKV, WatchCompacted, WatchCanceled, WatchComplete} {
		j.reports = append(j.reports, checker.Passed(level, 0))
	}
	for i := range calls {
		switch op, ok := calls[i].Input.(*kvapi.Op); {
		case ok && op.Kind == kvapi.Watch:
			j.calls = append(j.calls, &calls[i])
		case ok && op.Kind == kvapi.CancelWatch:
			j.cancels = append(j.cancels, &calls[i])
		}
	}
	slices.SortStableFunc(j.calls, func(a, b *sim.Op) int { return cmp.Compare(a.CallSeq, b.CallSeq) })
	for i := range told {
		j.now = &told[i]
		j.read(j.now)
	}
	j.now = nil
	for _, w := range j.all {
		if j.goes(w, sim.StillOpen) {
			j.examine(WatchComplete)
			j.missing(w, WatchComplete, min(settled, log.Revision()))
		}
	}
	for _, c := range j.calls {
		w := &watching{client: c.Client, call: c, op: c.Input.(*kvapi.Op), open: true}
		if settled > 0 && j.goes(w, sim.StillOpen) {
			j.examine(WatchComplete)
			j.broken(w, WatchComplete, 0, "has never begun")
		}
	}
	for i := range j.reports {
		r := &j.reports[i]
		r.Examined(r.Effort.Operations, "times")
		if j.unsure && r.Verdict == checker.Valid {
			*r = checker.NotTold(r.Check, "what the store has done is not known for certain")
		}
	}
	return j.reports
}

// examine counts what levels have looked at.
func (j *watches) examine(levels ...string) {
	for _, level := range levels {
		j.report(level).Effort.Operations++
	}
}

// report returns the report on a level.
func (j *watches) report(level string) *checker.Report {
	i := 0
	for j.reports[i].Check != level {
		i++
	}
	return &j.reports[i]
}

// broken notes that a level is broken by what a watch was told, or was not. If that depends on what a revision has
// done, and nobody knows that for certain, it is only not known.
func (j *watches) broken(w *watching, level string, revision kvapi.Revision, what string) {
	if revision > 0 && revision <= j.log.Revision() && !j.log.certain[revision-1] {
		j.unsure = true
		return
	}
	if r := j.report(level); r.Verdict == checker.Valid {
		r.Verdict = checker.Invalid
		r.Reason = fmt.Sprintf("%s of %s: %s", w.op, w.client, what)
		r.Core, r.Blocked, r.Seen = []sim.Op{*w.call}, 0, sim.StillOpen
		if j.now != nil {
			r.Seen, r.SeenAt = j.now.Seq, j.now.At
		}
	}
}

// read reads the next response.
func (j *watches) read(t *Told) {
	m := t.Response
	if m.WatchID == 0 && len(m.Events) == 0 && !m.Created && !m.Canceled {
		for _, w := range j.all {
			if w.client == t.Client && w.server == m.Server && j.goes(w, t.Seq) {
				j.progress(w, m.Revision)
			}
		}
		return
	}
	w := j.find(t)
	if w == nil {
		return // nobody has called it
	}
	w.server = m.Server
	for i := range m.Events {
		j.event(w, &m.Events[i], t)
	}
	switch {
	case m.Canceled:
		j.canceled(w, t)
	case m.Created && w.op.Span.Empty():
		j.broken(w, WatchCanceled, 0, "goes on although it is about no key: "+m.String())
	case len(m.Events) == 0 && !m.Created:
		j.progress(w, m.Revision)
	case !m.Fragment:
		j.settle(w)
	}
}

// canceled reads that a watch is over.
func (j *watches) canceled(w *watching, t *Told) {
	m := t.Response
	if m.Compacted == 0 {
		j.examine(WatchCanceled)
		if !w.op.Span.Empty() && j.goes(w, t.Seq) {
			j.broken(w, WatchCanceled, 0, "was canceled, and nobody had asked for that: "+m.String())
		}
	} else {
		j.examine(WatchCompacted)
		if w.done+1 >= m.Compacted || m.Compacted > j.log.compacted {
			j.broken(w, WatchCompacted, 0, "was canceled without a compaction of what it needed: "+m.String())
		}
	}
	w.open = false
}

// goes reports whether a watch goes on at an event: neither has the server said that it is over nor has the client
// canceled it.
func (j *watches) goes(w *watching, seq uint64) bool {
	return w.open && !slices.ContainsFunc(j.cancels, func(c *sim.Op) bool {
		return c.Client == w.client && c.Input.(*kvapi.Op).WatchID == w.op.WatchID &&
			c.CallSeq > w.call.CallSeq && c.CallSeq < seq
	})
}

// find returns the watch that a response is for.
func (j *watches) find(t *Told) *watching {
	i := slices.IndexFunc(j.all, func(w *watching) bool {
		return w.client == t.Client && w.op.WatchID == t.Response.WatchID
	})
	if t.Response.Created {
		called := slices.IndexFunc(j.calls, func(c *sim.Op) bool {
			return c.Client == t.Client && c.CallSeq < t.Seq && c.Input.(*kvapi.Op).WatchID == t.Response.WatchID
		})
		if called >= 0 {
			if i < 0 {
				i = len(j.all)
				j.all = append(j.all, nil)
			}
			j.all[i] = newWatching(j.calls[called], t.Response)
			j.calls = slices.Delete(j.calls, called, called+1)
		} else if i >= 0 {
			j.all[i].again()
		}
	}
	if i < 0 {
		return nil
	}
	return j.all[i]
}

// again goes on with a watch that is created again. A revision of which only fragments were told comes as a whole.
func (w *watching) again() {
	w.open, w.at = true, w.done
	w.keys = w.keys[:0]
}

// newWatching returns the watch that a response has created.
func newWatching(call *sim.Op, m *kvapi.WatchResponse) *watching {
	w := &watching{client: call.Client, call: call, op: call.Input.(*kvapi.Op), open: true, first: m.Revision + 1}
	if w.op.Revision > 0 {
		w.first = w.op.Revision
	}
	w.done, w.at = w.first-1, w.first-1
	return w
}

// missing notes that a level is broken if not everything up to a revision was told, and reports whether it was.
func (j *watches) missing(w *watching, level string, to kvapi.Revision) bool {
	for r := w.done + 1; r <= to; r++ {
		for _, e := range j.log.of(w.op, r) {
			if r != w.at || !slices.Contains(w.keys, e.KV.Key) {
				j.broken(w, level, r, "is left out: "+e.String())
				return true
			}
		}
	}
	return false
}

// progress reads a progress notification.
func (j *watches) progress(w *watching, to kvapi.Revision) {
	j.examine(WatchBookmarkable)
	j.missing(w, WatchBookmarkable, min(to, j.log.Revision()))
	w.done, w.bookmark = max(w.done, to), max(w.bookmark, to)
}

// settle notes that what there was of the last revision that was told is over.
func (j *watches) settle(w *watching) {
	if w.at > w.done {
		j.examine(WatchAtomic)
		j.missing(w, WatchAtomic, w.at)
		w.done = w.at
	}
}

// event reads an event.
func (j *watches) event(w *watching, e *kvapi.Event, t *Told) {
	at := e.KV.ModRevision
	j.examine(WatchFilter, WatchOrdered, WatchUnique, WatchFaithful)
	j.content(w, e, t)
	switch {
	case at == w.at && slices.Contains(w.keys, e.KV.Key):
		j.broken(w, WatchUnique, 0, "comes twice: "+e.String())
	case at < w.first:
		j.broken(w, WatchResumable, 0, "comes before the beginning: "+e.String())
	case at <= w.bookmark:
		j.broken(w, WatchBookmarkable, 0, "comes after a bookmark behind it: "+e.String())
	case at < w.at:
		j.broken(w, WatchOrdered, 0, "comes after what is later: "+e.String())
	case at == w.at && at <= w.done:
		j.broken(w, WatchAtomic, 0, "comes in parts: "+e.String())
		w.keys = append(w.keys, e.KV.Key)
	case at == w.at:
		w.keys = append(w.keys, e.KV.Key)
	default:
		j.settle(w)
		level := WatchReliable
		if w.at < w.first {
			level = WatchResumable
		}
		j.examine(level)
		j.missing(w, level, min(at-1, j.log.Revision()))
		w.done, w.at, w.keys = at-1, at, append(w.keys[:0], e.KV.Key)
	}
}

// content compares what an event says with what has happened.
func (j *watches) content(w *watching, e *kvapi.Event, t *Told) {
	at := e.KV.ModRevision
	if !wants(w.op, e) {
		j.broken(w, WatchFilter, 0, "was not asked for: "+e.String())
	}
	events := j.log.at(at)
	i := slices.IndexFunc(events, func(x kvapi.Event) bool { return x.KV == e.KV && x.Type == e.Type })
	if i < 0 {
		j.broken(w, WatchFaithful, at, "has not happened: "+e.String())
		return
	}
	if c := j.log.changes[at-1]; c != nil && c.called >= t.Seq || t.Response.Revision < at {
		j.broken(w, WatchFaithful, at, "has not happened yet: "+e.String())
	}
	if w.op.Flags&kvapi.FlagPrevKV != 0 {
		j.examine(WatchPrevKV)
	}
	switch was := events[i].Prev; {
	case e.Prev == nil && was != nil && w.op.Flags&kvapi.FlagPrevKV != 0 && at > j.log.compacted:
		j.broken(w, WatchPrevKV, at, "comes without what was there before: "+e.String())
	case e.Prev != nil && (was == nil || *was != *e.Prev || w.op.Flags&kvapi.FlagPrevKV == 0):
		j.broken(w, WatchPrevKV, at, "comes with what was not there before: "+e.String())
	}
}
