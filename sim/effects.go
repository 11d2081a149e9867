package sim

import "time"

// EffectKind tells the kinds of effects apart.
type EffectKind uint8

// The kinds of effects, each named as the method of Effects that adds it.
const (
	EffectSend EffectKind = iota + 1
	EffectSendSafe
	EffectSetTimer
	EffectStopTimer
	EffectRun
	EffectAppend
	EffectReplace
	EffectTruncate
	EffectRemove
	EffectSync
	EffectRead
	EffectDial
	EffectSendOn
	EffectCloseChan
	EffectInvoke
	EffectReturn
	EffectMark
	EffectExit
)

// Effect is one thing that a step asks of the world. Effects are data, so that decorators can drop,
// change or add some. Kind says which of the other fields have a meaning.
type Effect struct {
	Kind    EffectKind
	Timer   TimerID
	Task    TaskID
	Outcome Outcome
	To      NodeID
	Chan    ChanID
	// Min and Max bound the delay of a timer. Min is also the new size of a truncated file and
	// the offset of a read, Max the length of a read.
	Min, Max int64
	Token    Token
	Msg      Message
	// Value is the input of Invoke or the output of Return.
	Value any
	// Name is a file, a mark, or the reason of an Exit.
	Name string
	Data []byte
}

// Effects collects what one step asks of the world, in order. The world carries it out after the step.
//
// A machine gets an Effects as an argument of Step and does not keep it. Slices handed to its methods
// are read until the step's effects have been carried out, right after Step returns; then they are the
// machine's to reuse.
type Effects struct {
	list  []Effect
	notes []note
	// tracing says whether notes are wanted.
	tracing bool
}

// note is one "reason -> decision" of a step, kept only while tracing.
type note struct{ reason, decision string }

// add appends an effect of kind k and returns it to be filled in.
func (e *Effects) add(k EffectKind) *Effect {
	n := len(e.list)
	if n == cap(e.list) {
		e.list = append(e.list, Effect{})
	}
	e.list = e.list[:n+1]
	f := &e.list[n]
	*f = Effect{Kind: k}
	return f
}

// Send sends m to the node to as a datagram. It leaves now, whatever the disk holds.
func (e *Effects) Send(to NodeID, m Message) {
	f := e.add(EffectSend)
	f.To, f.Msg = to, m
}

// SendSafe sends m to the node to as a datagram that leaves when every write issued before it is
// durable. A crash, or the failure of one of these writes, before that drops it. The machine still has
// to ask for the Sync.
func (e *Effects) SendSafe(to NodeID, m Message) {
	f := e.add(EffectSendSafe)
	f.To, f.Msg = to, m
}

// SetTimer sets the timer t to run out after a delay between min and max, chosen by the world and
// measured on the node's own monotonic clock. It replaces an earlier setting of t.
func (e *Effects) SetTimer(t TimerID, min, max time.Duration) {
	f := e.add(EffectSetTimer)
	f.Timer, f.Min, f.Max = t, int64(min), int64(max)
}

// StopTimer makes sure that the timer t does not run out before it is set again.
func (e *Effects) StopTimer(t TimerID) { e.add(EffectStopTimer).Timer = t }

// Run queues the task t: the machine is stepped with TaskRun soon, as an event of its own, so that a
// crash can fall between this step and the task. Queueing a task that is queued already queues it twice.
func (e *Effects) Run(t TaskID) { e.add(EffectRun).Task = t }

// Append appends data to file, which is created if need be. It is durable only after a Sync.
func (e *Effects) Append(file string, data []byte) {
	f := e.add(EffectAppend)
	f.Name, f.Data = file, data
}

// Replace replaces the content of file by data atomically: after a crash the file has its old content
// or its new one, and the new one for sure only after a Sync.
func (e *Effects) Replace(file string, data []byte) {
	f := e.add(EffectReplace)
	f.Name, f.Data = file, data
}

// Truncate cuts file to size bytes. It is durable only after a Sync.
func (e *Effects) Truncate(file string, size int) {
	f := e.add(EffectTruncate)
	f.Name, f.Min = file, int64(size)
}

// Remove removes file. It is durable only after a Sync.
func (e *Effects) Remove(file string) { e.add(EffectRemove).Name = file }

// Sync asks that every write issued before it be made durable. The answer is a Synced or SyncFailed
// event with the token t; syncs are answered in the order in which they were asked for.
func (e *Effects) Sync(t Token) { e.add(EffectSync).Token = t }

// Read asks for length bytes of file from offset. The answer is a ReadDone event with the token t.
func (e *Effects) Read(file string, offset, length int, t Token) {
	f := e.add(EffectRead)
	f.Name, f.Min, f.Max, f.Token = file, int64(offset), int64(length), t
}

// Dial asks for a FIFO channel to the node to. Opened tells both sides when it is open, Closed tells this side if it
// cannot be; this side recognises it by t, which is not 0, the other side is told 0.
func (e *Effects) Dial(to NodeID, t Token) {
	f := e.add(EffectDial)
	f.To, f.Token = to, t
}

// SendOn sends m over the open channel c. Messages on a channel arrive in order, without gaps, until the
// channel closes. Sending on a closed channel does nothing.
func (e *Effects) SendOn(c ChanID, m Message) {
	f := e.add(EffectSendOn)
	f.Chan, f.Msg = c, m
}

// Close closes the channel c. The other side learns of it after everything that was sent before.
func (e *Effects) Close(c ChanID) { e.add(EffectCloseChan).Chan = c }

// Invoke records that this client calls an operation. A client has at most one operation open. The history
// keeps input, which must not change any more.
func (e *Effects) Invoke(input any) { e.add(EffectInvoke).Value = input }

// Return records that this client's open operation has ended. The history keeps output, which must not
// change any more; it is nil if the outcome is Unknown.
func (e *Effects) Return(output any, o Outcome) {
	f := e.add(EffectReturn)
	f.Value, f.Outcome = output, o
}

// Mark records that the run reached the mark name. Fault triggers can wait for it, and scenarios list the
// marks that some run must reach.
func (e *Effects) Mark(name string) { e.add(EffectMark).Name = name }

// Exit ends this process, as a call of os.Exit would: the node is down until something restarts it. What
// was written is in the operating system's hands, so nothing un-synced is lost by the exit itself.
func (e *Effects) Exit(reason string) { e.add(EffectExit).Name = reason }

// Decide notes, for the trace only, what this step decided and why: Decide("log is equal", "grant"). Both
// are constant strings or, behind a test of Tracing, formatted ones.
func (e *Effects) Decide(reason, decision string) {
	if e.tracing {
		e.notes = append(e.notes, note{reason, decision})
	}
}

// Tracing reports whether notes are kept, so that a machine formats text only for a reader.
func (e *Effects) Tracing() bool { return e.tracing }

// List returns the effects added so far, in order. The slice is the Effects' own, valid until the step's
// effects have been carried out. Observers read it; decorators may change its elements.
func (e *Effects) List() []Effect { return e.list }

// Rewrite replaces every effect from the index from on by what f returns for it, dropping it if keep is
// false. It is for decorators that re-introduce bugs: note len(List()) before the inner step, rewrite after.
func (e *Effects) Rewrite(from int, f func(Effect) (_ Effect, keep bool)) {
	kept := e.list[:from]
	for _, x := range e.list[from:] {
		if y, keep := f(x); keep {
			kept = append(kept, y)
		}
	}
	e.list = kept
}

// Reset empties e, for tests that step a machine by hand.
func (e *Effects) Reset() {
	clear(e.list[:cap(e.list)])
	e.list, e.notes = e.list[:0], e.notes[:0]
}
