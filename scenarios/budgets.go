package scenarios

import "schism/nemesis"

// The budgets that several scenarios have: what their plans may take, and their guarantees must survive.
var (
	// partitions takes messages only.
	partitions = nemesis.Budget{Takes: nemesis.TakesDelivery}
	// crashes takes processes, and what they had not synced.
	crashes = nemesis.Budget{Takes: nemesis.TakesProcesses | nemesis.TakesUnsynced}
	// partitionsAndCrashes takes both.
	partitionsAndCrashes = nemesis.Budget{Takes: partitions.Takes | crashes.Takes}
	// lateAppliers takes also the time in which servers handle what they have.
	lateAppliers = nemesis.Budget{Takes: partitionsAndCrashes.Takes | nemesis.TakesSpeed}
	// frozenReaders takes messages, and the clocks of servers.
	frozenReaders = nemesis.Budget{Takes: partitions.Takes | nemesis.TakesRunning}
	// pauses takes messages and time.
	pauses = nemesis.Budget{Takes: partitions.Takes | nemesis.TakesSpeed}
	// driftingPauses takes also how fast clocks run.
	driftingPauses = nemesis.Budget{Takes: pauses.Takes | nemesis.TakesRate, DriftPPM: leaseDriftPPM}
	// wrongClocks takes all that can be taken of clocks; nothing that holds may rely on any.
	wrongClocks = nemesis.Budget{Takes: nemesis.TakesWall | nemesis.TakesRate | nemesis.TakesRunning, DriftPPM: 100_000}
	// slowDisks takes the speed of disks besides what crashes do.
	slowDisks = nemesis.Budget{Takes: crashes.Takes | nemesis.TakesDiskSpeed}
	// lateReads takes what leases must survive: time, order, processes, and clocks within the bound that they assume.
	lateReads = nemesis.Budget{Takes: partitions.Takes | nemesis.TakesLatency | nemesis.TakesOrder |
		nemesis.TakesProcesses | nemesis.TakesRate, DriftPPM: leaseDriftPPM}
	// movingClients takes messages, channels, processes and time.
	movingClients = nemesis.Budget{Takes: pauses.Takes | nemesis.TakesStreams | nemesis.TakesProcesses}
	// network takes all that can be taken of messages and channels.
	network = nemesis.Budget{Takes: partitions.Takes | nemesis.TakesLatency | nemesis.TakesOrder | nemesis.TakesOnce |
		nemesis.TakesStreams}
	// commonFaults takes what the common kinds of a swarm do: all but what is durable, within bounds of clocks that no
	// quorum relies on.
	commonFaults = nemesis.Budget{Takes: network.Takes | slowDisks.Takes | wrongClocks.Takes | nemesis.TakesSpeed |
		nemesis.TakesDiskSuccess, DriftPPM: 50_000}
	// survivableFaults takes also that steps happen whole, and for a reason.
	survivableFaults = nemesis.Budget{Takes: commonFaults.Takes | nemesis.TakesSteps | nemesis.TakesCause,
		DriftPPM: 50_000}
)

// within gives s a budget of its own.
func (s *Scenario) within(b nemesis.Budget) *Scenario {
	s.Budget = b
	return s
}
