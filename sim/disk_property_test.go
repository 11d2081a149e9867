package sim

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawn is a chooser whose answers rapid draws.
type drawn struct{ t *rapid.T }

func (c drawn) Index(_ Key, n int) int { return rapid.IntRange(0, n-1).Draw(c.t, "index") }
func (c drawn) Chance(Key, Ratio) bool { return rapid.Bool().Draw(c.t, "chance") }
func (c drawn) Span(_ Key, lo, _ time.Duration) time.Duration {
	return lo
}

// state is one state of a file in the model: what the file is after the write seq.
type state struct {
	seq    WriteSeq
	kind   EffectKind
	exists bool
	data   string
}

// model is a disk that remembers, for each file, the durable state and then every one after it.
type model map[string][]state

func (m model) history(file string) []state {
	if m[file] == nil {
		m[file] = []state{{}}
	}
	return m[file]
}

func (m model) now(file string) state { h := m.history(file); return h[len(h)-1] }

func (m model) write(seq WriteSeq, e Effect) {
	s := m.now(e.Name)
	if e.Kind == EffectRemove && !s.exists {
		return // nothing to do, nothing to lose
	}
	s.seq, s.kind = seq, e.Kind
	switch e.Kind {
	case EffectAppend:
		s.data, s.exists = s.data+string(e.Data), true
	case EffectReplace:
		s.data, s.exists = string(e.Data), true
	case EffectTruncate:
		s.data = s.data[:min(int(e.Min), len(s.data))]
	case EffectRemove:
		s = state{seq: seq, kind: e.Kind}
	}
	m[e.Name] = append(m.history(e.Name), s)
}

func (m model) sync(upto WriteSeq) {
	for file, h := range m {
		for len(h) > 1 && h[1].seq <= upto {
			h = h[1:]
		}
		m[file] = h
	}
}

func (m model) failSync(upto WriteSeq) {
	for file, h := range m {
		if len(h) > 1 && h[1].seq <= upto {
			m[file] = h[:1]
		}
	}
}

func (m model) clone() model {
	c := model{}
	for file, h := range m {
		c[file] = append([]state(nil), h...)
	}
	return c
}

// durable is the number before that of the first pending write, last if there is none.
func (m model) durable(last WriteSeq) WriteSeq {
	for _, h := range m {
		if len(h) > 1 {
			last = min(last, h[1].seq-1)
		}
	}
	return last
}

// settle checks that what d holds is a legal outcome of a crash, and makes it the model's.
func (m model) settle(t *rapid.T, d *Disk, loss PowerLoss) {
	for file, h := range m {
		got := actual(d, file)
		legal := loss.Drop == 0 && loss.Tear == 0 && got == plain(h[len(h)-1])
		for i, s := range h {
			if loss.Drop > 0 && got == plain(s) || i == len(h)-1 && got == plain(s) {
				legal = true
			}
			if loss.Tear > 0 && i > 0 && s.kind == EffectAppend && got.exists &&
				tornFrom(h[i-1].data, s.data, got.data, loss.Garbage > 0) {
				legal = true
			}
		}
		if !legal {
			t.Fatalf("a crash with %+v left %q of %s, whose history is %+v", loss, got.data, file, h)
		}
		m[file] = []state{got}
	}
}

// plain is s without what only the model knows.
func plain(s state) state { return state{exists: s.exists, data: s.data} }

func actual(d *Disk, file string) state {
	data, err := d.ReadFile(file)
	return state{exists: err == nil, data: string(data)}
}

// tornFrom reports whether got is before and then, sector by sector, what after has or else zeros or garbage. Only a
// whole number of sectors may be missing at the end.
func tornFrom(before, after, got string, garbage bool) bool {
	if len(got) < len(before) || len(got) > len(after) || got[:len(before)] != before {
		return false
	}
	if len(got) < len(after) && len(got) > len(before) && len(got)%SectorSize != 0 {
		return false
	}
	for lo := len(before); lo < len(got); {
		hi := min(lo/SectorSize*SectorSize+SectorSize, len(got))
		if got[lo:hi] != after[lo:hi] && got[lo:hi] != text(0, hi-lo) && !garbage {
			return false
		}
		lo = hi
	}
	return true
}

// twin is a disk and what it should be.
type twin struct {
	d *Disk
	m model
}

