package sim

import "time"

// Faults is what a fault may do to a world while it runs. Everything takes effect at once, and stays until
// it is undone. Naming a node or link that does not exist does nothing, so that a shrunk configuration can
// still run the schedule of a larger one.
type Faults interface {
	// Now is the true time.
	Now() Time
	// Servers and Clients list the nodes in order. The slices are the world's own.
	Servers() []NodeID
	Clients() []NodeID
	// Leader returns the running server that claims to lead the highest reign.
	Leader() (NodeID, bool)
	// Leaders lists the running servers that claim to lead, in order, whatever their reigns.
	Leaders() []NodeID
	// Up reports whether n runs (a paused node does).
	Up(n NodeID) bool

	// Cut makes the directed link deliver nothing, not even what is in flight; Mend undoes it.
	Cut(from, to NodeID)
	Mend(from, to NodeID)
	// SetLink gives the link new properties; DefaultLink returns those that it was configured with.
	SetLink(from, to NodeID, l Link)
	DefaultLink(from, to NodeID) Link
	// Clog delays everything on the link until d from now, then delivers it in one burst.
	Clog(from, to NodeID, d time.Duration)
	// Hold keeps everything that arrives on the link until Release, which delivers it in one burst.
	Hold(from, to NodeID)
	Release(from, to NodeID)
	// AddRule puts r after the rules in force; ClearRules removes them all.
	AddRule(r Rule)
	ClearRules()
	// ResetChannels closes every channel between a and b, as a connection reset does.
	ResetChannels(a, b NodeID)
	// HalfOpen makes the node at forget its channels with another node, which is not told: it learns of it when it
	// sends something.
	HalfOpen(at, with NodeID)
	// Provoke delivers to n, at once, a message that makes it do what, as Config.Provoke says; it does nothing if
	// that does not know how.
	Provoke(n NodeID, what string)
	// Blackhole, when on, makes channels from one node to another swallow what is sent, without closing. When it
	// ends, the channels that have swallowed something are reset.
	Blackhole(from, to NodeID, on bool)

	// Crash stops n at once; loss says what happens to its un-synced writes, also if n is down already. Restart
	// starts it again with what its disk holds; restarting one that runs does nothing.
	// CrashMidway stops n in the middle of its next step that writes: some of what the step asks for, from the end,
	// does not happen. Restart also calls that off.
	Crash(n NodeID, loss PowerLoss)
	CrashMidway(n NodeID, loss PowerLoss)
	Restart(n NodeID)
	// Wipe empties the disk of n, which must be down.
	Wipe(n NodeID)
	// Pause freezes n: its clocks go on, its timers and inbox wait; Resume lets it handle them in a burst.
	Pause(n NodeID)
	Resume(n NodeID)
	// SetTaskDelay bounds how long tasks that n queues for itself wait: a slow server. DefaultTaskDelay returns
	// the bounds that the world was configured with.
	// SetStepDelay bounds how long n is busy after each of its steps: until then whatever comes waits.
	SetTaskDelay(n NodeID, min, max time.Duration)
	SetStepDelay(n NodeID, min, max time.Duration)
	DefaultTaskDelay() (min, max time.Duration)

	// SetDisk gives the disk of n new properties; DefaultDisk returns those it was configured with.
	SetDisk(n NodeID, p DiskProfile)
	DefaultDisk() DiskProfile
	// Rot flips count bits, chosen over all durable bytes of n's files.
	Rot(n NodeID, count int)
	// BreakSectors makes count sectors of n's files unreadable until they are written anew.
	BreakSectors(n NodeID, count int)
	// Misdirect lets count sectors of n's files hold what belongs into other ones, which hold zeros instead. Repair
	// undoes what Rot, BreakSectors and Misdirect have done, where nothing has been written since.
	Misdirect(n NodeID, count int)
	Repair(n NodeID)

	// JumpWall moves the wall clock of n; SlewWall moves it gradually over the given true time.
	JumpWall(n NodeID, by time.Duration)
	SlewWall(n NodeID, by, over time.Duration)
	// CoarsenWall makes the wall clock of n go in steps of that length; 0 is no steps.
	CoarsenWall(n NodeID, step time.Duration)
	// Drift makes both clocks of n run ppm parts per million fast, or slow if negative, at least MinDriftPPM.
	Drift(n NodeID, ppm int32)
	// DefaultClock returns how the clocks of n were configured.
	DefaultClock(n NodeID) ClockProfile
	// Freeze, when on, makes both clocks of n stand still.
	Freeze(n NodeID, on bool)
}

