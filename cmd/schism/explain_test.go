package main

import (
	"bytes"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"testing"
)

// TestExplainInterrupted: what is explained until it is interrupted is not lost.
func TestExplainInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("processes cannot interrupt themselves here")
	}
	// The signals that come after Main has returned go here.
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, os.Interrupt)
	defer signal.Stop(ignored)
	var stdout, stderr bytes.Buffer
	done := make(chan int)
	go func() {
		done <- Main([]string{"explain", "raft/kv/canary", "--runs", "1000000"}, &stdout, &stderr)
	}()
	if code := interruptUntil(t, done); code != int(exitInterrupted) {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if !strings.Contains(stdout.String(), "What it needed\n") || stderr.Len() > 0 {
		t.Errorf("got %q and on stderr %q", &stdout, &stderr)
	}
}
