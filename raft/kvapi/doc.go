// Package kvapi is what clients and servers of the replicated key-value store say to each other:
// operations and their results, the two messages that carry them, and the binary form in which an
// operation lies in a Raft log. It is data only: no store, no server, no client.
//
//	in, err := kvapi.ParseInput("cas x 1 2")
//	out := kvapi.Output{Value: "7", Found: true, Revision: 12, Server: sim.Server(3)}
//	fmt.Println(in.Explain(out)) // cas x 1 2 -> kept 7 (r12 n3)
//
// [Input] and [Output] are also what a history records, so what each operation means is said
// here, once, for the store that does it and for the sequential specification that judges it; the
// two share nothing else.
package kvapi
