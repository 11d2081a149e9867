package kvapi

import (
	"strconv"

	"schism/sim"
)

// Revision numbers the states of the whole store: 1 is the empty store, and every operation that changes something
// makes the next one, whatever number of keys it changes.
type Revision int64

// FirstRevision is that of an empty store.
const FirstRevision Revision = 1

// LeaseID names a lease; 0 is none.
type LeaseID int64

// String returns the lease's name in hexadecimal as etcdctl prints it, "4d2".
func (l LeaseID) String() string { return strconv.FormatUint(uint64(l), 16) }

// Seconds is a time to live.
type Seconds int64

// WatchID names a watch of one client.
type WatchID int64

// KeyValue is a key as it is at some revision (mvccpb.KeyValue).
type KeyValue struct {
	Key, Value string
	// CreateRevision is the revision that made the key, ModRevision the last one that put it. Version counts the puts
	// since it was made, from 1: a key that is deleted and put again begins anew.
	CreateRevision, ModRevision Revision
	Version                     int64
	// Lease is the lease that the key is attached to, and goes with; 0 for none.
	Lease LeaseID
}

// Fold mixes every field into d.
func (kv *KeyValue) Fold(d sim.Digest) sim.Digest {
	d = d.MixString(kv.Key).MixString(kv.Value).Mix(uint64(kv.CreateRevision)).Mix(uint64(kv.ModRevision))
	return d.Mix(uint64(kv.Version)).Mix(uint64(kv.Lease))
}

// EventType is what an event tells.
type EventType uint8

// The types of events (mvccpb.Event).
const (
	EventPut EventType = iota
	EventDelete
)

// String returns "PUT" or "DELETE".
func (t EventType) String() string { return nameOf("EventType", []string{"PUT", "DELETE"}, int(t)) }

// Event is one change of one key. For EventDelete KV has the key and the revision that deleted it, as ModRevision,
// alone.
type Event struct {
	Type EventType
	KV   KeyValue
	// Prev is the key as it was before, if the watch has asked for it, it was there, and is not compacted.
	Prev *KeyValue
}

// Fold mixes every field into d.
func (e *Event) Fold(d sim.Digest) sim.Digest {
	d = e.KV.Fold(d.Mix(uint64(e.Type)))
	if e.Prev == nil {
		return d.Mix(0)
	}
	return e.Prev.Fold(d.Mix(1))
}

// nameOf returns names[i], or, if it has no name, the number with its type.
func nameOf(typ string, names []string, i int) string {
	if i < 0 || i >= len(names) || names[i] == "" {
		return typ + "(" + strconv.Itoa(i) + ")"
	}
	return names[i]
}