func (w *twin) check(t *rapid.T) {
	used := 0
	for file := range w.m {
		if got, want := actual(w.d, file), plain(w.m.now(file)); got != want {
			t.Fatalf("%s is %v, want %v", file, got, want)
		}
		used += len(w.m.now(file).data)
	}
	if w.d.used != int64(used) {
		t.Fatalf("used %d, want %d", w.d.used, used)
	}
	if got, want := w.d.durable(), w.m.durable(w.d.written()); got != want {
		t.Fatalf("durable %d, want %d", got, want)
	}
}

// write draws a write that succeeds and performs it.
func (w *twin) write(t *rapid.T) {
	var out Effects
	file := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "file")
	size := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(400, 1700)).Draw(t, "size")
	fill := text('a'+byte(w.d.written()%26), size)
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		out.Replace(file, []byte(fill))
	case 1:
		if !w.m.now(file).exists {
			return
		}
		out.Truncate(file, size)
	case 2:
		out.Remove(file)
	default:
		out.Append(file, []byte(fill))
	}
	w.m.write(w.d.written()+1, out.List()[0])
	Carry(w.d, &out)
}

// harm draws a sync, a failed sync or a crash.
func (w *twin) harm(t *rapid.T) {
	upto := w.d.durable() + WriteSeq(rapid.IntRange(0, int(w.d.written()-w.d.durable())).Draw(t, "upto"))
	switch rapid.IntRange(0, 5).Draw(t, "harm") {
	case 0:
		w.d.failSync(upto)
		w.d.open()
		w.m.failSync(upto)
	case 1:
		share := rapid.SampledFrom([]Ratio{0, Percent, Always})
		loss := PowerLoss{Drop: share.Draw(t, "drop"), Tear: share.Draw(t, "tear"),
			Garbage: share.Draw(t, "garbage")}
		w.d.crash(loss, drawn{t}, n1)
		w.m.settle(t, w.d, loss)
	default:
		w.d.finishSync(upto)
		w.m.sync(upto)
	}
}

// Whatever happens, a disk shows the last state of each file of which no write was lost, a crash leaves what the
// documentation of Disk says, disks that share arrays do not disturb each other, and bytes that were read never
// change.
func TestDiskDoesWhatItsModelDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		twins := []*twin{{&Disk{}, model{}}}
		read := map[string][]byte{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			w := twins[rapid.IntRange(0, len(twins)-1).Draw(t, "disk")]
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				w.harm(t)
			case 1:
				if len(twins) < 4 {
					twins = append(twins, &twin{CloneDisk(w.d), w.m.clone()})
				}
			case 2: // onto a disk that was used before; what was read from that does not count any more
				over := twins[rapid.IntRange(0, len(twins)-1).Draw(t, "over")]
				if over != w {
					w.d.cloneInto(over.d)
					over.m = w.m.clone()
					clear(read)
				}
			default:
				w.write(t)
			}
			for i := range twins {
				twins[i].check(t)
				if data, err := twins[i].d.ReadFile("a"); err == nil {
					read[string(data)] = data
				}
			}
			for was, data := range read {
				if was != string(data) {
					t.Fatalf("bytes that were read changed from %q to %q", was, data)
				}
			}
		}
	})
}

// Rot flips as many durable bits as it says, wherever pending writes are, and a crash does not bring back what was
// there before.
func TestRotIsUnderWhatACrashBringsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &twin{&Disk{}, model{}}
		steps := rapid.IntRange(0, 12)
		for range steps.Draw(t, "before") {
			w.write(t)
		}
		SyncAll(w.d)
		w.m.sync(w.d.written())
		for range steps.Draw(t, "after") {
			w.write(t)
		}
		healthy := CloneDisk(w.d)
		w.d.rot(1, drawn{t}, n1)
		cut := CloneDisk(w.d)
		PowerCut(cut, PowerLoss{Drop: Always}, nil)
		PowerCut(healthy, PowerLoss{Drop: Always}, nil)
		flipped, bytes := 0, 0
		for _, file := range healthy.Files() {
			a, b := actual(healthy, file).data, actual(cut, file).data
			bytes += len(a)
			for i := range a {
				if a[i] != b[i] {
					flipped++
				}
			}
		}
		if want := min(1, bytes); flipped != want {
			t.Fatal(fmt.Sprint(flipped, " bytes have rotted, want ", want))
		}
	})
}
