package main

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
)

// TestExplainInterrupted: what is explained until it is interrupted is not lost.
func TestExplainInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("processes cannot interrupt themselves here")
	}
	surviveInterrupts()
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
