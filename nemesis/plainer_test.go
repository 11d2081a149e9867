package nemesis_test

import (
	"testing"

	"schism/nemesis"
)

// TestPlainerFaultsEnd follows every way of making faults plainer to its end. All of them print and parse back.
func TestPlainerFaultsEnd(t *testing.T) {
	for _, text := range []string{
		"split {n1 n2} | {n3 n4 n5}", "before 3s crash {n1 n2} losing 50% tearing 10%", "crash leader losing 100%",
		"links all loss 20% latency 1ms..50ms tail 0.1% to 1s duplicate 5% within 1m0s queue 16",
		"disk {n1 n2} sync 10ms..1s read 1ms sync-error 5% write-error 1% capacity 65536 lying", "pause {n1 n2 n3}",
	} {
		f, err := nemesis.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		var follow func(f nemesis.Fault, depth int)
		follow = func(f nemesis.Fault, depth int) {
			if depth > 20 {
				t.Fatalf("%v can be made plainer for ever", f)
			}
			for _, p := range nemesis.Plainer(f) {
				if steps++; steps > 20_000 {
					return
				}
				if back, err := nemesis.ParseFault(p.String()); err != nil || back.String() != p.String() {
					t.Fatalf("%v reads back as %v, %v", p, back, err)
				}
				follow(p, depth+1)
			}
		}
		if follow(f, 0); steps == 0 {
			t.Errorf("nothing is plainer than %v", f)
		}
	}
}
