package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"schism": main})
}

// TestCommand runs the scripts of testdata/script: what the command prints and how it exits.
func TestCommand(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"capture": capture,
			"edit":    edit,
		},
	})
}

// exits runs a command and checks its exit code: exits CODE COMMAND ARGUMENTS. If it failed, it must have said why
// on at most one line of stderr.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [argument...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var failed *exec.ExitError
		if !errors.As(err, &failed) {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if said := ts.ReadFile("stderr"); strings.Count(said, "\n") > 1 {
		ts.Fatalf("more than one line on stderr:\n%s", said)
	}
}

// capture sets a variable to what comes after a text in the output of the last command, up to the next quotation
// mark or space: capture NAME TEXT.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture name text")
	}
	_, rest, ok := strings.Cut(ts.ReadFile("stdout"), args[1])
	if !ok {
		ts.Fatalf("the output does not contain %q", args[1])
	}
	end := strings.IndexAny(rest, "\" \n")
	if end < 0 {
		end = len(rest)
	}
	ts.Setenv(args[0], rest[:end])
}

// TestHuntInterrupted: what a hunt has found until it is interrupted is not lost.
func TestHuntInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("processes cannot interrupt themselves here")
	}
	surviveInterrupts()
	for _, test := range []struct{ flag, want string }{
		{"--keep-going", "stopped before the end\n"},
		{"--json", `"interrupted":true`},
	} {
		var stdout, stderr bytes.Buffer
		done := make(chan int)
		go func() {
			done <- Main([]string{"hunt", "raft/kv/calm", "--seeds", "1-1000000000", test.flag}, &stdout, &stderr)
		}()
		if code := interruptUntil(t, done); code != int(exitInterrupted) {
			t.Errorf("%s: exit code %d, want %d", test.flag, code, exitInterrupted)
		}
		if !strings.Contains(stdout.String(), test.want) || stderr.Len() > 0 {
			t.Errorf("%s: got %q and on stderr %q, want %q", test.flag, &stdout, &stderr, test.want)
		}
	}
}

// surviveInterrupts lets this process live on when a signal comes after the command has ended, which may be long after
// the test has.
var surviveInterrupts = sync.OnceFunc(func() { signal.Notify(make(chan os.Signal, 1), os.Interrupt) })

// interruptUntil interrupts this process until done says with which code the command has ended.
func interruptUntil(t *testing.T, done <-chan int) int {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for {
		select {
		case code := <-done:
			return code
		case <-time.After(20 * time.Millisecond):
			if err := self.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// edit replaces a text in a file, which must have it: edit FILE OLD NEW.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit file old new")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	text = strings.ReplaceAll(text, args[1], args[2])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}
