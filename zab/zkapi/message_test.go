package zkapi

import (
	"reflect"
	"testing"

	"schism/sim"
)

func TestMessagesReadWell(t *testing.T) {
	set := Op{Kind: SetData, Path: "/a", Data: "18", Version: AnyVersion}
	out := Output{Zxid: NewZxid(1, 9), Server: sim.Server(2)}
	out.Stat.Version = 3
	for want, m := range map[string]sim.Message{
		"new session, timeout 4000ms":             &ConnectRequest{Timeout: 4000},
		"session 0x100, timeout 4000ms, seen 1:7": &ConnectRequest{0x100, 7, 4000, NewZxid(1, 7)},
		"session 0x1ff, timeout 2000ms":           &ConnectResponse{0x1ff, 7, 2000},
		"no session":                              &ConnectResponse{},
		"#7 set /a 18":                            &Request{7, set},
		"#7 ok version 3 (1:9 n2)":                &Reply{7, SetData, out},
		"NodeDataChanged /a (1:9)":                &WatchEvent{NodeDataChanged, SyncConnected, "/a", NewZxid(1, 9)},
		"NodeChildrenChanged / Expired (0:0)":     &WatchEvent{NodeChildrenChanged, Expired, "/", 0},
		"NodeCreated \"/ \" KeeperState(1) (0:0)": &WatchEvent{NodeCreated, 1, "/ ", 0},
		"EventType(9) \"\" Disconnected (4:1)":    &WatchEvent{9, Disconnected, "", NewZxid(4, 1)},
		"":                                        &PingRequest{},
		"2:4294967295":                            &PingReply{NewZxid(2, 1<<32-1)},
		"NodeDeleted /a Closed (0:1)":             &WatchEvent{NodeDeleted, Closed, "/a", 1},
	} {
		if got := m.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if name := reflect.TypeOf(m).Elem().Name(); m.Kind() != name {
			t.Errorf("%s says that it is a %s", name, m.Kind())
		}
	}
}

// TestFoldReachesEveryField changes every field of all messages, one at a time.
func TestFoldReachesEveryField(t *testing.T) {
	for _, m := range []interface{ Fold(sim.Digest) sim.Digest }{
		&ConnectRequest{}, &ConnectResponse{}, &Request{}, &Reply{}, &WatchEvent{}, &PingRequest{}, &PingReply{},
		&Txn{},
	} {
		changeEach(reflect.ValueOf(m).Elem(), 2, m, func(field string) {
			t.Errorf("%T: Fold does not see %s", m, field)
		})
	}
}

func TestFoldsTellMessagesApart(t *testing.T) {
	seen := map[sim.Digest]string{}
	for _, m := range []sim.Message{
		&ConnectRequest{}, &ConnectResponse{}, &Request{}, &Reply{}, &WatchEvent{}, &PingRequest{}, &PingReply{},
	} {
		if other := seen[m.Fold(0)]; other != "" {
			t.Errorf("%s folds like %s", m.Kind(), other)
		}
		seen[m.Fold(0)] = m.Kind()
	}
}

// changeEach changes every plain field below v, calls missed if m folds as before, and changes it back. Where a slice
// is empty or a pointer nil an element is made up, at most depth times.
func changeEach(v reflect.Value, depth int, m interface{ Fold(sim.Digest) sim.Digest }, missed func(field string)) {
	before := m.Fold(0)
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			changeEach(v.Field(i), depth, m, func(field string) { missed(v.Type().Field(i).Name + " " + field) })
		}
		return
	case reflect.Slice:
		if depth == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		if v.CanInt() {
			v.SetInt(1)
		} else {
			v.SetUint(1)
		}
	}
	if m.Fold(0) == before {
		missed("")
	}
	switch v.Kind() {
	case reflect.Slice:
		changeEach(v.Index(0), depth-1, m, missed)
	case reflect.Pointer:
		changeEach(v.Elem(), depth, m, missed)
	}
	v.SetZero()
}
