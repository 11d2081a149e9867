package kvspec

import (
	"fmt"

	"schism/checker"
	"schism/raft/kvapi"
)

// What Judge checks, and the IDs of the violations. Linearizability is [checker.Linearizability].
const (
	// RevisionOrder: what changes keys has a revision of its own, and one that was called after another had returned
	// has the higher one.
	RevisionOrder = "revision-order"
	// FreshReads: what is linearizable has no lower revision than other such replies had told before it was called.
	FreshReads = "fresh-reads"
	// ClientOrder: the revisions that one client is told by linearizable operations never decrease.
	ClientOrder = "client-order"
	// SerializableReads: a serializable read shows the store as it was at the revision of its reply, and no revision
	// that was still to come when it returned, as far as what is linearizable shows that.
	SerializableReads = "serializable-reads"
)

// broken turns r into a report that b contradicts a.
func broken(r *checker.Report, a, b *reply, how string) {
	r.Contradict(a.op, b.op, fmt.Sprintf("%s %s %s", b, how, a))
}

// orders are the reports on revisions alone.
type orders struct{ revisions, fresh, client, local checker.Report }

// judgeOrder compares each linearized operation with the highest revisions of what had returned when it was called.
func judgeOrder(replies []reply) *orders {
	var changed, linear, shown int
	for i := range replies {
		switch r := &replies[i]; {
		case r.kind == changing:
			changed++
			linear++
		case r.kind == exact:
			linear++
		case r.local():
			shown++
		}
	}
	o := &orders{checker.Passed(RevisionOrder, changed), checker.Passed(FreshReads, linear),
		checker.Passed(ClientOrder, linear), checker.Passed(SerializableReads, shown)}
	returns := checker.Chosen(replies, (*reply).tells, end)
	o.judgeClients(returns)
	var before highest
	for _, r := range checker.Chosen(replies, (*reply).linearized, call) {
		for len(returns) > 0 && returns[0].returned <= r.called {
			before.add(returns[0])
			returns = returns[1:]
		}
		o.compare(&before, r)
	}
	o.judgeChanges(replies)
	return o
}

// highest are those with the highest revisions: of what changes keys, of the rest of what is linearized, and of all
// others.
type highest struct{ change, exact, local *reply }

func (h *highest) add(r *reply) {
	at := &h.local
	switch r.kind {
	case changing:
		at = &h.change
	case exact:
		at = &h.exact
	}
	*at = higher(*at, r)
}

// compare compares r with what had returned before it was called.
func (o *orders) compare(before *highest, r *reply) {
	if before.change.exceeds(r) {
		if r.kind == changing {
			broken(&o.revisions, before.change, r, "was called after, and has no higher revision than,")
		} else {
			broken(&o.fresh, before.change, r, "was called after, and is older than,")
		}
	}
	if before.exact.exceeds(r) {
		broken(&o.fresh, before.exact, r, "was called after, and is older than,")
	}
	if before.local.exceeds(r) {
		broken(&o.local, r, before.local, "returned before, and shows a later revision than,")
	}
}

// exceeds reports whether r, which returned before o was called, has a revision that is too high for that.
func (r *reply) exceeds(o *reply) bool {
	return r != nil && (r.revision > o.revision || r.revision == o.revision && o.kind == changing)
}

// judgeChanges compares the revisions of what changes keys.
func (o *orders) judgeChanges(replies []reply) {
	changes := checker.Chosen(replies, func(r *reply) bool { return r.kind == changing }, revision)
	for i, r := range changes {
		switch {
		case r.revision <= kvapi.FirstRevision:
			broken(&o.revisions, r, r, "has the revision of an empty store:")
		case i > 0 && r.revision == changes[i-1].revision:
			broken(&o.revisions, changes[i-1], r, "has the revision of")
		}
	}
}

// judgeClients compares each linearized reply with the one before it to the same client.
func (o *orders) judgeClients(returns []*reply) {
	var last []*reply // by the number of the client
	for _, r := range returns {
		if !r.linearized() {
			continue
		}
		for len(last) <= r.client.Number() {
			last = append(last, nil)
		}
		before := &last[r.client.Number()]
		if *before != nil && (*before).revision > r.revision {
			broken(&o.client, *before, r, "has a lower revision than the reply before it,")
		}
		*before = r
	}
}

// revision returns the revision as something to sort by.
func revision(r *reply) uint64 { return uint64(r.revision) }

// higher returns the one with the higher revision, a if they are equal; a may be nil.
func higher(a, b *reply) *reply {
	if a != nil && a.revision >= b.revision {
		return a
	}
	return b
}
