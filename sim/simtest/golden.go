package simtest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The flag is that of the test binary, not of this package: whoever has defined it before means the same. Nothing
// is defined in a program that is not a test.
const (
	updateFlag  = "update"
	updateUsage = "write golden files instead of comparing with them"
)

func init() {
	if testing.Testing() && flag.Lookup(updateFlag) == nil {
		flag.Bool(updateFlag, false, updateUsage)
	}
}

// updating reports whether the test was run with -update.
func updating() bool {
	f := flag.Lookup(updateFlag)
	return f != nil && f.Value.String() == "true"
}

// Golden compares got with the file of that path under testdata, and shows where they differ. Run with the flag
// -update it writes the file instead:
//
//	go test ./raft -run Stories -update
//
// The flag exists in the tests of packages that import this one; go test refuses it for others, so name the
// package. A test that imports this package cannot define a flag update of its own.
func Golden(t T, path, got string) {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(path))
	if updating() {
		if err := write(file, got); err != nil {
			t.Fatalf("golden file: %v", err)
		}
		return
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("golden file: %v; write it by running the test with -%s", err, updateFlag)
	}
	want := strings.ReplaceAll(string(b), "\r\n", "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s tells something else (-file +now); if that is right, run the test with -%s:\n%s",
			filepath.ToSlash(file), updateFlag, diff)
	}
}

// write writes a file and the directories that it lies in.
func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o666)
}
