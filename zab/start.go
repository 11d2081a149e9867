package zab

import (
	"errors"
	"fmt"

	"schism/sim"
	"schism/sim/wal"
)

// start begins an incarnation with what the disk holds. What was read counts as durable only after a sync: the
// process may have been restarted without a loss of power, and then some of it may still be in the operating
// system's memory only.
func (p *Peer) start(d *sim.Disk, out *sim.Effects) {
	if err := p.load(d, out); err != nil {
		out.Mark("start-refused")
		out.Exit("start: " + err.Error())
		return
	}
	p.disk.dirty = true
	if !p.disk.unfit {
		p.startElection(out)
	}
}

// load reads the epochs, the snapshot and the log (QuorumPeer.loadDataBase). A last transaction of an epoch that is
// not current yet is what a crash leaves between the two writes of accepting a leader: it is fine as long as that
// epoch was accepted (ZK-1653).
func (p *Peer) load(d *sim.Disk, out *sim.Effects) error {
	var err error
	if p.acceptedEpoch, err = readEpoch(d, AcceptedEpochFile); err != nil {
		return err
	}
	if p.currentEpoch, err = readEpoch(d, CurrentEpochFile); err != nil {
		return err
	}
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
	if p.disk.wal, _, err = wal.Open(d, LogFile, out, p.replay); err != nil {
		return err
	}
	if err := p.useSnapshot(m); err != nil {
		return err
	}
	p.disk.logged = p.history.LastIndex()
	switch last := p.history.Last().Zxid.Epoch(); {
	case p.currentEpoch > p.acceptedEpoch:
		return fmt.Errorf("the current epoch %d is later than the accepted one %d", p.currentEpoch, p.acceptedEpoch)
	case last > p.acceptedEpoch:
		return fmt.Errorf("the last transaction is of epoch %d, the accepted one is %d", last, p.acceptedEpoch)
	}
	return nil
}

// readEpoch reads an epoch file; there is none before the first epoch.
func readEpoch(d *sim.Disk, file string) (Epoch, error) {
	b, err := d.ReadFile(file)
	switch {
	case errors.Is(err, sim.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	}
	e, ok := decodeEpoch(b)
	if !ok {
		return 0, fmt.Errorf("%s is damaged", file)
	}
	return e, nil
}

// useSnapshot puts the snapshot m, if there is one, under the history just read. A crash can leave a log that does not
// reach m, when m came from a leader and the log was not rewritten yet.
func (p *Peer) useSnapshot(m image) error {
	if base := p.history.base.Index; base > m.at.Index {
		return fmt.Errorf("the log begins after %d, the snapshot ends at %d", base, m.at.Index)
	}
	if m.file == nil {
		return nil
	}
	p.snapshots.last, p.snapshots.restore = m, true
	p.committed, p.handed = m.at.Index, m.at.Index
	p.adopt(m.ensemble())
	if t, ok := p.history.At(m.at.Index); !ok || t.Zxid != m.at.Zxid {
		p.history.restart(m.at)
		p.proposed = nil
		p.disk.unfit = true
	}
	return nil
}

// replay applies one record of the log on the disk.
func (p *Peer) replay(rec []byte) error {
	r, ok := decodeRecord(rec)
	if !ok {
		return fmt.Errorf("a record of %d bytes makes no sense", len(rec))
	}
	h := &p.history
	switch r.kind {
	case recordBase:
		if t, ok := h.At(r.at.Index); ok && t.Zxid == r.at.Zxid {
			h.compact(r.at.Index)
		} else {
			h.restart(r.at)
			p.proposed = nil
		}
	case recordCut:
		if r.at.Index < h.base.Index {
			return fmt.Errorf("a cut at %v before the base %v", r.at, h.base)
		}
		if r.at.Index < h.LastIndex() {
			h.cut(r.at.Index)
			p.unseen()
		}
	case recordTxn, recordReconfig:
		return p.replayTxn(&r)
	case recordActive:
		p.adopt(r.ensemble)
	}
	return nil
}

// replayTxn puts the transaction of r where it belongs. What was read from a disk never changes, so that the history
// may keep it.
func (p *Peer) replayTxn(r *record) error {
	h := &p.history
	switch last := h.LastIndex(); {
	case r.at.Index > last+1:
		return fmt.Errorf("transaction %v follows %v", r.at, h.Last())
	case r.at.Index <= h.base.Index:
		return nil
	case r.at.Index <= last:
		if t, _ := h.At(r.at.Index); t.Zxid == r.at.Zxid {
			return nil
		}
		h.cut(r.at.Index - 1)
		p.unseen()
	}
	h.append(Txn{r.at.Zxid, r.data, r.ensemble})
	p.seen(r.ensemble)
	return nil
}
