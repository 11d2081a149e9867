package sim_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"schism/sim"
)

// slowSync is a disk whose syncs take 10 ms.
var slowSync = sim.DiskProfile{SyncMin: ms(10), SyncMax: ms(10), ReadMin: ms(3), ReadMax: ms(3)}

// writer makes n1 write, sync and send as the given steps say, one step each millisecond; everybody writes down
// what they are told.
func writer(steps ...func(out *sim.Effects)) func(*diary, sim.NodeID, sim.Time, sim.Event, *sim.Effects) {
	next := 0
	return func(d *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
		switch ev.Kind {
		case sim.Receive:
			d.add("%s got %s", id, ev.Msg)
			return
		case sim.Timeout, sim.Start:
			if ev.Kind == sim.Start {
				for _, f := range ev.Disk.Files() {
					data, _ := ev.Disk.ReadFile(f)
					d.add("%s has %s: %s", id, f, data)
				}
			}
			if id == n1 && next < len(steps) {
				steps[next](out)
				next++
				out.SetTimer(0, ms(1), ms(1))
			}
		default:
			d.add("%s", ev)
		}
	}
}

func appendTo(file, data string) func(*sim.Effects) {
	return func(out *sim.Effects) { out.Append(file, []byte(data)) }
}

func syncWith(t sim.Token) func(*sim.Effects) { return func(out *sim.Effects) { out.Sync(t) } }

func sendSafe(n int) func(*sim.Effects) {
	return func(out *sim.Effects) { out.SendSafe(n2, &note{n}) }
}

func TestSendSafeWaitsForEarlierWritesOnly(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Disk: slowSync}, writer(
		sendSafe(0),
		appendTo("log", "a"), sendSafe(1), syncWith(7), // sync from 3 to 13
		appendTo("log", "b"), sendSafe(2), syncWith(8), // sync from 13 to 23
		syncWith(9), // grouped with the one before
	))
	d.want(t, "0 n2 got 0", "13 Synced 7", "13 n2 got 1", "23 Synced 8", "23 n2 got 2", "23 Synced 9")
}

func TestCrashDropsWhatWaitsForTheDisk(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 2, Disk: slowSync, Faults: []sim.Planned{
		plan(5, "crash", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{Drop: sim.Always}) }),
		plan(50, "restart", func(f sim.Faults) { f.Restart(n1) }),
	}}, writer(appendTo("log", "a"), sendSafe(1), syncWith(1)))
	d.want(t) // neither the message nor the file
	d, _ = run(t, sim.Config{Servers: 2, Disk: slowSync, Faults: []sim.Planned{
		plan(5, "crash", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{}) }),
		plan(50, "restart", func(f sim.Faults) { f.Restart(n1) }),
	}}, writer(appendTo("log", "a"), sendSafe(1), syncWith(1)))
	d.want(t, "50 n1 has log: a")
}

func TestFailedSyncDropsDependentMessages(t *testing.T) {
	failing := slowSync
	failing.SyncError = sim.Always
	d, r := run(t, sim.Config{Servers: 2, Disk: failing, Faults: []sim.Planned{
		plan(12, "mend", func(f sim.Faults) { p := f.DefaultDisk(); p.SyncError = 0; f.SetDisk(n1, p) }),
	}}, writer(appendTo("log", "a"), sendSafe(1), syncWith(1), appendTo("log", "b"), sendSafe(2), syncWith(2)))
	d.want(t, "12 Synced 1", "12 n2 got 1", "22 Synced 2", "22 n2 got 2")
	if r.Dropped != 0 {
		t.Errorf("dropped %d, want none: the disk was mended before the sync ended", r.Dropped)
	}
	d, r = run(t, sim.Config{Servers: 2, Disk: failing, Faults: []sim.Planned{
		plan(13, "mend", func(f sim.Faults) { p := f.DefaultDisk(); p.SyncError = 0; f.SetDisk(n1, p) }),
	}}, writer(appendTo("log", "a"), sendSafe(1), syncWith(1), appendTo("log", "b"), sendSafe(2), syncWith(2)))
	// The second write was not covered by the sync that failed, and went with the first.
	d.want(t, "12 SyncFailed 1: sync: input/output error", "22 SyncFailed 2: sync: input/output error")
	if r.Dropped != 2 {
		t.Errorf("dropped %d, want both messages: the second depends on the first write, too", r.Dropped)
	}
}

