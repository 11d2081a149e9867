package kvapi

// Code says how an operation ended. Everything but OK is an error, named as in etcd's rpctypes, of which it says
// whether something can have been done.
type Code uint8

// The codes. With those up to ErrBadLeaderTransferee the store has answered: the operation did nothing. The others are
// a server's: up to ErrRequestTooLarge it did nothing with the operation, after them nobody knows.
const (
	OK Code = iota
	// ErrEmptyKey: a key is empty.
	ErrEmptyKey
	// ErrKeyNotFound: a Put is to keep the value or the lease of a key that is not there.
	ErrKeyNotFound
	// ErrValueProvided and ErrLeaseProvided: a Put is to keep what it also sets.
	ErrValueProvided
	ErrLeaseProvided
	// ErrTooManyOps: a Txn has more than MaxTxnOps.
	ErrTooManyOps
	// ErrDuplicateKey: a Txn puts a key twice, or puts and deletes it.
	ErrDuplicateKey
	// ErrCompacted: the revision asked for is compacted, or is to be compacted again.
	ErrCompacted
	// ErrFutureRev: the revision asked for is still to come.
	ErrFutureRev
	// ErrNoSpace: the store is full.
	ErrNoSpace
	// ErrLeaseNotFound, ErrLeaseExist and ErrLeaseTTLTooLarge are about leases.
	ErrLeaseNotFound
	ErrLeaseExist
	ErrLeaseTTLTooLarge
	// ErrMemberExist to ErrLearnerNotReady are about changes of the membership.
	ErrMemberExist
	ErrMemberNotFound
	ErrMemberNotLearner
	ErrLearnerNotReady
	// ErrUnhealthy: the change of the membership would lose the quorum, or meets another one.
	ErrUnhealthy
	// ErrBadLeaderTransferee: no such server can lead.
	ErrBadLeaderTransferee
	// ErrNotLeader: the server does not lead, and what was asked for is the leader's.
	ErrNotLeader
	// ErrNotSupportedForLearner: learners answer serializable Ranges only.
	ErrNotSupportedForLearner
	// ErrTooManyRequests: the server has too much to do.
	ErrTooManyRequests
	// ErrRequestTooLarge: no store of this kind does this.
	ErrRequestTooLarge
	// ErrSessionExpired: the session is forgotten, and with it whether this request was done in it.
	ErrSessionExpired
	// ErrLeaderChanged and ErrTimeout: the operation was taken, and may be done.
	ErrLeaderChanged
	ErrTimeout
	codes
)

var codeNames = [...]string{"ok", "ErrEmptyKey", "ErrKeyNotFound", "ErrValueProvided", "ErrLeaseProvided",
	"ErrTooManyOps", "ErrDuplicateKey", "ErrCompacted", "ErrFutureRev", "ErrNoSpace", "ErrLeaseNotFound",
	"ErrLeaseExist", "ErrLeaseTTLTooLarge", "ErrMemberExist", "ErrMemberNotFound", "ErrMemberNotLearner",
	"ErrLearnerNotReady", "ErrUnhealthy", "ErrBadLeaderTransferee", "ErrNotLeader", "ErrNotSupportedForLearner",
	"ErrTooManyRequests", "ErrRequestTooLarge", "ErrSessionExpired", "ErrLeaderChanged", "ErrTimeout"}

// String returns the error's name, "ErrCompacted", or "ok".
func (c Code) String() string { return nameOf("Code", codeNames[:], int(c)) }

// Answered reports whether the store has answered with this code, and so the operation has ended.
func (c Code) Answered() bool { return c <= ErrBadLeaderTransferee }

// Untaken reports whether the server that says this has done nothing with what it was asked.
func (c Code) Untaken() bool { return c != OK && c <= ErrRequestTooLarge }
