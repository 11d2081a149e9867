package sim

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answers is a chooser that gives the same answers to every question of a kind; missing ones are dull.
type answers map[Key]int

func (a answers) Index(k Key, n int) int     { return min(a[k], n-1) }
func (a answers) Chance(k Key, _ Ratio) bool { return a[k] > 0 }
func (a answers) Span(_ Key, lo, _ time.Duration) time.Duration {
	return lo
}

// do performs the writes that f asks for, without faults.
func do(d *Disk, f func(out *Effects)) {
	var out Effects
	f(&out)
	Carry(d, &out)
}

// appended appends text to file, as a write of its own.
func appended(d *Disk, file, text string) {
	do(d, func(out *Effects) { out.Append(file, []byte(text)) })
}

// files returns all that d shows.
func files(t *testing.T, d *Disk) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range d.Files() {
		data, err := d.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(data)
	}
	return all
}

func wantFiles(t *testing.T, d *Disk, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, files(t, d)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestDiskShowsWritesAtOnce(t *testing.T) {
	d := &Disk{}
	do(d, func(out *Effects) {
		out.Append("b", []byte("hello"))
		out.Append("a", []byte("x"))
		out.Append("b", []byte(" world"))
		out.Truncate("b", 7)
		out.Truncate("a", 5) // longer than it is
		out.Replace("c", []byte("new"))
		out.Append("gone", []byte("x"))
		out.Remove("gone")
		out.Remove("never was")
	})
	wantFiles(t, d, map[string]string{"a": "x", "b": "hello w", "c": "new"})
	if diff := cmp.Diff([]string{"a", "b", "c"}, d.Files()); diff != "" {
		t.Error(diff)
	}
	if size, ok := d.Size("b"); size != 7 || !ok {
		t.Errorf("Size(b) = %d, %t", size, ok)
	}
	if _, ok := d.Size("gone"); ok {
		t.Error("a removed file has a size")
	}
	if d.written() != 9 || d.durable() != 0 {
		t.Errorf("written %d, durable %d; want 9, 0", d.written(), d.durable())
	}
}

func TestReadReturnsAtMostWhatThereIs(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "0123456789")
	for _, c := range []struct {
		off, n int
		want   string
	}{{0, 10, "0123456789"}, {3, 4, "3456"}, {8, 9, "89"}, {10, 1, ""}, {12, 1, ""}, {4, 0, ""},
		{5, 1<<63 - 1, "56789"}} {
		if got, err := d.read("f", c.off, c.n); err != nil || string(got) != c.want {
			t.Errorf("read(%d, %d) = %q, %v; want %q", c.off, c.n, got, err, c.want)
		}
	}
	if _, err := d.ReadFile("g"); !errors.Is(err, ErrNotExist) || err.Error() != "read g: file does not exist" {
		t.Errorf("reading a file that is not there: %v", err)
	}
}

func TestSyncMakesDurableOnlyWhatItCovers(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "one ")
	appended(d, "g", "two ")
	appended(d, "f", "three ")
	d.finishSync(2)
	if d.durable() != 2 {
		t.Errorf("durable %d, want 2", d.durable())
	}
	PowerCut(d, PowerLoss{Drop: Always}, answers{})
	wantFiles(t, d, map[string]string{"f": "one ", "g": "two "})
	if d.durable() != d.written() {
		t.Errorf("durable %d, written %d after a crash", d.durable(), d.written())
	}
}

func TestCrashOfTheProcessAloneLosesNothing(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "text")
	PowerCut(d, PowerLoss{}, nil)
	wantFiles(t, d, map[string]string{"f": "text"})
	PowerCut(d, PowerLoss{Drop: Always, Tear: Always}, answers{})
	wantFiles(t, d, map[string]string{"f": "text"})
}

func TestDullCrashLosesNothing(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "text")
	do(d, func(out *Effects) { out.Replace("g", []byte("new")) })
	PowerCut(d, PowerLoss{Drop: Always - 1, Tear: Always - 1, Garbage: Always - 1}, answers{})
	wantFiles(t, d, map[string]string{"f": "text", "g": "new"})
}

