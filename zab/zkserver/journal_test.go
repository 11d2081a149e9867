package zkserver_test

import (
	"cmp"
	"fmt"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"

	"schism/sim"
	"schism/zab"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
	"schism/zab/ztree"
)

// journal is an observer that notes every transaction when it is first committed.
type journal struct{ txns []zab.Txn }

// Observe implements sim.Observer.
func (j *journal) Observe(v sim.View, s *sim.StepInfo) error {
	m, ok := v.Machine(s.Node).(*zkserver.Server)
	if !ok {
		return nil
	}
	for p := m.Zab(); zab.Index(len(j.txns)) < p.CommittedIndex(); {
		t, ok := p.History().At(zab.Index(len(j.txns) + 1))
		if !ok || t.Data == nil {
			return fmt.Errorf("transaction %d is committed and not there", len(j.txns)+1)
		}
		j.txns = append(j.txns, t)
	}
	return nil
}

// decoded returns the i-th transaction from 0.
func (j *journal) decoded(i int) (zkapi.Zxid, zkapi.Txn) {
	txn, err := zkapi.DecodeTxn(j.txns[i].Data)
	if err != nil {
		panic(err)
	}
	return zkapi.Zxid(j.txns[i].Zxid), txn
}

// judge returns what is wrong with the operations of a history that were answered.
func (j *journal) judge(history []sim.Op) []string {
	var answered []*sim.Op
	for i := range history {
		if history[i].Outcome == sim.OK {
			answered = append(answered, &history[i])
		}
	}
	problems := checkOrder(answered)
	return append(problems, j.replay(answered)...)
}

// output returns what was asked and what was answered.
func output(op *sim.Op) (*zkapi.Op, *zkapi.Output) {
	return op.Input.(*zkapi.Op), op.Output.(*zkapi.Output)
}

// checkOrder compares zxids with the order of real time: every update has a zxid of its own, which is higher than
// that of everything that was answered before the update was asked for; and a client never goes back.
func checkOrder(answered []*sim.Op) (problems []string) {
	owner := map[zkapi.Zxid]*sim.Op{}
	last := map[sim.NodeID]zkapi.Zxid{}
	for _, op := range answered {
		in, out := output(op)
		if out.Zxid < last[op.Client] {
			problems = append(problems,
				fmt.Sprintf("%s went back from %v: %s", op.Client, last[op.Client], in.Explain(out)))
		}
		last[op.Client] = out.Zxid
		if !in.Kind.Writes() {
			continue
		}
		if other := owner[out.Zxid]; other != nil {
			problems = append(problems, fmt.Sprintf("two updates have one zxid: %v, %s", other.Input, in.Explain(out)))
		}
		owner[out.Zxid] = op
		for _, before := range answered {
			if _, earlier := output(before); before.ReturnSeq < op.CallSeq && earlier.Zxid >= out.Zxid {
				problems = append(problems, fmt.Sprintf("%v had %v before %s was asked for",
					before.Input, earlier.Zxid, in.Explain(out)))
			}
		}
	}
	return problems
}

// replay does the committed transactions again, in order, and compares what comes of them, and what is read between
// them, with the answers.
func (j *journal) replay(answered []*sim.Op) (problems []string) {
	tree, results := ztree.New(nil, "n1,n2,n3,n4,n5 version 0:0"), map[zkapi.Zxid]zkapi.Result{}
	byZxid := slices.Clone(answered)
	slices.SortStableFunc(byZxid, func(a, b *sim.Op) int {
		_, x := output(a)
		_, y := output(b)
		return cmp.Compare(x.Zxid, y.Zxid)
	})
	next := 0
	for _, op := range byZxid {
		in, out := output(op)
		for ; next < len(j.txns) && zkapi.Zxid(j.txns[next].Zxid) <= out.Zxid; next++ {
			z, txn := j.decoded(next)
			results[z], _ = tree.Apply(z, &txn, nil)
		}
		var want zkapi.Result
		switch {
		case in.Kind >= zkapi.Exists && in.Kind <= zkapi.GetChildren:
			want = tree.Read(in, nil)
		case !in.Kind.Writes():
			continue
		default:
			r, found := results[out.Zxid]
			if !found {
				problems = append(problems, "never committed: "+in.Explain(out))
				continue
			}
			want = r
		}
		if d := gocmp.Diff(want, out.Result); d != "" {
			problems = append(problems, in.Explain(out)+" is not what was committed (-want +got):\n"+d)
		}
	}
	return problems
}
