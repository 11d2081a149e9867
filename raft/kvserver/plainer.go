package kvserver

import "schism/raft/kvapi"

// Plainer returns operations to try in the place of o, the plainest first: each does less, or can be said in fewer
// words. However often one is put in the place of the one before, there is an end.
func (o Operation) Plainer() []Operation {
	var list []Operation
	add := func(op kvapi.Op) { list = append(list, Operation{o.Think, op}) }
	in := o.In
	if in.Kind == kvapi.Txn {
		for _, branch := range [][]kvapi.Op{in.Then, in.Else} {
			for i := range branch {
				add(branch[i])
			}
		}
		for i := range in.If {
			fewer := in
			fewer.If = append(append([]kvapi.Compare(nil), in.If[:i]...), in.If[i+1:]...)
			add(fewer)
		}
	}
	if in.Revision > 1 {
		for _, r := range []kvapi.Revision{in.Revision / 2, in.Revision - 1} {
			older := in
			older.Revision = r
			add(older)
		}
	}
	if in.Flags != 0 && in.Kind != kvapi.MemberAdd {
		plain := in
		plain.Flags = 0
		add(plain)
	}
	if in.Lease != 0 && in.Kind == kvapi.Put {
		plain := in
		plain.Lease = 0
		add(plain)
	}
	return list
}
