package kvapi

import (
	"fmt"
	"strconv"
	"strings"
)

// localGet is how a Get with Local set is written.
const localGet = "get-local"

// String returns the operation as workloads write it: "get x", "get-local x", "put x 17", "delete
// x", "cas x 17 18" (expect, then value), "append x 17". A word that is empty or could be misread
// is quoted as in Go. ParseInput reads it back.
func (in Input) String() string {
	switch in.Kind {
	case OpenSession:
		return in.Kind.String()
	case Get:
		if in.Local {
			return localGet + " " + word(in.Key)
		}
		return "get " + word(in.Key)
	case Delete:
		return "delete " + word(in.Key)
	case CAS:
		return "cas " + word(in.Key) + " " + word(in.Expect) + " " + word(in.Value)
	}
	return in.Kind.String() + " " + word(in.Key) + " " + word(in.Value)
}

// ParseInput reads an operation as Input.String writes it.
func ParseInput(s string) (Input, error) {
	words, err := splitWords(s)
	if err != nil {
		return Input{}, fmt.Errorf("operation %q: %w", s, err)
	}
	in, want := Input{}, 0
	switch words[0] {
	case "get", localGet:
		in.Kind, in.Local, want = Get, words[0] == localGet, 2
	case "put":
		in.Kind, want = Put, 3
	case "delete":
		in.Kind, want = Delete, 2
	case "cas":
		in.Kind, want = CAS, 4
	case "append":
		in.Kind, want = Append, 3
	default:
		return Input{}, fmt.Errorf("operation %q: want get, get-local, put, delete, cas or append", s)
	}
	if len(words) != want {
		return Input{}, fmt.Errorf("operation %q: want %d words after %s", s, want-1, words[0])
	}
	in.Key = words[1]
	switch in.Kind {
	case Put, Append:
		in.Value = words[2]
	case CAS:
		in.Expect, in.Value = words[2], words[3]
	}
	return in, in.Check()
}

// word returns s as it is if it stands for itself between spaces, and quoted otherwise.
func word(s string) string {
	if s == "" {
		return `""`
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '#' || c == '\\' {
			return strconv.QuoteToASCII(s)
		}
	}
	return s
}

// splitWords splits s at spaces into plain and quoted words. There is at least one.
func splitWords(s string) ([]string, error) {
	var words []string
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		w := s
		if s[0] == '"' {
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, fmt.Errorf("bad quotes at %s", s)
			}
			s = s[len(q):]
			if w, err = strconv.Unquote(q); err != nil || s != "" && s[0] != ' ' {
				return nil, fmt.Errorf("bad quotes at %s", q)
			}
		} else {
			n := strings.IndexByte(s, ' ')
			if n < 0 {
				n = len(s)
			}
			w, s = s[:n], s[n:]
			if word(w) != w {
				return nil, fmt.Errorf("%q must be quoted", w)
			}
		}
		words = append(words, w)
	}
	if words == nil {
		return nil, fmt.Errorf("empty")
	}
	return words, nil
}

// Explain returns the operation with its result on one line, for stories: "put x 17 -> ok (r12
// n3)", "get x -> 17 (r12 n3)", "get x -> absent (r0 n1)", "cas x 1 2 -> kept 7 (r12 n3)".
func (in Input) Explain(out Output) string {
	return in.String() + " -> " + out.result(in.Kind) + " (" + out.at() + ")"
}

// String returns what can be said without knowing the operation: "17 (r12 n3)", "ok (r12 n3)".
func (out Output) String() string {
	switch {
	case out.Swapped:
		return "swapped " + word(out.Value) + " (" + out.at() + ")"
	case out.Found:
		return word(out.Value) + " (" + out.at() + ")"
	}
	return "ok (" + out.at() + ")"
}

// at returns the revision and the serving node, "r12 n3".
func (out Output) at() string {
	return "r" + strconv.FormatUint(out.Revision, 10) + " " + out.Server.String()
}

// result returns the result of an operation of kind k in words.
func (out Output) result(k OpKind) string {
	seen := "absent"
	if out.Found {
		seen = word(out.Value)
	}
	switch {
	case k == Get:
		return seen
	case k == Delete && !out.Found:
		return "was absent"
	case k == CAS && out.Swapped:
		return "swapped"
	case k == CAS:
		return "kept " + seen
	}
	return "ok"
}
