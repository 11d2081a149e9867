// Package scenarios says what is run, and runs it: a scenario is one system, one workload, one plan of
// faults, and what must hold. [All] is the table of them.
//
//	report := scenarios.Must("raft/kv/split-2-3").Run(7, scenarios.Options{})
//	fmt.Println(report.Verdict, report.Digest)
//	report.WriteStory(os.Stdout)
//
// A run of a scenario is determined by the scenario and the seed. Everything is drawn before it begins, the
// schedule of faults and the operations of the clients, so that both can be printed and changed.
//
// [Hunt] makes many runs on all processors; each run stays within one goroutine. The package knows protocols
// and services, but decides nothing itself: invariants are those of the protocols, verdicts those of package
// checker.
package scenarios
