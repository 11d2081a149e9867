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

func TestLockShowsWhoHoldsWhen(t *testing.T) {
	type claim struct{}
	lock := zkspec.Lock{Timeout: 10 * time.Second, Claims: func(in any) bool {
		_, ok := in.(*claim)
		return ok
	}}
	create := &zkapi.Op{Kind: zkapi.Create, Mode: zkapi.EphemeralSequential, Path: "/lock/c1-"}
	list, leave := &zkapi.Op{Kind: zkapi.GetChildren, Path: "/lock"}, &zkapi.Op{Kind: zkapi.Delete, Path: "/lock/c1-0"}
	write := &claim{}
	for name, c := range map[string]struct {
		believed, held string
		inputs         []any // one each two seconds, which takes a second
	}{
		"nobody":        {"[]", "[]", []any{create, list, leave}},
		"given back":    {"[3s-8s]", "[3s-8s]", []any{create, list, write, write, leave}},
		"for long":      {"[3s-12s]", "[3s-8s]", []any{create, list, write, write, write, write, leave}},
		"for good":      {"[3s-never]", "[3s-8s]", []any{create, list, write}},
		"for two turns": {"[3s-6s 9s-never]", "[3s-6s 9s-14s]", []any{create, list, write, create, list, write}},
	} {
		var history []sim.Op
		for i, in := range c.inputs {
			call := sim.Time(time.Duration(2*i) * time.Second)
			history = append(history, sim.Op{Client: sim.Client(1), Input: in, Outcome: sim.OK, Call: call,
				Return: call.Add(time.Second), CallSeq: uint64(2 * i), ReturnSeq: uint64(2*i + 1)})
		}
		for _, x := range []struct{ got, want string }{
			{shown(lock.Believed(history)), c.believed}, {shown(lock.Held(history)), c.held},
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
