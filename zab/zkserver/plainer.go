package zkserver

import "schism/zab/zkapi"

// Plainer returns operations to try in the place of o, the plainest first: each does less, or can be said in fewer
// words. However often one is put in the place of the one before, there is an end.
func (o Operation) Plainer() []Operation {
	var list []Operation
	add := func(op zkapi.Op) { list = append(list, Operation{o.Think, op}) }
	in := o.In
	for i := range in.Ops {
		if in.Ops[i].Kind != zkapi.Check {
			add(in.Ops[i])
		}
	}
	if in.Watch {
		plain := in
		plain.Watch = false
		add(plain)
	}
	if in.Version > 0 && in.Kind.Writes() {
		plain := in
		plain.Version = zkapi.AnyVersion
		add(plain)
	}
	return list
}
