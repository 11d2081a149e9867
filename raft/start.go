package raft

import (
	"errors"
	"fmt"

	"schism/sim"
	"schism/sim/wal"
)

// start begins an incarnation with what the disk holds. What was read counts as durable only after a
// sync: the process may have been restarted without a loss of power, and then some of it may still
// be in the operating system's memory only.
func (n *Node) start(d *sim.Disk, out *sim.Effects) {
	if err := n.load(d, out); err != nil {
		out.Mark("start-refused")
		out.Exit("start: " + err.Error())
		return
	}
	n.disk.dirty = true
	if n.term > 0 {
		n.pledge()
	}
	n.restartTimeout(out)
}

// load reads the snapshot and the log.
func (n *Node) load(d *sim.Disk, out *sim.Effects) error {
	var m image
	file, err := d.ReadFile(SnapshotFile)
	switch {
	case err == nil:
		var ok bool
		if m, ok = openImage(file[:len(file):len(file)]); !ok {
			return errors.New("the snapshot is damaged")
		}
	case !errors.Is(err, sim.ErrNotExist):
		return err
	}
	n.disk.wal, _, err = wal.Open(d, LogFile, out, n.replay)
	if err != nil {
		return err
	}
	if err := n.useSnapshot(m); err != nil {
		return err
	}
	n.restoreConfigs()
	n.inferCommit()
	return nil
}

// inferCommit learns from the log that the change of the membership before the last one in it is
// committed: no leader appends the one before the other is, and, with AtApply, in force. Without that
// a node that restarts could campaign with a membership that is two changes old.
func (n *Node) inferCommit() {
	if l := n.configs.list; n.ApplyConfigAt == AtApply && len(l) > 1 {
		n.commit = n.rules.CommitAtStart(n.commit, l[len(l)-2].index)
	}
}

// useSnapshot puts the snapshot m, if there is one, under the log just read. A crash can leave a log
// that ends before m, or disagrees with it, when m came from a leader and the log was not rewritten
// yet.
func (n *Node) useSnapshot(m image) error {
	if base := n.log.base.Index; base > m.last.Index {
		return fmt.Errorf("the log begins after %d, the snapshot ends at %d", base, m.last.Index)
	}
	if m.file == nil {
		return nil
	}
	n.snapshots.last, n.snapshots.restore = m, true
	n.commit, n.handed = m.last.Index, m.last.Index
	if !n.log.matches(m.last) {
		n.log.restart(m.last)
		n.disk.unfit = true
	}
	return nil
}

// replay applies one record of the log on the disk.
func (n *Node) replay(rec []byte) error {
	r, ok := decodeRecord(rec)
	if !ok {
		return fmt.Errorf("a record of %d bytes makes no sense", len(rec))
	}
	switch r.kind {
	case recordState:
		n.term, n.vote = r.term, r.vote
	case recordBase:
		if n.log.matches(r.base) {
			n.log.compact(r.base.Index)
		} else {
			n.log.restart(r.base)
		}
	case recordEntry:
		return n.replayEntry(r.entry)
	}
	return nil
}

// replayEntry puts e where it belongs in the log. What was read from a disk never changes, so that the log may
// keep it.
func (n *Node) replayEntry(e Entry) error {
	last := n.log.LastIndex()
	if e.Index > last+1 {
		return fmt.Errorf("entry %d follows entry %d", e.Index, last)
	}
	if e.Index <= n.log.base.Index {
		return nil
	}
	if e.Index <= last {
		if have, _ := n.log.Term(e.Index); !n.rules.Replaces(have, e.Term) {
			return nil
		}
		n.log.cut(e.Index - 1)
	}
	if before := n.log.Last(); e.Term < before.Term {
		return fmt.Errorf("entry %v follows entry %v", at(&e), before)
	}
	n.log.append(e)
	return nil
}
