package zab

// The invariants that a [Ghost] checks, by the IDs of their violations.
const (
	// OneLeaderPerEpoch: at most one server is ever accepted by a quorum as the leader of an epoch.
	OneLeaderPerEpoch = "zab-one-leader-per-epoch"
	// OnePromise: a server promises an epoch to one leader only, in all its lives.
	OnePromise = "zab-one-promise"
	// SameTransaction: two histories that have one transaction are equal up to it.
	SameTransaction = "zab-same-transaction"
	// TotalOrder: no two servers, in any of their lives, deliver different transactions at one place, so that all
	// deliveries are prefixes of one sequence (agreement, total order, prefix consistency).
	TotalOrder = "zab-total-order"
	// LeaderCompleteness: what was committed is in the history of every leader accepted later, which has committed
	// it before it proposes anything (primary integrity).
	LeaderCompleteness = "zab-leader-completeness"
	// EpochLater: the epoch that a leader proposes is later than each that its quorum had accepted (ZAB 2011 §IV,
	// phase 1, step 2).
	EpochLater = "zab-epoch-later"
	// EpochSanity: neither epoch of a server ever decreases, the current one is not later than the accepted one, and
	// memory says what the disk says.
	EpochSanity = "zab-epoch-sanity"
	// AckDurable: what a server acknowledges or promises is on its disk.
	AckDurable = "zab-ack-durable"
	// HistoryFirst: the epoch of a leader becomes current on a disk only after the history that came with it
	// (ZK-4643): a server that has the one without the other would be elected before others that have both.
	HistoryFirst = "zab-history-first"
	// SnapshotCommitted: a snapshot holds only what is committed, so that no synchronization has to take one back
	// (ZK-1549).
	SnapshotCommitted = "zab-snapshot-committed"
	// SnapshotFirst: a log begins only after what is in a snapshot on the disk.
	SnapshotFirst = "zab-snapshot-first"
	// CommittedKept: a synchronization never removes what the server knows to be committed.
	CommittedKept = "zab-committed-kept"
	// StateAgreement is checked by package checker: equal places have equal states.

	// CommitQuorum: what a leader commits a quorum of disks holds, and a learner commits only what a leader has
	// committed (one commit).
	CommitQuorum = "zab-commit-quorum"
	// ActiveCommitted: a server puts an ensemble in force only when its reconfig is committed.
	ActiveCommitted = "zab-active-committed"
	// LeaderInEnsemble: a leader that the ensemble in force does not have commits nothing more.
	LeaderInEnsemble = "zab-leader-in-ensemble"
	// Contiguous: the transactions of an epoch have no gaps, and those of a later one follow (local and global
	// primary order).
	Contiguous = "zab-contiguous"
	// Integrity: a transaction appears first in the history of the established leader of its epoch.
	Integrity = "zab-integrity"
	// IndexOrder: applied ≤ committed ≤ last, and the first two never decrease in one incarnation.
	IndexOrder = "zab-index-order"
)

// Invariants lists the IDs of the invariants with the numbers of the project's notes on ZAB, whose I8 and I9 are
// about the service and are checked with it.
var Invariants = [...]struct {
	Number int
	ID     string
}{
	{1, OneLeaderPerEpoch}, {1, OnePromise}, {2, SameTransaction}, {3, TotalOrder}, {4, LeaderCompleteness},
	{5, EpochLater}, {5, EpochSanity}, {6, AckDurable}, {6, HistoryFirst}, {6, SnapshotFirst}, {7, CommittedKept},
	{7, SnapshotCommitted}, {10, CommitQuorum}, {10, ActiveCommitted}, {10, LeaderInEnsemble}, {11, Contiguous},
}