func TestLostWriteTakesLaterOnesOfItsFileAlong(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "one ")
	appended(d, "g", "two ")
	SyncAll(d)
	do(d, func(out *Effects) {
		out.Append("f", []byte("lost"))
		out.Append("g", []byte("kept"))
		out.Truncate("f", 0)
		out.Remove("f")
		out.Append("f", []byte("again"))
	})
	PowerCut(d, PowerLoss{Drop: Percent}, &nth{n: 0})
	wantFiles(t, d, map[string]string{"f": "one ", "g": "two kept"})
}

// nth says yes to the question number n, from 0, and no to all others.
type nth struct {
	answers
	n, asked int
}

func (c *nth) Chance(Key, Ratio) bool {
	c.asked++
	return c.asked-1 == c.n
}

func TestCrashBringsBackWhatWasCutReplacedOrRemoved(t *testing.T) {
	for name, write := range map[string]func(*Effects){
		"truncate": func(out *Effects) { out.Truncate("f", 3) },
		"replace":  func(out *Effects) { out.Replace("f", []byte("new")) },
		"remove":   func(out *Effects) { out.Remove("f") },
	} {
		t.Run(name, func(t *testing.T) {
			d := &Disk{}
			appended(d, "f", "durable")
			SyncAll(d)
			do(d, write)
			appended(d, "f", "XXXXXXXX")
			PowerCut(d, PowerLoss{Drop: Always}, nil)
			wantFiles(t, d, map[string]string{"f": "durable"})
			appended(d, "f", "!")
			wantFiles(t, d, map[string]string{"f": "durable!"})
		})
	}
}

// 100 old bytes, then an append of 1400: sectors 0 (412 of it), 1, and 2 (476).
func tornDisk() (d *Disk, old, added string) {
	d, old, added = &Disk{}, text('o', 100), text('n', 1400)
	appended(d, "f", old)
	SyncAll(d)
	appended(d, "f", added)
	return d, old, added
}

func text(c byte, n int) string { return string(bytes.Repeat([]byte{c}, n)) }

// sectorAnswers says which sectors of the one torn write are lost.
type sectorAnswers struct {
	answers
	lost []int
}

func (c *sectorAnswers) Index(k Key, n int) int {
	if k.To != crashSector {
		return c.answers.Index(k, n)
	}
	x := c.lost[0]
	c.lost = c.lost[1:]
	return x
}

func TestCrashTearsAnAppendBySectors(t *testing.T) {
	tear := PowerLoss{Tear: Always}
	long := answers{Key{DecideCrash, n1, crashLength}: 1}
	zeros := func(n int) string { return text(0, n) }
	for _, c := range []struct {
		name string
		lost []int
		ask  answers
		want string
	}{
		{"nothing lost", []int{0, 0, 0}, nil, text('n', 1400)},
		{"last lost", []int{0, 0, 1}, nil, text('n', 924)},
		{"last lost, size kept", []int{0, 0, 1}, long, text('n', 924) + zeros(476)},
		{"middle lost", []int{0, 1, 0}, nil, text('n', 412) + zeros(512) + text('n', 476)},
		{"first lost", []int{1, 0, 0}, nil, zeros(412) + text('n', 988)},
		{"all lost", []int{1, 1, 1}, nil, ""},
		{"all lost, size kept", []int{1, 1, 1}, long, zeros(1400)},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, old, _ := tornDisk()
			appended(d, "f", "later")
			PowerCut(d, tear, &sectorAnswers{c.ask, c.lost})
			want := old + c.want
			wantFiles(t, d, map[string]string{"f": want})
			if d.used != int64(len(want)) {
				t.Errorf("used %d of %d", d.used, len(want))
			}
		})
	}
}

const n1 = NodeID(1)

func TestGarbageStaysWithinTheTornAppend(t *testing.T) {
	d, old, added := tornDisk()
	PowerCut(d, PowerLoss{Tear: Always, Garbage: Always}, &sectorAnswers{nil, []int{1, 1, 0}})
	got := files(t, d)["f"]
	spoilt := got[100:1024]
	if got[:100] != old || got[1024:] != added[924:] || spoilt == added[:924] || spoilt == text(0, 924) {
		t.Errorf("left %q", got)
	}
}

