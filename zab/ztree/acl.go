package ztree

import (
	"slices"
	"strings"

	"schism/zab/zkapi"
)

// Permits reports whether an access list allows any of perms to somebody with the identities ids
// (ZooKeeperServer.checkACL). The nil list allows everything to everybody. Addresses, the ids of the scheme ip, are
// compared as texts: there are no networks.
func Permits(acl []zkapi.ACL, perms zkapi.Perms, ids []zkapi.Identity) bool {
	if acl == nil {
		return true
	}
	for _, id := range ids {
		if id.Scheme == "super" {
			return true
		}
	}
	for i := range acl {
		if acl[i].Perms&perms != 0 && (acl[i].Identity == zkapi.Anyone || slices.Contains(ids, acl[i].Identity)) {
			return true
		}
	}
	return false
}

// settle returns the access list that acl means when somebody with the identities ids sets it, nil if that is the
// open one; false if there is no such list (PrepRequestProcessor.fixupACL).
func settle(acl []zkapi.ACL, ids []zkapi.Identity) ([]zkapi.ACL, bool) {
	var list []zkapi.ACL
	for i, a := range acl {
		if slices.Contains(acl[:i], a) {
			continue
		}
		if a.Scheme != "auth" {
			if !valid(a.Identity) {
				return nil, false
			}
			list = append(list, a)
			continue
		}
		before := len(list)
		for _, id := range ids {
			if id.Scheme == "digest" {
				list = append(list, zkapi.ACL{Identity: id, Perms: a.Perms})
			}
		}
		if len(list) == before {
			return nil, false
		}
	}
	if len(list) == 0 || len(list) > zkapi.MaxACL {
		return nil, false
	}
	if len(list) == 1 && list[0] == (zkapi.ACL{Identity: zkapi.Anyone, Perms: zkapi.PermAll}) {
		return nil, true
	}
	return list, true
}

// valid reports whether an access list can have the identity.
func valid(id zkapi.Identity) bool {
	switch id.Scheme {
	case "world":
		return id == zkapi.Anyone
	case "digest":
		user, hash, found := strings.Cut(id.ID, ":")
		return found && user != "" && hash != "" && !strings.Contains(hash, ":")
	case "ip":
		return id.ID != ""
	}
	return false
}
