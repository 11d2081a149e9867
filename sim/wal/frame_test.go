package wal

import (
	"bytes"
	"testing"
)

// FuzzParseFrame wants every frame that is taken for valid to be one that is written.
func FuzzParseFrame(f *testing.F) {
	for kind := range uint32(4) {
		f.Add(appendFrame(nil, kind, 32, []byte("body")))
		f.Add(appendFrame(nil, kind, 1<<20, nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fr, bad := parseFrame(data)
		if bad != "" {
			return
		}
		if fr.kind > kindBlank || fr.kind == kindSeal && len(fr.body) > 0 {
			t.Errorf("a frame of kind %d with %d bytes is taken for valid", fr.kind, len(fr.body))
		}
		if again := appendFrame(nil, fr.kind, int(fr.pos), fr.body); !bytes.Equal(again, data[:fr.size()]) {
			t.Errorf("%x is taken for the frame %x", data[:fr.size()], again)
		}
	})
}

func TestFramesOfUnknownKindAreInvalid(t *testing.T) {
	for kind := range uint32(16) {
		_, bad := parseFrame(appendFrame(nil, kind, 0, nil))
		if valid := kind <= kindBlank; (bad == "") != valid {
			t.Errorf("kind %d: %q", kind, bad)
		}
	}
	if _, bad := parseFrame(appendFrame(nil, kindSeal, 0, []byte("x"))); bad == "" {
		t.Error("a seal with a body is taken for valid")
	}
}

// TestNoHeaderIsAFrame is what Records relies on.
func TestNoHeaderIsAFrame(t *testing.T) {
	h := header{id: 1, prev: 3, prevSize: 100, prevSum: 5}
	b := h.append(nil)
	if _, bad := parseFrame(append(b, make([]byte, 1<<10)...)); bad == "" {
		t.Error("a header is taken for a frame")
	}
	got, ok := parseHeader(b)
	if !ok || got != h {
		t.Errorf("parsed %+v, want %+v", got, h)
	}
	for at := range b {
		b[at] ^= 4
		if _, ok := parseHeader(b); ok {
			t.Errorf("a header with a bit flipped at %d is taken for valid", at)
		}
		b[at] ^= 4
	}
}

func TestSegmentFilesAreNamedInOneWay(t *testing.T) {
	for _, id := range []SegmentID{1, 31, 1<<32 - 1} {
		if got, ok := parseSegmentFile("log", segmentFile("log", id)); !ok || got != id {
			t.Errorf("%d is parsed as %d, %v", id, got, ok)
		}
	}
	for _, file := range []string{"log-00000000", "log-0000001", "log-000000001", "log-0000000A", "log_00000001",
		"lag-00000001", "log-+0000001", "log"} {
		if id, ok := parseSegmentFile("log", file); ok {
			t.Errorf("%s is taken for segment %d", file, id)
		}
	}
}
