package zkspec_test

import (
	"fmt"
	"testing"
	"time"

	"schism/checker"
	"schism/checker/zkspec"
	"schism/sim"
	"schism/zab/zkapi"
)

// claim is what who holds the lock calls, of something else than the service.
type claim struct{}

// turn is an operation of a client and its answer, which takes a second; nil if it is lost.
type turn struct {
	client int
	in     any
	out    *zkapi.Output
}

// every returns a history of turns that begin every two seconds.
func every(turns []turn) []sim.Op {
	var history []sim.Op
	for i, x := range turns {
		call := sim.Time(time.Duration(2*i) * time.Second)
		op := sim.Op{Client: sim.Client(x.client), Input: x.in, Outcome: sim.OK, Call: call,
			Return: call.Add(time.Second), CallSeq: uint64(2 * i), ReturnSeq: uint64(2*i + 1)}
		if _, of := x.in.(*zkapi.Op); of && x.out == nil {
			op.Outcome, op.Return, op.ReturnSeq = sim.Unknown, sim.Never, sim.StillOpen
		} else if of {
			op.Output = x.out
		}
		history = append(history, op)
	}
	return history
}

func TestLockShowsWhoHoldsWhen(t *testing.T) {
	lock := zkspec.Lock{Timeout: 10 * time.Second, Claims: func(in any) bool {
		_, ok := in.(*claim)
		return ok
	}}
	answer := func(z zkapi.Zxid, r zkapi.Result) *zkapi.Output { return &zkapi.Output{Zxid: z, Result: r} }
	nodeOf := func(client int, z zkapi.Zxid) string { return fmt.Sprintf("c%d-%010d", client, z) }
	create := func(client int, z zkapi.Zxid) turn {
		return turn{client, &zkapi.Op{Kind: zkapi.Create, Mode: zkapi.EphemeralSequential,
			Path: fmt.Sprintf("/lock/c%d-", client)}, answer(z, zkapi.Result{Path: "/lock/" + nodeOf(client, z)})}
	}
	list := func(client int, z zkapi.Zxid, names ...string) turn {
		return turn{client, &zkapi.Op{Kind: zkapi.GetChildren, Path: "/lock"},
			answer(z, zkapi.Result{Children: names})}
	}
	leave := func(z zkapi.Zxid, code zkapi.Code) turn {
		return turn{1, &zkapi.Op{Kind: zkapi.Delete, Path: "/lock/" + nodeOf(1, 1)},
			answer(z, zkapi.Result{Code: code})}
	}
	write, mine := turn{client: 1, in: &claim{}}, nodeOf(1, 1)
	lost := func(x turn) turn {
		x.out = nil
		return x
	}
	for name, c := range map[string]struct {
		believed, held string
		turns          []turn
	}{
		"nobody":     {"[]", "[]", []turn{create(1, 1), list(1, 1, mine), leave(2, zkapi.OK)}},
		"given back": {"[3s-8s]", "[3s-8s]", []turn{create(1, 1), list(1, 1, mine), write, write, leave(2, zkapi.OK)}},
		"for long": {"[3s-12s]", "[3s-12s]",
			[]turn{create(1, 1), list(1, 1, mine), write, write, write, write, leave(2, zkapi.OK)}},
		"for too long": {"[3s-12s]", "[3s-8s]",
			[]turn{create(1, 1), list(1, 1, mine), write, write, write, write, leave(2, zkapi.NoNode)}},
		"for how long nobody knows": {"[3s-12s]", "[3s-8s]",
			[]turn{create(1, 1), list(1, 1, mine), write, write, write, write, lost(leave(2, zkapi.OK))}},
		"for good": {"[3s-never]", "[3s-8s]", []turn{create(1, 1), list(1, 1, mine), write}},
		"seen by others after an update": {"[3s-16s]", "[3s-10s]",
			[]turn{create(1, 1), list(1, 1, mine), write, write, write, create(2, 2),
				list(2, 2, mine, nodeOf(2, 2)), write, leave(3, zkapi.NoNode)}},
		"seen by others before an update": {"[3s-16s]", "[3s-8s]",
			[]turn{create(1, 1), list(1, 1, mine), write, write, write, create(2, 2), list(2, 1, mine), write,
				leave(3, zkapi.NoNode)}},
		"after an update that is lost": {"[3s-16s]", "[3s-8s]",
			[]turn{create(1, 1), list(1, 1, mine), write, write, write, lost(create(2, 2)), list(3, 2, mine), write,
				leave(3, zkapi.NoNode)}},
		"for two turns": {"[3s-6s 9s-never]", "[3s-6s 9s-14s]",
			[]turn{create(1, 1), list(1, 1, mine), write, create(1, 2), list(1, 2, mine, nodeOf(1, 2)), write}},
		"by a node without a name": {"[3s-never]", "[]", []turn{lost(create(1, 1)), list(1, 1, mine), write}},
	} {
		for _, x := range []struct{ got, want string }{
			{shown(lock.Believed(every(c.turns))), c.believed}, {shown(lock.Held(every(c.turns))), c.held},
		} {
			if x.got != x.want {
				t.Errorf("%s: %s, want %s", name, x.got, x.want)
			}
		}
	}
}

// shown returns holdings as "[3s-8s]".
func shown(list []checker.Holding) string {
	texts := make([]string, len(list))
	for i, h := range list {
		until := "never"
		if h.Until != sim.Never {
			until = time.Duration(h.Until).String()
		}
		texts[i] = time.Duration(h.Since).String() + "-" + until
	}
	return fmt.Sprint(texts)
}
