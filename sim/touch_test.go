package sim

import (
	"reflect"
	"slices"
	"testing"
)

// TestEverythingThatAFaultMayDoIsNoted calls each method of Faults: whatever changes a world has touched something.
func TestEverythingThatAFaultMayDoIsNoted(t *testing.T) {
	asks := []string{"Now", "Servers", "Clients", "Leader", "Leaders", "Up", "DefaultLink", "DefaultTaskDelay",
		"DefaultDisk", "DefaultClock"}
	w := NewWorld(Config{Servers: 2, Chooser: NewSeeded(1), Limit: 1,
		NewServer: func(NodeID) Machine { return idle{} }})
	faults := reflect.TypeFor[Faults]()
	for i := range faults.NumMethod() {
		m := faults.Method(i)
		node := Server(1)
		var args []reflect.Value
		for a := range m.Type.NumIn() {
			arg := reflect.New(m.Type.In(a)).Elem()
			if arg.Type() == reflect.TypeFor[NodeID]() {
				arg.Set(reflect.ValueOf(node))
				node = Server(2)
			}
			args = append(args, arg)
		}
		w.touched = w.touched[:0]
		reflect.ValueOf(witness{control{w}}).MethodByName(m.Name).Call(args)
		if touches := len(w.touched) > 0; touches == slices.Contains(asks, m.Name) {
			t.Errorf("%s touches %v", m.Name, w.touched)
		}
	}
}

// idle is a machine that does nothing.
type idle struct{}

func (idle) Step(Time, Event, *Effects) {}
