// Package simtest helps to test machines that run in a simulated world.
//
// [CheckMachine] is the conformance test: it says whether a machine keeps the law that makes runs repeatable,
// whoever wrote it.
//
//	func TestConformance(t *testing.T) {
//		simtest.CheckMachine(t, func(seed uint64) sim.Config {
//			return sim.Config{
//				Servers:   3,
//				NewServer: func(id sim.NodeID) sim.Machine { return newServer(id) },
//				Chooser:   sim.NewSeeded(seed),
//				Limit:     sim.Time(5 * time.Second),
//			}
//		})
//	}
//
// [CheckCloner] changes every field of a machine, one at a time, and wants its hash to notice and its clones not
// to: exploration is unsound if a field misses the hash. [Harvest] collects the machines that it is given.
//
// A golden story is a run told in one line for each event, in a file under testdata that is read by people and
// compared by tests. [Play] tells a run from beginning to end; a [Script] drives a world by hand and puts prose
// between the lines; [Alone] puts one machine on a stage where the others are puppets that say their lines.
//
//	[   5ms] n1 Timeout gossip -> tell the next one (a timer ran out)
//	         to n2: Note 1
//
// [At] and [Between] write faults as functions, and [Storm] draws some that any cluster must survive.
//
// The package judges no protocol: what must hold of a machine beyond the law is for observers and checkers.
package simtest

// T is what the checks need of a *testing.T. A *rapid.T is one too.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	// Fatalf does not return.
	Fatalf(format string, args ...any)
}
