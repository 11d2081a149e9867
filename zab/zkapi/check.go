package zkapi

import (
	"errors"
	"fmt"
)

// The bounds of what servers take. Texts are in bytes.
const (
	MaxPath    = 1 << 10
	MaxData    = 1 << 20
	MaxACL     = 16
	MaxACLText = 1 << 8
	MaxOps     = 1 << 8
	MaxWatches = 1 << 12
	// MaxTimeout is the longest timeout that a session can have.
	MaxTimeout Millis = 1<<31 - 1
)

// fields is a set of the fields of Op.
type fields uint16

const (
	usesPath fields = 1 << iota
	usesData
	usesMode
	usesVersion
	usesTimeout
	usesWatchMode
	usesWatch
	usesACL
	usesWatches
	usesOps
	usesChange
)

// uses says which fields an operation uses beside its kind. TTL goes with some modes.
var uses = [...]fields{
	Create:          usesPath | usesData | usesMode | usesACL,
	Delete:          usesPath | usesVersion,
	SetData:         usesPath | usesData | usesVersion,
	SetACL:          usesPath | usesVersion | usesACL,
	Check:           usesPath | usesVersion,
	Multi:           usesOps,
	DeleteContainer: usesPath,
	Reconfig:        usesChange,
	Exists:          usesPath | usesWatch,
	GetData:         usesPath | usesWatch,
	GetACL:          usesPath,
	GetChildren:     usesPath | usesWatch,
	Sync:            usesPath,
	AddWatch:        usesPath | usesWatchMode,
	SetWatches:      usesWatches,
	AddAuth:         usesData,
	CreateSession:   usesTimeout,
	CloseSession:    0,
}

// Check returns what is wrong with op, if anything, apart from what a server answers with an error of its own: no
// such operation, a field that it does not use, or one that is too long.
func (op *Op) Check() error {
	if op.Kind < Create || op.Kind > CloseSession {
		return fmt.Errorf("no operation %v", op.Kind)
	}
	f := uses[op.Kind]
	for _, c := range [...]struct {
		set  bool
		used fields
		what string
	}{
		{op.Path != "", usesPath, "a path"},
		{op.Data != "", usesData, "data"},
		{op.Mode != Persistent, usesMode, "a mode"},
		{op.Version != 0, usesVersion, "a version"},
		{op.Timeout != 0, usesTimeout, "a timeout"},
		{op.WatchMode != 0, usesWatchMode, "a watch mode"},
		{op.Watch, usesWatch, "a watch"},
		{op.ACL != nil, usesACL, "an access list"},
		{op.Watches != nil, usesWatches, "watches"},
		{op.Ops != nil, usesOps, "operations"},
		{op.Change != nil, usesChange, "a change of members"},
	} {
		if c.set && f&c.used == 0 {
			return fmt.Errorf("%v with %s", op.Kind, c.what)
		}
	}
	return errors.Join(op.checkBounds(), checkACL(op.ACL), op.checkOps(), op.Watches.check(f), op.Change.check(f))
}

// checkBounds checks what is no list.
func (op *Op) checkBounds() error {
	switch {
	case op.Mode > PersistentSequentialTTL:
		return fmt.Errorf("no mode %v", op.Mode)
	case op.TTL != 0 && !op.Mode.IsTTL():
		return fmt.Errorf("%v with a time to live", op.Mode)
	case op.Kind == AddWatch && (op.WatchMode < PersistentWatch || op.WatchMode > PersistentRecursiveWatch):
		return fmt.Errorf("no mode %v", op.WatchMode)
	case op.Timeout < 0 || op.Timeout > MaxTimeout:
		return fmt.Errorf("timeout of %v, at most %v are allowed", op.Timeout, MaxTimeout)
	case len(op.Path) > MaxPath:
		return fmt.Errorf("path of %d bytes, at most %d are allowed", len(op.Path), MaxPath)
	case len(op.Data) > MaxData:
		return fmt.Errorf("data of %d bytes, at most %d are allowed", len(op.Data), MaxData)
	}
	return nil
}

// checkACL checks an access list.
func checkACL(acl []ACL) error {
	if acl != nil && len(acl) == 0 || len(acl) > MaxACL {
		return fmt.Errorf("access list of %d, from 1 to %d are allowed", len(acl), MaxACL)
	}
	for _, a := range acl {
		switch {
		case len(a.Scheme) > MaxACLText || len(a.ID) > MaxACLText:
			return fmt.Errorf("identity of %d bytes, at most %d are allowed", len(a.ID), MaxACLText)
		case a.Perms > PermAll:
			return fmt.Errorf("permissions %d", a.Perms)
		}
		for _, c := range []byte(a.Scheme) {
			if c == ':' {
				return fmt.Errorf("scheme %q", a.Scheme)
			}
		}
	}
	return nil
}

// checkOps checks the operations of a Multi.
func (op *Op) checkOps() error {
	if len(op.Ops) > MaxOps || op.Ops != nil && len(op.Ops) == 0 {
		return fmt.Errorf("multi of %d operations, at most %d are allowed", len(op.Ops), MaxOps)
	}
	for i := range op.Ops {
		switch sub := &op.Ops[i]; sub.Kind {
		case Create, Delete, SetData, Check:
			if err := sub.Check(); err != nil {
				return fmt.Errorf("multi: %w", err)
			}
		default:
			return fmt.Errorf("multi with %v", sub.Kind)
		}
	}
	return nil
}

// check checks the watches of an operation that uses the fields f.
func (w *WatchList) check(f fields) error {
	if w == nil {
		if f&usesWatches != 0 {
			return errors.New("no watches")
		}
		return nil
	}
	n := 0
	for _, paths := range w.lists() {
		n += len(*paths)
		if *paths != nil && len(*paths) == 0 {
			return errors.New("an empty list that is not nil")
		}
		for _, p := range *paths {
			if len(p) > MaxPath {
				return fmt.Errorf("path of %d bytes, at most %d are allowed", len(p), MaxPath)
			}
		}
	}
	if n > MaxWatches {
		return fmt.Errorf("%d watches, at most %d are allowed", n, MaxWatches)
	}
	return nil
}
