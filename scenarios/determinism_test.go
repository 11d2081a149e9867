package scenarios_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"schism/scenarios"
)

// printDigests makes TestPrintDigests print the digests of a few runs of every scenario: how other processes are
// asked for theirs.
const printDigests = "SCHISM_PRINT_DIGESTS"

// digestSeeds is how many seeds of each scenario are compared.
const digestSeeds = 3

// digestTable returns one line for each scenario and seed. The worlds are used again and again, or each is new.
func digestTable(again bool) string {
	var b strings.Builder
	for _, s := range scenarios.All {
		runner := scenarios.NewRunner(s)
		for seed := uint64(1); seed <= digestSeeds; seed++ {
			if !again {
				runner = scenarios.NewRunner(s)
			}
			r := runner.Run(seed, scenarios.Options{})
			fmt.Fprintf(&b, "digest %s %d %s %d %s\n", s.Name, seed, r.Digest, r.Events, r.Verdict)
		}
	}
	return b.String()
}

func TestPrintDigests(t *testing.T) {
	if os.Getenv(printDigests) == "" {
		t.Skip("for other processes: " + printDigests + " is not set")
	}
	fmt.Print(digestTable(true))
}

func TestEqualDigestsAloneAndInABatch(t *testing.T) {
	compareTables(t, digestTable(false), digestTable(true))
}

func TestEqualDigestsInOtherProcesses(t *testing.T) {
	if runtime.GOOS == "js" {
		t.Skip("there are no processes")
	}
	want := digestTable(true)
	for _, procs := range []string{"1", "2"} {
		t.Run("GOMAXPROCS="+procs, func(t *testing.T) {
			compareTables(t, want, digestsOf(t, exec.Command(os.Args[0]), "GOMAXPROCS="+procs))
		})
	}
}

func TestEqualDigestsWithTheRaceDetector(t *testing.T) {
	if testing.Short() {
		t.Skip("building with the race detector takes long")
	}
	binary := filepath.Join(t.TempDir(), "race.test")
	if out, err := goTool("test", "-race", "-c", "-o", binary, "."); err != nil {
		t.Skipf("no race detector here: %v\n%s", err, out)
	}
	compareTables(t, digestTable(true), digestsOf(t, exec.Command(binary)))
}

func TestEqualDigestsInWebAssembly(t *testing.T) {
	if testing.Short() {
		t.Skip("building for js/wasm takes long")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no Node here")
	}
	root, err := goTool("env", "GOROOT")
	if err != nil {
		t.Skipf("there is no go command here: %v", err)
	}
	binary := filepath.Join(t.TempDir(), "wasm.test")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building for js/wasm: %v\n%s", err, out)
	}
	runner := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "go_js_wasm_exec")
	compareTables(t, digestTable(true), digestsOf(t, exec.Command(runner, binary)))
}

// goTool runs the go command and returns what it prints.
func goTool(args ...string) ([]byte, error) { return exec.Command("go", args...).CombinedOutput() }

// digestsOf runs cmd, a test binary of this package, and returns the table that it prints.
func digestsOf(t *testing.T, cmd *exec.Cmd, env ...string) string {
	t.Helper()
	cmd.Args = append(cmd.Args, "-test.run=^TestPrintDigests$")
	cmd.Env = append(append(os.Environ(), printDigests+"=1"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	var table strings.Builder
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "digest ") {
			table.WriteString(line)
		}
	}
	return table.String()
}

// compareTables names the first line that differs.
func compareTables(t *testing.T, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	if len(w) < 2 || len(g) != len(w) {
		t.Fatalf("%d digests, want %d", len(g)-1, len(w)-1)
	}
	for i := range w {
		if w[i] != g[i] {
			t.Fatalf("the first difference:\n  here  %s\n  there %s", w[i], g[i])
		}
	}
}
