package ztree

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"schism/zab/zkapi"
)

// told returns events as texts, "1 NodeCreated /a".
func told(events []Event) []string {
	texts := []string{}
	for _, e := range events {
		texts = append(texts, fmt.Sprint(e.To, " ", e.Type, " ", e.Path))
	}
	return texts
}

// observe reads and leaves the watch.
func (s *store) observe(w *Watches, who Watcher, text string) {
	s.t.Helper()
	op, err := zkapi.ParseOp(text)
	if err != nil {
		s.t.Fatal(err)
	}
	var c zkapi.Code
	if op.Kind != zkapi.AddWatch {
		c = s.read(2, text).Code
	}
	w.Observe(&op, c, who)
}

// fired does each text for session 1 and returns what that fires.
func (s *store) fired(w *Watches, texts ...string) (events []Event) {
	for _, text := range texts {
		s.do(1, text)
		events = w.Trigger(s.zxid, s.changes, events)
	}
	return events
}

func TestWatchesFire(t *testing.T) {
	for name, c := range map[string]struct {
		watches, writes []string // a watcher and what it does; what is done then
		want            string
	}{
		"data watches see data": {
			[]string{"1 get /a watch"}, []string{"set /a 2"}, "1 NodeDataChanged /a"},
		"data watches see deletes": {
			[]string{"1 get /l watch"}, []string{"delete /l"}, "1 NodeDeleted /l"},
		"data watches see no children": {
			[]string{"1 get /a watch"}, []string{"create /a/x 1", "delete /a/x"}, ""},
		"data watches see no access lists": {
			[]string{"1 get /a watch"}, []string{"set-acl /a acl world:anyone:r"}, ""},
		"data watches fire once": {
			[]string{"1 get /a watch", "1 exists /a watch"}, []string{"set /a 2", "set /a 3"}, "1 NodeDataChanged /a"},
		"without a watch nothing": {
			[]string{"1 get /a", "1 exists /a", "1 children /a"}, []string{"set /a 2", "create /a/x 1"}, ""},
		"exists sees creates": {
			[]string{"1 exists /new watch"}, []string{"create /new 1", "delete /new"}, "1 NodeCreated /new"},
		"get leaves nothing where nothing is": {
			[]string{"1 get /new watch", "1 children /new watch"}, []string{"create /new 1"}, ""},
		"reads that are refused leave nothing": {
			[]string{"1 get /secret watch", "1 exists /secret watch", "1 children /secret watch"},
			[]string{"set /secret 2", "create /secret/x 1"}, ""},
		"child watches see children come and go": {
			[]string{"1 children /a watch", "2 children /a watch"}, []string{"create /a/x 1", "delete /a/x"},
			"1 NodeChildrenChanged /a, 2 NodeChildrenChanged /a"},
		"child watches see no data": {
			[]string{"1 children /a watch"}, []string{"set /a 2", "create /a/b/x 1", "set /a/b 1"}, ""},
		"child watches see their node go": {
			[]string{"1 children /l watch"}, []string{"delete /l"}, "1 NodeDeleted /l"},
		"a delete is told once to a watcher, and to the parent's": {
			[]string{"1 children /l watch", "1 get /l watch", "2 children / watch", "1 children / watch"},
			[]string{"delete /l", "create /l 1", "delete /l"},
			"1 NodeDeleted /l, 1 NodeChildrenChanged /, 2 NodeChildrenChanged /"},
		"both kinds at one node fire for themselves": {
			[]string{"1 children /a watch", "1 get /a watch"}, []string{"set /a 2", "create /a/x 1", "set /a 3"},
			"1 NodeDataChanged /a, 1 NodeChildrenChanged /a"},
		"persistent watches stay": {
			[]string{"1 add-watch /a persistent"},
			[]string{"set /a 2", "create /a/x 1", "set /a 3", "set /a/x 1", "delete /a/x", "create /a/b/y 1"},
			"1 NodeDataChanged /a, 1 NodeChildrenChanged /a, 1 NodeDataChanged /a, 1 NodeChildrenChanged /a"},
		"persistent watches see their node come and go": {
			[]string{"1 add-watch /new persistent"}, []string{"create /new 1", "delete /new", "create /new 1"},
			"1 NodeCreated /new, 1 NodeDeleted /new, 1 NodeCreated /new"},
		"recursive watches see all below, and no lists of children": {
			[]string{"1 add-watch /a persistent-recursive"},
			[]string{"create /a/x 1", "set /a 2", "set /a/b 1", "delete /a/x", "set / 1", "create /ab 1"},
			"1 NodeCreated /a/x, 1 NodeDataChanged /a, 1 NodeDataChanged /a/b, 1 NodeDeleted /a/x"},
		"recursive watches at the root see everything": {
			[]string{"3 add-watch / persistent-recursive"}, []string{"create /a/x 1", "set / 1"},
			"3 NodeCreated /a/x, 3 NodeDataChanged /"},
		"nobody is told twice": {
			[]string{"2 add-watch / persistent-recursive", "2 add-watch /a persistent-recursive",
				"2 add-watch /a persistent", "2 get /a watch", "1 add-watch / persistent-recursive", "3 get /a watch"},
			[]string{"set /a 2"}, "1 NodeDataChanged /a, 2 NodeDataChanged /a, 3 NodeDataChanged /a"},
		"a one-shot and a persistent watch are two": {
			[]string{"1 get /a watch", "1 add-watch /a persistent"}, []string{"set /a 2", "set /a 3"},
			"1 NodeDataChanged /a, 1 NodeDataChanged /a"},
		"a failed multi fires nothing": {
			[]string{"1 get /a watch", "1 children / watch"},
			[]string{"multi {set /a 2; create /x 1; delete /none}"}, ""},
		"a multi fires in its order": {
			[]string{"1 exists /x watch", "1 get /a watch", "1 children / watch"},
			[]string{"multi {set /a 2; check /a; create /x 1; delete /l}"},
			"1 NodeDataChanged /a, 1 NodeCreated /x, 1 NodeChildrenChanged /"},
		"a session's end fires for each of its nodes": {
			[]string{"1 children / watch", "1 get /e watch", "1 get /f watch"}, []string{"close-session"},
			"1 NodeDeleted /e, 1 NodeChildrenChanged /, 1 NodeDeleted /f"},
	} {
		t.Run(name, func(t *testing.T) {
			s, w := newStore(t, nil), NewWatches(nil)
			s.want(zkapi.OK, "create /a 1", "create /a/b 1", "create /l 1",
				"create /secret 1 acl digest:alice:x=:cdrwa",
				"create /e 1 ephemeral", "create /f 1 ephemeral")
			for _, text := range c.watches {
				who, read, _ := strings.Cut(text, " ")
				s.observe(&w, Watcher(who[0]-'0'), read)
			}
			events := s.fired(&w, c.writes...)
			if got := strings.Join(told(events), ", "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, e := range events {
				if e.State != zkapi.SyncConnected || e.Zxid <= 8 || e.Zxid > s.zxid {
					t.Errorf("event %v", e)
				}
			}
		})
	}
}

func TestOneShotWatchesThatStayAreSeen(t *testing.T) {
	rules := &Rules{Once: func() bool { return false }}
	s, w := newStore(t, rules), NewWatches(rules)
	s.observe(&w, 1, "exists /a watch")
	if got := told(s.fired(&w, "create /a 1", "delete /a")); len(got) != 2 {
		t.Errorf("the bug does not show: %q", got)
	}
}

func TestEventsSayWhoMayKnow(t *testing.T) {
	s, w := newStore(t, nil), NewWatches(nil)
	s.want(zkapi.OK, "create /p 1 acl world:anyone:rcd")
	s.observe(&w, 1, "children /p watch")
	s.observe(&w, 2, "exists /p/x watch")
	events := s.fired(&w, "create /p/x 1 acl digest:alice:x=:cdrwa")
	if len(events) != 2 || Permits(events[0].ACL, zkapi.PermRead, nil) || !Permits(events[0].ACL, zkapi.PermRead,
		[]zkapi.Identity{alice}) || !Permits(events[1].ACL, zkapi.PermRead, nil) ||
		Permits(events[1].ACL, zkapi.PermWrite, []zkapi.Identity{alice}) {
		t.Errorf("got %v", events)
	}
	s.observe(&w, 1, "children /p watch")
	s.observe(&w, 1, "add-watch /p/x persistent")
	events = s.fired(&w, "set /p/x 2", "delete /p/x")
	if len(events) != 3 || Permits(events[0].ACL, zkapi.PermRead, nil) || Permits(events[1].ACL, zkapi.PermRead, nil) ||
		!Permits(events[2].ACL, zkapi.PermRead, nil) {
		t.Errorf("got %v", events)
	}
}

// The rules of a reconnect (zab.md 2.4).
func TestSetWatchesMakesUpForWhatWasMissed(t *testing.T) {
	build := func() (*store, Watches) {
		s := newStore(t, nil)
		// 3, 4, 5: /a with a child; 6: its data; 7: another child of /c
		s.want(zkapi.OK, "create /a 1", "create /c 1", "create /a/b 1", "set /a 2", "create /c/d 1")
		return s, NewWatches(nil)
	}
	for _, c := range []struct {
		watches, want string
		left          int
	}{
		{"set-watches 0:6 data /a", "", 1},
		{"set-watches 0:5 data /a", "9 NodeDataChanged /a", 0},
		{"set-watches 0:7 data /gone", "9 NodeDeleted /gone", 0},
		{"set-watches 0:7 exist /gone", "", 1},
		{"set-watches 0:7 exist /a", "9 NodeCreated /a", 0},
		{"set-watches 0:6 child /a", "", 1},
		{"set-watches 0:4 child /a", "9 NodeChildrenChanged /a", 0},
		{"set-watches 0:6 child /c", "9 NodeChildrenChanged /c", 0},
		{"set-watches 0:7 child /gone", "9 NodeDeleted /gone", 0},
		{"set-watches 0:0 persistent /a recursive /a persistent /gone", "", 2},
		{"set-watches 0:5 data /c data /a exist /c child /c child /a",
			"9 NodeDataChanged /a, 9 NodeCreated /c, 9 NodeChildrenChanged /c", 2},
	} {
		s, w := build()
		op, err := zkapi.ParseOp(c.watches)
		if err != nil {
			t.Fatal(err)
		}
		events := w.Set(&s.tree, op.Watches, 9, nil)
		if got := strings.Join(told(events), ", "); got != c.want || w.Len() != c.left {
			t.Errorf("%s: %s, %d left, want %s, %d left", c.watches, got, w.Len(), c.want, c.left)
		}
		for _, e := range events {
			if e.Zxid != 0 || e.State != zkapi.SyncConnected {
				t.Errorf("event %v", e)
			}
		}
	}
	s, w := build()
	w.Set(&s.tree, &zkapi.WatchList{Relative: 7, Data: []string{"/a"}, Exist: []string{"/x"}, Child: []string{"/c"},
		Persistent: []string{"/y"}, Recursive: []string{"/z"}}, 9, nil)
	want := "9 NodeDataChanged /a, 9 NodeCreated /x, 9 NodeChildrenChanged /c, 9 NodeCreated /y, " +
		"9 NodeChildrenChanged /y, 9 NodeCreated /z, 9 NodeCreated /z/1"
	if got := strings.Join(told(s.fired(&w, "set /a 1", "create /x 1", "create /c/x 1", "create /y 1", "create /y/1 1",
		"create /z 1", "create /z/1 1")), ", "); got != want {
		t.Errorf("what was taken over fires %s\nwant %s", got, want)
	}
	w = NewWatches(&Rules{Missed: func(_, _ zkapi.Zxid) bool { return false }})
	if got := told(w.Set(&s.tree, &zkapi.WatchList{Data: []string{"/a"}}, 9, nil)); len(got) != 0 {
		t.Errorf("the bug does not show: %q", got)
	}
}

func TestWatchersCanBeRemovedAndClonesAreIndependent(t *testing.T) {
	s, w := newStore(t, nil), NewWatches(nil)
	for _, text := range []string{"exists /a watch", "children / watch", "add-watch /b persistent"} {
		s.observe(&w, 1, text)
		s.observe(&w, 2, text)
	}
	before := string(w.AppendState(nil))
	a, b, c := w.Clone(), w.Clone(), w.Clone()
	a.Remove(1)
	if a.Len() != 3 || b.Len() != 6 {
		t.Errorf("%d and %d are left, want 3 and 6", a.Len(), b.Len())
	}
	s.observe(&c, 2, "exists /b watch")
	events := s.fired(&b, "create /a 1")
	if got := strings.Join(told(events), ", "); got != "1 NodeCreated /a, 2 NodeCreated /a, 1 NodeChildrenChanged /, "+
		"2 NodeChildrenChanged /" {
		t.Errorf("got %s", got)
	}
	if b.Len() != 2 || string(w.AppendState(nil)) != before {
		t.Error("a clone has changed with another")
	}
	if got := told(a.Trigger(s.zxid, s.changes, nil)); len(got) != 2 {
		t.Errorf("got %q", got)
	}
}

// TestWatchesAgreeWithAListOfThem: the dumb way is to go through all watches for each change.
func TestWatchesAgreeWithAListOfThem(t *testing.T) {
	type pair struct {
		who  Watcher
		path string
		kind string
	}
	rapid.Check(t, func(t *rapid.T) {
		w := NewWatches(nil)
		all := map[pair]bool{}
		paths := []string{"/", "/a", "/a/b", "/a/b/c", "/a-", "/b"}
		for step := range rapid.IntRange(1, 30).Draw(t, "steps") {
			path := rapid.SampledFrom(paths).Draw(t, "path")
			if rapid.Bool().Draw(t, "watch") {
				who := Watcher(rapid.IntRange(1, 3).Draw(t, "who"))
				kinds := []string{"exists", "children", "persistent", "persistent-recursive"}
				kind := rapid.SampledFrom(kinds).Draw(t, "kind")
				op := zkapi.Op{Kind: zkapi.Exists, Path: path, Watch: true}
				switch kind {
				case "children":
					op.Kind = zkapi.GetChildren
				case "persistent":
					op = zkapi.Op{Kind: zkapi.AddWatch, Path: path, WatchMode: zkapi.PersistentWatch}
				case "persistent-recursive":
					op = zkapi.Op{Kind: zkapi.AddWatch, Path: path, WatchMode: zkapi.PersistentRecursiveWatch}
				}
				w.Observe(&op, zkapi.OK, who)
				all[pair{who, path, kind}] = true
				continue
			}
			if path == "/" {
				path = "/a/b"
			}
			typ := zkapi.EventType(rapid.IntRange(1, 3).Draw(t, "type"))
			var want []string
			tell := func(typ zkapi.EventType, path string, sees func(p pair) bool) {
				for who := Watcher(1); who <= 3; who++ {
					hit := false
					for p := range all {
						if p.who == who && sees(p) {
							hit = true
							if p.kind == "exists" || p.kind == "children" {
								delete(all, p)
							}
						}
					}
					if hit {
						want = append(want, fmt.Sprint(who, " ", typ, " ", path))
					}
				}
			}
			tell(typ, path, func(p pair) bool {
				switch here := p.path == path; p.kind {
				case "children":
					return here && typ == zkapi.NodeDeleted
				case "persistent-recursive":
					return p.path == "/" || strings.HasPrefix(path+"/", p.path+"/")
				default:
					return here
				}
			})
			if parent := zkapi.Parent(path); typ != zkapi.NodeDataChanged {
				tell(zkapi.NodeChildrenChanged, parent, func(p pair) bool {
					return p.path == parent && (p.kind == "children" || p.kind == "persistent")
				})
			}
			got := told(w.Trigger(zkapi.Zxid(step), []Change{{Type: typ, Path: path}}, nil))
			if !slices.Equal(got, want) {
				t.Fatalf("%v %s tells %q, want %q", typ, path, got, want)
			}
		}
	})
}
