// Package nemesis breaks a simulated world on purpose, and puts it together again. It holds the faults, the
// schedules that say when each of them happens, and the plans that draw schedules.
//
// A [Fault] is a small value that prints as it is read, and a [Schedule] is a list of them, one a line:
//
//	# the leader loses its quorum, comes back, and is killed as soon as it is elected again
//	2s split leader+1 | rest
//	9s heal
//	30ms after leader-elected#3 before 20s crash leader losing 50% tearing 10%
//	1s after leader-elected#3 restart all
//	# n3 loses what it writes after that, when it is about to
//	0s when write-pending#7 on n3 before 20s crash n3 losing 100%
//	25s recover
//
// Faults name nodes by a [Target], which is looked up when the fault is applied: n3 is a server, c1 a client, and
// {n1 n2 c1} are several; leader, leaders (all who claim to be), followers, all (the servers), clients and * (everyone)
// are roles.
// Links lead from one target to another, as in "cut n1 -> all"; "cut all" is short for all -> all. Every fault shows
// its text at its String method.
//
// A [Plan] draws a schedule before the run begins, so that what a run suffers is data: it can be printed, edited,
// cut down and kept. [Swarm] is the plan that tries everything; [Script] is the one that tries one thing.
//
// The package knows no protocol. What it knows of the system under test is what sim shows of it: which server
// claims to lead, which marks are passed, what states have names, how the messages are called. It does not judge: what
// must hold under which faults is up to the scenario.
package nemesis
