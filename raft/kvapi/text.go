package kvapi

import (
	"fmt"
	"strconv"
	"strings"

	"schism/sim/words"
)

// String returns the operation as workloads write it; ParseOp reads it back:
//
//	get x
//	get a to c sort mod descend rev 12 limit 5 serializable
//	get a on keys-only
//	put x 17 lease 4d2 prev-kv
//	delete a to c
//	txn {mod x = 3; value a to c != v} then {put x 17; get y} else {delete z}
//	compact rev 12
//	hash
//	lease-grant lease 4d2 ttl 5
//	lease-ttl lease 4d2 keys
//	watch a on rev 5 id 1 prev-kv
//	member-add node n4 learner
//	member-replace node n4 by n5
//
// "a to c" are the keys from a up to, and without, c, "a on" all from a on. A word that is empty or could be misread is
// quoted as in Go.
func (op *Op) String() string { return string(op.appendText(nil)) }

// appendText appends the text of op.
func (op *Op) appendText(b []byte) []byte {
	b = append(b, op.Kind.String()...)
	if op.Kind >= opKinds {
		return b
	}
	f := uses[op.Kind].fields
	if f&(usesSpan|usesKey) != 0 {
		b = op.Span.appendText(b)
	}
	if f&usesValue != 0 {
		b = words.Append(b, op.Value)
	}
	if f&usesTxn != 0 {
		b = op.appendTxn(b)
	}
	if op.By != ByKey || op.Order != Unsorted {
		b = append(b, " sort "+op.By.String()+" "+op.Order.String()...)
	}
	for i := range numbers {
		if n := &numbers[i]; n.get(op) != 0 {
			b = words.Append(append(b, " "+n.name...), n.String(n.get(op)))
		}
	}
	if op.Flags != 0 {
		b = append(b, " "+op.Flags.String()...)
	}
	return b
}

// String returns the flags with spaces between them, "keys-only prev-kv".
func (f Flags) String() string {
	var names []string
	for i, name := range flagNames {
		if f>>i&1 != 0 {
			names = append(names, name)
		}
	}
	if rest := f &^ (flagsEnd - 1); rest != 0 {
		names = append(names, "Flags("+strconv.Itoa(int(rest))+")")
	}
	return strings.Join(names, " ")
}

// String returns "a", "a to c", or "a on".
func (s Span) String() string { return string(s.appendText(nil))[1:] }

func (s Span) appendText(b []byte) []byte {
	b = words.Append(b, s.Key)
	switch s.End {
	case "":
		return b
	case "\x00":
		return append(b, " on"...)
	}
	return words.Append(append(b, " to"...), s.End)
}

// appendTxn appends conditions and branches.
func (op *Op) appendTxn(b []byte) []byte {
	b = append(b, " {"...)
	for i := range op.If {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = append(b, op.If[i].String()...)
	}
	b = appendOps(append(b, "} then"...), op.Then)
	return appendOps(append(b, " else"...), op.Else)
}

// appendOps appends a branch.
func appendOps(b []byte, ops []Op) []byte {
	b = append(b, " {"...)
	for i := range ops {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = ops[i].appendText(b)
	}
	return append(b, '}')
}

// String returns the condition, "mod x = 3", "value a to c != v".
func (c *Compare) String() string {
	b := c.Span.appendText([]byte(c.Target.String()))
	b = append(b, " "+c.Result.String()...)
	switch c.Target {
	case CompareValue:
		return string(words.Append(b, c.Value))
	case CompareLease:
		return string(words.Append(b, hexadecimal(c.Number)))
	}
	return string(strconv.AppendInt(append(b, ' '), c.Number, 10))
}

// Explain returns the operation with its result on one line, for stories: "put x 17 -> ok (r12 n3)".
func (op *Op) Explain(out *Output) string { return op.String() + " -> " + out.String() }

// String returns the result, the revision and who answered: "x=17 (r12 n3)", "ErrCompacted (r12 n3)".
func (out *Output) String() string {
	return fmt.Sprintf("%s (r%d %v)", out.Result.String(), out.Header.Revision, out.Server)
}

// String returns what the result says in a few words: "ok", "[x=17 y=18] of 5", "2 deleted", "then {ok, [x=17]}".
func (r *Result) String() string {
	var b strings.Builder
	switch {
	case r.Code != OK:
		b.WriteString(r.Code.String())
	case r.Succeeded || r.Responses != nil:
		b.WriteString(map[bool]string{true: "then {", false: "else {"}[r.Succeeded])
		for i := range r.Responses {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(r.Responses[i].String())
		}
		b.WriteByte('}')
	case r.KVs != nil || r.Count != 0:
		writeKVs(&b, r.KVs)
		if int64(len(r.KVs)) != r.Count {
			fmt.Fprintf(&b, " of %d", r.Count)
		}
	case r.Deleted != 0:
		fmt.Fprintf(&b, "%d deleted", r.Deleted)
	case r.Lease != 0:
		fmt.Fprintf(&b, "lease %v ttl %d", r.Lease, r.TTL)
	case r.Members != nil:
		for i, m := range r.Members {
			b.WriteString([]string{"", " "}[min(i, 1)] + m.String())
		}
	case r.Leases != nil:
		fmt.Fprintf(&b, "leases %v", r.Leases)
	case r.Hash != 0:
		fmt.Fprintf(&b, "hash %016x", r.Hash)
	default:
		b.WriteString("ok")
	}
	if r.Prev != nil {
		b.WriteString(" was ")
		writeKVs(&b, r.Prev)
	}
	return b.String()
}

// writeKVs writes "[x=17 y=18]".
func writeKVs(b *strings.Builder, kvs []KeyValue) {
	b.WriteByte('[')
	for i := range kvs {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words.Quote(kvs[i].Key) + "=" + words.Quote(kvs[i].Value))
	}
	b.WriteByte(']')
}

// String returns "n3", or "n3 (learner)".
func (m Member) String() string {
	if m.Learner {
		return m.Node.String() + " (learner)"
	}
	return m.Node.String()
}

// String returns the event, "PUT x=17 r12", "DELETE x r13".
func (e *Event) String() string {
	if e.Type == EventDelete {
		return fmt.Sprintf("DELETE %s r%d", words.Quote(e.KV.Key), e.KV.ModRevision)
	}
	return fmt.Sprintf("PUT %s=%s r%d", words.Quote(e.KV.Key), words.Quote(e.KV.Value), e.KV.ModRevision)
}