// Link is how a directed link treats datagrams. The zero value delivers everything at once.
type Link struct {
	// Min and Max bound the latency. If Mean is not zero, it is not evenly spread in between but about exponential with
	// that mean, where the bounds do not cut it: half of the messages take less than two thirds of Mean, half of the
	// others less than twice that, and so on.
	Min, Max, Mean time.Duration
	// Tail is the share of messages that take between Max and TailMax instead.
	Tail    Ratio
	TailMax time.Duration
	// Loss is the share of messages that are lost. It is decided at delivery.
	Loss Ratio
	// Duplicate is the share of messages that arrive a second time, up to DuplicateMax later.
	Duplicate    Ratio
	DuplicateMax time.Duration
	// Reorder is the share of messages that are held back by up to ReorderMax.
	Reorder    Ratio
	ReorderMax time.Duration
	// Spacing is how long one message occupies the link before the next can leave: the inverse of the bandwidth, in
	// messages. It also spaces the items of channels.
	Spacing time.Duration
	// Queue bounds the messages in flight: one chosen victim is dropped beyond it. 0 is no bound.
	Queue int
}

// RuleAction is what a Rule does to a message.
type RuleAction uint8

// The actions of rules.
const (
	RuleDrop RuleAction = iota + 1
	RuleDelay
	RuleDuplicate
)

// Rule treats messages of one kind on some links in a special way: "drop AppendEntries from n1 for 200 ms",
// "duplicate the next RequestVote". On a channel, which has no gaps and no copies, what follows a delayed message waits
// for it, a message that is dropped resets the channel, and nothing is duplicated.
type Rule struct {
	// From and To restrict the rule to one sender or receiver; zero is any.
	From, To NodeID
	// MessageKind is the kind of message, "" for any, or "*Response" for all whose kinds end so.
	MessageKind string
	Action      RuleAction
	// Share is the share of the matching messages that are treated.
	Share Ratio
	// Delay is how much later a delayed message or a duplicate arrives.
	Delay time.Duration
	// Until is when the rule ends; zero is never.
	Until Time
	// Count is how many messages it treats before it ends; zero is no bound.
	Count int
}

// PowerLoss says what a crash leaves of un-synced writes. The zero value is the crash of a process alone: the operating
// system keeps everything, though only a later sync makes it outlast a loss of power.
type PowerLoss struct {
	// Drop and Tear are the chances that an un-synced write is lost, or reaches the disk in part (some of
	// its 512-byte sectors).
	Drop, Tear Ratio
	// Garbage is the chance that a torn sector holds garbage instead of its old content.
	Garbage Ratio
}

// DiskProfile is how a disk behaves. The zero value is perfect and immediate.
type DiskProfile struct {
	// SyncMin and SyncMax bound how long a sync takes, ReadMin and ReadMax a read.
	SyncMin, SyncMax time.Duration
	ReadMin, ReadMax time.Duration
	// SyncError is the share of syncs that fail and lose the writes that they should have covered.
	SyncError Ratio
	// WriteError is the share of writes that fail with ErrIO.
	WriteError Ratio
	// Capacity is the size of the disk in bytes, beyond which writes fail with ErrNoSpace; 0 is unbounded.
	Capacity int64
	// SyncLies makes syncs succeed without doing anything.
	SyncLies bool
	// NamesLie makes syncs succeed that leave names behind: a file that was made, replaced or removed is as before
	// if the power fails, until the names do not lie any more and another sync comes.
	NamesLie bool
}

// ClockProfile is how a node's clocks start out.
type ClockProfile struct {
	// Wall is where the wall clock stands at true time 0.
	Wall Time
	// DriftPPM is how fast both clocks run, in parts per million above true time.
	DriftPPM int32
}
