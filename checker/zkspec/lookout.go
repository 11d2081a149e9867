package zkspec

import (
	"cmp"
	"slices"
	"strings"

	"schism/sim"
	"schism/zab/zkapi"
)

// lookout is what a history shows of nodes with numbers, whose names nobody has twice.
type lookout struct {
	// listed is the highest zxid of a listing that shows a node, deleted the call of the delete that was answered.
	listed  map[place]zkapi.Zxid
	deleted map[string]sim.Time
	// zxids are those of the updates that were answered, ascending; called[i] is the last call of the first i+1.
	zxids  []zkapi.Zxid
	called []sim.Time
}

// place is where a node is: a path that need not be put together.
type place struct{ parent, name string }

// look reads a history, in which there may be operations that are not of the service.
func look(history []sim.Op) *lookout {
	l := &lookout{listed: map[place]zkapi.Zxid{}, deleted: map[string]sim.Time{}}
	var updates []*sim.Op
	for i := range history {
		op := &history[i]
		in, ofService := op.Input.(*zkapi.Op)
		out, answered := op.Output.(*zkapi.Output)
		if !ofService || !answered || op.Outcome != sim.OK || out.Code != zkapi.OK {
			continue
		}
		switch in.Kind {
		case zkapi.GetChildren:
			for _, name := range out.Children {
				p := place{in.Path, name}
				l.listed[p] = max(l.listed[p], out.Zxid)
			}
		case zkapi.Delete:
			l.deleted[in.Path] = op.Call
		}
		if in.Kind.Writes() {
			updates = append(updates, op)
		}
	}
	l.order(updates)
	return l
}

// order sorts the updates by their zxids.
func (l *lookout) order(updates []*sim.Op) {
	zxid := func(op *sim.Op) zkapi.Zxid { return op.Output.(*zkapi.Output).Zxid }
	slices.SortStableFunc(updates, func(a, b *sim.Op) int { return cmp.Compare(zxid(a), zxid(b)) })
	last := sim.Time(0)
	for _, op := range updates {
		last = max(last, op.Call)
		l.zxids, l.called = append(l.zxids, zxid(op)), append(l.called, last)
	}
}

// there returns until when the node that create has made was there at least.
func (l *lookout) there(create *sim.Op) sim.Time {
	path := create.Output.(*zkapi.Output).Path
	slash := strings.LastIndexByte(path, '/')
	until := max(create.Call, l.deleted[path])
	z := l.listed[place{path[:max(slash, 0)], path[slash+1:]}]
	n, _ := slices.BinarySearch(l.zxids, z+1)
	if n > 0 {
		until = max(until, l.called[n-1])
	}
	return until
}
