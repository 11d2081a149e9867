package nemesis

import (
	"slices"
	"time"

	"schism/sim"
)

// Shorter returns durations to try in the place of d, which is not negative, the shortest and roundest first: 0, then d
// rounded down to seconds, to 100 ms, 10 ms and 1 ms, and half of d. All are less than d.
func Shorter(d time.Duration) []time.Duration {
	var list []time.Duration
	add := func(s time.Duration) {
		if s < d && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	add(0)
	for _, unit := range []time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond} {
		add(d.Truncate(unit))
		if half := (d / 2).Truncate(unit); half > 0 {
			add(half)
		}
	}
	return list
}

// Plainer returns faults to try in the place of f, the plainest first: each does less, or can be said in fewer words.
// However often one is put in the place of the one before, there is an end.
func Plainer(f Fault) []Fault {
	switch f := f.(type) {
	case Before:
		list := []Fault{f.Do}
		for _, p := range Plainer(f.Do) {
			list = append(list, Before{f.At, p})
		}
		return list
	case Split:
		return plainerSplit(f)
	case Crash:
		return plainerCrash(f)
	case SetLinks:
		return plainerLinks(f)
	case SetDisk:
		return plainerDisk(f)
	}
	return fewer(f)
}

// plainerSplit leaves out one node after the other.
func plainerSplit(s Split) []Fault {
	var list []Fault
	for i, g := range s.Groups {
		for j := range g {
			groups := slices.Clone(s.Groups)
			groups[i] = slices.Delete(slices.Clone(g), j, j+1)
			list = append(list, Split{slices.DeleteFunc(groups, func(g []sim.NodeID) bool { return len(g) == 0 })})
		}
	}
	return slices.DeleteFunc(list, func(f Fault) bool { return len(f.(Split).Groups) == 0 })
}

// plainerCrash leaves the power on, or loses all that can be lost instead of some.
func plainerCrash(c Crash) []Fault {
	var list []Fault
	for _, loss := range []sim.PowerLoss{{}, {Drop: sim.Always}} {
		if c.Loss != loss && c.Loss != (sim.PowerLoss{}) {
			list = append(list, Crash{c.Target, loss})
		}
	}
	if c.Loss == (sim.PowerLoss{Drop: sim.Always}) {
		list = list[:1]
	}
	return append(list, fewer(c)...)
}

// plainerLinks leaves out one property after the other.
func plainerLinks(s SetLinks) []Fault {
	var list []Fault
	l := s.Link
	for _, link := range []sim.Link{
		{Min: l.Min, Max: l.Max, Tail: l.Tail, TailMax: l.TailMax, Duplicate: l.Duplicate, DuplicateMax: l.DuplicateMax,
			Reorder: l.Reorder, ReorderMax: l.ReorderMax, Queue: l.Queue},
		{Loss: l.Loss, Min: l.Min, Max: l.Max, Reorder: l.Reorder, ReorderMax: l.ReorderMax, Queue: l.Queue,
			Duplicate: l.Duplicate, DuplicateMax: l.DuplicateMax},
		{Loss: l.Loss, Min: l.Min, Max: l.Max, Tail: l.Tail, TailMax: l.TailMax, Reorder: l.Reorder,
			ReorderMax: l.ReorderMax, Queue: l.Queue},
		{Loss: l.Loss, Min: l.Min, Max: l.Max, Tail: l.Tail, TailMax: l.TailMax, Duplicate: l.Duplicate,
			DuplicateMax: l.DuplicateMax, Queue: l.Queue},
		{Loss: l.Loss, Tail: l.Tail, TailMax: l.TailMax, Duplicate: l.Duplicate, DuplicateMax: l.DuplicateMax,
			Reorder: l.Reorder, ReorderMax: l.ReorderMax, Queue: l.Queue},
		{Loss: l.Loss, Min: l.Min, Max: l.Max, Tail: l.Tail, TailMax: l.TailMax, Duplicate: l.Duplicate,
			DuplicateMax: l.DuplicateMax, Reorder: l.Reorder, ReorderMax: l.ReorderMax},
	} {
		if link != l && link != (sim.Link{}) {
			list = append(list, SetLinks{From: s.From, To: s.To, Link: link, None: s.None})
		}
	}
	return list
}

// plainerDisk leaves out one property after the other.
func plainerDisk(s SetDisk) []Fault {
	var list []Fault
	for _, change := range []func(d *sim.DiskProfile){
		func(d *sim.DiskProfile) { d.SyncMin, d.SyncMax = 0, 0 },
		func(d *sim.DiskProfile) { d.ReadMin, d.ReadMax = 0, 0 },
		func(d *sim.DiskProfile) { d.SyncError = 0 },
		func(d *sim.DiskProfile) { d.WriteError = 0 },
		func(d *sim.DiskProfile) { d.Capacity = 0 },
		func(d *sim.DiskProfile) { d.SyncLies = false },
	} {
		p := s
		if change(&p.Disk); p.Disk != s.Disk && p.Disk != (sim.DiskProfile{}) {
			list = append(list, p)
		}
	}
	return append(list, fewer(s)...)
}

// fewer returns f for one node less of those that it names, each in turn, where it names several.
func fewer(f Fault) []Fault {
	var list []Fault
	for _, t := range fewerNodes(targetOf(f)) {
		list = append(list, withTarget(f, t))
	}
	return list
}

// fewerNodes returns t without one of its nodes, each in turn.
func fewerNodes(t Target) []Target {
	if t.Role != RoleNamed || len(t.Nodes) < 2 {
		return nil
	}
	var list []Target
	for i := range t.Nodes {
		list = append(list, Nodes(slices.Delete(slices.Clone(t.Nodes), i, i+1)...))
	}
	return list
}

// targetOf returns the one target of a fault, one that means nobody if it has none or several.
func targetOf(f Fault) Target {
	switch f := f.(type) {
	case Crash:
		return f.Target
	case Restart:
		return f.Target
	case Pause:
		return f.Target
	case Resume:
		return f.Target
	case Freeze:
		return f.Target
	case Thaw:
		return f.Target
	case SetDisk:
		return f.Target
	case Slow:
		return f.Target
	case JumpWall:
		return f.Target
	case SlewWall:
		return f.Target
	case Deafen:
		return f.Target
	case Mute:
		return f.Target
	}
	return Target{}
}

// withTarget returns f, one of those that targetOf knows, for another target.
func withTarget(f Fault, t Target) Fault {
	switch f := f.(type) {
	case Crash:
		return Crash{t, f.Loss}
	case Restart:
		return Restart{t}
	case Pause:
		return Pause{t}
	case Resume:
		return Resume{t}
	case Freeze:
		return Freeze{t}
	case Thaw:
		return Thaw{t}
	case SetDisk:
		f.Target = t
		return f
	case Slow:
		f.Target = t
		return f
	case JumpWall:
		return JumpWall{t, f.By}
	case SlewWall:
		return SlewWall{t, f.By, f.Over}
	case Deafen:
		return Deafen{t}
	case Mute:
		return Mute{t}
	}
	return f
}
