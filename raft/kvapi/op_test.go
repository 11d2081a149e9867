package kvapi

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"schism/sim"
)

func ExampleInput_Explain() {
	in, err := ParseInput("cas x 1 2")
	if err != nil {
		panic(err)
	}
	fmt.Println(in.Explain(Output{Value: "7", Found: true, Revision: 12, Server: sim.Server(3)}))
	// Output: cas x 1 2 -> kept 7 (r12 n3)
}

func TestInputsPrintAndParseBack(t *testing.T) {
	for text, in := range map[string]Input{
		"get x":               {Kind: Get, Key: "x"},
		"get-local x":         {Kind: Get, Key: "x", Local: true},
		"put x 17":            {Kind: Put, Key: "x", Value: "17"},
		`put "" ""`:           {Kind: Put},
		`put "a b" "c\nd"`:    {Kind: Put, Key: "a b", Value: "c\nd"},
		`put "\"" "\\"`:       {Kind: Put, Key: `"`, Value: `\`},
		`put "\xff" "\u00e9"`: {Kind: Put, Key: "\xff", Value: "é"},
		"delete x":            {Kind: Delete, Key: "x"},
		"cas x 1 2":           {Kind: CAS, Key: "x", Expect: "1", Value: "2"},
		"append x +1.7":       {Kind: Append, Key: "x", Value: "+1.7"},
	} {
		if got := in.String(); got != text {
			t.Errorf("%#v prints as %s, want %s", in, got, text)
		}
		got, err := ParseInput(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if d := cmp.Diff(in, got); d != "" {
			t.Errorf("%s parses differently (-want +got):\n%s", text, d)
		}
	}
}

func TestParseInputRefusesWhatIsNoOperation(t *testing.T) {
	for _, text := range []string{
		"", " ", "get", "get x y", "put x", "put x 1 2", "cas x 1", "increment x", "GET x",
		"open-session", `get "x`, `get "x"y`, `get x"y`, "get x\ty", "get é", "get #x",
	} {
		if in, err := ParseInput(text); err == nil {
			t.Errorf("%q parses as %v", text, in)
		}
	}
}

func FuzzParseInput(f *testing.F) {
	f.Add("get x")
	f.Add(`cas "a b" "\x00" 2`)
	f.Add("append  x   1")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := ParseInput(text)
		if err != nil {
			return
		}
		again, err := ParseInput(in.String())
		if err != nil {
			t.Fatalf("%q parses as %v, which does not parse: %v", text, in, err)
		}
		if d := cmp.Diff(in, again); d != "" {
			t.Fatalf("%q prints and parses back differently:\n%s", text, d)
		}
	})
}

func TestExplainTellsWhatHappened(t *testing.T) {
	at := Output{Revision: 12, Server: sim.Server(3)}
	saw := Output{Value: "7", Found: true, Revision: 12, Server: sim.Server(3)}
	swapped := saw
	swapped.Swapped = true
	for want, got := range map[string]string{
		"get x -> absent (r12 n3)":        Input{Kind: Get, Key: "x"}.Explain(at),
		"get x -> 7 (r12 n3)":             Input{Kind: Get, Key: "x"}.Explain(saw),
		"put x 1 -> ok (r12 n3)":          Input{Kind: Put, Key: "x", Value: "1"}.Explain(at),
		"delete x -> was absent (r12 n3)": Input{Kind: Delete, Key: "x"}.Explain(at),
		"delete x -> ok (r12 n3)": Input{Kind: Delete, Key: "x"}.Explain(
			Output{Found: true, Revision: 12, Server: 3}),
		"cas x 7 8 -> swapped (r12 n3)": Input{Kind: CAS, Key: "x", Expect: "7", Value: "8"}.Explain(swapped),
		"cas x 1 8 -> kept 7 (r12 n3)":  Input{Kind: CAS, Key: "x", Expect: "1", Value: "8"}.Explain(saw),
		"cas x 1 8 -> kept absent (r12 n3)": Input{Kind: CAS, Key: "x", Expect: "1", Value: "8"}.
			Explain(at),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestMessagesReadWell(t *testing.T) {
	put := Input{Kind: Put, Key: "x", Value: "17"}
	out := Output{Revision: 12, Index: 30, Term: 2, Server: sim.Server(3)}
	for want, m := range map[string]sim.Message{
		"s41 #7 put x 17":             &Request{Session: 41, Seq: 7, Attempt: 1, In: put},
		"s41 #7 put x 17 (attempt 2)": &Request{Session: 41, Seq: 7, Attempt: 2, In: put},
		"#3 open-session":             &Request{Seq: 3, Attempt: 1, In: Input{Kind: OpenSession}},
		"s41 #3 opened": &Response{
			Session: 41, Seq: 3, Op: OpenSession, Status: StatusOK, Out: out,
		},
		"s41 #7 ok (r12 n3, 30^2)": &Response{
			Session: 41, Seq: 7, Op: Put, Status: StatusOK, Out: out,
		},
		"s41 #7 not leader, ask n3": &Response{
			Session: 41, Seq: 7, Op: Put, Status: StatusNotLeader, Leader: sim.Server(3),
		},
		"s41 #7 lost leadership": &Response{
			Session: 41, Seq: 7, Op: Put, Status: StatusLostLeadership,
		},
	} {
		if got := m.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestFoldReachesEveryField changes every field of both messages, one at a time.
func TestFoldReachesEveryField(t *testing.T) {
	for _, m := range []sim.Message{&Request{}, &Response{}} {
		changeEach(reflect.ValueOf(m).Elem(), func(field string) {
			fresh := reflect.New(reflect.TypeOf(m).Elem()).Interface().(sim.Message)
			if m.Fold(0) == fresh.Fold(0) {
				t.Errorf("%s: Fold does not see %s", m.Kind(), field)
			}
		})
	}
}

// changeEach changes every plain field below v, calls f, and changes it back.
func changeEach(v reflect.Value, f func(field string)) {
	for i := range v.NumField() {
		w, name := v.Field(i), v.Type().Field(i).Name
		switch w.Kind() {
		case reflect.Struct:
			changeEach(w, func(field string) { f(name + "." + field) })
			continue
		case reflect.String:
			w.SetString("x")
		case reflect.Bool:
			w.SetBool(true)
		default:
			w.SetUint(1)
		}
		f(name)
		w.SetZero()
	}
}

// anyRequest draws a request that goes through the log.
func anyRequest(t *rapid.T) *Request {
	r := &Request{
		Seq: Seq(rapid.Uint64().Draw(t, "seq")),
		In:  Input{Kind: rapid.SampledFrom([]OpKind{Put, Delete, CAS, Append, OpenSession}).Draw(t, "kind")},
	}
	if r.In.Kind == OpenSession {
		return r
	}
	text := rapid.SliceOfN(rapid.Byte(), 0, 20)
	r.Session = Session(rapid.Uint64().Draw(t, "session"))
	r.In.Key = string(text.Draw(t, "key"))
	if takesValue(r.In.Kind) {
		r.In.Value = string(text.Draw(t, "value"))
	}
	if r.In.Kind == CAS {
		r.In.Expect = string(text.Draw(t, "expect"))
	}
	return r
}
