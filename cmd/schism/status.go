package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// status returns a function that says on one line of stderr, again and again, how far something is, and one that wipes
// the line. Unless stderr is a terminal say is nil, and nothing is to be wiped.
func status(stderr io.Writer) (say func(what fmt.Stringer), wipe func()) {
	f, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	last := time.Time{}
	say = func(what fmt.Stringer) {
		if now := time.Now(); now.Sub(last) > progressEvery {
			last = now
			fmt.Fprintf(f, "\r\x1b[K%s", what)
		}
	}
	return say, func() { fmt.Fprint(f, "\r\x1b[K") }
}
