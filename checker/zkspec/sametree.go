package zkspec

import (
	"cmp"
	"slices"
	"strings"

	"schism/checker"
	"schism/sim"
	"schism/zab/zkapi"
)

// SameTree is the ID of the violation that two replies with the same zxid show a node in two ways. Both may have an
// explanation, if an update that was not answered can lie between them; but not with one zxid.
const SameTree = "same-tree"

// JudgeSameTree judges SameTree, of reads and of single updates, which show the node as they leave it. Who may not read
// a node has seen nothing.
func JudgeSameTree(history []sim.Op) checker.Report {
	replies, err := answered(history)
	if err != nil {
		return checker.NotTold(SameTree, err.Error())
	}
	report, pairs := checker.Passed(SameTree, 0), 0
	var seen []sight
	for i := range replies {
		r := &replies[i]
		path := r.in.Path
		if r.in.Kind == zkapi.Create {
			path = r.out.Path
		}
		shows := r.reads() && (r.out.Code == zkapi.OK || r.out.Code == zkapi.NoNode)
		if shows || changesOne(r.in.Kind) && r.out.Code == zkapi.OK {
			seen = append(seen, sight{path, r})
		}
	}
	slices.SortStableFunc(seen, func(a, b sight) int {
		return cmp.Or(cmp.Compare(a.by.out.Zxid, b.by.out.Zxid), strings.Compare(a.path, b.path),
			cmp.Compare(a.by.in.Kind, b.by.in.Kind))
	})
	for i := 1; i < len(seen); i++ {
		a, b := &seen[i-1], &seen[i]
		if a.by.out.Zxid != b.by.out.Zxid || a.path != b.path {
			continue
		}
		if pairs++; !a.like(b) {
			broken(&report, a.by, b.by, "shows, with the same zxid, something else than")
		}
	}
	report.Examined(pairs, "pairs of replies that show a node with the same zxid")
	return report
}

// sight is a reply that shows the node at a path, or that there is none.
type sight struct {
	path string
	by   *reply
}

// changesOne reports whether an operation of that kind changes one node, and shows it.
func changesOne(k zkapi.OpKind) bool {
	return k == zkapi.Create || k == zkapi.SetData || k == zkapi.SetACL
}

// like reports whether two replies about one node can show the same tree.
func (s *sight) like(o *sight) bool {
	a, b := s.by.out, o.by.out
	if a.Code != b.Code || a.Stat != b.Stat {
		return false
	}
	return s.by.in.Kind != o.by.in.Kind || !s.by.reads() || a.Data == b.Data && slices.Equal(a.Children, b.Children)
}
