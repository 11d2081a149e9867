package nemesis_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"schism/nemesis"
)

// plainable are faults with several of everything in which they can become plainer, one of each kind.
var plainable = []string{
	"before 3s crash {n1 n2} losing 50% tearing 10%", "split {n1 n2} | {n3 n4 n5}", "split leader+3 | rest",
	"isolate {n1 n2}", "deafen {n1 n2}", "mute {n1 n2}", "bridge {n1 n2 n3}", "ring {n1 n2 n3}",
	"cut {n1 n2} -> {n3 n4}", "mend {n1 n2} -> *",
	"crash leader losing 100%", "crash {n1 n2} midway losing 50%", "restart {n1 n2}",
	"wipe {n1 n2}", "pause {n1 n2 n3}", "resume {n1 n2}", "slow {n1 n2} 5ms..50ms", "unslow {n1 n2}",
	"drag n1 5ms..50ms", "undrag {n1 n2}", "provoke {n1 n2} timeout-now", "reset links {n1 n2} -> all",
	"links {n1 n2} -> all loss 20% latency 1ms..3ms tail 0.1% to 1s duplicate 5% within 1m0s queue 16 spacing 20ms",
	"clog {n1 n2} -> n3 for 12.345s", "hold n1 -> {n2 n3}", "release n1 -> {n2 n3}", "reset channels {n1 n2} -> n3",
	"half-open n1 -> {n2 n3}", "blackhole {n1 n2} -> n3",
	"rule delay X by 1.5s from {n1 n2} to * share 50% for 200ms count 5",
	"disk {n1 n2} sync 10ms..15ms read 1ms sync-error 5% write-error 1% capacity 65536 lying names-lying",
	"reset disk {n1 n2}", "rot {n1 n2} bits 16", "break n1 sectors 7", "misdirect n1 sectors 3", "repair {n1 n2}",
	"jump {n1 n2} by -5.123s", "slew n1 by 300ms over 2.5s", "coarsen {n1 n2} 16ms", "drift {n1 n2} -49965ppm",
	"core {n1 n2 n3}", "undrift {n1 n2}", "freeze {n1 n2}", "thaw {n1 n2}",
}

// TestPlainerFaultsEnd follows the ways of making faults plainer to their ends. All of them print and parse back, do
// not take more, and leave the one that they are made of as it is.
func TestPlainerFaultsEnd(t *testing.T) {
	for _, text := range plainable {
		f, err := nemesis.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		var follow func(f nemesis.Fault, depth int)
		follow = func(f nemesis.Fault, depth int) {
			if depth > 40 {
				t.Fatalf("%v can be made plainer for ever", f)
			}
			before := f.String()
			for _, p := range f.Plainer() {
				if steps++; steps > 20_000 {
					return
				}
				if back, err := nemesis.ParseFault(p.String()); err != nil || !reflect.DeepEqual(back, p) {
					t.Fatalf("%v reads back as %v, %v", p, back, err)
				}
				if more := p.Takes() &^ f.Takes(); more != 0 {
					t.Fatalf("%v takes %s, which %v does not", p, more, f)
				}
				follow(p, depth+1)
			}
			if f.String() != before {
				t.Fatalf("%q has become %q", before, f)
			}
		}
		if follow(f, 0); steps == 0 {
			t.Errorf("nothing is plainer than %v", f)
		}
	}
}

func TestPlainerEntriesWaitForLess(t *testing.T) {
	for text, want := range map[string]string{
		"1s after m#9 heal": "1s after m heal\n1s after m#1 heal\n1s after m#4 heal\n1s after m#8 heal\n",
		"0s when s#1 on n2 pause {n1 n2}": "0s when s on n2 pause {n1 n2}\n0s when s#1 on n2 pause n2\n" +
			"0s when s#1 on n2 pause n1\n",
		"0s when s on n2 heal":     "",
		"3s split leader+1 | rest": "3s split leader | rest\n",
	} {
		s, err := nemesis.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := nemesis.Schedule(s[0].Plainer()).String(); got != want {
			t.Errorf("plainer than %q:\n%swant\n%s", text, got, want)
		}
	}
}

// TestEveryKindOfFaultCanBecomePlainer: but those that have no parts.
func TestEveryKindOfFaultCanBecomePlainer(t *testing.T) {
	known := map[reflect.Type]bool{}
	for _, text := range plainable {
		f, err := nemesis.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		known[reflect.TypeOf(f)] = true
	}
	for _, f := range forms {
		kind := reflect.TypeOf(f.fault)
		if parts := kind.NumField() > 0; parts != known[kind] {
			t.Errorf("%v is among those that can become plainer: %v; it has parts: %v", kind, known[kind], parts)
		}
	}
}

// TestFormsHoldEveryKindOfFault: those that have a method Apply.
func TestFormsHoldEveryKindOfFault(t *testing.T) {
	known := map[string]bool{}
	for _, f := range forms {
		known[reflect.TypeOf(f.fault).Name()] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	apply, found := regexp.MustCompile(`(?m)^func \((?:\w )?([A-Z]\w*)\) Apply\(`), 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range apply.FindAllStringSubmatch(string(source), -1) {
			if found++; !known[m[1]] {
				t.Errorf("no form is a %s", m[1])
			}
		}
	}
	if found < 40 {
		t.Errorf("found only %d kinds", found)
	}
}
