package sim

import "time"

// safeMessage waits in a node's outbox until the writes before it are durable.
type safeMessage struct {
	to NodeID
	// by is the event that sent it.
	by      uint32
	msg     Message
	sum     Digest
	barrier WriteSeq
}

// nodeStorage is what a process has asked of its disk and not been told yet.
type nodeStorage struct {
	// acked is the last write covered by a sync that was answered as done.
	acked WriteSeq
	// failing counts the failed writes of which the process has not been told: until then it is not told that a sync
	// has ended, as no program learns of a write's failure after a later sync. held is the answer that waits for that.
	failing int
	held    pendingKind
	// untold counts the failed writes and syncs of which the process has not been told: until then messages that
	// depend on them never leave.
	untold int
	// outbox is in order of barriers.
	outbox []safeMessage
	// waiting are the syncs asked for since the running one began; running are those that it answers, and
	// covers is the last write it covers.
	waiting, running []Token
	covers           WriteSeq
	busy             bool
	// doomed is the first write after the failed sync that went with what it lost, 0 for none.
	doomed WriteSeq
	// failed says how the running answers turned out.
	failed bool
}

func (s *nodeStorage) reset() {
	clear(s.outbox)
	*s = nodeStorage{acked: s.acked, outbox: s.outbox[:0], waiting: s.waiting[:0], running: s.running[:0]}
}

// settled says that nothing un-synced is left on d.
func (s *nodeStorage) settled(d *Disk) { s.acked = d.written() }

// storage holds, for the whole world, what pending entries about disks refer to by index.
type storage struct {
	reads    []readRequest
	failures []writeFailure
}

type readRequest struct {
	file           string
	offset, length int
	token          Token
}

type writeFailure struct {
	file string
	err  *DiskError
}

func (s *storage) reset() { s.reads, s.failures = s.reads[:0], s.failures[:0] }

// write performs a write of n in its page cache.
func (w *World) write(n *process, f *Effect) {
	err := n.disk.write(f, w.chooser, n.id)
	if err == nil {
		return
	}
	n.storage.untold++
	n.storage.failing++
	w.storage.failures = append(w.storage.failures, writeFailure{f.Name, err})
	w.schedule(w.now, &pending{kind: pendWriteFail, dest: uint16(w.at(n.id)), life: n.life,
		aux: uint32(len(w.storage.failures) - 1)})
}

// writeFailTold fills in the event that tells of a failed write.
func (w *World) writeFailTold(n *process, p *pending, ev *Event) {
	f := &w.storage.failures[p.aux]
	ev.Kind, ev.File, ev.Err = WriteFailed, f.file, f.err
	n.storage.untold--
	if n.storage.failing--; n.storage.failing == 0 && n.storage.held != pendNothing {
		w.schedule(w.now, &pending{kind: n.storage.held, dest: p.dest, life: n.life})
		n.storage.held = pendNothing
	}
}

// holdBack reports whether the answer k to a sync has to wait for the word of a failed write.
func (n *process) holdBack(k pendingKind) bool {
	if n.storage.failing == 0 {
		return false
	}
	n.storage.held = k
	return true
}

// sendSafe sends m now if everything that n wrote is durable, and puts it into the outbox if not.
func (w *World) sendSafe(n *process, m safeMessage) {
	s := &n.storage
	m.barrier, m.by = n.disk.written(), w.sending
	switch {
	case s.untold > 0:
		w.dropUnsent(n.id, m.to, m.msg, "write lost")
	case m.barrier <= s.acked:
		w.send(n.id, m.to, m.msg, m.sum)
	default:
		s.outbox = append(s.outbox, m)
	}
}

// sync asks for a sync, which begins now or when the running one has ended.
func (w *World) sync(n *process, t Token) {
	s := &n.storage
	s.waiting = append(s.waiting, t)
	if !s.busy {
		w.beginSync(n)
	}
}

