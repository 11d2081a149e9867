package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"time"
)

// memoryUnits are those of the runtime's own memory limit, GOMEMLIMIT.
var memoryUnits = []struct {
	name  string
	bytes int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// parseMemory reads "2GiB".
func parseMemory(s string) (int64, error) {
	for _, u := range memoryUnits {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n > 0 && n <= math.MaxInt64/u.bytes {
			return n * u.bytes, nil
		}
		break
	}
	return 0, fmt.Errorf("memory %q: want a number with B, KiB, MiB, GiB or TiB, such as 512MiB", s)
}

// errMemory is why a run ends that takes too much memory.
var errMemory = errors.New("too much memory")

// memoryEvery is how often the memory is looked at.
const memoryEvery = 50 * time.Millisecond

// limitMemory makes the garbage collector work harder the nearer the memory comes to the bound, of which it is to leave
// an eighth, and calls stop when the bound is exceeded all the same. The function that it returns undoes that.
func (g *guard) limitMemory(stop context.CancelCauseFunc) func() {
	before := debug.SetMemoryLimit(g.memory - g.memory/8)
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(memoryEvery)
		defer tick.Stop()
		for {
			if overMemory(g.memory) {
				stop(errMemory)
				return
			}
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(ended)
		wg.Wait()
		debug.SetMemoryLimit(before)
	}
}

// overMemory reports whether the process has more memory than the bound.
func overMemory(bound int64) bool {
	has := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(has)
	return has[0].Value.Uint64()-has[1].Value.Uint64() > uint64(bound)
}