func TestFailedSyncForgetsWhatItShouldHaveSynced(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "durable ")
	SyncAll(d)
	appended(d, "f", "lost ")
	appended(d, "g", "lost ")
	upto := d.written()
	appended(d, "f", "lost with it ")
	appended(d, "h", "not covered ")
	d.failSync(upto)
	wantFiles(t, d, map[string]string{"f": "durable ", "h": "not covered "})
	if d.durable() != 1 {
		t.Errorf("durable %d, want 1: the write after it is lost", d.durable())
	}
	d.open()
	if d.durable() != upto+1 {
		t.Errorf("durable %d once the disk is opened again, want %d", d.durable(), upto+1)
	}
	SyncAll(d)
	PowerCut(d, PowerLoss{Drop: Always}, nil)
	wantFiles(t, d, map[string]string{"f": "durable ", "h": "not covered "})
}

func TestLyingSyncLosesAtTheNextPowerCut(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "durable ")
	SyncAll(d)
	d.setProfile(DiskProfile{SyncLies: true})
	appended(d, "f", "not so ")
	SyncAll(d)
	if d.durable() != 1 {
		t.Errorf("durable() believes the lie: %d", d.durable())
	}
	lost, kept := CloneDisk(d), CloneDisk(d)
	PowerCut(lost, PowerLoss{Drop: Always}, nil)
	wantFiles(t, lost, map[string]string{"f": "durable "})
	kept.setProfile(DiskProfile{})
	SyncAll(kept)
	PowerCut(kept, PowerLoss{Drop: Always}, nil)
	wantFiles(t, kept, map[string]string{"f": "durable not so "})
}

// fail performs one write that must fail with the error why.
func fail(t *testing.T, d *Disk, c Chooser, why error, f func(*Effects)) *DiskError {
	t.Helper()
	var out Effects
	f(&out)
	before, seq := files(t, d), d.written()
	err := d.write(&out.List()[0], c, n1)
	if err == nil || !errors.Is(err, why) {
		t.Fatalf("write: %v, want %v", err, why)
	}
	if d.written() != seq+1 {
		t.Errorf("a failed write has no number")
	}
	wantFiles(t, d, before)
	return err
}

func TestFullDiskRefusesWrites(t *testing.T) {
	d := &Disk{}
	d.reset(DiskProfile{Capacity: 10})
	appended(d, "f", "01234567")
	err := fail(t, d, nil, ErrNoSpace, func(out *Effects) { out.Append("f", []byte("89a")) })
	if got := err.Error(); got != "append f: no space left on device" {
		t.Error(got)
	}
	fail(t, d, nil, ErrNoSpace, func(out *Effects) { out.Replace("f", []byte("new")) })
	do(d, func(out *Effects) { out.Truncate("f", 2) })
	var out Effects
	out.Append("f", []byte("23456789"))
	if err := d.write(&out.List()[0], nil, n1); err != nil {
		t.Errorf("after a truncation there is room: %v", err)
	}
	PowerCut(d, PowerLoss{Drop: Always}, nil)
	if d.used != 0 {
		t.Errorf("%d bytes used on an empty disk", d.used)
	}
}

func TestWritesFailAsTheProfileSays(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "text")
	fail(t, d, nil, ErrNotExist, func(out *Effects) { out.Truncate("g", 0) })
	d.setProfile(DiskProfile{WriteError: Percent})
	yes := answers{Key{DecideWrite, n1, 0}: 1}
	fail(t, d, yes, ErrIO, func(out *Effects) { out.Append("f", []byte("x")) })
	fail(t, d, yes, ErrIO, func(out *Effects) { out.Replace("f", nil) })
	fail(t, d, yes, ErrIO, func(out *Effects) { out.Remove("f") })
	SyncAll(d)
	if d.durable() != 1 {
		t.Errorf("durable %d, want 1: the write after it failed", d.durable())
	}
	d.open()
	if d.durable() != d.written() {
		t.Error("failed writes are pending")
	}
}

