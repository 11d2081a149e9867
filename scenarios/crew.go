package scenarios

import (
	"context"
	"runtime"
	"sync"
)

// crew makes runs of cases of one scenario, several at once. Each worker keeps the memory of its runs.
type crew struct {
	runners []map[world]*Runner
	// done, if not nil, is called after each job. Calls do not overlap.
	done func()
}

// world is what cases can share a runner of.
type world struct {
	servers       int
	network, disk string
}

// newCrew returns a crew of so many workers; 0 is one for each processor.
func newCrew(workers int) *crew {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	c := &crew{runners: make([]map[world]*Runner, workers)}
	for i := range c.runners {
		c.runners[i] = make(map[world]*Runner)
	}
	return c
}

// workers returns how many there are.
func (w *crew) workers() int { return len(w.runners) }

// all does the jobs from 0 to n-1 and returns when all are done. Once ctx has ended no other job begins.
func (w *crew) all(ctx context.Context, n int, job func(worker, i int)) {
	var mu sync.Mutex
	next := 0
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	told := func() {
		mu.Lock()
		defer mu.Unlock()
		if w.done != nil {
			w.done()
		}
	}
	var wg sync.WaitGroup
	for worker := range min(n, len(w.runners)) {
		wg.Go(func() {
			for i := take(); i < n && ctx.Err() == nil; i = take() {
				job(worker, i)
				told()
			}
		})
	}
	wg.Wait()
}

// world returns what c can share a runner with.
func (c *Case) world() world {
	return world{c.Servers, wholeLink(c.Network).String(), wholeDisk(c.Disk).String()}
}

// runner returns the worker's runner for c.
func (w *crew) runner(worker int, c *Case) *Runner {
	key := c.world()
	r := w.runners[worker][key]
	if r == nil {
		r = c.runner()
		w.runners[worker][key] = r
	}
	return r
}

// run makes the run of c by a worker. It returns nil if c is no case that can be run, such as one of fewer servers than
// the scenario needs.
func (w *crew) run(worker int, c *Case, o Options) (report *Report) {
	defer func() {
		if recover() != nil { // before the world has begun: machines that panic are violations
			delete(w.runners[worker], c.world())
			report = nil
		}
	}()
	report, err := w.runner(worker, c).runCase(c, o)
	if err != nil {
		return nil
	}
	return report
}
