package sim

// A Machine is one process: a server or a client. It only steps. It owns no goroutine, no clock
// and no random numbers, and it touches the outside only through the event it is given and the
// effects it adds to out. Its state is plain data: what Step does depends on the state, now and
// ev alone.
//
// A crash throws the machine away; a restart makes a new one and steps it with Start, which
// carries what the disk kept.
type Machine interface {
	// Step handles one event. now is the reading of the node's own monotonic clock, which may
	// drift, stand still or differ from other nodes'. Neither ev nor out may be kept after Step
	// returns.
	Step(now Time, ev Event, out *Effects)
}

// A Cloner is a machine whose state can be copied and fingerprinted, for exhaustive search and
// for checkpoints.
type Cloner interface {
	Machine
	// Clone returns an independent copy; steps of one never show in the other.
	Clone() Cloner
	// AppendHash appends a canonical encoding of the whole state to b: equal states append
	// equal bytes, different states different bytes.
	AppendHash(b []byte) []byte
}

// A Recycler is a Cloner that can be copied into memory that nobody needs any more, so that forking worlds again
// and again allocates next to nothing.
type Recycler interface {
	Cloner
	// CloneInto does what Clone does, and may use the memory of old for it: a machine that is never stepped or
	// looked at again. old may be nil or of another type.
	CloneInto(old Machine) Cloner
}

// A Message travels between nodes. It is immutable once sent: sender, network and receivers share
// it. Machines use pointers to their own message types.
type Message interface {
	// Kind names the message as its protocol's source spells it, "AppendEntries".
	Kind() string
	// Fold mixes every field into d.
	Fold(d Digest) Digest
	// String returns the fields on one line, for traces, without the kind.
	String() string
}

// EventKind tells the kinds of events apart.
type EventKind uint8

// The kinds of events that a machine is stepped with, and the two that only observers see.
const (
	// Start is the first event of every incarnation. Disk is what survived.
	Start EventKind = iota + 1
	// Receive delivers Msg from From; over the channel Chan if that is not zero.
	Receive
	// Timeout says that Timer has run out.
	Timeout
	// TaskRun says that Task, queued with Effects.Run, has its turn.
	TaskRun
	// Synced says that every write issued before the Sync with Token is durable.
	Synced
	// SyncFailed says that the Sync with Token failed with Err. Which of the writes that it
	// covered are durable is not known, and none of them will be retried by the disk.
	SyncFailed
	// WriteFailed says that a write to File failed with Err and had no effect.
	WriteFailed
	// ReadDone answers the Read with Token: Data, or Err.
	ReadDone
	// Opened says that the channel Chan with From is open: this node dialed it or accepted it.
	Opened
	// Closed says that the channel Chan with From is closed, by the other side or by a reset.
	Closed

	// Crashed is seen by observers only: the node has just crashed.
	Crashed
	// Faulted is seen by observers only: a planned fault has just been applied to the world.
	Faulted
)

var eventNames = [...]string{"", "Start", "Receive", "Timeout", "TaskRun", "Synced", "SyncFailed",
	"WriteFailed", "ReadDone", "Opened", "Closed", "Crashed", "Faulted"}

// String returns the kind's name.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "EventKind(?)"
}

// TimerID names one of a machine's timers. A machine has at most MaxTimers; setting a timer that is set
// replaces it.
type TimerID uint8

// MaxTimers is the number of timers that a machine may use, numbered from 0.
const MaxTimers = 16

// TaskID names a task that a machine queues for itself.
type TaskID uint8

// Token is a number by which a machine recognises the answer to a Sync or a Read.
type Token uint64

// ChanID numbers the channels of a run, from 1, never reused.
type ChanID uint32

// Event is what a machine is stepped with. Kind says which of the other fields have a meaning.
type Event struct {
	Kind  EventKind
	Timer TimerID
	Task  TaskID
	From  NodeID
	Chan  ChanID
	// Token is that of the Sync or the Read, or, for a channel that this node has dialed, that of the Dial.
	Token Token
	// Wall is the reading of the node's wall clock, which can jump. It is set for every kind.
	Wall Time
	Msg  Message
	// Disk is the node's disk as it was found at Start.
	Disk *Disk
	// Data is what was read. It is the disk's own: read it, do not keep or change it.
	Data []byte
	// File is the file of a WriteFailed.
	File string
	// Err is nil or a *DiskError.
	Err error
}
