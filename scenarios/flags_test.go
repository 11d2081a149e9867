package scenarios_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"schism/scenarios"
)

// The flags of the property tests; each can also be set as an environment variable, SCHISM_SEEDS for
// -schism.seeds. The shard of the environment is that of each hunt.
var (
	flagSeed  = flag.String("schism.seed", "", "run this seed only")
	flagSeeds = flag.String("schism.seeds", "", "run these seeds, A-B, or every fourth, A-B/4")
	flagRuns  = flag.Int("schism.runs", 0, "the number of seeds to run, from 1")
	flagShard = flag.String("schism.shard", "", "run this share of the seeds, i/n")
	flagTime  = flag.Duration("schism.time", 0, "stop each scenario after this much real time")
)

// seedsFlag is the range of seeds that the flags ask for; seedsNamed says that they name it, and not only its size.
var (
	seedsFlag  scenarios.Seeds
	seedsNamed bool
)

func TestMain(m *testing.M) {
	flag.Parse()
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	seeds := []string{"seed", "seeds", "runs"}
	if !slices.ContainsFunc(seeds, func(name string) bool { return set["schism."+name] }) {
		for _, name := range seeds {
			fromEnvironment(name)
		}
	}
	if !set["schism.time"] {
		fromEnvironment("time")
	}
	var err error
	if seedsFlag, err = chosenSeeds(); err == nil && *flagShard != "" {
		seedsFlag, err = shardOf(seedsFlag, *flagShard)
	}
	if err != nil {
		usage(err)
	}
	seedsNamed = *flagSeed != "" || *flagSeeds != ""
	os.Exit(m.Run())
}

// fromEnvironment sets a flag from its variable, if there is one.
func fromEnvironment(name string) {
	variable := "SCHISM_" + strings.ToUpper(name)
	if v, ok := os.LookupEnv(variable); ok {
		if err := flag.Set("schism."+name, v); err != nil {
			usage(fmt.Errorf("%s=%q: %w", variable, v, err))
		}
	}
}

func usage(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

// defaultRuns is how many seeds of each scenario a plain go test runs.
const defaultRuns = 30

// shardOf returns a share of the seeds that has some.
func shardOf(seeds scenarios.Seeds, text string) (scenarios.Seeds, error) {
	shard, err := scenarios.ParseShard(text)
	if share := seeds.Shard(shard); err != nil || share.Count() > 0 {
		return share, err
	}
	return seeds, fmt.Errorf("-schism.shard=%s: there are only %d seeds", text, seeds.Count())
}

// chosenSeeds returns the range that the flags ask for; the most specific flag wins.
func chosenSeeds() (scenarios.Seeds, error) {
	switch {
	case *flagSeed != "":
		return scenarios.ParseSeeds(*flagSeed)
	case *flagSeeds != "":
		return scenarios.ParseSeeds(*flagSeeds)
	case *flagRuns < 0:
		return scenarios.Seeds{}, fmt.Errorf("-schism.runs=%d: want a number from 1", *flagRuns)
	case *flagRuns > 0:
		return scenarios.Seeds{First: 1, Last: uint64(*flagRuns)}, nil
	case testing.Short():
		return scenarios.Seeds{First: 1, Last: 5}, nil
	}
	return scenarios.Seeds{First: 1, Last: defaultRuns}, nil
}
