package scenarios

import (
	"slices"
	"time"

	"schism/nemesis"
	"schism/sim"
)

// All is the table of scenarios, in the order in which they are listed.
var All = slices.Concat(raftKVScenarios, etcdScenarios, etcdRecipes, etcdMemberScenarios, etcdStories, etcdMoments,
	zabZKScenarios, zabZKStories, zabZKMoments, damageScenarios)

// lan is the network of all scenarios: a few milliseconds, and hardly anything lost.
var lan = sim.Link{
	Min: 500 * time.Microsecond, Max: 10 * time.Millisecond, Loss: sim.Percent,
	Tail: sim.Percent / 10, TailMax: 100 * time.Millisecond,
}

// ssd is the disk of all scenarios.
var ssd = sim.DiskProfile{SyncMin: 100 * time.Microsecond, SyncMax: 2 * time.Millisecond}

// How long an episode lasts, and the calm before it.
const (
	calmMin, calmMax       = 1500 * time.Millisecond, 3 * time.Second
	episodeMin, episodeMax = 3 * time.Second, 6 * time.Second
	episodeSlot            = calmMax + episodeMax
)

// episodes is the plan in which the faults happen one after the other, each healed before the next. When an
// episode begins and how long it lasts is drawn. The last one has ended by len(faults)·episodeSlot.
func episodes(faults ...nemesis.Fault) nemesis.Plan {
	return func(c sim.Chooser, _, _ []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for i, f := range faults {
			begin := time.Duration(i)*episodeSlot + c.Span(key, calmMin, calmMax)
			end := begin + c.Span(key, episodeMin, episodeMax)
			s = append(s, nemesis.Entry{When: sim.Trigger{After: begin}, Do: f},
				nemesis.Entry{When: sim.Trigger{After: end}, Do: nemesis.Recover{}})
		}
		return s
	}
}

// script is the plan that is written in text. It panics if text is no schedule.
func script(text string) nemesis.Plan {
	s, err := nemesis.ParseSchedule(text)
	if err != nil {
		panic("scenarios: " + err.Error())
	}
	return nemesis.Script(s)
}
