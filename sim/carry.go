package sim

import "slices"

// carryOut does what the step of n asked for, up to where n ends.
func (w *World) carryOut(n *process) {
	w.sending = uint32(w.result.Events)
	if n.doomed && slices.ContainsFunc(w.out.list, writes) {
		w.carryOutHalf(n)
		return
	}
	for i := range w.out.list {
		if w.out.list[i].Kind == EffectExit {
			w.exit(n)
			return
		}
		w.carry(n, i)
	}
}

// carryOutHalf does the first part of what the step of n asked for, all of it if the answer is dull, and lets n crash.
// What is not written then is lost.
func (w *World) carryOutHalf(n *process) {
	all := len(w.out.list)
	done := all - w.chooser.Index(Key{DecideCrash, n.id, crashStep}, all)
	for i := range w.out.list {
		switch f := &w.out.list[i]; {
		case i >= done && writes(*f):
			n.disk.seq++
			n.disk.lose(n.disk.seq)
		case i < done && f.Kind == EffectExit:
			done = i
		case i < done:
			w.carry(n, i)
		}
	}
	w.crash(n, n.doom)
}

// writes reports whether f changes the disk.
func writes(f Effect) bool {
	switch f.Kind {
	case EffectAppend, EffectReplace, EffectTruncate, EffectRemove:
		return true
	}
	return false
}

// carry does the i-th thing that the step of n asked for, which is not to end.
func (w *World) carry(n *process, i int) {
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
	}
}
