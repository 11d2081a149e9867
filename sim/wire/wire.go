// Package wire is the binary form in which machines write data down: numbers in their shortest form, texts and lists
// with their length before them. Of all forms that a value could have there is one, and the [Decoder] takes no other,
// so that equal bytes mean equal values and the reverse.
//
//	b := wire.AppendText(wire.AppendSigned(nil, -7), "seven")
//	d := wire.NewDecoder(b)
//	v, s := d.Signed(-10, 10), d.Text(100)
//	fmt.Println(v, s, d.Done()) // -7 seven true
package wire

import "encoding/binary"

// AppendNumber appends v to b, short if it is small.
func AppendNumber(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// AppendSigned appends v to b, short if it is near 0.
func AppendSigned(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

// AppendText appends the length and the bytes of s to b.
func AppendText(b []byte, s string) []byte { return append(AppendNumber(b, uint64(len(s))), s...) }

// AppendTexts appends the number of texts, and each.
func AppendTexts(b []byte, texts []string) []byte {
	b = AppendNumber(b, uint64(len(texts)))
	for _, s := range texts {
		b = AppendText(b, s)
	}
	return b
}

// AppendBool appends 1 for true and 0 for false.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// Decoder reads, off the front of its input, what the functions of this package append, and takes nothing that they
// would have written otherwise. After the first thing that does not fit everything reads as zero, and Failed says so.
// Its zero value has nothing to read.
type Decoder struct {
	rest   string
	failed bool
}

// NewDecoder returns a decoder of data. It shares no memory with it; the texts that it reads share one copy.
func NewDecoder(data []byte) Decoder { return Decoder{rest: string(data)} }

// Failed reports whether something did not fit.
func (d *Decoder) Failed() bool { return d.failed }

// Rest returns what has not been read yet.
func (d *Decoder) Rest() string { return d.rest }

// Done reports whether everything fitted and nothing is left.
func (d *Decoder) Done() bool { return !d.failed && d.rest == "" }

// Fail makes the decoder fail.
func (d *Decoder) Fail() { d.rest, d.failed = "", true }

// Byte reads a byte that is at most limit.
func (d *Decoder) Byte(limit byte) byte {
	if d.rest == "" || d.rest[0] > limit {
		d.Fail()
		return 0
	}
	v := d.rest[0]
	d.rest = d.rest[1:]
	return v
}

// Bool reads what AppendBool appends.
func (d *Decoder) Bool() bool { return d.Byte(1) == 1 }

// Number reads an unsigned number.
func (d *Decoder) Number() uint64 {
	var v uint64
	for i := range min(len(d.rest), binary.MaxVarintLen64) {
		c := d.rest[i]
		if i == binary.MaxVarintLen64-1 && c > 1 || i > 0 && c == 0 {
			break
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.Fail()
	return 0
}

// Signed reads a signed number from lo to hi.
func (d *Decoder) Signed(lo, hi int64) int64 {
	u := d.Number()
	v := int64(u>>1) ^ -int64(u&1)
	if d.failed || v < lo || v > hi {
		d.Fail()
		return 0
	}
	return v
}

// Text reads a text of at most limit bytes.
func (d *Decoder) Text(limit int) string {
	n := d.Count(limit)
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

// Texts reads at most limit texts of at most length bytes each; nil if there are none.
func (d *Decoder) Texts(limit, length int) []string {
	n := d.Count(limit)
	if n == 0 {
		return nil
	}
	texts := make([]string, n)
	for i := range texts {
		texts[i] = d.Text(length)
	}
	return texts
}

// Count reads the number of things that follow, at most limit, each of which takes at least a byte.
func (d *Decoder) Count(limit int) int {
	n := d.Number()
	if n > uint64(limit) || n > uint64(len(d.rest)) {
		d.Fail()
		return 0
	}
	return int(n)
}
