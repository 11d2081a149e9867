package sim

import (
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"strings"
)

// begin counts an event about node, or about none, and folds it into the digest.
func (w *World) begin(node NodeID, kind EventKind, sum Digest) {
	r := &w.result
	r.Events++
	w.info.Seq, w.info.At, w.info.Node = r.Events, w.now, node
	w.info.Machine, w.info.Effects, w.info.Action = nil, nil, nil
	if w.cfg.NoDigest {
		return
	}
	head := uint64(w.now)<<20 ^ uint64(node)<<4 ^ uint64(kind)
	r.Digest = r.Digest.Mix(head).Mix(uint64(sum))
	if r.Events%uint64(w.cfg.Checkpoint) == 0 {
		r.Checkpoints = append(r.Checkpoints, r.Digest)
	}
}

// eventSum is the digest of what a machine is told besides the kind of the event and its message.
func eventSum(ev *Event, now Time) Digest {
	d := Digest(uint64(ev.From)<<32 | uint64(ev.Chan)<<8 | uint64(ev.Timer) | uint64(ev.Task))
	d = d.Mix(uint64(now) ^ bits.RotateLeft64(uint64(ev.Wall), 32))
	switch ev.Kind {
	case Start:
		d = ev.Disk.fold(d)
	case Synced, SyncFailed, ReadDone:
		d = d.Mix(uint64(ev.Token)).MixBytes(ev.Data)
	case Opened, Closed:
		d = d.Mix(uint64(ev.Token))
	case WriteFailed:
		d = d.MixString(ev.File)
	}
	if ev.Err != nil {
		d = d.MixString(ev.Err.Error())
	}
	return d
}

// step steps the machine of n with w.event, shows the step to the observers, and carries it out.
func (w *World) step(n *process) {
	ev := &w.event
	ev.Wall = n.clock.wallAt(w.now)
	now := n.clock.monotonic(w.now)
	w.begin(n.id, ev.Kind, eventSum(ev, now)^w.arriving)
	w.stepping = true
	n.machine.Step(now, *ev, &w.out)
	w.stepping = false
	w.info.Machine, w.info.Effects = n.machine, w.out.list
	w.foldEffects()
	if w.observe() {
		if w.cfg.Trace != nil {
			w.traceStep()
		}
		w.carryOut(n)
	} else if w.cfg.Trace != nil {
		w.traceStep()
	}
	w.out.list, w.out.notes = w.out.list[:0], w.out.notes[:0]
}

// observe shows the step to every observer. It returns false if one of them ended the run.
func (w *World) observe() bool {
	for _, o := range w.cfg.Observers {
		if err := o.Observe(View{w}, &w.info); err != nil {
			w.fail(err)
			return false
		}
	}
	return true
}

// fail ends the run with the violation err.
func (w *World) fail(err error) {
	if w.result.Violation != nil {
		return // the first one counts
	}
	var v *Violation
	if !errors.As(err, &v) {
		v = &Violation{ID: "observer", Detail: err.Error()}
	}
	found := *v
	if found.Node == 0 {
		found.Node = w.info.Node
	}
	found.At, found.Seq = w.now, w.result.Events
	w.result.Violation, w.result.Stop = &found, StopViolation
}

// recoverMachine turns the panic of a machine into a violation. Panics of anything else go on.
func (w *World) recoverMachine() {
	if !w.stepping {
		return
	}
	cause := recover()
	w.stepping = false
	where := panicPath()
	w.fail(&Violation{ID: "panic:" + where[0],
		Detail: fmt.Sprintf("%v, in %s", cause, strings.Join(where, " < "))})
	if w.cfg.Trace != nil {
		w.info.Effects = w.out.list
		w.traceStep()
	}
}

// panicPath returns the functions from the one that panicked outwards to the step of the machine.
func panicPath() []string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	var path []string
	for {
		f, more := frames.Next()
		name := f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		if strings.HasSuffix(name, "sim.(*World).step") {
			break
		}
		if !strings.HasPrefix(name, "runtime.") && name != "" {
			path = append(path, name)
		}
		if !more {
			break
		}
	}
	if len(path) == 0 {
		path = []string{"unknown"}
	}
	return path
}

// foldEffects digests the messages among what the step asked for, and folds everything into the digest.
func (w *World) foldEffects() {
	w.sums = w.sums[:0]
	if w.cfg.NoDigest && !w.cfg.CheckMessages {
		return
	}
	d := w.result.Digest
	for i := range w.out.list {
		f := &w.out.list[i]
		sum := Digest(0)
		if f.Msg != nil {
			sum = w.messageSum(f.Msg)
		}
		w.sums = append(w.sums, sum)
		d = foldEffect(d, f, sum)
	}
	if !w.cfg.NoDigest {
		w.result.Digest = d
	}
}

// sumOfEffect is the digest of the message of the i-th effect, 0 if nobody needs it.
func (w *World) sumOfEffect(i int) Digest {
	if i < len(w.sums) {
		return w.sums[i]
	}
	return 0
}

