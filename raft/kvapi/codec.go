package kvapi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The bounds of what a store takes, in bytes.
const (
	MaxKey   = 1 << 10
	MaxValue = 1 << 20
)

// Check returns what is wrong with in, if anything: no such operation, a field that it does not
// use, or one that is too long.
func (in Input) Check() error {
	switch {
	case in.Kind < Get || in.Kind > OpenSession:
		return fmt.Errorf("no operation %v", in.Kind)
	case in.Kind == OpenSession && in.Key != "":
		return errors.New("open-session with a key")
	case in.Local && in.Kind != Get:
		return fmt.Errorf("local %v", in.Kind)
	case in.Expect != "" && in.Kind != CAS:
		return fmt.Errorf("%v with something to compare", in.Kind)
	case in.Value != "" && !takesValue(in.Kind):
		return fmt.Errorf("%v with a value", in.Kind)
	case len(in.Key) > MaxKey:
		return fmt.Errorf("key of %d bytes, at most %d are allowed", len(in.Key), MaxKey)
	case len(in.Value) > MaxValue || len(in.Expect) > MaxValue:
		n := max(len(in.Value), len(in.Expect))
		return fmt.Errorf("value of %d bytes, at most %d are allowed", n, MaxValue)
	}
	return nil
}

// takesValue reports whether operations of kind k write Value.
func takesValue(k OpKind) bool { return k == Put || k == CAS || k == Append }

// Command is an operation as it lies in a log entry.
type Command struct {
	Kind    OpKind
	Session Session
	Seq     Seq
	// Key, Value and Expect are as in Input, and alias the entry's data: read them, do not change
	// them.
	Key, Value, Expect []byte
}

// AppendCommand appends the binary form of the command that r asks for to b: kind, session and
// sequence number, then key, value and expected value where the kind has them, lengths first. Of
// all forms that a command could have it is the shortest, and DecodeCommand takes no other.
func AppendCommand(b []byte, r *Request) []byte {
	b = append(b, byte(r.In.Kind))
	b = binary.AppendUvarint(b, uint64(r.Session))
	b = binary.AppendUvarint(b, uint64(r.Seq))
	if r.In.Kind == OpenSession {
		return b
	}
	b = appendText(b, r.In.Key)
	if takesValue(r.In.Kind) {
		b = appendText(b, r.In.Value)
	}
	if r.In.Kind == CAS {
		b = appendText(b, r.In.Expect)
	}
	return b
}

// CommandSize returns a bound of what AppendCommand appends for r, a few bytes above it.
func CommandSize(r *Request) int {
	size := 1 + numberSize(uint64(r.Session)) + numberSize(uint64(r.Seq))
	for _, s := range [...]string{r.In.Key, r.In.Value, r.In.Expect} {
		size += numberSize(uint64(len(s))) + len(s)
	}
	return size
}

// numberSize is the number of bytes of an unsigned number in its shortest form.
func numberSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// ErrCommand is wrapped by every error of DecodeCommand.
var ErrCommand = errors.New("not a command")

// DecodeCommand reads what AppendCommand writes. The command aliases data.
func DecodeCommand(data []byte) (Command, error) {
	if len(data) == 0 || OpKind(data[0]) < Put || OpKind(data[0]) > OpenSession {
		return Command{}, fmt.Errorf("%w: kind", ErrCommand)
	}
	c, d := Command{Kind: OpKind(data[0])}, decoder{rest: data[1:], ok: true}
	c.Session, c.Seq = Session(d.number()), Seq(d.number())
	if c.Kind != OpenSession {
		c.Key = d.text(MaxKey)
	}
	if takesValue(c.Kind) {
		c.Value = d.text(MaxValue)
	}
	if c.Kind == CAS {
		c.Expect = d.text(MaxValue)
	}
	if !d.ok || len(d.rest) > 0 {
		return Command{}, fmt.Errorf("%w: %v", ErrCommand, c.Kind)
	}
	return c, nil
}

// Input returns the operation of c, in strings of its own.
func (c Command) Input() Input {
	return Input{
		Kind: c.Kind, Key: string(c.Key), Value: string(c.Value), Expect: string(c.Expect),
	}
}

// String returns the command as the request that it came from is called.
func (c Command) String() string { return name(c.Session, c.Seq) + " " + c.Input().String() }

// appendText appends the length and the bytes of s.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decoder reads numbers and texts off the front of rest, until something does not fit and ok is
// false.
type decoder struct {
	rest []byte
	ok   bool
}

// number reads an unsigned number in its shortest form.
func (d *decoder) number() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || n > 1 && d.rest[n-1] == 0 {
		d.ok, d.rest = false, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// text reads a text of at most limit bytes.
func (d *decoder) text(limit uint64) []byte {
	n := d.number()
	if n > limit || n > uint64(len(d.rest)) {
		d.ok, d.rest = false, nil
		return nil
	}
	s := d.rest[:n:n]
	d.rest = d.rest[n:]
	return s
}
