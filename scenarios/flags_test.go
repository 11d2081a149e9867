package scenarios_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"schism/scenarios"
)

// The flags of the property tests; each can also be set as an environment variable, SCHISM_SEEDS for
// -schism.seeds.
var (
	flagSeed  = flag.String("schism.seed", "", "run this seed only")
	flagSeeds = flag.String("schism.seeds", "", "run these seeds, A-B")
	flagRuns  = flag.Int("schism.runs", 0, "the number of seeds to run, from 1")
	flagTime  = flag.Duration("schism.time", 0, "stop each scenario after this much real time")
)

// seedsFlag is the range of seeds that the flags ask for.
var seedsFlag scenarios.Seeds

func TestMain(m *testing.M) {
	flag.Parse()
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	for _, name := range []string{"seed", "seeds", "runs", "time"} {
		if v, ok := os.LookupEnv("SCHISM_" + upper(name)); ok && !set["schism."+name] {
			if err := flag.Set("schism."+name, v); err != nil {
				usage(fmt.Errorf("SCHISM_%s: %w", upper(name), err))
			}
		}
	}
	seeds, err := chosenSeeds()
	if err != nil {
		usage(err)
	}
	seedsFlag = seeds
	os.Exit(m.Run())
}

func upper(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] -= 'a' - 'A'
	}
	return string(b)
}

func usage(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

// defaultRuns is how many seeds of each scenario a plain go test runs.
const defaultRuns = 30

// chosenSeeds returns the range that the flags ask for; the most specific flag wins.
func chosenSeeds() (scenarios.Seeds, error) {
	switch {
	case *flagSeed != "":
		return scenarios.ParseSeeds(*flagSeed)
	case *flagSeeds != "":
		return scenarios.ParseSeeds(*flagSeeds)
	case *flagRuns > 0:
		return scenarios.Seeds{First: 1, Last: uint64(*flagRuns)}, nil
	case testing.Short():
		return scenarios.Seeds{First: 1, Last: 5}, nil
	}
	return scenarios.Seeds{First: 1, Last: defaultRuns}, nil
}

// deadline returns when a scenario is to stop, or false.
func deadline() (time.Time, bool) {
	return time.Now().Add(*flagTime), *flagTime > 0
}