// foldEffect folds f, whose message has the given digest, into d.
func foldEffect(d Digest, f *Effect, sum Digest) Digest {
	d = d.Mix(uint64(f.Kind) | uint64(f.Timer)<<8 | uint64(f.Task)<<16 | uint64(f.Outcome)<<24 |
		uint64(f.To)<<32 ^ uint64(f.Chan)<<40)
	switch f.Kind {
	case EffectSend, EffectSendSafe, EffectSendOn:
		d = d.Mix(uint64(sum))
	case EffectSetTimer:
		d = d.Mix(uint64(f.Min)).Mix(uint64(f.Max))
	case EffectAppend, EffectReplace:
		d = d.MixString(f.Name).MixBytes(f.Data)
	case EffectTruncate, EffectRemove, EffectMark, EffectExit:
		d = d.Mix(uint64(f.Min)).MixString(f.Name)
	case EffectSync, EffectDial:
		d = d.Mix(uint64(f.Token))
	case EffectRead:
		d = d.Mix(uint64(f.Token)).Mix(uint64(f.Min)).Mix(uint64(f.Max)).MixString(f.Name)
	case EffectInvoke, EffectReturn:
		d = foldValue(d, f.Value)
	}
	return d
}

// foldValue folds the input or output of an operation: by its method Fold if it has one, as text if not.
func foldValue(d Digest, v any) Digest {
	if f, ok := v.(interface{ Fold(Digest) Digest }); ok {
		return f.Fold(d)
	}
	return d.MixString(fmt.Sprint(v))
}

// messageSum returns the digest of m.
func (w *World) messageSum(m Message) Digest {
	if m != w.lastMsg {
		w.lastMsg, w.lastSum = m, w.sumOf(m)
	}
	return w.lastSum
}

// sumOf returns the digest of m, kind and fields.
func (w *World) sumOf(m Message) Digest {
	kind := m.Kind()
	c := &w.kinds[len(kind)%len(w.kinds)]
	if c.kind != kind {
		c.kind, c.sum = kind, Digest(0).MixString(kind)
	}
	return m.Fold(c.sum)
}

// kindSum is the digest of a kind of message.
type kindSum struct {
	kind string
	sum  Digest
}

// carryOut does what the step of n asked for.
func (w *World) carryOut(n *process) {
	w.sending = uint32(w.result.Events)
	for i := range w.out.list {
		f := &w.out.list[i]
		switch f.Kind {
		case EffectSend:
			w.send(n.id, f.To, f.Msg, w.sumOfEffect(i))
		case EffectSendSafe:
			w.sendSafe(n, safeMessage{to: f.To, msg: f.Msg, sum: w.sumOfEffect(i)})
		case EffectSetTimer:
			w.setTimer(n, f)
		case EffectStopTimer:
			n.timers[f.Timer].set = false
		case EffectRun:
			w.runTask(n, f.Task)
		case EffectAppend, EffectReplace, EffectTruncate, EffectRemove:
			w.write(n, f)
		case EffectSync:
			w.sync(n, f.Token)
		case EffectRead:
			w.read(n, f)
		case EffectDial:
			w.dial(n, f.To, f.Token)
		case EffectSendOn:
			w.sendOn(n, f.Chan, f.Msg, w.sumOfEffect(i))
		case EffectCloseChan:
			w.closeChannel(n, f.Chan)
		case EffectInvoke:
			w.invoke(n, f.Value)
		case EffectReturn:
			w.returned(n, f.Value, f.Outcome)
		case EffectMark:
			w.mark(n.id, f.Name)
		case EffectExit:
			w.exit(n)
			return
		}
	}
}

// mark notes that the run has reached the mark name, and starts the triggers that wait for it.
func (w *World) mark(node NodeID, name string) {
	w.result.Reached = append(w.result.Reached,
		Reached{Mark: name, Node: node, At: w.now, Seq: w.result.Events})
	w.markTriggers(name)
}

// invoke opens an operation of the client n.
func (w *World) invoke(n *process, input any) {
	if n.open >= 0 {
		w.fail(Violatef("client-overlap", "%s invokes an operation while another is open", n.id))
		return
	}
	if n.processNumber < 0 {
		n.processNumber = w.processes
		w.processes++
	}
	n.open = len(w.result.History)
	w.result.History = append(w.result.History, Op{
		Client: n.id, Process: n.processNumber, Input: input,
		CallSeq: w.result.Events, ReturnSeq: StillOpen, Call: w.now, Return: Never,
	})
}

// returned ends the open operation of the client n.
func (w *World) returned(n *process, output any, o Outcome) {
	if n.open < 0 {
		w.fail(Violatef("client-return", "%s returns from an operation that is not open", n.id))
		return
	}
	op := &w.result.History[n.open]
	if op.CallSeq == w.result.Events {
		w.fail(Violatef("client-return", "%s returns from an operation in the step that invoked it", n.id))
		return
	}
	op.Output, op.Outcome, op.Return = output, o, w.now
	if o == Unknown {
		n.processNumber = -1
	} else {
		op.ReturnSeq = w.result.Events
	}
	n.open = -1
	w.askUntil = true
}
