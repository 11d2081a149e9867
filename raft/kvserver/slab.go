package kvserver

import "strings"

// texts makes strings, many to one allocation. Their chunks grow from minTexts to maxTexts bytes,
// for the sake of short-lived clones. A texts in use is never copied: a copy starts from the zero
// value.
type texts struct {
	chunk strings.Builder
	size  int
}

const minTexts, maxTexts = 128, 4096

// join returns a + b as one string.
func (t *texts) join(a string, b []byte) string {
	n := len(a) + len(b)
	if n == 0 {
		return ""
	}
	if n > t.chunk.Cap()-t.chunk.Len() {
		if n > maxTexts/4 {
			return a + string(b)
		}
		t.size = min(max(2*t.size, minTexts, n), maxTexts)
		t.chunk = strings.Builder{}
		t.chunk.Grow(t.size)
	}
	from := t.chunk.Len()
	t.chunk.WriteString(a)
	t.chunk.Write(b)
	return t.chunk.String()[from:]
}

// bytes makes byte slices, many to one allocation, in chunks as those of texts.
type bytes struct {
	chunk []byte
	size  int
}

// take returns an empty slice with room for n bytes that nobody else has.
func (b *bytes) take(n int) []byte {
	if n > cap(b.chunk)-len(b.chunk) {
		if n > maxTexts/4 {
			return make([]byte, 0, n)
		}
		b.size = min(max(2*b.size, minTexts, n), maxTexts)
		b.chunk = make([]byte, 0, b.size)
	}
	from := len(b.chunk)
	b.chunk = b.chunk[:from+n]
	return b.chunk[from : from : from+n]
}