// beginSync starts one sync of the disk for all that wait.
func (w *World) beginSync(n *process) {
	s := &n.storage
	s.busy = true
	s.running, s.waiting = s.waiting, s.running[:0]
	s.covers = n.disk.written()
	d := w.span(DecideSync, n.id, 0, n.profile.SyncMin, n.profile.SyncMax)
	w.schedule(w.now.Add(d), &pending{kind: pendSyncDone, dest: uint16(w.at(n.id)), life: n.life})
}

// span asks for a duration, unless it is forced.
func (w *World) span(d Decision, from, to NodeID, lo, hi time.Duration) time.Duration {
	if lo >= hi {
		return lo
	}
	return w.chooser.Span(Key{d, from, to}, lo, hi)
}

// chance asks whether something happens, unless it is forced.
func (w *World) chance(d Decision, from, to NodeID, p Ratio) bool {
	if p == 0 || p >= Always {
		return p > 0
	}
	return w.chooser.Chance(Key{d, from, to}, p)
}

// syncDone ends the running sync and fills in the first answer.
func (w *World) syncDone(n *process, ev *Event) bool {
	s := &n.storage
	s.failed = w.chance(DecideSync, n.id, 1, n.profile.SyncError) ||
		s.doomed > 0 && s.covers >= s.doomed
	w.result.Syncs++
	if s.failed {
		s.doomed = n.disk.failSync(s.covers)
		s.untold++
		for i := range s.outbox {
			w.sending = s.outbox[i].by
			w.dropUnsent(n.id, s.outbox[i].to, s.outbox[i].msg, "write lost")
		}
		clear(s.outbox)
		s.outbox = s.outbox[:0]
	} else {
		n.disk.finishSync(s.covers)
	}
	s.acked = s.covers
	w.flushOutbox(n)
	w.nextAnswer(n, ev)
	return true
}

// flushOutbox sends what depended only on writes that are durable now.
func (w *World) flushOutbox(n *process) {
	s := &n.storage
	sent := 0
	for sent < len(s.outbox) && s.outbox[sent].barrier <= s.acked {
		m := &s.outbox[sent]
		w.sending = m.by
		w.send(n.id, m.to, m.msg, m.sum)
		sent++
	}
	if sent > 0 {
		kept := copy(s.outbox, s.outbox[sent:])
		clear(s.outbox[kept:])
		s.outbox = s.outbox[:kept]
	}
}

// nextAnswer fills in the next answer of the running sync; each is an event of its own, so that a crash can
// fall between two. After the last, the next sync begins.
func (w *World) nextAnswer(n *process, ev *Event) {
	s := &n.storage
	ev.Kind, ev.Token = Synced, s.running[0]
	if s.failed {
		ev.Kind, ev.Err = SyncFailed, &DiskError{Op: "sync", Why: ErrIO}
		if len(s.running) == 1 {
			s.untold--
		}
	}
	s.running = s.running[:copy(s.running, s.running[1:])]
	switch {
	case len(s.running) > 0:
		w.schedule(w.now, &pending{kind: pendAnswer, dest: uint16(w.at(n.id)), life: n.life})
	case len(s.waiting) > 0:
		w.beginSync(n)
	default:
		s.busy = false
	}
}

// read asks for a part of a file.
func (w *World) read(n *process, f *Effect) {
	w.storage.reads = append(w.storage.reads, readRequest{f.Name, int(f.Min), int(f.Max), f.Token})
	d := w.span(DecideSync, n.id, 2, n.profile.ReadMin, n.profile.ReadMax)
	w.schedule(w.now.Add(d), &pending{kind: pendReadDone, dest: uint16(w.at(n.id)), life: n.life,
		aux: uint32(len(w.storage.reads) - 1)})
}

// readDone fills in the answer to a read: what the file holds now.
func (w *World) readDone(n *process, p *pending, ev *Event) {
	r := &w.storage.reads[p.aux]
	ev.Kind, ev.Token = ReadDone, r.token
	data, err := n.disk.read(r.file, r.offset, r.length)
	if err != nil {
		ev.Err = err
		return
	}
	ev.Data = data
}
