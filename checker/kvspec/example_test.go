package kvspec_test

import (
	"fmt"

	"schism/checker"
	"schism/checker/kvspec"
	"schism/raft/kvapi"
	"schism/sim"
)

// A client reads nothing after another's put was acknowledged.
func ExampleJudge() {
	put, _ := kvapi.ParseOp("put x 1")
	get, _ := kvapi.ParseOp("get x")
	second := kvapi.Output{Header: kvapi.Header{Revision: 2, Server: sim.Server(3)}}
	first := kvapi.Output{Header: kvapi.Header{Revision: 1, Server: sim.Server(1)}}
	history := []sim.Op{
		{Client: sim.Client(1), Process: 0, Input: &put, Output: &second, Outcome: sim.OK, CallSeq: 1, ReturnSeq: 2},
		{Client: sim.Client(2), Process: 1, Input: &get, Output: &first, Outcome: sim.OK, CallSeq: 3, ReturnSeq: 4},
	}
	for _, r := range kvspec.Judge(history, checker.DefaultBudget) {
		fmt.Println(r.Check, r.Verdict)
	}
	// Output:
	// revision-order valid
	// fresh-reads invalid
	// client-order valid
	// linearizability unknown
	// serializable-reads unknown
}
