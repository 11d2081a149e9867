package zkserver_test

import (
	"errors"
	"testing"
	"time"

	"schism/checker/zkspec"
	"schism/sim"
	"schism/sim/simtest"
	"schism/zab/zkapi"
	"schism/zab/zkserver"
)

// watching returns a stormy run in which every read leaves a watch, with its observer.
func watching(seed uint64, tune tuning) (sim.Config, *zkspec.Events) {
	tune.workload = func(w *zkserver.Workload) { w.Watches = true }
	c := stormy(world(seed, everything(), 4, tune))
	e := zkspec.NewEvents()
	c.Observers = append(c.Observers, e)
	return c, e
}

func TestAnEventComesBeforeAnythingThatShowsTheChange(t *testing.T) {
	told, missed := 0, 0
	for seed := range uint64(20) {
		c, e := watching(seed, tuning{})
		run(t, seed, c)
		told, missed = told+e.Told, missed+e.Missed
	}
	if told < 200 || missed < 5 {
		t.Errorf("only %d events, %d of them about what was missed", told, missed)
	}
	wrong := tuning{server: func(c *zkserver.Config) {
		c.Rules = &zkserver.Rules{EventsFirst: func() bool { return false }} // W2
	}}
	for seed := range uint64(20) {
		c, _ := watching(seed, wrong)
		if v := sim.Run(c).Violation; v != nil {
			if v.ID != zkspec.WatchOrder {
				t.Errorf("seed %d: %v", seed, v)
			}
			return
		}
	}
	t.Error("no event comes late although they are held back")
}

// log is an observer that notes the events that clients are told.
type log struct{ lines []string }

// Observe implements sim.Observer.
func (l *log) Observe(_ sim.View, s *sim.StepInfo) error {
	if m, ok := s.Event.Msg.(*zkapi.WatchEvent); ok {
		l.lines = append(l.lines, s.Node.String()+" "+m.Type.String()+" "+m.Path)
	}
	if m, ok := s.Event.Msg.(*zkapi.Reply); ok && m.Out.Code == zkapi.MarshallingError {
		return errors.New("a server does not understand a client")
	}
	return nil
}

func (l *log) want(t *testing.T, lines ...string) {
	t.Helper()
	if got, wanted := join(l.lines), join(lines); got != wanted {
		t.Errorf("events:\n%swant\n%s", got, wanted)
	}
}

func join(lines []string) (text string) {
	for _, l := range lines {
		text += l + "\n"
	}
	return text
}

func TestWatchesFireOnceOrForEver(t *testing.T) {
	c := scripted(t, 1, tuning{},
		"1s exists /a watch\n0s add-watch /p persistent\n0s add-watch /r persistent-recursive\n"+
			"2s get /a watch\n0s children / watch",
		"2s create /a 1\n0s set /a 2\n0s create /p 1\n0s set /p 2\n0s create /r 1\n0s create /r/s 1\n0s delete /r/s\n"+
			"2s set /a 3\n0s set /a 4\n0s delete /a")
	l := &log{}
	c.Observers = []sim.Observer{l}
	run(t, 1, c)
	l.want(t, "c1 NodeCreated /a", "c1 NodeCreated /p", "c1 NodeDataChanged /p", "c1 NodeCreated /r",
		"c1 NodeCreated /r/s", "c1 NodeDeleted /r/s", "c1 NodeDataChanged /a", "c1 NodeChildrenChanged /")
}

func TestAClientHearsOfWhatItsOneShotWatchesHaveMissed(t *testing.T) {
	c := scripted(t, 1, tuning{},
		"1s create /a 1\n0s create /b 1\n0s create /c 1\n0s get /a watch\n0s get /b watch\n0s exists /n watch\n"+
			"0s children /c watch\n0s add-watch /p persistent",
		"2500ms set /a 2\n0s create /n 1\n0s create /c/d 1\n0s create /p 1\n2s set /b 2\n0s set /p 2\n0s set /a 3")
	l, p := &log{}, &peeker{}
	c.Observers = []sim.Observer{l, p}
	c.Faults = []sim.Planned{
		simtest.At(2*time.Second, "cut c1 off", func(f sim.Faults) {
			f.ResetChannels(p.server(1), sim.Client(1))
			everywhere(f, 1, f.Cut)
		}),
		simtest.At(3200*time.Millisecond, "mend", func(f sim.Faults) { everywhere(f, 1, f.Mend) }),
	}
	run(t, 1, c)
	l.want(t, "c1 NodeDataChanged /a", "c1 NodeCreated /n", "c1 NodeChildrenChanged /c", "c1 NodeDataChanged /b",
		"c1 NodeDataChanged /p")
}
