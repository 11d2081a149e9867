package wire_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"schism/sim/wire"
)

func Example() {
	b := wire.AppendText(wire.AppendSigned(nil, -7), "seven")
	d := wire.NewDecoder(b)
	v, s := d.Signed(-10, 10), d.Text(100)
	fmt.Println(v, s, d.Done())
	// Output: -7 seven true
}

func TestEverythingReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, i := rapid.Uint64().Draw(t, "number"), rapid.Int64().Draw(t, "signed")
		s, list := rapid.String().Draw(t, "text"), rapid.SliceOf(rapid.String()).Draw(t, "texts")
		yes := rapid.Bool().Draw(t, "bool")
		b := wire.AppendText(wire.AppendSigned(wire.AppendNumber(nil, n), i), s)
		b = wire.AppendBool(wire.AppendTexts(b, list), yes)
		d := wire.NewDecoder(b)
		if d.Number() != n || d.Signed(math.MinInt64, math.MaxInt64) != i || d.Text(len(s)) != s ||
			!slices.Equal(d.Texts(len(list), len(b)), list) || d.Bool() != yes || !d.Done() {
			t.Fatalf("% x reads back otherwise", b)
		}
		for end := range b {
			d := wire.NewDecoder(b[:end])
			d.Number()
			d.Signed(math.MinInt64, math.MaxInt64)
			d.Text(len(s))
			d.Texts(len(list), len(b))
			d.Bool()
			if !d.Failed() || d.Done() {
				t.Fatalf("%d of %d bytes are enough", end, len(b))
			}
		}
	})
}

func TestDecoderRefusesWhatNobodyAppends(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		read func(*wire.Decoder)
	}{
		"a number not shortest":   {[]byte{0x81, 0}, func(d *wire.Decoder) { d.Number() }},
		"a number over 64 bits":   {bytes.Repeat([]byte{0xff}, 10), func(d *wire.Decoder) { d.Number() }},
		"a number without an end": {[]byte{0x80}, func(d *wire.Decoder) { d.Number() }},
		"too low":                 {[]byte{1}, func(d *wire.Decoder) { d.Signed(0, 5) }},
		"too high":                {[]byte{12}, func(d *wire.Decoder) { d.Signed(0, 5) }},
		"a byte too high":         {[]byte{2}, func(d *wire.Decoder) { d.Byte(1) }},
		"a text too long":         {[]byte("\x02ab"), func(d *wire.Decoder) { d.Text(1) }},
		"a text that ends early":  {[]byte("\x02a"), func(d *wire.Decoder) { d.Text(5) }},
		"too many texts":          {[]byte{2, 0, 0}, func(d *wire.Decoder) { d.Texts(1, 1) }},
		"more texts than bytes":   {[]byte{5, 0, 0}, func(d *wire.Decoder) { d.Texts(9, 1) }},
	} {
		d := wire.NewDecoder(c.data)
		if c.read(&d); !d.Failed() || d.Done() {
			t.Errorf("%s is taken", name)
		}
		if d.Number() != 0 || d.Text(9) != "" || !d.Failed() {
			t.Errorf("after %s something reads as more than zero", name)
		}
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte{5, 0x80, 1}, uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, limit uint8) {
		d := wire.NewDecoder(data)
		n := d.Number()
		texts := d.Texts(int(limit), int(limit))
		if d.Failed() {
			return
		}
		b := wire.AppendTexts(wire.AppendNumber(nil, n), texts)
		if !bytes.HasPrefix(data, b) {
			t.Fatalf("% x reads as what encodes as % x", data, b)
		}
	})
}
