package zkapi

import "schism/sim/wire"

// AppendACL appends an access list to b.
func AppendACL(b []byte, acl []ACL) []byte {
	b = wire.AppendNumber(b, uint64(len(acl)))
	for i := range acl {
		b = wire.AppendText(append(b, byte(acl[i].Perms)), acl[i].Scheme)
		b = wire.AppendText(b, acl[i].ID)
	}
	return b
}

// Decoder is a [wire.Decoder] that also reads what only this package has.
type Decoder struct{ wire.Decoder }

// NewDecoder returns a decoder of data. It shares no memory with it; the texts that it reads share one copy.
func NewDecoder(data []byte) *Decoder { return &Decoder{wire.NewDecoder(data)} }

// Version reads a version.
func (d *Decoder) Version() Version { return Version(d.Signed(-1<<31, 1<<31-1)) }

// ACL reads an access list; nil if it is empty.
func (d *Decoder) ACL() []ACL {
	n := d.Count(MaxACL)
	if n == 0 {
		return nil
	}
	acl := make([]ACL, n)
	for i := range acl {
		acl[i].Perms = Perms(d.Byte(byte(PermAll)))
		acl[i].Scheme = d.Text(MaxACLText)
		acl[i].ID = d.Text(MaxACLText)
	}
	return acl
}
