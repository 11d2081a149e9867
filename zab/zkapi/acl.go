package zkapi

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"strings"
)

// Perms is a set of permissions.
type Perms uint8

// The permissions.
const (
	// PermRead allows to get the data and the list of children.
	PermRead Perms = 1 << iota
	// PermWrite allows to set the data.
	PermWrite
	// PermCreate allows to create children, PermDelete to delete them.
	PermCreate
	PermDelete
	// PermAdmin allows to set the access list.
	PermAdmin
	// PermAll are all of them.
	PermAll Perms = 1<<iota - 1
)

// permLetters has a letter for each permission, in the order in which they are written.
const permLetters = "cdrwa"

var permOrder = [...]Perms{PermCreate, PermDelete, PermRead, PermWrite, PermAdmin}

// String returns a letter for each permission, "cdrwa", or "-" if there are none.
func (p Perms) String() string {
	s := ""
	for i, one := range permOrder {
		if p&one != 0 {
			s += permLetters[i : i+1]
		}
	}
	if s == "" {
		return "-"
	}
	return s
}

// parsePerms reads permissions as String writes them, in any order.
func parsePerms(s string) (Perms, error) {
	var p Perms
	if s == "-" {
		return 0, nil
	}
	for _, c := range []byte(s) {
		i := strings.IndexByte(permLetters, c)
		if i < 0 || p&permOrder[i] != 0 {
			return 0, fmt.Errorf("permissions %q: want letters of cdrwa", s)
		}
		p |= permOrder[i]
	}
	if p == 0 {
		return 0, fmt.Errorf("permissions %q: want letters of cdrwa", s)
	}
	return p, nil
}

// Identity is somebody, in the eyes of one scheme: {"world", "anyone"}, {"digest", "alice:" and a hash}, {"ip", an
// address}. The scheme "auth" stands for all identities of whoever sets an access list. The scheme "super" may do
// everything.
type Identity struct{ Scheme, ID string }

// String returns "scheme:id".
func (i Identity) String() string { return i.Scheme + ":" + i.ID }

// ACL allows an identity something. An access list is a list of them, and what none of them allows is forbidden.
type ACL struct {
	Identity
	Perms Perms
}

// String returns "scheme:id:perms", "world:anyone:cdrwa". The scheme has no colon; the id may.
func (a ACL) String() string { return a.Identity.String() + ":" + a.Perms.String() }

// parseACL reads an ACL as String writes it.
func parseACL(s string) (ACL, error) {
	first, last := strings.IndexByte(s, ':'), strings.LastIndexByte(s, ':')
	if first == last {
		return ACL{}, fmt.Errorf("access %q: want scheme:id:perms", s)
	}
	p, err := parsePerms(s[last+1:])
	if err != nil {
		return ACL{}, fmt.Errorf("access %q: %w", s, err)
	}
	return ACL{Identity{s[:first], s[first+1 : last]}, p}, nil
}

// OpenACL returns the list that allows everything to everybody.
func OpenACL() []ACL { return []ACL{{Anyone, PermAll}} }

// Anyone is everybody.
var Anyone = Identity{"world", "anyone"}

// DigestIdentity returns who authenticates as "user:password" (DigestAuthenticationProvider.generateDigest).
func DigestIdentity(userPassword string) Identity {
	user, _, _ := strings.Cut(userPassword, ":")
	sum := sha1.Sum([]byte(userPassword))
	return Identity{"digest", user + ":" + base64.StdEncoding.EncodeToString(sum[:])}
}
