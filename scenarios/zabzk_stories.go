package scenarios

import (
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/nemesis"
	"schism/sim"
	"schism/zab/zkserver"
)

// zabZKStories are the scenarios of what only a service with sessions and local reads has to tell; Raft has no twins
// of them.
var zabZKStories = []*Scenario{
	{
		Name: "zab/zk/session-expiry", Servers: 5, Clients: 4,
		Doc:    "Clients are cut off for longer than their sessions last, and for less: nodes go with the sessions",
		Plan:   lonelyClients(3 * time.Second),
		HealAt: 4 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"session-expired", "client-lost-session", "session-reopened"},
		system: newZabZK(sessionExpiry()),
	},
}

// sessionExpiry is the setup of zab/zk/session-expiry.
func sessionExpiry() zabSetup {
	return zabSetup{
		workload: zkserver.Workload{
			Ops: 50, Keys: 6,
			Mix: zkserver.Mix{Get: 3, Exists: 3, Children: 1, Set: 1, Create: 1, Ephemeral: 6, Sequential: 1,
				Delete: 3},
			ThinkMin: 100 * time.Millisecond, ThinkMax: 900 * time.Millisecond,
		},
		snapshotEvery: 50,
		checks:        []func([]sim.Op) checker.Report{zkspec.JudgeSessionEnd},
	}
}

// lonelyClients is the plan in which one client after the other is cut off from all servers, every second one for
// least at least and the others for a fraction of it.
func lonelyClients(least time.Duration) nemesis.Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for i, client := range clients {
			begin := time.Duration(i)*episodeSlot + c.Span(key, calmMin, calmMax)
			lo, hi := least, episodeMax
			if i%2 == 1 {
				lo, hi = least/3, 2*least/3
			}
			s = append(s,
				nemesis.Entry{When: sim.Trigger{After: begin},
					Do: nemesis.Split{Groups: [][]sim.NodeID{{client}, servers}}},
				nemesis.Entry{When: sim.Trigger{After: begin + c.Span(key, lo, hi)}, Do: nemesis.Recover{}})
		}
		return s
	}
}
