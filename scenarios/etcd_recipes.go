package scenarios

import (
	"time"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/nemesis"
	"schism/raft/kvserver"
	"schism/sim"
)

// etcdRecipes are the scenarios of what clients make of leases: locks and elections, as package concurrency of etcd.
var etcdRecipes = []*Scenario{
	{
		Name: "etcd/lock", Servers: 5, Clients: 5,
		Doc:    "Four clients take a lock by leases, and stop for longer than those last; the resource is fenced",
		Plan:   troubled(sleepers(2)),
		Budget: driftingPauses,
		HealAt: 8 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want:   []string{"lease-expired", "write-fenced", MarkTwoLeaders, MarkMajorityAcked},
		system: newRaftKV(etcdLocking(true, nil)),
	},
	{
		Name: "etcd/unsafe-lock", Servers: 5, Clients: 5,
		Doc:    "The same with a resource that takes what comes: two clients believe that they hold the lock",
		Plan:   troubled(sleepers(2)),
		Budget: driftingPauses,
		HealAt: 8 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"lease-expired"}, Finds: []string{checker.Fencing, checker.BelievedExclusion},
		system: newRaftKV(etcdLocking(false, nil)),
	},
	{
		Name: "etcd/election", Servers: 5, Clients: 4,
		Doc:    "Three clients campaign and proclaim, one deposes them, all while leaders of Raft are cut off",
		Plan:   troubled(sleepers(2)),
		Budget: driftingPauses,
		HealAt: 8 * episodeSlot, Settle: time.Minute, Network: lan, Disk: ssd,
		Want: []string{"lease-expired", MarkTwoLeaders, MarkMinorityRefused, MarkMajorityAcked,
			"check-quorum-failed"},
		system: newRaftKV(etcdElection(nil)),
	},
}

// etcdLocking is the setup of etcd/lock, and of etcd/unsafe-lock, whose resource is not fenced. change, if not nil,
// brings a bug into what clients do.
func etcdLocking(fenced bool, change func(*kvserver.LockWork)) raftSetup {
	work := kvserver.LockWork{
		Rounds: 12, WritesMin: 2, WritesMax: 8, Resource: sim.Client(5),
		ThinkMin: 50 * time.Millisecond, ThinkMax: 400 * time.Millisecond,
	}
	if change != nil {
		change(&work)
	}
	lock := kvspec.Contest{Prefix: kvserver.LockPrefix, Drift: troubledDrift, Claims: writesToResource}
	checks := []histories{judgeFencing, exclusion(checker.MutualExclusion, lock.Held)}
	if !fenced {
		checks = append(checks, exclusion(checker.BelievedExclusion, lock.Believed))
	}
	return raftSetup{
		recipe: work.Draw, resource: work.Resource, fenced: fenced, snapshotEvery: 50, checks: checks,
		journal: true,
	}
}

// etcdElection is the setup of etcd/election. change, if not nil, brings a bug into what candidates do.
func etcdElection(change func(*kvserver.ElectionWork)) raftSetup {
	pauses := kvserver.ElectionWork{ThinkMin: 50 * time.Millisecond, ThinkMax: 500 * time.Millisecond}
	candidates, observers := pauses, pauses
	candidates.Rounds, candidates.ProclaimsMin, candidates.ProclaimsMax = 16, 2, 8
	observers.Looks, observers.Deposes = 240, 12
	if change != nil {
		change(&candidates)
	}
	election := kvspec.Contest{Prefix: kvserver.ElectionPrefix, Drift: troubledDrift}
	return raftSetup{
		recipe: func(c sim.Chooser, id sim.NodeID) kvserver.Recipe {
			if id.Number() == 4 {
				return observers.Draw(c, id)
			}
			return candidates.Draw(c, id)
		},
		snapshotEvery: 50, journal: true,
		checks: []histories{exclusion(checker.MutualExclusion, election.Held), func(h []sim.Op) checker.Report {
			return kvspec.JudgeProclaims(h, election)
		}},
	}
}

// troubledDrift is by how much clocks run wrong in a troubled plan.
const troubledDrift checker.PPM = 100_000

// troubled is the plan in which, at the time of every other fault of the plan, the leader is cut off, too, or the clock
// of a server runs 10 % fast or slow. What undoes the fault undoes that.
func troubled(plan nemesis.Plan) nemesis.Plan {
	return func(c sim.Chooser, servers, clients []sim.NodeID) nemesis.Schedule {
		var s nemesis.Schedule
		key := sim.Key{Decision: sim.DecidePlan}
		for _, e := range plan(c, servers, clients) {
			s = append(s, e)
			if _, undoes := e.Do.(nemesis.Recover); undoes {
				continue
			}
			when := sim.Trigger{After: e.When.After + c.Span(key, 0, episodeMin/2)}
			server := nemesis.Nodes(servers[c.Index(key, len(servers))])
			switch c.Index(key, 4) {
			case 1:
				s = append(s, nemesis.Entry{When: when, Do: nemesis.Drift{Target: server, PPM: int32(troubledDrift)}})
			case 2:
				s = append(s, nemesis.Entry{When: when, Do: nemesis.Drift{Target: server, PPM: -int32(troubledDrift)}})
			case 3:
				s = append(s, nemesis.Entry{When: when, Do: nemesis.IsolateLeader})
			}
		}
		return s
	}
}
