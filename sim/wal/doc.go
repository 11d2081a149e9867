// Package wal keeps a log of records on a simulated disk: framed, checksummed with CRC-32C, in segment files named
// "<log>-<8 hex digits>".
//
// A machine opens its log at Start, appends during its steps, and asks for syncs itself:
//
//	log, repair, err := wal.Open(ev.Disk, "raft", out, func(rec []byte) error { return n.replay(rec) })
//	…
//	log.Append(rec, out)
//	out.Sync(token)
//
// To drop the beginning of the log, it cuts it, appends what it still needs, waits until that is durable, and drops
// the rest:
//
//	start := log.Cut(out)
//	log.Append(state, out)
//	out.Sync(token)
//	…                            // when the sync has ended
//	log.RemoveBefore(start, out)
//
// Open tells the torn end that a crash leaves, which it repairs, from damage to what was durable, which is a
// [*CorruptError]. It relies on the guarantees of [sim.Disk], above all that the writes to one file are lost from the
// end.
//
// Package wal knows nothing of what is in the records, never syncs, and keeps nothing in memory but where it is.
package wal
