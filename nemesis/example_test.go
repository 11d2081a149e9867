package nemesis_test

import (
	"fmt"
	"time"

	"schism/nemesis"
	"schism/sim"
)

func ExampleParseSchedule() {
	schedule, err := nemesis.ParseSchedule(`
# the leader loses its quorum, comes back, and is killed as soon as it is elected again
2s split leader+1 | rest
9s heal
30ms after leader-elected#3 before 20s crash leader losing 50% tearing 10%
1s after leader-elected#3 restart all
25s recover`)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d faults, the first of them: %s\n", len(schedule), schedule[0].Do)
	// Output:
	// 5 faults, the first of them: split leader+1 | rest
}

func ExampleSwarm() {
	plan := nemesis.Swarm(nemesis.SwarmConfig{
		Start: 2 * time.Second,
		Until: 20 * time.Second,
		Kinds: []nemesis.Kind{nemesis.KindHalves, nemesis.KindCrash, nemesis.KindLoss},
	})
	servers := []sim.NodeID{sim.Server(1), sim.Server(2), sim.Server(3), sim.Server(4), sim.Server(5)}
	fmt.Print(plan(sim.NewSeeded(3), servers, nil))
	// Output:
	// 5.28s links all loss 4%
	// 7.241s split {n1 n4} | {n2 n3 n5}
	// 7.808s reset links *
	// 9.041s crash {n1 n3}
	// 9.538s mend all
	// 10.192s split {n1 n5} | {n2 n3 n4}
	// 10.372s links all -> leader loss 21%
	// 12.034s reset links *
	// 14.625s restart {n1 n3}
	// 17.294s mend all
	// 20s recover
}
