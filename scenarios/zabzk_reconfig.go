package scenarios

import (
	"time"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkserver"
)

// reconfigHeal is when the faults of zab/zk/reconfig are over at the latest.
const reconfigHeal = 30 * time.Second

// reconfiguring is the setup of zab/zk/reconfig: three of five servers vote at first, and the last client changes
// that.
func reconfiguring() zabSetup {
	work := zkserver.MemberWork{
		Rounds: 14, Servers: []sim.NodeID{1, 2, 3, 4, 5}, MinVoters: 3,
		ThinkMin: 200 * time.Millisecond, ThinkMax: 2 * time.Second,
	}
	plays := znodes(40)
	plays.Watches = true
	return zabSetup{
		workload:      plays,
		recipe:        work.Draw,
		players:       1,
		ensemble:      zab.Ensemble{Voters: 0b00111},
		snapshotEvery: 20,
	}
}
