package zkapi

import (
	"strconv"
	"strings"

	"schism/sim/words"
)

// String returns the operation as workloads write it; ParseOp reads it back:
//
//	create /a/b- 17 ephemeral-sequential
//	create /t "" persistent-ttl ttl 5000ms acl world:anyone:r digest:alice:Xk…=:cdrwa
//	delete /a version 3
//	set /a 18
//	set-acl /a version 0 acl world:anyone:r
//	multi {create /a 1; check /b version 2; delete /c}
//	reconfig joining n4,n5:observer leaving n1 from 1:9
//	reconfig members n1:g1:w1,n2:g1:w1,n3:g2:w2
//	exists /a watch
//	get /a
//	get-acl /a
//	children /a watch
//	sync /a
//	add-watch /a persistent-recursive
//	set-watches 1:7 data /a exist /b child /a persistent /c recursive /d
//	add-auth alice:secret
//	create-session 4000ms
//	close-session
//
// Without a mode a node is persistent, without a version every version will do, without acl everybody may do
// everything. A word that is empty or could be misread is quoted as in Go.
func (op *Op) String() string { return string(op.appendText(nil)) }

// appendText appends the text of op.
func (op *Op) appendText(b []byte) []byte {
	b = append(b, op.Kind.String()...)
	if op.Kind >= OpKind(len(uses)) {
		return b
	}
	f := uses[op.Kind]
	if f&usesPath != 0 {
		b = words.Append(b, op.Path)
	}
	if f&usesData != 0 {
		b = words.Append(b, op.Data)
	}
	if op.Mode != Persistent {
		b = words.Append(b, op.Mode.String())
	}
	if op.Mode.IsTTL() {
		b = words.Append(append(b, " ttl"...), op.TTL.String())
	}
	if f&usesVersion != 0 && op.Version != AnyVersion {
		b = strconv.AppendInt(append(b, " version "...), int64(op.Version), 10)
	}
	if f&usesTimeout != 0 {
		b = words.Append(b, op.Timeout.String())
	}
	if f&usesWatchMode != 0 {
		b = words.Append(b, op.WatchMode.String())
	}
	if op.Watch {
		b = append(b, " watch"...)
	}
	for i := range op.ACL {
		if i == 0 {
			b = append(b, " acl"...)
		}
		b = words.Append(b, op.ACL[i].String())
	}
	if op.Watches != nil {
		b = op.Watches.appendText(b)
	}
	if op.Change != nil {
		b = op.Change.appendText(b)
	}
	if f&usesOps != 0 {
		b = appendOps(b, op.Ops)
	}
	return b
}

// appendOps appends the operations of a Multi.
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

// watchListNames are the words before the paths of a WatchList, in the order of its lists.
var watchListNames = [5]string{"data", "exist", "child", "persistent", "recursive"}

func (w *WatchList) appendText(b []byte) []byte {
	b = words.Append(b, w.Relative.String())
	for i, paths := range w.lists() {
		for _, p := range *paths {
			b = words.Append(append(append(b, ' '), watchListNames[i]...), p)
		}
	}
	return b
}

// Explain returns the operation with its result on one line, for stories: "set /a 18 -> ok version 3 (1:9 n2)".
func (op *Op) Explain(out *Output) string {
	return op.String() + " -> " + out.Result.explain(op.Kind) + " (" + out.at() + ")"
}

// String returns what can be said without knowing the operation: "ok (1:9 n2)", "17 (1:9 n2)", "NoNode (1:9 n2)".
func (out *Output) String() string {
	s := out.Code.String()
	switch {
	case out.Code != OK:
	case out.Path != "":
		s = words.Quote(out.Path)
	case out.Data != "":
		s = words.Quote(out.Data)
	case len(out.Children) > 0:
		s = out.explain(GetChildren)
	}
	return s + " (" + out.at() + ")"
}

// at returns the zxid and the serving node, "1:9 n2".
func (out *Output) at() string { return out.Zxid.String() + " " + out.Server.String() }

// explain returns the result of an operation of kind k in words.
func (r *Result) explain(k OpKind) string {
	switch {
	case k == Multi && len(r.Results) > 0:
		return r.explainMulti()
	case r.Code != OK:
		return r.Code.String()
	}
	switch k {
	case Create:
		return words.Quote(r.Path)
	case SetData:
		return "ok " + version(r.Stat.Version)
	case SetACL:
		return "ok a" + version(r.Stat.Aversion)
	case Exists:
		return version(r.Stat.Version)
	case Reconfig:
		return words.Quote(r.Data)
	case GetData:
		return words.Quote(r.Data) + " " + version(r.Stat.Version)
	case GetACL:
		b := []byte("acl")
		for i := range r.ACL {
			b = words.Append(b, r.ACL[i].String())
		}
		return string(b)
	case GetChildren:
		var b []byte
		for _, name := range r.Children {
			b = words.Append(b, name)
		}
		return "[" + strings.TrimPrefix(string(b), " ") + "] c" + version(r.Stat.Cversion)
	}
	return "ok"
}

// explainMulti returns the error of the operation that failed, or what each has done.
func (r *Result) explainMulti() string {
	var b strings.Builder
	for i := range r.Results {
		sub := &r.Results[i]
		switch {
		case i > 0:
			b.WriteString(", ")
		case r.Code != OK:
			b.WriteString(r.Code.String() + " {")
		default:
			b.WriteString("ok {")
		}
		switch {
		case sub.Code != OK:
			b.WriteString(sub.Code.String())
		case sub.Path != "":
			b.WriteString(words.Quote(sub.Path))
		case sub.Stat != Stat{}:
			b.WriteString("ok " + version(sub.Stat.Version))
		default:
			b.WriteString("ok")
		}
	}
	return b.String() + "}"
}

func version(v Version) string { return "version " + strconv.Itoa(int(v)) }
