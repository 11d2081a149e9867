package sim

import (
	"math"
	"testing"
	"time"
)

func TestExponentialIsAboutExponential(t *testing.T) {
	const mean, samples = 60 * time.Millisecond, 1 << 16
	before, sum := time.Duration(-1), time.Duration(0)
	for i := range samples {
		q := time.Duration(i) * (quantiles / samples)
		d := exponential(mean, q)
		if d < before {
			t.Fatalf("quantile %d is %s, the one before %s", q, d, before)
		}
		exact := -float64(mean) * math.Log(1-float64(i)/samples)
		if off := math.Abs(float64(d) - exact); off > 0.05*exact+0.1*float64(mean) {
			t.Fatalf("quantile %d is %s, of an exponential %s", q, d, time.Duration(exact))
		}
		before, sum = d, sum+d
	}
	if got := sum / samples; got < mean*99/100 || got > mean*101/100 {
		t.Errorf("the mean is %s, want %s", got, mean)
	}
	if got := exponential(mean, 0); got != 0 {
		t.Errorf("the dullest is %s", got)
	}
	if got := exponential(mean, quantiles-1); got < 21*mean || got > 22*mean {
		t.Errorf("the longest is %s", got)
	}
	if got := exponential(time.Duration(MaxTime), quantiles-1); got < 21*time.Duration(MaxTime) {
		t.Errorf("the longest of all is %s", got)
	}
}

func TestLatenciesWithAMeanStayWithinTheirBounds(t *testing.T) {
	w := NewWorld(Config{Servers: 2, Chooser: NewSeeded(1), NewServer: func(NodeID) Machine { return nil },
		Limit: Time(time.Second)})
	l := &link{Link: Link{Min: 5 * time.Millisecond, Max: 200 * time.Millisecond, Mean: 50 * time.Millisecond}}
	least, most, sum := time.Hour, time.Duration(0), time.Duration(0)
	const draws = 2000
	for range draws {
		d := w.latency(l, Server(1), Server(2))
		least, most, sum = min(least, d), max(most, d), sum+d
	}
	if least != l.Min || most != l.Max {
		t.Errorf("latencies of %s to %s, want all of %s to %s", least, most, l.Min, l.Max)
	}
	if mean := sum / draws; mean < 44*time.Millisecond || mean > 54*time.Millisecond {
		t.Errorf("the mean is %s, want about %s", mean, l.Mean)
	}
}