func TestBadSectorsFailReadsUntilTheFileIsWrittenAnew(t *testing.T) {
	d := &Disk{}
	appended(d, "f", text('x', 2000))
	SyncAll(d)
	d.breakSectors(1, answers{Key{DecideRot, n1, rotSector}: 2}, n1)
	if _, err := d.ReadFile("f"); !errors.Is(err, ErrIO) {
		t.Errorf("ReadFile: %v", err)
	}
	if _, err := d.read("f", 0, 1024); err != nil {
		t.Errorf("reading the good sectors: %v", err)
	}
	for _, off := range []int{1024, 1535} {
		if _, err := d.read("f", off, 1); err == nil {
			t.Errorf("the byte at %d of a bad sector can be read", off)
		}
	}
	if _, err := d.read("f", 1536, 464); err != nil {
		t.Errorf("reading the good sectors: %v", err)
	}
	do(d, func(out *Effects) { out.Replace("f", []byte("new")) })
	wantFiles(t, d, map[string]string{"f": "new"})
	PowerCut(d, PowerLoss{Drop: Always}, nil)
	if _, err := d.ReadFile("f"); !errors.Is(err, ErrIO) {
		t.Errorf("the replacement was lost and the sector is good again: %v", err)
	}
	do(d, func(out *Effects) { out.Truncate("f", 1024) })
	if _, err := d.ReadFile("f"); err != nil {
		t.Errorf("the bad sector was cut off: %v", err)
	}
}

func TestRotFlipsDurableBits(t *testing.T) {
	d := &Disk{}
	appended(d, "a", "aaaa")
	appended(d, "b", "bbbb")
	SyncAll(d)
	appended(d, "b", "bbbb")
	seen, _ := d.ReadFile("b")
	d.rot(1, answers{Key{DecideRot, n1, rotByte}: 5}, n1) // the second byte of b
	wantFiles(t, d, map[string]string{"a": "aaaa", "b": "bcbbbbbb"})
	if string(seen) != "bbbbbbbb" {
		t.Error("bytes that were read have changed")
	}
	d.rot(1, answers{Key{DecideRot, n1, rotByte}: 1000}, n1) // the last durable one
	PowerCut(d, PowerLoss{Drop: Always}, nil)
	wantFiles(t, d, map[string]string{"a": "aaaa", "b": "bcbc"})
	d.wipe()
	d.rot(3, answers{}, n1)
	d.breakSectors(3, answers{}, n1)
	wantFiles(t, d, map[string]string{})
}

func TestWipeEmptiesTheDiskForGood(t *testing.T) {
	d := &Disk{}
	appended(d, "f", "text")
	SyncAll(d)
	appended(d, "f", "more")
	d.wipe()
	PowerCut(d, PowerLoss{Drop: Always}, nil)
	wantFiles(t, d, map[string]string{})
	if d.durable() != d.written() {
		t.Error("something is pending on a wiped disk")
	}
}

func TestDisksThatBehaveEquallyFoldEqually(t *testing.T) {
	a, b := &Disk{}, &Disk{}
	appended(a, "f", "one two ")
	appended(a, "g", "x")
	appended(b, "h", "y")
	appended(b, "g", "x")
	appended(b, "f", "one ")
	appended(b, "f", "two ")
	do(b, func(out *Effects) { out.Remove("h") })
	if a.fold(0) == b.fold(0) {
		t.Error("different pending writes fold equally")
	}
	SyncAll(a)
	SyncAll(b)
	if a.fold(0) != b.fold(0) {
		t.Error("equal durable files fold differently")
	}
	if c := CloneDisk(b); c.fold(0) != b.fold(0) {
		t.Error("a clone folds differently")
	}
	was := a.fold(0)
	BreakSector(a, "f", 0)
	if a.fold(0) == was {
		t.Error("a bad sector does not show")
	}
}

func TestResetDiskIsAsGoodAsNewAndAllocatesNothing(t *testing.T) {
	d, out := &Disk{}, Effects{}
	data := bytes.Repeat([]byte{1}, 100)
	use := func() {
		d.reset(DiskProfile{})
		for range 100 {
			out.Append("f", data)
			out.Append("g", data)
			Carry(d, &out)
			SyncAll(d)
		}
	}
	use()
	if n := testing.AllocsPerRun(10, use); n > 0 {
		t.Errorf("%v allocations per run", n)
	}
	clone := CloneDisk(d)
	before := files(t, clone)
	data[0] = 2
	use()
	wantFiles(t, clone, before)
	d.reset(DiskProfile{})
	if d.written() != 0 || d.fold(0) != new(Disk).fold(0) {
		t.Error("a reset disk differs from a new one")
	}
}