func TestFailedWriteIsToldAndDropsDependentMessages(t *testing.T) {
	full := slowSync
	full.Capacity = 3
	d, r := run(t, sim.Config{Servers: 2, Disk: full}, writer(
		func(out *sim.Effects) {
			out.Append("log", []byte("abcd"))
			out.SendSafe(n2, &note{1})
		},
		appendTo("log", "ab"), syncWith(1), sendSafe(2),
	))
	d.want(t, "0 WriteFailed log: append log: no space left on device", "12 Synced 1", "12 n2 got 2")
	if r.Dropped != 1 {
		t.Errorf("dropped %d, want the message that depends on the failed write", r.Dropped)
	}
}

func TestSendSafeWaitsUntilEveryFailureIsTold(t *testing.T) {
	failing := slowSync
	failing.WriteError = sim.Always
	next := 0
	told := func(d *diary, id sim.NodeID, _ sim.Time, ev sim.Event, out *sim.Effects) {
		switch ev.Kind {
		case sim.Start:
			if id == n1 {
				out.Append("a", []byte("x"))
				out.Append("b", []byte("x"))
				out.Sync(1)
			}
		case sim.WriteFailed, sim.SyncFailed:
			d.add("%s", ev)
			next++
			out.SendSafe(n2, &note{next})
		case sim.Receive:
			d.add("got %s", ev.Msg)
		}
	}
	// When the first failure is told, the process does not know of the second yet, on which note 1 depends.
	d, r := run(t, sim.Config{Servers: 2, Disk: failing}, told)
	d.want(t, "0 WriteFailed a: append a: input/output error", "0 WriteFailed b: append b: input/output error",
		"10 got 2")
	if r.Dropped != 1 {
		t.Errorf("dropped %d, want note 1", r.Dropped)
	}

	failing = slowSync
	failing.SyncError = sim.Always
	next = 0
	d, r = run(t, sim.Config{Servers: 2, Disk: failing}, func(d *diary, id sim.NodeID, now sim.Time, ev sim.Event,
		out *sim.Effects) {
		if ev.Kind == sim.Start && id == n1 { // one sync answers both tokens
			out.Sync(0)
			out.Append("a", []byte("x"))
			out.Sync(1)
			out.Sync(2)
			return
		}
		told(d, id, now, ev, out)
	})
	d.want(t, "10 SyncFailed 0: sync: input/output error", "20 SyncFailed 1: sync: input/output error",
		"20 SyncFailed 2: sync: input/output error", "20 got 3")
	if r.Dropped != 2 {
		t.Errorf("dropped %d, want notes 1 and 2", r.Dropped)
	}
}

// failFirst is a chooser that lets the first sync fail, and is dull otherwise.
type failFirst struct {
	sim.Chooser
	syncs int
}

// Chance implements [sim.Chooser].
func (f *failFirst) Chance(k sim.Key, _ sim.Ratio) bool {
	if k.Decision != sim.DecideSync {
		return false
	}
	f.syncs++
	return f.syncs == 1
}

func TestSyncFailsIfItCoversWhatAnEarlierOneLost(t *testing.T) {
	failing := slowSync
	failing.SyncError = sim.Percent
	play := func(file string) *diary {
		d, _ := run(t, sim.Config{Servers: 2, Chooser: &failFirst{Chooser: dull()}, Disk: failing,
			Faults: []sim.Planned{
				plan(500, "crash", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{Drop: sim.Always}) }),
				plan(600, "restart", func(f sim.Faults) { f.Restart(n1) }),
			}}, writer(appendTo("log", "A"), syncWith(1), appendTo(file, "B"), syncWith(2), syncWith(3), syncWith(4)))
		return d
	}
	// B was written while the first sync ran, which lost A and everything behind it in the same file.
	play("log").want(t, "11 SyncFailed 1: sync: input/output error", "21 SyncFailed 2: sync: input/output error",
		"21 SyncFailed 3: sync: input/output error", "21 SyncFailed 4: sync: input/output error")
	play("other").want(t, "11 SyncFailed 1: sync: input/output error", "21 Synced 2", "21 Synced 3", "21 Synced 4",
		"600 n1 has other: B")
}

func TestCrashOfAProcessMakesNothingDurable(t *testing.T) {
	exits := func(out *sim.Effects) { out.Exit("enough") }
	stays := func(*sim.Effects) {}
	process := func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{}) }
	power := func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{Drop: sim.Always}) }
	restart := func(f sim.Faults) { f.Restart(n1) }
	for _, last := range []func(*sim.Effects){exits, stays} {
		d, _ := run(t, sim.Config{Servers: 1, Disk: slowSync, Faults: []sim.Planned{
			plan(100, "crash of the process", process), // does nothing to a process that has exited
			plan(200, "restart", restart),
			plan(300, "loss of power", power),
			plan(400, "restart", restart),
		}}, writer(appendTo("log", "A"), last))
		d.want(t, "200 n1 has log: A") // and at 400 nothing
		d, _ = run(t, sim.Config{Servers: 1, Disk: slowSync, Faults: []sim.Planned{
			plan(100, "crash of the process", process),
			plan(200, "loss of power while the node is down", power),
			plan(300, "restart", restart),
		}}, writer(appendTo("log", "A"), last))
		d.want(t)
		d, _ = run(t, sim.Config{Servers: 1, Disk: slowSync, Faults: []sim.Planned{
			plan(100, "crash of the process", process),
			plan(200, "restart", restart),
			plan(300, "loss of power", power),
			plan(400, "restart", restart),
		}, Limit: at(405)}, syncsAtSecondStart(last))
		d.want(t, "200 n1 has log: A", "210 Synced 1", "400 n1 has log: A")
	}
}

// syncsAtSecondStart makes n1 write, do what last says, and sync only when it has been started again.
func syncsAtSecondStart(last func(*sim.Effects)) func(*diary, sim.NodeID, sim.Time, sim.Event, *sim.Effects) {
	w := writer(appendTo("log", "A"), last)
	return func(d *diary, id sim.NodeID, now sim.Time, ev sim.Event, out *sim.Effects) {
		w(d, id, now, ev, out)
		if ev.Kind == sim.Start && now > 0 {
			out.Sync(1)
		}
	}
}

func TestReadTakesTimeAndSeesThePageCache(t *testing.T) {
	read := func(file string, off, n int, tok sim.Token) func(*sim.Effects) {
		return func(out *sim.Effects) { out.Read(file, off, n, tok) }
	}
	var got []string
	d, _ := run(t, sim.Config{Servers: 1, Disk: slowSync}, func() func(*diary, sim.NodeID, sim.Time, sim.Event,
		*sim.Effects) {
		w := writer(appendTo("log", "hello"), read("log", 1, 3, 5), read("nothing", 0, 1, 6))
		return func(d *diary, id sim.NodeID, now sim.Time, ev sim.Event, out *sim.Effects) {
			if ev.Kind == sim.ReadDone {
				got = append(got, string(ev.Data))
				if ev.Token == 6 && !errors.Is(ev.Err, sim.ErrNotExist) {
					t.Errorf("reading a file that is not there: %v", ev.Err)
				}
			}
			w(d, id, now, ev, out)
		}
	}())
	d.want(t, "4 ReadDone 5: 3 bytes", "5 ReadDone 6: read nothing: file does not exist")
	if diff := cmp.Diff([]string{"ell", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWipedDiskIsEmpty(t *testing.T) {
	d, _ := run(t, sim.Config{Servers: 1, Faults: []sim.Planned{
		plan(5, "wipe a running node", func(f sim.Faults) { f.Wipe(n1) }),
		plan(6, "crash", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{}) }),
		plan(7, "restart", func(f sim.Faults) { f.Restart(n1) }),
		plan(8, "crash", func(f sim.Faults) { f.Crash(n1, sim.PowerLoss{}); f.Wipe(n1); f.Restart(n1) }),
	}}, writer(appendTo("log", "a")))
	d.want(t, "7 n1 has log: a")
}
